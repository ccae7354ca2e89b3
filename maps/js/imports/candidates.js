// One row of a file beside the communities that it may mean: as cards, and on the small map.

import { get, paths } from "../api.js";
import { button, el, fill } from "../dom.js";
import { facts } from "../details.js";
import { district, fit, shapes } from "../map.js";
import { search } from "../search.js";
import { language, num, t } from "../words.js";

/**
 * @typedef {{about: string, score: number, zh: string, en: string}} Part
 * @typedef {{code: string, name: string, aliases: string[], address: string, neighbourhood: string, subdistrict: string,
 *   place: number[] | null, score: number, parts: Part[], row?: number}} Candidate
 * @typedef {{number: number, class: string, version: number, name: string, original: [string, string][],
 *   place: number[] | null, candidates: Candidate[], reason: {zh: string, en: string}, may_be_new: boolean,
 *   decision: string | null, code: string | null, decided_by: string | null, decided_at: string | null}} Row
 * @typedef {{choice: string | null, code: string | null}} Choice
 */

/**
 * What is shown of a row, with everything that can be decided about it.
 * @param {Row} row @param {boolean} open whether it may still be decided @param {(choice: Choice) => void} decide
 * @param {{certain: number, doubtful: number, lead: number} | null} [limits] what it was matched with
 */
export function rowCard(row, open, decide, limits = null) {
  const finder = el("span", { class: "finder" });
  if (open) search(finder, (hit) => /^\d{12}[CS]\d{3}$/.test(hit.code) && decide({ choice: "match", code: hit.code }));
  const chosenElsewhere = row.code && !row.candidates.some((one) => one.code === row.code);
  return [
    el("div", { class: "row" }, el("span", { class: "note" }, t("matching.row", { n: row.number })), stateTag(row),
      row.decided_by ? el("span", { class: "note" }, t("matching.decided_by", { who: row.decided_by })) : null),
    el("h2", {}, row.name || t("matching.no_name")),
    row.reason[language === "zh" ? "zh" : "en"] ? el("p", { class: "note", style: "margin:0" }, row.reason[language === "zh" ? "zh" : "en"]) : null,
    el("section", { class: "original", "aria-label": t("matching.original") }, el("h3", { style: "margin:0 0 4px" }, t("matching.original")),
      facts(row.original)),
    el("h3", { style: "margin:0" }, t("matching.candidates"), limits ? el("span", { class: "note", style: "font-weight:400; margin-left:8px" }, t("matching.scores", { certain: num(limits.certain, 2), doubtful: num(limits.doubtful, 2), lead: num(limits.lead, 2) })) : null),
    row.candidates.length
      ? el("ol", { class: "candidates" }, ...row.candidates.map((one, i) => candidateCard(one, i, row, open, decide)))
      : el("p", { class: "note", style: "margin:0" }, t("matching.no_candidates")),
    chosenElsewhere ? el("p", { class: "note" }, t("matching.chosen_other", { code: row.code ?? "" })) : null,
    open ? el("div", { class: "row" },
      button(t(row.class === "double" ? "matching.leave_out" : "matching.none_of_them"), () => decide({ choice: "none", code: null }), { id: "none", class: row.decision === "none" ? "main" : "" }), el("kbd", {}, "0"),
      row.may_be_new ? button(t(row.class === "double" ? "matching.load_both" : "matching.new"), () => decide({ choice: "new", code: null }), { id: "new", class: row.decision === "new" ? "main" : "" }) : null,
      row.may_be_new ? el("kbd", {}, "N") : null,
      row.decision ? button(t("matching.take_back"), () => decide({ choice: null, code: null }), { id: "take-back" }) : null,
      el("span", { class: "push" }), el("span", { class: "note" }, t("matching.another")), finder) : null,
  ];
}

/** @param {Row} row */
export function stateTag(row) {
  const tone = row.decision === "match" || (!row.decision && row.class === "certain") ? "good" : row.decision ? "info" : row.class === "none" ? "bad" : "warn";
  return el("span", { class: `tag ${tone}` }, t(row.decision ? `matching.is_${row.decision}` : `matching.${row.class}`));
}

/** @param {Candidate} one @param {number} i @param {Row} row @param {boolean} open @param {(choice: Choice) => void} decide */
function candidateCard(one, i, row, open, decide) {
  const chosen = row.decision === "match" ? row.code === one.code : !row.decision && row.class === "certain" && i === 0;
  const where = [one.subdistrict, one.neighbourhood, one.address].filter(Boolean).join(" · ");
  return el("li", { class: `candidate${chosen ? " chosen" : ""}`, data: { code: one.code } },
    el("span", { class: "rank" }, i + 1),
    el("div", {}, el("strong", {}, one.name), " ", el("code", {}, one.code),
      one.aliases.length ? el("div", { class: "note" }, t("matching.aliases", { names: one.aliases.join("、") })) : null,
      where ? el("div", { class: "note" }, where) : null),
    el("div", { class: "score" }, el("strong", {}, num(one.score, 2)),
      open && !one.row ? button(t(row.class === "double" ? "matching.as_change" : "matching.choose"), () => decide({ choice: "match", code: one.code }), { class: chosen ? "main" : "", "aria-label": t("matching.choose_this", { name: one.name }) }) : null),
    el("div", { class: "evidence" }, ...one.parts.map((part) => el("span", { class: `tag ${part.score >= 0.9 ? "good" : part.score >= 0.5 ? "warn" : "bad"}`, title: `${t(`matching.part_${part.about}`)} ${num(part.score, 2)}` }, language === "zh" ? part.zh : part.en))));
}

const drawn = L.layerGroup().addTo(district);
/** @type {Map<string, Promise<Feature | null>>} */
const outlines = new Map();
let asked = 0;

/** @param {string} code @returns {Promise<Feature | null>} */
function outline(code) {
  const known = outlines.get(code) ?? get(paths.one(code[12] === "S" ? "building-groups" : "communities", code)).catch(() => null);
  outlines.set(code, known);
  return known;
}

/** The candidates' outlines with their numbers, and where the row itself says it lies. @param {Row | undefined} row */
export async function showPlaces(row) {
  asked += 1;
  const mine = asked;
  drawn.clearLayers();
  if (!row) return;
  const found = await Promise.all(row.candidates.map((one) => outline(one.code)));
  if (mine !== asked) return;
  const there = /** @type {Feature[]} */ (found.filter((one) => one?.geometry));
  shapes(there, () => ({ color: "#123f6d", weight: 2, fillColor: "#1f66ad", fillOpacity: 0.25 })).addTo(drawn);
  row.candidates.forEach((one, i) => one.place && spot(one.place, String(i + 1), "", one.name));
  if (row.place) spot(row.place, "●", "mine", row.name);
  const point = row.place ? [/** @type {Feature} */ ({ type: "Feature", id: "mine", properties: {}, geometry: { type: "Point", coordinates: row.place } })] : [];
  if (there.length || point.length) fit([...there, ...point], 36);
  if (district.getZoom() > 17) district.setZoom(17);
}

/** @param {number[]} place @param {string} text @param {string} kind @param {string} name */
function spot(place, text, kind, name) {
  const icon = L.divIcon({ html: el("span", { class: `spot ${kind}` }, text), className: "", iconSize: [26, 26] });
  L.marker([place[1], place[0]], { icon, keyboard: false }).bindTooltip(() => el("span", {}, name)).addTo(drawn);
}

/** What every key does. @param {HTMLElement} place */
export function showKeys(place) {
  const keys = [["1 – 5", "key_choose"], ["0", "key_none"], ["N", "key_new"], ["↓ ↑", "key_move"], ["U", "key_undo"]];
  fill(place, el("dl", {}, ...keys.flatMap(([key, word]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, t(`matching.${word}`))])));
}
