// Reasons of the engine in the reader's language: a code and its figures become a sentence, else the engine's own English.

import { constants, named, num, pct, t } from "../words.js";

/** @typedef {{code: string, text: string, figures: Record<string, any>}} Reason */
/** @typedef {(code: string) => string} Naming  the name of a unit, or of a package of this plan */

/** Figures as people read them: units and packages by name, rules by word. @param {Record<string, any>} figures @param {Naming} name */
function said(figures, name) {
  /** @type {Record<string, string>} */
  const words = {};
  for (const [key, value] of Object.entries(figures)) {
    if (value === null || value === undefined) continue;
    if (key === "share") words[key] = pct(value, 2);
    else if (key === "changed") words[key] = pct(value, 0);
    else if (key === "distance_change") words[key] = `${value < 0 ? "−" : "+"}${pct(Math.abs(value))}`;
    else if (typeof value === "number") words[key] = num(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1);
    else if (key === "rule" || key.endsWith("_rule")) words[key] = named("figure", value) === value ? name(value) : named("figure", value);
    else words[key] = String(value).split(", ").map(name).join(t("packages.and"));
  }
  return words;
}

/** The first of these sentences that is in the dictionary and whose every figure is known. @param {string} section
 * @param {string[]} codes @param {Record<string, string>} words */
function first(section, codes, words) {
  for (const code of codes) {
    if (!constants.words[section]?.[code]) continue;
    const text = t(`${section}.${code}`, words);
    if (!/\{\w+\}/.test(text)) return text;
  }
  return "";
}

/** Why a unit stays out, and what would let it in. @param {Reason} reason @param {Naming} name */
export function whyOut(reason, name) {
  const why = itself(reason, name);
  if (!why) return reason.text;
  const figures = reason.figures ?? {};
  const words = said(figures, name);
  const way = figures.join_over ? first("why", [`join_${figures.join_over}`], words) : "";
  const bound = figures.bound ? first("why", [`${figures.bound_package ? "bound" : "own"}_${figures.bound}`], words) : "";
  return [why, way, bound].filter(Boolean).join(t("rule.stop"));
}

/** What stands against a unit, without what would let it in; "" for a code that has no words. @param {Reason} reason @param {Naming} name */
function itself(reason, name) {
  const figures = reason.figures ?? {};
  const words = said(figures, name);
  const codes = [`${reason.code}_${figures.rule}`, `${reason.code}_${figures.cut}`, `${reason.code}_full`, `${reason.code}_near`, `${reason.code}_by`, reason.code];
  const why = first("why", codes, words);
  const more = reason.code === "isolated" ? first("why", [`need_${figures.rule}`, "need"], words)
    : reason.code === "next_to_no_package" ? first("why", [`clump_${figures.clump_rule}`, "clump", figures.packages ? "clump_count" : ""], words) : "";
  return [why, why ? more : ""].filter(Boolean).join(t("rule.stop"));
}

/** What a rule that binds stops. @param {Reason} reason @param {Naming} name */
export function binds(reason, name) {
  const figures = reason.figures ?? {};
  const words = said(figures, name);
  const subject = first("binds", [reason.code], words);
  const effect = first("binds", [reason.code === "binds_packages" ? "split" : figures.from ? "move" : "enter"], words);
  return subject && effect ? subject + effect : reason.text;
}

/** What stands against each other, or one rule of it with the change of it that leads to a plan. @param {Reason} reason @param {Naming} name */
export function conflicts(reason, name) {
  const figures = reason.figures ?? {};
  const words = said(figures, name);
  if (!reason.code.startsWith("rule_")) return head(reason, words, name) || reason.text;
  const subject = first("conflicts", [reason.code], words);
  return subject ? subject + (first("conflicts", [`change_${figures.change ?? "none"}`, "change_none"], words) || "") : reason.text;
}

/** The conflict itself: of the rules, or of one unit that must be placed. @param {Reason} reason @param {Record<string, string>} words @param {Naming} name */
function head(reason, words, name) {
  const own = first("conflicts", [reason.figures.units ? `${reason.code}_units` : "", `${reason.code}_full`], words);
  if (own) return own;
  const why = itself(reason, name);
  if (why) return words.unit && !words.units ? t("common.pair", { name: words.unit, text: why }) : why;
  return first("conflicts", [reason.code], words);
}

/** What a rule costs, where a figure alone would mislead. @param {Reason} reason @param {Naming} name */
export function cost(reason, name) {
  return first("binds", [reason.code], said(reason.figures ?? {}, name)) || reason.text;
}

/** What an alternative is better at. @param {Reason} reason @param {Naming} name */
export function better(reason, name) {
  return first("better", [reason.code], said(reason.figures ?? {}, name)) || reason.text;
}
