// What a proposal is worth (方案说明): objective by part, how far from the ideal, what binds, and the alternatives.

import { el } from "../dom.js";
import { table } from "../table.js";
import { num, pct, t } from "../words.js";
import { better, binds } from "./reasons.js";

/** @typedef {{packages: any[], left_out: any[], parts: Record<string, number>, bound: number | null, gap: number | null, proven: boolean,
 *   stopped_by: string, seconds: number, seed: number, binding: Reason[], better_at: Reason[]}} Plan */
/** @typedef {import("./reasons.js").Reason} Reason */

/** Metres from a household's home to the hub of its package, on average. @param {Plan} plan */
export function meanWay(plan) {
  const placed = plan.packages.reduce((sum, one) => sum + (one.households ?? 0), 0);
  return placed ? plan.parts.distance / placed : null;
}

/** A bound under half of the distance says as much as none. */
const WIDEST = 0.5;

/** The other plans with what is proven of the best: its bound holds for all that leave out the same at the same price.
 * @param {Plan} best @param {Plan[]} others @returns {Plan[]} */
export function bounded(best, others) {
  const bound = best.proven ? best.parts.distance : best.bound;
  const alike = (/** @type {Plan} */ plan) => ["left_out", "soft", "fixed"].every((part) => plan.parts[part] === best.parts[part]);
  return others.map((plan) => (bound === null || plan.bound !== null || !alike(plan) || !plan.parts.distance ? plan : { ...plan, bound, gap: Math.max(0, 1 - bound / plan.parts.distance) }));
}

/** How far a plan is at most above the best there is, as a share of that best; null where nothing is known.
 * The engine's gap is a share of the plan's own distance. @param {Plan} plan */
export function above(plan) {
  if (plan.proven) return 0;
  const { gap } = plan;
  return gap === null || gap === undefined || gap > WIDEST ? null : gap / (1 - gap);
}

/** The same in words. @param {Plan} plan */
export function quality(plan) {
  if (!plan.packages.length) return t(plan.left_out.length ? "result.none" : "result.empty");
  if (plan.proven) return t("result.proven");
  return above(plan) === null ? t("result.no_bound") : t("result.gap", { p: pct(above(plan)) });
}

/** The plan on top: its parts, its quality, what binds it. @param {Plan} plan @param {(code: string) => string} name */
export function summary(plan, name) {
  const cut = ["cancel", "time_limit"].includes(plan.stopped_by) ? el("p", { class: "alert warn" }, t(`result.stopped_${plan.stopped_by}`)) : null;
  const binding = plan.binding.map((one) => el("li", { title: one.text }, binds(one, name)));
  return el("div", { class: "stack" }, cut, el("p", { class: "quality", role: "status" }, quality(plan)),
    plan.packages.length ? parts(plan) : null,
    binding.length ? el("details", { class: "more" }, el("summary", {}, t("result.binding", { n: binding.length })), el("ul", { class: "missing" }, ...binding)) : null);
}

/** The objective part by part, in its order. @param {Plan} plan */
function parts(plan) {
  const sum = (/** @type {string} */ word, /** @type {string} */ value) => el("div", {}, el("dt", {}, t(`result.${word}`)), el("dd", {}, value));
  const { fixed, soft, imbalance } = plan.parts;
  return el("dl", { class: "parts" },
    sum("packages", num(plan.packages.length)), sum("left_out", t("result.units_out", { n: num(plan.left_out.length) })), soft ? sum("soft", num(soft)) : null,
    sum("distance", t("result.metres", { n: num(meanWay(plan)) })), fixed ? sum("fixed", t("result.fixed_km", { n: num(fixed / 1000, 1) })) : null,
    sum("imbalance", t("packages.households", { n: num(imbalance) })), sum("seconds", t("result.secs", { n: num(plan.seconds, 1) })));
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
    { key: "gap", label: t("result.gap_short"), kind: "num", value: (row) => above(row.plan), cell: (row) => pct(above(row.plan)) },
  ]), { code: (row) => String(row.index), caption: t("result.compare"), pick: (row) => choose(row.index) });
  made.update(rows);
  made.mark([String(shown)]);
  const strong = plans[shown].better_at.map((one) => better(one, name)).join(t("rule.stop"));
  return el("div", { class: "stack alternatives" }, el("h3", {}, t("result.compare")), made.element, strong ? el("p", { class: "note" }, strong) : null);
}
