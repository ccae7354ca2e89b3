// A line over time (趋势), as SVG with its own axis; the values are also there as text for those who do not see it.

import { el, fill, svg } from "./dom.js";
import { day, pct, t } from "./words.js";

const SIZE = { width: 420, height: 150, left: 40, right: 10, top: 10, bottom: 22 };

/**
 * @param {Element} place @param {{date: string, share: number | null}[]} series ascending dates
 * @param {{now?: string, pick?: (date: string) => void, label: string}} options  `now` marks a date
 */
export function lineChart(place, series, options) {
  const seen = series.filter((point) => point.share !== null);
  if (!seen.length) return fill(place, el("p", { class: "none" }, t("common.no_rows")));
  const [low, high] = range(seen.map((point) => Number(point.share)));
  const x = (/** @type {number} */ i) =>
    SIZE.left + (i * (SIZE.width - SIZE.left - SIZE.right)) / Math.max(1, series.length - 1);
  const y = (/** @type {number} */ share) =>
    SIZE.top + ((high - share) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
  const drawing = svg("svg", {
    viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, class: "chart", role: "img",
    "aria-label": `${options.label}: ${day(seen[0].date)} ${pct(seen[0].share)} → ${day(seen[seen.length - 1].date)} ${pct(seen[seen.length - 1].share)}`,
  });
  drawing.append(...axis(low, high, y), ...years(series, x), ...path(series, x, y), ...dots(series, x, y, options));
  fill(place, drawing);
  return undefined;
}

/** Round limits around the values, at least four points apart. @param {number[]} shares */
function range(shares) {
  const low = Math.floor(Math.min(...shares) * 20 - 0.2) / 20;
  const high = Math.ceil(Math.max(...shares) * 20 + 0.2) / 20;
  return [Math.max(0, low), Math.min(1, Math.max(high, low + 0.05))];
}

/** @param {number} low @param {number} high @param {(share: number) => number} y */
function axis(low, high, y) {
  return [0, 0.5, 1].flatMap((part) => {
    const share = low + (high - low) * part;
    return [
      svg("line", { x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(share), y2: y(share), class: "rule" }),
      svg("text", { x: SIZE.left - 6, y: y(share) + 4, class: "tick end" }, pct(share, part === 0.5 ? 1 : 0)),
    ];
  });
}

/** @param {{date: string}[]} series @param {(i: number) => number} x */
function years(series, x) {
  return series.flatMap((point, i) => {
    if (!point.date.endsWith("-01-01")) return [];
    return [svg("text", { x: x(i), y: SIZE.height - 6, class: i < 3 ? "tick" : "tick mid" }, point.date.slice(0, 4))];
  });
}

/** The line, broken where nothing is known.
 * @param {{share: number | null}[]} series @param {(i: number) => number} x @param {(share: number) => number} y */
function path(series, x, y) {
  let pen = "M";
  let d = "";
  series.forEach((point, i) => {
    if (point.share !== null) d += `${pen}${x(i).toFixed(1)} ${y(point.share).toFixed(1)}`;
    pen = point.share === null ? "M" : "L";
  });
  return [svg("path", { d, class: "line" })];
}

/** @param {{date: string, share: number | null}[]} series @param {(i: number) => number} x
 * @param {(share: number) => number} y @param {{now?: string, pick?: (date: string) => void}} options */
function dots(series, x, y, options) {
  return series.flatMap((point, i) => {
    if (point.share === null) return [];
    const now = point.date === options.now;
    const dot = svg("circle", { cx: x(i), cy: y(point.share), r: now ? 4.5 : 2.4, class: now ? "dot now" : "dot" });
    const wide = svg("circle", { cx: x(i), cy: y(point.share), r: 7, class: "touch" },
      svg("title", {}, `${day(point.date)} ${pct(point.share)}`));
    wide.addEventListener("click", () => options.pick?.(point.date));
    return [dot, wide];
  });
}
