// A survey's values as the sheet writes them: 有 / 无 of what the header names, never a guess for what is not known.

import { shown } from "../community/fields.js";
import { MISSING, named, num, t } from "../words.js";

/** Flags that are true where the thing that the header names is missing. */
const LACKS = ["no_managing_unit", "no_property_service", "no_security"];

/** @typedef {{field: string, kind: string, sent: any, came: any, now: any, text: string, place: string, doubt: string | null,
 *   change_set: number | null, ticked: boolean, writable: boolean}} Item */
/** @typedef {{unit: string, unit_kind: string, name: string, neighbourhood: string, place: string | null, outcome: string | null,
 *   surveyor: string | null, surveyed_on: string | null, note: string | null, gone: boolean, since: string | null,
 *   under_contract: string | null, contradiction: boolean, changed: {by: string | null, at: string | null, source: string | null},
 *   items: Item[]}} Unit */

/** @param {string} field @param {any} value */
export function said(field, value) {
  if (value === null || value === undefined) return t("surveys.unknown");
  if (field === "mode") return named("mode", value);
  if (typeof value === "boolean") return t(value === LACKS.includes(field) ? "surveys.lacks" : "surveys.has");
  if (field === "floor_area" || field === "fee") return num(value, Number.isInteger(value) ? 0 : 2);
  const text = shown(field, value);
  return text === MISSING ? t("surveys.unknown") : text;
}

/** The header of a field, as the sheet has it. @param {string} field */
export function header(field) {
  return named("survey_field", field);
}

/** @param {Unit} unit @param {Item} item */
export function keyOf(unit, item) {
  return `${unit.unit} ${item.field}`;
}
