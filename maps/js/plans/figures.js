// Before and after (前后对照): households, residents and area of every cell that an operation touches.

import { el, select } from "../dom.js";
import { num, t } from "../words.js";
import { sizeOf } from "./colours.js";

/** @typedef {{households: number | null, residents: number | null, area_m2: number | null, name?: string, kind?: string}} Figures */
/** @typedef {{code: string, name: string, before: Figures | null, after: Figures | null}} Row a cell; null: it was not there, or ends */

/**
 * The rows of an answer: cells that change shape, new ones after old ones; growing a vertex on an unchanged line is no change.
 * @param {import("./draft.js").Answer} answer @param {(code: string) => string} name
 * @returns {Row[]}
 */
export function rowsOf(answer, name) {
  const after = new Map(answer.changed.map((cell) => [cell.id, cell.properties]));
  const still = new Set(answer.grown);
  const codes = [...new Set([...Object.keys(answer.before), ...answer.gone, ...after.keys()])].filter((code) => !still.has(code)).sort();
  const rows = codes.map((code) => {
    const now = answer.gone.includes(code) ? null : /** @type {any} */ (after.get(code) ?? null);
    return { code, name: now?.name || name(code), before: answer.before[code] ?? null, after: now };
  });
  return rows.sort((a, b) => Number(a.before === null) - Number(b.before === null));
}

/** @param {Row[]} rows @param {any} limits */
export function figuresTable(rows, limits) {
  const head = [t("plan.cells"), t("plan.households_h"), t("plan.residents_h"), t("plan.area_unit")].map((text) => el("th", { scope: "col" }, text));
  return el("table", { class: "figures" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows.map((row) => line(row, limits))));
}

/** @param {Row} row @param {any} limits */
function line({ code, name, before, after }, limits) {
  const tag = after ? (before ? null : el("span", { class: "tag info" }, t("plan.made_new"))) : el("span", { class: "tag" }, t("plan.goes"));
  const short = code.slice(-3);
  return el("tr", { class: after ? "" : "gone", data: { code } }, el("td", {}, el("span", { class: "who-cell", title: name }, el("code", { title: code }, short), ` ${name === short ? "" : name}`), " ", tag),
    cell(before, after, "households", num, after ? sizeOf(/** @type {any} */ ({ properties: after }), limits) : ""),
    cell(before, after, "residents", num), cell(before, after, "area_m2", hectares));
}

/** Ten thousand square metres (万平方米), short enough for a column. @param {number | null | undefined} value */
export function hectares(value) {
  return value === null || value === undefined ? num(null) : num(value / 10000, 2);
}

/** The new figure, and the old one where it was another. @param {Figures | null} before @param {Figures | null} after
 * @param {"households" | "residents" | "area_m2"} what @param {(value: number | null | undefined) => string} said @param {string} [tone] */
function cell(before, after, what, said, tone = "") {
  const [was, now] = [before && said(before[what]), after && said(after[what])];
  if (!after) return el("td", {}, was);
  return el("td", { class: tone }, now, was !== null && was !== now ? el("span", { class: "was" }, `${t("plan.before")} ${was}`) : null);
}

/** Who keeps the code in a merger. @param {string[]} cells @param {string | null} to @param {(code: string | null) => void} pick */
export function codeChoice(cells, to, pick) {
  const options = /** @type {[string, string][]} */ ([["", t("plan.new_code")], ...cells.map((code) => [code, t("plan.keep_code_of", { code: code.slice(-3) })])]);
  const made = select(options, to ?? "", { id: "keep-code", on: { change: (/** @type {any} */ event) => pick(event.target.value || null) } });
  return el("div", { class: "row tight" }, el("label", { for: "keep-code", class: "note" }, t("plan.keep_code")), made);
}
