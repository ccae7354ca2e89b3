// Columns of a file with the field each becomes, and its first rows: as they stand there, and as they are understood.

import { el, select } from "../dom.js";
import { constants, language, num, t } from "../words.js";

/** @typedef {{text: string, value: string | null, wrong: boolean}} Sample */

/**
 * @param {import("./report.js").Report} report @param {Record<string, string>} map column → field, changed by hand
 * @param {() => void} changed
 */
export function columns(report, map, changed) {
  const known = constants.kinds?.[report.kind ?? ""] ?? [];
  const options = /** @type {[string, string][]} */ ([["", t("imports.ignore")], ...known.map((field) => [field.name, language === "zh" ? field.header : field.name])]);
  const shown = report.first_rows ?? {};
  const wide = Math.max(0, ...Object.values(shown).map((cells) => cells.length));
  // While the kind is not known, a column has no field yet: its cells help to say which kind it is.
  const listed = report.columns.length ? report.columns : Object.keys(shown).map((column) => ({ column, field: null, score: 0 }));
  const rows = listed.map((item) => {
    const field = map[item.column] ?? item.field ?? "";
    const control = select(options, field, { data: { column: item.column }, "aria-label": item.column, class: item.column in map ? "by-hand" : "" });
    control.addEventListener("change", () => {
      if (control.value === (item.field ?? "")) delete map[item.column];
      else map[item.column] = control.value;
      control.classList.toggle("by-hand", item.column in map);
      changed();
    });
    const cells = shown[item.column] ?? [];
    return el("tr", {}, el("td", { class: "text wrap" }, item.column), el("td", {}, known.length ? control : null),
      el("td", { class: "num note" }, item.field ? num(item.score * 100) : ""),
      ...Array.from({ length: wide }, (_, at) => el("td", { class: "cell" }, cells[at] ? sample(cells[at]) : null)));
  });
  const names = ["column", "field", "score"].map((key) => el("th", { scope: "col" }, el("span", { class: "sort" }, t(`imports.${key}`))));
  const numbers = Array.from({ length: wide }, (_, at) => el("th", { scope: "col" }, el("span", { class: "sort" }, t("imports.row_n", { n: at + 1 }))));
  return el("table", { class: "list mapping" }, el("thead", {}, el("tr", {}, ...names, ...numbers)), el("tbody", {}, ...rows));
}

/** @param {Sample} cell */
function sample(cell) {
  if (cell.wrong) return el("span", { class: "wrong", title: t("imports.unreadable") }, cell.text);
  if (cell.value === null || cell.value === cell.text) return el("span", { class: cell.value === null ? "note" : "" }, cell.text);
  return el("span", {}, el("s", { class: "note" }, cell.text), " ", cell.value);
}
