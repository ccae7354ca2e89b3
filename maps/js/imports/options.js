// What a person may say about a file beside its columns: kind, layer, date, codes, and how strict to be.

import { el, select } from "../dom.js";
import { search } from "../search.js";
import { constants, named, t } from "../words.js";
import { said } from "./report.js";

/** @typedef {import("./items.js").Choices} Choices */

const WITH_CODES = ["regions", "grids", "communities", "building-groups"];

/**
 * @param {import("./report.js").Report | null} report @param {Choices} choices @param {() => void} changed
 */
export function optionsBox(report, choices, changed) {
  const kinds = /** @type {[string, string][]} */ ([["", t("imports.kind_auto")], ...Object.keys(constants.kinds ?? {}).map((kind) => [kind, named("import_kind", kind)])]);
  const kind = select(kinds, choices.kind, { id: "kind" });
  kind.addEventListener("change", () => (choices.kind = kind.value, choices.map = {}, changed()));
  const layers = report?.layers ?? [];
  const layer = select([["", t("imports.choose")], ...layers.map((name) => /** @type {[string, string]} */ ([name, name]))], choices.layer || report?.layer || "", { id: "layer" });
  layer.addEventListener("change", () => (choices.layer = layer.value, choices.map = {}, changed()));
  const from = el("input", { type: "date", id: "valid-from", value: choices.validFrom });
  from.addEventListener("change", () => (choices.validFrom = from.value, changed()));
  const strict = el("input", { type: "checkbox", id: "strict", checked: choices.strict });
  strict.addEventListener("change", () => (choices.strict = strict.checked, changed()));
  return el("div", { class: "row", id: "options" },
    field("kind", t("imports.kind"), kind),
    layers.length > 1 ? field("layer", t("imports.layer"), layer) : null,
    field("valid-from", t("imports.valid_from"), from),
    el("label", { class: "check" }, strict, t("imports.strict")));
}

/** @param {string} id @param {string} label @param {HTMLElement} control */
function field(id, label, control) {
  return el("div", { class: "field" }, el("label", { for: id }, label), control);
}

/**
 * Provisional codes (临时编码) for a table that has none.
 * @param {import("./report.js").Report} report @param {Choices} choices @param {() => void} changed
 */
export function codesBox(report, choices, changed) {
  if (!WITH_CODES.includes(report.kind ?? "")) return null;
  const below = el("input", { id: "below", value: choices.below, maxlength: 12, inputmode: "numeric", placeholder: t("imports.codes_region"), "aria-label": t("imports.codes_region") });
  const finder = el("span", { class: "finder" });
  search(finder, (hit) => {
    if (hit.layer !== "regions") return;
    below.value = hit.code;
    put("below", hit.code);
  });
  const more = el("span", { class: "row", hidden: choices.codes !== "below" }, below, finder);
  below.addEventListener("input", () => put("below", below.value));
  /** @param {Choices["codes"]} codes @param {string} [text] */
  const put = (codes, text) => {
    choices.codes = codes;
    if (text !== undefined) choices.below = text;
    more.hidden = codes !== "below";
    changed();
  };
  /** @param {Choices["codes"]} value @param {string} label */
  const choice = (value, label) => el("label", { class: "choice" },
    el("input", { type: "radio", name: "codes", value: value || "none", checked: choices.codes === value, on: { change: () => put(value) } }), el("strong", {}, label));
  return el("fieldset", { class: "choices", id: "codes" }, el("legend", {}, t("imports.codes")),
    choice("", t("imports.codes_none")), choice("below", t("imports.codes_below")), more,
    report.kind === "regions" ? null : choice("place", t("imports.codes_place")));
}

/**
 * A question of the import with its answer's control, which writes where the same is said elsewhere on the page.
 * @param {import("./report.js").Question} question @param {import("./report.js").Report} report
 * @param {Choices} choices @param {() => void} changed
 */
export function questionBox(question, report, choices, changed) {
  if (question.about === "crs") return null; // asked where the evidence stands
  const [about, name = ""] = split(question.about);
  const id = `answer-${question.about}`;
  const label = (/** @type {string} */ choice) => (about === "kind" ? named("import_kind", choice) : about === "cut" ? fieldName(report, choice) : choice);
  const control = select([["", t("imports.choose")], ...question.choices.map((choice) => /** @type {[string, string]} */ ([choice, label(choice)]))], answered(about, name, choices), { id, name: question.about });
  control.addEventListener("change", () => (answer(about, name, control.value, choices), changed()));
  return el("div", { class: "question" }, el("label", { for: id }, el("strong", {}, said(question.text))),
    ...question.evidence.map((sentence) => el("span", { class: "note" }, said(sentence))), control,
    name === "code" && WITH_CODES.includes(report.kind ?? "") ? el("a", { href: "#codes" }, t("imports.codes_offer")) : null);
}

/** @param {string} about @returns {[string, string]} */
function split(about) {
  const at = about.indexOf(":");
  return at < 0 ? [about, ""] : [about.slice(0, at), about.slice(at + 1)];
}

/** @param {string} about @param {string} name @param {Choices} choices */
function answered(about, name, choices) {
  if (about === "column") return Object.keys(choices.map).find((column) => choices.map[column] === name) ?? "";
  if (about === "cut") return choices.map[name] ?? "";
  return about === "kind" ? choices.kind : choices.layer;
}

/** @param {string} about @param {string} name @param {string} value @param {Choices} choices */
function answer(about, name, value, choices) {
  if (about === "kind") choices.kind = value;
  else if (about === "layer") choices.layer = value;
  else if (about === "cut") choices.map[name] = value;
  else {
    for (const column of Object.keys(choices.map)) if (choices.map[column] === name) delete choices.map[column];
    if (value) choices.map[value] = name;
  }
}

/** @param {import("./report.js").Report} report @param {string} name */
function fieldName(report, name) {
  return constants.kinds?.[report.kind ?? ""]?.find((field) => field.name === name)?.header ?? name;
}
