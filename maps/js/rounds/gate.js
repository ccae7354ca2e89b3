// The gate (送审检查): what stops a round, what should be known, and where it is, rule by rule: each with "show me" and,
// for whom it may be mended here, a way to mend it.

import { button, el, fill, select } from "../dom.js";
import { num, t } from "../words.js";
import { told } from "./say.js";

/** @typedef {{rule: string, severity: "block" | "warn", package: number | null, package_name: string | null, units: string[], pieces: string[][],
 *   place: [number, number] | null, zh: string, en: string}} Finding */
/** @typedef {{show: (finding: Finding) => void, takeOut: ((units: string[]) => void) | null, vote: ((votes: Record<string, string>) => void) | null,
 *   dissolve: ((numbers: number[]) => void) | null, edit: (finding: Finding) => string, name: (code: string) => string}} On  null: this person may not, or not now */

/** Findings that taking the unit out of its package mends. */
const BY_UNIT = ["vote_missing", "vote_failed", "refused", "willing_unknown", "taken", "mid_contract", "unknown_figure", "gone"];
/** Findings of a package that is mended by changing it, or by letting it go. */
const BY_PACKAGE = ["contiguity", "households", "floor_area", "money", "max_members", "within", "anchors", "below_cost", "nothing_to_let", "empty_package"];
/** As many of a rule are shown at once; the rest unfold. */
const SHOWN = 8;

/** @param {Element} place @param {{findings: Finding[], blocks: number, warns: number}} gate @param {On} on */
export function gate(place, { findings, blocks, warns }, on) {
  const head = blocks
    ? el("p", { class: "alert", role: "status" }, t("gate.blocked", { n: num(blocks) }))
    : el("p", { class: "alert good", role: "status" }, t(warns ? "gate.passed_warns" : "gate.passed", { n: num(warns) }));
  const rules = [...new Set(findings.map((one) => one.rule))].map((rule) => findings.filter((one) => one.rule === rule));
  rules.sort((a, b) => Number(b[0].severity === "block") - Number(a[0].severity === "block"));
  fill(place, head, ...rules.map((group) => section(group, on)));
}

/** Everything that breaks one rule. @param {Finding[]} group @param {On} on */
function section(group, on) {
  const [{ rule, severity }] = group;
  const kind = severity === "block" ? "bad" : "warn";
  const units = [...new Set(group.flatMap((one) => one.units))];
  const panel = el("div");
  const mend = [
    rule === "vote_missing" && on.vote ? button(t("gate.record_votes"), () => (panel.firstChild ? fill(panel) : votes(panel, units, on)), { class: "small", id: "record-votes" }) : null,
    BY_UNIT.includes(rule) && severity === "block" && on.takeOut ? button(t("gate.take_out_all"), () => on.takeOut?.(units), { class: "small", data: { out: rule } }) : null,
    BY_PACKAGE.includes(rule) && severity === "block" && on.dissolve ? button(t("gate.dissolve_all"), () => on.dissolve?.(group.map((one) => one.package ?? 0)), { class: "small", data: { dissolve: rule } }) : null,
  ];
  const head = el("header", { class: "row" }, el("span", { class: `tag ${kind}` }, t(severity === "block" ? "gate.blocks" : "gate.warns")), el("h3", { class: "grow" }, t("gate.rule_n", { rule: ruleName(rule, group), n: num(group.length) })), ...mend);
  const rows = group.map((one) => row(one, on));
  const rest = rows.slice(SHOWN);
  return el("section", { class: "stack gate-rule", data: { rule } }, head, panel, el("ul", { class: "findings" }, ...rows.slice(0, SHOWN)),
    rest.length ? el("details", { class: "more" }, el("summary", {}, t("gate.more", { n: rest.length })), el("ul", { class: "findings" }, ...rest)) : null);
}

/** @param {string} rule @param {Finding[]} group */
function ruleName(rule, group) {
  const known = t(`gate_rule.${rule}`);
  return known.startsWith("gate_rule.") ? told(group[0]) : known;
}

/** @param {Finding} one @param {On} on */
function row(one, on) {
  const where = one.units.length || one.pieces.length || one.place || one.package;
  return el("li", { data: { rule: one.rule } }, one.package_name ? el("span", { class: "tag" }, one.package_name) : null, el("span", { class: "grow" }, told(one)),
    BY_UNIT.includes(one.rule) && one.severity === "block" && on.takeOut ? button(t("gate.take_out"), () => on.takeOut?.(one.units), { class: "small plain link" }) : null,
    ...(BY_PACKAGE.includes(one.rule) && one.package && on.dissolve ? [button(t("gate.dissolve"), () => on.dissolve?.([one.package ?? 0]), { class: "small plain link" }), el("a", { href: on.edit(one), class: "small" }, t("gate.edit"))] : []),
    where ? button(t("gate.show"), () => on.show(one), { class: "small" }) : null);
}

/** Votes of owners on record: a list to fill from the paper. @param {Element} panel @param {string[]} units @param {On} on */
function votes(panel, units, on) {
  const boxes = units.map((code) => {
    const box = select([["", t("outlook.unknown")], ["passed", t("outlook.vote_passed")], ["failed", t("outlook.vote_failed")]], "", { data: { unit: code }, "aria-label": `${t("outlook.vote")} ${on.name(code)}` });
    return { code, box, line: el("li", {}, el("span", { class: "grow" }, on.name(code)), box) };
  });
  const save = button(t("gate.save_votes"), () => {
    const told = Object.fromEntries(boxes.filter(({ box }) => box.value).map(({ code, box }) => [code, box.value]));
    if (Object.keys(told).length) (save.disabled = true, on.vote?.(told));
  }, { class: "main", id: "save-votes" });
  fill(panel, el("div", { class: "signing" }, el("p", { class: "note" }, t("gate.votes_about")),
    el("div", { class: "row" }, button(t("gate.all_passed"), () => boxes.forEach(({ box }) => (box.value = "passed")), { class: "small", id: "all-passed" }), save),
    el("ul", { class: "findings votes" }, ...boxes.map((one) => one.line))));
}
