// Package cards (标包卡片): what a package holds against its bounds, and what is broken.

import { button, el } from "../dom.js";
import { MISSING, named, num, squareMetres, t } from "../words.js";
import { colourOf } from "./board.js";

/** @typedef {{rule: string, package: string | null, text: string, units: string[], pieces: string[][]}} Violation */

/** Sum of what is known; null when nothing is. @param {Feature[]} units @param {string} name @returns {number | null} */
export function total(units, name) {
  const known = units.map((unit) => unit.properties[name]).filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null;
}

/**
 * @param {{name: string}} lot @param {number} index @param {Feature[]} units
 * @param {{bounds: [number, number], active: boolean, broken: Violation[], choose: () => void}} about
 */
export function card(lot, index, units, about) {
  const households = total(units, "households");
  const [low, high] = about.bounds;
  const off = households !== null && (households < low || households > high);
  const chip = el("span", { class: "chip", style: `background:${colourOf(index)}` });
  const figures = el("div", { class: "figures" },
    el("span", {}, t("packages.members", { n: units.length })),
    el("span", {}, t("packages.households", { n: num(households) })),
    el("span", {}, squareMetres(total(units, "floor_area"))));
  const made = el("article", {
    class: about.active ? "card active" : "card", style: `border-left-color:${colourOf(index)}`, tabindex: 0, role: "button",
    "aria-pressed": String(about.active), data: { package: lot.name },
  }, el("h3", {}, chip, lot.name), figures, units.length ? gauge(households, low, high, off) : null, ...about.broken.map(warning));
  made.addEventListener("click", about.choose);
  made.addEventListener("keydown", (event) => {
    if (event.code === "Enter" || event.code === "Space") (event.preventDefault(), about.choose());
  });
  return made;
}

/** Households against the bounds. @param {number | null} value @param {number} low @param {number} high @param {boolean} off */
function gauge(value, low, high, off) {
  const top = Math.max(high * 1.25, (value ?? 0) * 1.05, 1);
  const at = (/** @type {number} */ part) => `${Math.min(99, (part / top) * 100).toFixed(1)}%`;
  const title = t("packages.balance", { min: num(low), max: num(high) });
  return el("div", { class: off ? "bar-range off" : "bar-range", title },
    el("i", { style: `left:${at(low)};width:${(((high - low) / top) * 100).toFixed(1)}%` }),
    value === null ? null : el("b", { style: `left:${at(value)}` }));
}

/** @param {Violation} violation */
function warning(violation) {
  const pieces = violation.pieces?.length ?? 0;
  const known = named("broken", violation.rule);
  const text = known === violation.rule ? violation.text : pieces > 1 ? `${known}（${t("packages.pieces", { n: pieces })}）` : known;
  return el("p", { class: "field-error", title: violation.text }, `⚠ ${text}`);
}

/** Units that lie in no package, with the reason the engine gave.
 * @param {Feature[]} units @param {Map<string, {code: string, text: string}>} why @param {(unit: Feature) => void} show */
export function leftOut(units, why, show) {
  const rows = units.map((unit) => {
    const reason = why.get(unit.id);
    const text = reason ? (named("why", reason.code) === reason.code ? reason.text : named("why", reason.code)) : MISSING;
    return el("li", {}, button(unit.properties.name ?? unit.id, () => show(unit), { class: "plain link" }), el("span", { class: "note", title: reason?.text ?? "" }, text));
  });
  return el("section", { class: "left-out" }, el("h3", {}, `${t("packages.left_out")}（${units.length}）`), el("ul", {}, ...rows));
}
