// What a filled in sheet was (收回结果): how many rows, what is new, and every row that is none of the survey's.

import { el } from "../dom.js";
import { num, t } from "../words.js";

/** @typedef {{sheet: string, row: number, why: string, text: string}} Stray */
/** @typedef {{name: string, rows: number, done: number, unreachable: number, answers: number, unreadable: number, new: number,
 *   strays: Stray[], left_out: number, marked: boolean, again: boolean}} Report */

/** @param {Report} report */
export function reportBox(report) {
  const doubt = report.strays.length > 0 || report.unreadable > 0;
  const head = report.again ? t("surveys.again", { file: report.name }) : t("surveys.read", {
    file: report.name, rows: num(report.rows), done: num(report.done), answers: num(report.answers), fresh: num(report.new), unreadable: num(report.unreadable),
  });
  return el("div", { class: `report ${doubt ? "doubt" : ""}`, role: "status" }, el("span", {}, head),
    report.marked === false ? el("span", { class: "note" }, t("surveys.unmarked")) : null, strays(report));
}

/** @param {Report} report */
export function strays(report) {
  if (!report.strays.length) return null;
  const lines = report.strays.map((one) => el("li", {}, place(one), one.text ? t("common.pair", { name: t(`survey_stray.${one.why}`), text: one.text }) : t(`survey_stray.${one.why}`)));
  return el("details", { class: "more", open: report.strays.length <= 5 }, el("summary", {}, t("surveys.strays", { n: num(report.strays.length + report.left_out) })), el("ul", {}, ...lines));
}

/** @param {Stray} one */
function place(one) {
  return one.row ? t("surveys.stray_row", { sheet: one.sheet, row: one.row }) : t("surveys.stray_sheet", { sheet: one.sheet });
}
