// What an import says about itself (检查报告): evidence, questions, columns and every row not taken as it was.

import { language, MISSING, named, num, t } from "../words.js";
import { el } from "../dom.js";
import { facts } from "../details.js";
import { go, pins, sit } from "./placing.js";
import { table } from "../table.js";

/**
 * @typedef {{zh: string, en: string}} Sentence
 * @typedef {{about: string, text: Sentence, choices: string[], evidence: Sentence[]}} Question
 * @typedef {{id?: string, kind?: string, rows?: number[], fix?: string, offered?: boolean}} Detail  of a fault of fit
 * @typedef {{cells: number, unchecked: number, mended: number, rules: Record<string, number>, left: Record<string, number>,
 *   offered: Record<string, number>, kinds: Record<string, Sentence>}} Checks
 * @typedef {{row: number | null, code: string | null, severity: string, key: string, reason: Sentence, place: number[] | null, detail?: Detail}} Finding
 * @typedef {{file: string, kind: string | null, driver: string | null, layer: string | null, encoding: string | null,
 *   notes?: Sentence[], crs: {epsg: number | null, name: string | null, evidence: Sentence[]} | null, columns: {column: string, field: string | null, score: number}[],
 *   questions: Question[], counts: Record<string, number>, findings: Finding[], findings_left_out: number, layers?: string[],
 *   encodings?: import("./encoding.js").Candidate[], first_rows?: Record<string, import("./mapping.js").Sample[]>,
 *   rates?: {by_system: Record<string, number>, shapes: number, kind: string} | null,
 *   change_set: number | null, dry_run: boolean, checks?: Checks | null}} Report
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
  const crs = report.crs ? (report.crs.name ?? MISSING) : report.questions.length ? MISSING : t("imports.no_shapes");
  const why = (report.crs?.evidence ?? []).map((sentence) => el("div", {}, said(sentence)));
  return [
    facts([
      [t("imports.kind"), report.kind ? named("import_kind", report.kind) : MISSING],
      [t("imports.driver"), report.driver], [t("imports.layer"), report.layer], [t("imports.encoding"), report.encoding],
      [t("imports.crs"), crs], [t("imports.crs_evidence"), why.length ? el("div", {}, ...why) : MISSING],
    ]),
    ...(report.notes ?? []).map((note) => el("div", { class: "note" }, said(note))),
  ];
}

const TONE = /** @type {Record<string, string>} */ ({ refused: "bad", repaired: "info", suspicious: "warn" });

const MANY = 300;

/** Every row repaired, refused or suspicious, with reason and place; one that is picked is shown on the map.
 * @param {Report} report @param {boolean} mapped whether the map is free for them */
export function findings(report, mapped) {
  const placed = mapped ? report.findings.filter((one) => one.place) : [];
  const map = placed.length ? el("div", { class: "findings-map" }) : null;
  const codeOf = (/** @type {Finding} */ one) => String(report.findings.indexOf(one));
  /** @param {Finding} one */
  const find = (one) => {
    list.mark([codeOf(one)], true);
    if (mapped && one.place) go(/** @type {[number, number]} */ (one.place));
  };
  const list = table(/** @type {import("../table.js").Column<Finding>[]} */ ([
    { key: "row", label: t("imports.row"), kind: "num", value: (row) => row.row },
    { key: "code", label: t("imports.code"), value: (row) => row.code, cell: (row) => (row.code ? el("code", {}, row.code) : MISSING) },
    { key: "severity", label: t("imports.level"), value: (row) => row.severity, cell: (row) => el("span", { class: `tag ${TONE[row.severity] ?? ""}` }, t(`imports.${row.severity}`)) },
    { key: "reason", label: t("imports.reason"), value: (row) => said(row.reason), cell: (row) => el("span", { class: "reason" }, said(row.reason)) },
    { key: "place", label: t("imports.place"), value: (row) => row.place?.[0], cell: (row) => (row.place ? el("code", {}, row.place.map((part) => part.toFixed(5)).join(", ")) : MISSING) },
  ]), { code: codeOf, caption: t("imports.report"), empty: t("imports.no_report"), pick: placed.length ? find : undefined });
  list.update(report.findings);
  const place = () => {
    if (!map) return;
    sit(map);
    pins(placed.slice(0, MANY).map((one) => ({
      label: one.row === null ? "·" : String(one.row), at: /** @type {[number, number]} */ (one.place), tone: TONE[one.severity] ?? "",
      name: said(one.reason), open: () => find(one),
    })), true);
  };
  const more = report.findings_left_out ? el("p", { class: "note" }, t("imports.left_out", { n: num(report.findings_left_out) })) : null;
  return { map, list: list.element, more, place };
}
