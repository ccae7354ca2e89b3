// What each rule of a plan costs (规则代价): asked for as work, shown as a table and one sentence.

import { button, el } from "../dom.js";
import { table } from "../table.js";
import { MISSING, named, num, t } from "../words.js";
import { yuan } from "./cards.js";
import { cost } from "./reasons.js";

/** @typedef {{packages: number, way: number | null, units_out: number, households_out: number, imbalance: number, borders: number, short: number | null}} Figures */
/** @typedef {{rule: string, without: Figures | null, why: import("./reasons.js").Reason}} Price */
/** @typedef {{now: Figures, prices: Price[], stopped?: boolean}} Prices */

/** −12 or +3; nothing for no change. @param {number | null | undefined} change @param {(value: number) => string} [say] */
function signed(change, say = (value) => num(value)) {
  if (change === null || change === undefined) return MISSING;
  const text = say(Math.abs(change));
  return Math.abs(change) < 0.5 ? "0" : `${change < 0 ? "−" : "+"}${text}`;
}

/** What changes in a figure without the rule; null where nothing better was found. @param {Figures} now @param {Price} price @param {keyof Figures} figure */
function change(now, price, figure) {
  const [before, after] = [now[figure], price.without?.[figure]];
  return before === null || after === null || after === undefined ? null : after - before;
}

/** @param {Prices} found @param {(code: string) => string} name */
export function pricesOf(found, name) {
  const { now, prices } = found;
  if (!prices.length) return el("p", { class: "note" }, t(found.stopped ? "price.stopped" : "price.no_rules"));
  /** @typedef {import("../table.js").Column<Price>} Column */
  const columns = /** @type {Column[]} */ ([
    { key: "rule", label: t("price.rule"), kind: "text wrap", value: (row) => named("price_rule", row.rule) },
    column(now, "way", "way"), column(now, "out", "households_out"), column(now, "packages", "packages"),
  ]);
  if (now.short !== null) columns.push(column(now, "short", "short", yuan));
  const made = table(columns, { code: (row) => row.rule, caption: t("price.title") });
  made.update(prices);
  return el("div", { class: "stack alternatives prices" }, found.stopped ? el("p", { class: "alert warn" }, t("price.stopped")) : null,
    made.element, el("p", { role: "status" }, sentence(found)), ...byChance(prices, name), el("p", { class: "note" }, t("price.note")));
}

/** @param {Figures} now @param {string} word @param {keyof Figures} figure @param {(value: number) => string} [say]
 * @returns {import("../table.js").Column<Price>} */
function column(now, word, figure, say) {
  return { key: word, label: t(`price.${word}`), kind: "num", value: (row) => change(now, row, figure), cell: (row) => signed(change(now, row, figure), say) };
}

/** The dearest rule in words. @param {Prices} found */
function sentence({ now, prices }) {
  const dearest = prices.find((price) => price.without && price.why.code === "price_of_rule");
  if (!dearest) return t("price.free");
  const of = (/** @type {keyof Figures} */ figure) => change(now, dearest, figure) ?? 0;
  const say = (/** @type {number} */ value, /** @type {string} */ less, /** @type {string} */ more, /** @type {(value: number) => string} */ told = (one) => num(one)) =>
    (Math.abs(value) < 0.5 ? "" : t(`price.${value < 0 ? less : more}`, { n: told(Math.abs(value)) }));
  const changes = [
    say(of("households_out"), "less_out", "more_out"), say(of("short"), "less_short", "more_short", yuan), say(of("way"), "nearer", "farther"),
    say(of("packages"), "fewer_packages", "more_packages"), dearest.without?.borders ? t("price.crossed", { n: dearest.without.borders }) : "",
  ].filter(Boolean);
  return t("price.dearest", { rule: named("price_rule", dearest.rule), changes: changes.join(t("price.comma")) || t("price.even") });
}

/** Rules that held nothing back, though the search did better without them. @param {Price[]} prices @param {(code: string) => string} name */
function byChance(prices, name) {
  const lucky = prices.filter((price) => price.why.code === "price_chance");
  return lucky.map((price) => el("p", { class: "note", title: cost(price.why, name) }, t("price.chance", { rule: named("price_rule", price.rule) })));
}

/** Before anybody asked. @param {() => void} ask */
export function askForPrices(ask) {
  return el("div", { class: "stack" }, el("p", { class: "note" }, t("price.about")), button(t("price.ask"), ask, { id: "ask-prices" }));
}
