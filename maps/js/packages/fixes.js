// Rules in conflict (规则冲突): each with the smallest change of it that leads to a plan, and a button that makes it.

import { button, el } from "../dom.js";
import { named, num, t } from "../words.js";
import { conflicts } from "./reasons.js";

/** @typedef {import("./reasons.js").Reason} Reason */
/** @typedef {import("./rules.js").Rules} Rules */
/** @typedef {{change: string, rules: Rules}} Fix  the change in words, and the rules with it */

/** The rules with the change that a conflict names; null where it names none that the rules can take.
 * @param {Rules} rules as they were asked @param {Reason} reason @param {(code: string) => string} name @returns {Fix | null} */
export function fixOf(rules, reason, name) {
  const { rule, to, change } = reason.figures;
  const kind = reason.code.replace(/^rule_/, "");
  if (!change || kind === reason.code) return null;
  if (kind === "capacity") return roomier(rules, reason.figures, name);
  if (change === "move") return moved(rules, kind, rule, to);
  return dropped(rules, kind, reason.figures);
}

/** @param {Rules} rules @param {string} kind @param {string} rule @param {number} to @returns {Fix | null} */
function moved(rules, kind, rule, to) {
  if (rule === "money") return fix("money", {}, rules, { money: { ...rules.money, shortfall_price: 1 } });
  const up = ["upper", "most", "max_members", "gap"].includes(kind);
  const bound = up ? Math.ceil(to - 1e-6) : Math.floor(to + 1e-6);
  const said = { rule: named("figure", rule), to: num(bound) };
  const [low, high] = kind === "lower" || kind === "upper" ? rules[rule] ?? [0, 1e9] : range(rules.packages);
  const changes = /** @type {Record<string, Rules>} */ ({
    lower: { [rule]: [bound, high] }, upper: { [rule]: [low, bound] }, max_members: { max_members: bound }, gap: { gap: bound },
    fewest: { packages: [bound, Math.max(high, bound)] }, most: { packages: [Math.min(low, bound), bound] },
  });
  return changes[kind] ? fix(kind, said, rules, changes[kind]) : null;
}

/** More room at the one site that needs it. @param {Rules} rules @param {Record<string, any>} figures @param {(code: string) => string} name @returns {Fix | null} */
function roomier(rules, { centre, count, to }, name) {
  if (count !== 1) return null;
  const capacity = Math.ceil(to - 1e-6);
  const centres = rules.centres.map((/** @type {any} */ one) => (one.unit === centre ? { ...one, capacity } : one));
  return fix("capacity", { name: name(centre), to: num(capacity) }, rules, { centres });
}

/** @param {number | number[] | null} packages @returns {number[]} */
function range(packages) {
  return typeof packages === "number" ? [packages, packages] : packages ?? [0, 10000];
}

/** @param {Rules} rules @param {string} kind @param {Record<string, any>} figures @returns {Fix | null} */
function dropped(rules, kind, figures) {
  const units = String(figures.units ?? "").split(", ");
  const rest = (/** @type {string[][]} */ groups) => (figures.rule === kind ? [] : (groups ?? []).filter((group) => !units.every((code) => group.includes(code))));
  const locks = Object.fromEntries(Object.entries(rules.locks ?? {}).filter(([, name]) => figures.rule !== "lock" && name !== figures.rule));
  const changes = /** @type {Record<string, Rules>} */ ({
    within: { within_subdistrict: false }, anchors: { anchors: null }, barrier: { barriers: [] }, place_all: { leave_out_price: 1 },
    together: { together: rest(rules.together) }, apart: { apart: rest(rules.apart) }, lock: { locks },
  });
  return changes[kind] ? fix(kind, {}, rules, changes[kind]) : null;
}

/** @param {string} kind @param {Record<string, string>} said @param {Rules} rules @param {Rules} change @returns {Fix} */
function fix(kind, said, rules, change) {
  return { change: t(`fix.${kind}`, said), rules: { ...rules, ...change } };
}

/** What stands against each other when there is no plan.
 * @param {Rules} rules @param {Record<string, any>} problem the service's answer @param {(code: string) => string} name @param {(fix: Fix) => void} apply */
export function refusal(rules, problem, name, apply) {
  const items = (problem.conflict ?? []).map((/** @type {Reason} */ one) => {
    const fix = fixOf(rules, one, name);
    const act = fix ? button(t("fix.apply", { change: fix.change }), () => apply(fix), { class: "fix", data: { fix: one.code } }) : null;
    return el("li", { title: one.text }, conflicts(one, name), act);
  });
  const stopped = problem.stopped_by && !items.length;
  const head = stopped ? "stopped_first" : problem.proven ? "impossible" : "none_found";
  return el("div", { class: "alert", role: "alert" }, el("strong", {}, t(`result.${head}`)), el("ul", { class: "conflict" }, ...items));
}
