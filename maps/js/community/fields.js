// The fields of a community (小区字段): what each looks like in a form, and how its value is read back.

import { el } from "../dom.js";
import { MISSING, named, num, pct, t, yesNo } from "../words.js";

/** @typedef {{kind: "text" | "list" | "int" | "number" | "choice" | "flag", min?: number, max?: number, step?: string, choices?: string[], words?: string}} Shape */

/** @type {Record<string, Shape>} in the order of the form */
export const FIELDS = {
  name: { kind: "text", max: 80 },
  aliases: { kind: "list", max: 200 },
  address: { kind: "text", max: 200 },
  kind: { kind: "choice", choices: ["commercial", "resettlement", "old"] },
  built_year: { kind: "int", min: 1800, max: 2200 },
  building_count: { kind: "int", min: 0 },
  households: { kind: "int", min: 0 },
  residents: { kind: "int", min: 0 },
  floor_area: { kind: "number", min: 0, step: "any" },
  no_managing_unit: { kind: "flag" },
  no_property_service: { kind: "flag" },
  no_security: { kind: "flag" },
  fee: { kind: "number", min: 0, step: "any" },
  collection_rate: { kind: "number", min: 0, max: 1, step: "any" },
  willing: { kind: "flag" },
  anchor: { kind: "flag" },
  vote: { kind: "choice", choices: ["passed", "failed"], words: "vote" },
};

/** A value as text, for tables. @param {string} name @param {any} value */
export function shown(name, value) {
  const shape = FIELDS[name];
  if (value === null || value === undefined || value === "") return MISSING;
  if (Array.isArray(value)) return value.length ? value.join("、") : MISSING;
  if (shape?.kind === "choice") return named(shape.words ?? "kind", value);
  if (typeof value === "boolean") return yesNo(value);
  if (name === "collection_rate") return pct(value);
  return typeof value === "number" && name !== "built_year" ? num(value, Number.isInteger(value) ? 0 : 2) : String(value);
}

/** The control for a field. @param {string} name @param {any} value @param {boolean} open whether it may be edited */
export function control(name, value, open) {
  const shape = FIELDS[name];
  const about = { id: `field-${name}`, disabled: !open };
  if (shape.kind === "choice" || shape.kind === "flag") {
    const options = shape.kind === "flag" ? [["true", t("common.yes")], ["false", t("common.no")]] : (shape.choices ?? []).map((choice) => [choice, named(shape.words ?? "kind", choice)]);
    const made = el("select", about, el("option", { value: "" }, MISSING), ...options.map(([key, text]) => el("option", { value: key }, text)));
    made.value = value === null || value === undefined ? "" : String(value);
    return made;
  }
  const numeric = shape.kind === "int" || shape.kind === "number";
  const limits = numeric ? { type: "number", min: shape.min, max: shape.max, step: shape.step ?? "1" } : { maxlength: shape.max };
  return el("input", { ...about, ...limits, value: Array.isArray(value) ? value.join("、") : (value ?? "") });
}

/** What a control says: unknown is null, never zero or "". @param {string} name @param {string} text @returns {any} */
export function read(name, text) {
  const shape = FIELDS[name];
  const trimmed = text.trim();
  if (shape.kind === "list") return trimmed.split(/[、,，;；]+/).map((part) => part.trim()).filter(Boolean);
  if (trimmed === "") return null;
  if (shape.kind === "flag") return trimmed === "true";
  return shape.kind === "int" || shape.kind === "number" ? Number(trimmed) : trimmed;
}

/** @param {any} a @param {any} b */
export function same(a, b) {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
