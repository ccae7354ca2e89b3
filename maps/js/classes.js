// Class breaks in the browser: the thresholds and palettes come from the page, the rule is that of maps/classes.py.

import { constants } from "./words.js";

/** @typedef {{breaks: number[], colours: string[], method: string}} Classes */

/** @type {{palettes: Record<string, string[]>, policy: Record<string, number[]>, noData: string}} */
export const known = constants.classes;

/** The class of a value from 0, or null for 无数据. @param {Classes} classes @param {number | null | undefined} value */
export function indexOf(classes, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  const above = classes.breaks.findIndex((limit) => value < limit);
  return above < 0 ? classes.breaks.length : above;
}

/** `count` colours taken evenly from a palette. @param {string[]} palette @param {number} count */
export function spread(palette, count) {
  const last = palette.length - 1;
  if (count === 1) return [palette[Math.floor(palette.length / 2)]];
  return Array.from({ length: count }, (_, step) => palette[Math.min(last, Math.round((step * last) / (count - 1)))]);
}

/** @param {number[]} breaks ascending @param {string} palette @param {string} method @returns {Classes} */
export function fixed(breaks, palette, method) {
  return { breaks, colours: spread(known.palettes[palette], breaks.length + 1), method };
}

/** Quantiles (type 7); fewer classes when values repeat. @param {(number | null)[]} values @param {number} classes
 * @param {string} palette @returns {Classes} */
export function quantiles(values, classes, palette) {
  const sorted = values.filter((value) => value !== null && Number.isFinite(value)).map(Number).sort((a, b) => a - b);
  /** @type {number[]} */
  const breaks = [];
  for (let step = 1; sorted.length && step < classes; step += 1) {
    const place = (sorted.length - 1) * (step / classes);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    const limit = sorted[low] + (sorted[high] - sorted[low]) * (place - low);
    if (limit > sorted[0] && !breaks.includes(limit)) breaks.push(limit);
  }
  breaks.sort((a, b) => a - b);
  return fixed(breaks, palette, "quantiles");
}

/** How many values fall into each class, and how many are unknown. @param {Classes} classes @param {(number | null)[]} values */
export function counts(classes, values) {
  const tally = classes.colours.map(() => 0);
  let unknown = 0;
  for (const value of values) {
    const index = indexOf(classes, value);
    if (index === null) unknown += 1;
    else tally[index] += 1;
  }
  return { tally, unknown };
}
