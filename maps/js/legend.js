// The legend (图例): every class with its limits and how many there are, and 无数据 apart from zero.

import { counts } from "./classes.js";
import { el, fill } from "./dom.js";
import { pct, t } from "./words.js";

/** @param {Element} place @param {import("./classes.js").Classes} classes @param {(number | null)[]} values */
export function shareLegend(place, classes, values) {
  const { tally, unknown } = counts(classes, values);
  const rows = classes.colours.map((colour, i) => entry(colour, limits(classes.breaks, i), tally[i])).reverse();
  fill(place, ...rows, entry("", t("common.no_data"), unknown, "hatched"));
}

/** One line: colour, words, count. @param {string} colour @param {string} text @param {number | null} count @param {string} [kind] */
export function entry(colour, text, count, kind = "") {
  const chip = el("span", { class: `chip ${kind}`, style: colour ? `background:${colour}` : null });
  return el("li", {}, chip, el("span", { class: "legend-text" }, text), count === null ? null : el("span", { class: "legend-count" }, count));
}

/** @param {number[]} breaks @param {number} i */
function limits(breaks, i) {
  const digits = breaks.some((limit) => Math.abs(limit * 100 - Math.round(limit * 100)) > 1e-9) ? 1 : 0;
  if (!breaks.length) return t("common.all_values");
  if (i === 0) return `< ${pct(breaks[0], digits)}`;
  if (i === breaks.length) return `≥ ${pct(breaks[i - 1], digits)}`;
  return `${pct(breaks[i - 1], digits)} – ${pct(breaks[i], digits)}`;
}
