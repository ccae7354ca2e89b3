// What a proposal is worth (方案说明): objective by part, how far from the ideal, what binds, and the alternatives.

import { el } from "../dom.js";
import { table } from "../table.js";
import { MISSING, num, pct, t } from "../words.js";
import { better, binds, conflicts } from "./reasons.js";

/** @typedef {{packages: any[], left_out: any[], parts: Record<string, number>, bound: number | null, gap: number | null, proven: boolean,
 *   stopped_by: string, seconds: number, seed: number, binding: Reason[], better_at: Reason[]}} Plan */
/** @typedef {import("./reasons.js").Reason} Reason */

/** Metres from a household's home to the hub of its package, on average. @param {Plan} plan */
function meanWay(plan) {
  const placed = plan.packages.reduce((sum, one) => sum + (one.households ?? 0), 0);
  return placed ? plan.parts.distance / placed : null;
}

/** How far a plan may be from the ideal, in words. @param {Plan} plan */
export function quality(plan) {
  if (plan.proven) return t("result.proven");
  // A bound of next to nothing says as much as none.
  if (plan.gap === null || plan.gap === undefined || plan.gap > 0.9) return t("result.no_bound");
  return t("result.gap", { p: pct(plan.gap) });
}

/** @param {Plan} plan */
function gapOf(plan) {
  return plan.proven ? pct(0) : plan.gap === null || plan.gap > 0.9 ? MISSING : pct(plan.gap);
}

/** The plan on top: its parts, its quality, what binds it. @param {Plan} plan @param {(code: string) => string} name */
export function summary(plan, name) {
  const sum = (/** @type {string} */ word, /** @type {string} */ value) => el("div", {}, el("dt", {}, t(`result.${word}`)), el("dd", {}, value));
  const binding = plan.binding.map((one) => el("li", { title: one.text }, binds(one, name)));
  const cut = plan.stopped_by === "cancel" || plan.stopped_by === "time_limit" ? el("p", { class: "alert warn" }, t(`result.stopped_${plan.stopped_by}`)) : null;
  return el("div", { class: "stack" }, cut,
    el("p", { class: "quality" }, quality(plan)),
    el("dl", { class: "parts" },
      sum("packages", num(plan.packages.length)), sum("left_out", t("result.units_out", { n: num(plan.left_out.length) })),
      sum("soft", num(plan.parts.soft)), sum("distance", t("result.metres", { n: num(meanWay(plan)) })),
      sum("imbalance", t("packages.households", { n: num(plan.parts.imbalance) })), sum("seconds", t("result.secs", { n: num(plan.seconds, 1) }))),
    binding.length ? el("details", { class: "more" }, el("summary", {}, t("result.binding", { n: binding.length })), el("ul", { class: "missing" }, ...binding)) : null);
}

/** The alternatives side by side; a click shows one on the map.
 * @param {Plan[]} plans @param {number} shown @param {(index: number) => void} choose @param {(code: string) => string} name */
export function comparison(plans, shown, choose, name) {
  const rows = plans.map((plan, index) => ({ plan, index }));
  /** @typedef {{plan: Plan, index: number}} Row */
  const made = table(/** @type {import("../table.js").Column<Row>[]} */ ([
    { key: "n", label: t("result.plan"), value: (row) => row.index, cell: (row) => t("result.plan_n", { n: row.index + 1 }) },
    { key: "packages", label: t("result.packages"), kind: "num", value: (row) => row.plan.packages.length },
    { key: "way", label: t("result.way"), kind: "num", value: (row) => meanWay(row.plan), cell: (row) => num(meanWay(row.plan)) },
    { key: "imbalance", label: t("result.uneven"), kind: "num", value: (row) => row.plan.parts.imbalance, cell: (row) => num(row.plan.parts.imbalance) },
    { key: "out", label: t("result.out"), kind: "num", value: (row) => row.plan.left_out.length },
    { key: "gap", label: t("result.gap_short"), kind: "num", value: (row) => row.plan.gap, cell: (row) => gapOf(row.plan) },
  ]), { code: (row) => String(row.index), caption: t("result.compare"), pick: (row) => choose(row.index) });
  made.update(rows);
  made.mark([String(shown)]);
  const strong = plans[shown].better_at.map((one) => better(one, name)).join(t("rule.stop"));
  return el("div", { class: "stack alternatives" }, el("h3", {}, t("result.compare")), made.element, strong ? el("p", { class: "note" }, strong) : null);
}

/** What stands against each other when there is no plan. @param {Reason[]} conflict @param {(code: string) => string} name @param {boolean} proven */
export function refusal(conflict, name, proven) {
  const items = conflict.map((one) => el("li", { title: one.text }, conflicts(one, name)));
  return el("div", { class: "alert", role: "alert" }, el("strong", {}, t(proven ? "result.impossible" : "result.none_found")), el("ul", {}, ...items));
}
