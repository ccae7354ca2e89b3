// What an import says about itself (检查报告): evidence, questions, columns and every row not taken as it was.

import { constants, language, MISSING, named, num, t } from "../words.js";
import { el, select } from "../dom.js";
import { facts } from "../details.js";
import { table } from "../table.js";

/**
 * @typedef {{zh: string, en: string}} Sentence
 * @typedef {{about: string, text: Sentence, choices: string[], evidence: Sentence[]}} Question
 * @typedef {{row: number, code: string | null, severity: string, reason: Sentence, place: number[] | null}} Finding
 * @typedef {{file: string, kind: string | null, driver: string | null, layer: string | null, encoding: string | null,
 *   notes?: Sentence[], crs: {epsg: number | null, name: string | null, evidence: Sentence[]} | null, columns: {column: string, field: string | null, score: number}[],
 *   questions: Question[], counts: Record<string, number>, findings: Finding[], findings_left_out: number, preview: string[][],
 *   change_set: number | null, dry_run: boolean}} Report
 */

/** @param {Sentence | string} sentence */
export function said(sentence) {
  return typeof sentence === "string" ? sentence : (/** @type {any} */ (sentence)[language] ?? sentence.zh);
}

/** The counts, large. @param {Report} report */
export function counts(report) {
  const names = ["read", "new", "changed", "unchanged", "repaired", "suspicious", "refused"];
  return names.map((name) => el("div", { class: name === "refused" && report.counts[name] ? "bad" : "" },
    el("strong", {}, num(report.counts[name])), el("span", {}, t(`imports.${name}`))));
}

/** @param {Report} report */
export function evidence(report) {
  const crs = report.crs ? (report.crs.name ?? MISSING) : t("imports.no_shapes");
  const why = (report.crs?.evidence ?? []).map((sentence) => el("div", {}, said(sentence)));
  const preview = report.preview?.length ? el("table", { class: "list" }, el("tbody", {}, ...report.preview.slice(0, 4).map((row) => el("tr", {}, ...row.slice(0, 6).map((cell) => el("td", {}, cell)))))) : null;
  return [
    facts([
      [t("imports.kind"), report.kind ? named("import_kind", report.kind) : MISSING],
      [t("imports.driver"), report.driver], [t("imports.layer"), report.layer], [t("imports.encoding"), report.encoding],
      [t("imports.crs"), crs], [t("imports.crs_evidence"), why.length ? el("div", {}, ...why) : MISSING],
    ]),
    ...(report.notes ?? []).map((note) => el("div", { class: "note" }, said(note))),
    preview,
  ];
}

/**
 * A question with its answer's control.  The name of the control is what the question is about.
 * @param {Question} question
 */
export function questionBox(question) {
  const id = `answer-${question.about}`;
  const label = (/** @type {string} */ choice) => (question.about === "kind" ? named("import_kind", choice) : choice);
  const control = question.choices.length
    ? select([["", t("imports.choose")], ...question.choices.map((choice) => /** @type {[string, string]} */ ([choice, label(choice)]))], "", { id, name: question.about })
    : el("input", { id, name: question.about, maxlength: 60 });
  return el("div", { class: "question" }, el("label", { for: id }, el("strong", {}, said(question.text))),
    ...question.evidence.map((sentence) => el("span", { class: "note" }, said(sentence))), control);
}

/** Columns of the file with the field each becomes; every one can be changed. @param {Report} report */
export function columns(report) {
  const known = constants.kinds?.[report.kind ?? ""] ?? [];
  const options = /** @type {[string, string][]} */ ([["", t("imports.ignore")], ...known.map((/** @type {any} */ field) => [field.name, language === "zh" ? field.header : field.name])]);
  const rows = report.columns.map((item) => el("tr", {}, el("td", {}, item.column),
    el("td", {}, select(options, item.field ?? "", { data: { column: item.column, was: item.field ?? "" }, "aria-label": item.column })),
    el("td", { class: "num note" }, item.field ? num(item.score * 100) : "")));
  const head = el("thead", {}, el("tr", {}, ...["column", "field", "score"].map((key) => el("th", { scope: "col" }, el("span", { class: "sort" }, t(`imports.${key}`))))));
  return el("table", { class: "list" }, head, el("tbody", {}, ...rows));
}

const TONE = /** @type {Record<string, string>} */ ({ refused: "bad", repaired: "info", suspicious: "warn" });

/** Every row repaired, refused or suspicious, with reason and place. @param {Report} report */
export function findings(report) {
  const list = table(/** @type {import("../table.js").Column<Finding>[]} */ ([
    { key: "row", label: t("imports.row"), kind: "num", value: (row) => row.row },
    { key: "code", label: t("imports.code"), value: (row) => row.code, cell: (row) => (row.code ? el("code", {}, row.code) : MISSING) },
    { key: "severity", label: t("imports.level"), value: (row) => row.severity, cell: (row) => el("span", { class: `tag ${TONE[row.severity] ?? ""}` }, t(`imports.${row.severity}`)) },
    { key: "reason", label: t("imports.reason"), value: (row) => said(row.reason), cell: (row) => el("span", { class: "reason" }, said(row.reason)) },
    { key: "place", label: t("imports.place"), value: (row) => row.place?.[0], cell: (row) => (row.place ? el("code", {}, row.place.map((part) => part.toFixed(5)).join(", ")) : MISSING) },
  ]), { code: (row) => String(row.row), caption: t("imports.report"), empty: t("imports.no_report") });
  list.update(report.findings);
  const more = report.findings_left_out ? el("p", { class: "note" }, t("imports.left_out", { n: num(report.findings_left_out) })) : null;
  return [list.element, more];
}
