// How the status map looks, said once for shapes held by the page and for tiles painted by the worker.

import { fixed, known } from "../classes.js";
import { MODES, UNKNOWN } from "../modes.js";

/** @typedef {import("../tiles.js").Look} Look @typedef {import("../tiles.js").Fill} Fill */

export const BUILDING_ZOOM = 16;
/** From here on the hatch of 三无 can be read; from afar it would only darken. */
export const HATCH_ZOOM = 14.5;
/** From here on a tile holds each community by itself; farther away, sums by region. */
export const OWN_SHAPE = 14;
const NEIGHBOURHOODS = 11;

export const INK = { subdistricts: "#5d4a7a", neighbourhoods: "#8a7ca3", grids: "#2f7d6b", groups: "#33475b", three: "#1c2733" };
const UNKNOWN_FILL = { ground: "#ececec", line: "#8d979f" };
const OPACITY = 0.85;

/** More shapes than this are painted from tiles, not held by a page. */
const HELD = 5000;

/** Whether there is more than a page should hold. @param {Record<string, any>} census */
export function isCity(census) {
  const kinds = ["communities", "groups", "stand_alone", "grids", "neighbourhoods", "subdistricts"];
  return kinds.reduce((sum, kind) => sum + census[kind], 0) > HELD;
}

/** The classes of a share served, as the overview has them. */
export const classes = fixed(known.policy.coverage, "YlGn", "policy");

/** The fill of a mode. @param {string} mode @param {boolean} hatched three-no, seen from near @returns {Fill} */
export function fillOf(mode, hatched) {
  if (mode === UNKNOWN) return UNKNOWN_FILL;
  const colour = MODES[mode] ?? "#999999";
  return hatched ? { ground: colour, line: "rgba(20,30,40,.5)" } : colour;
}

/** The level of region that a tile's sums are by. @param {number} zoom */
export const sumLevel = (zoom) => (zoom < NEIGHBOURHOODS ? "subdistrict" : "neighbourhood");

/** Layers of the tiles of a zoom, the lowest first. @param {(name: string) => boolean} isOff @param {boolean} plain no base map below
 * @returns {(zoom: number) => string} */
export function tileNames(isOff, plain) {
  return (zoom) => {
    const near = zoom >= OWN_SHAPE;
    const wanted = /** @type {[string, boolean][]} */ ([
      ["regions", true], ["base-features", plain], ["grids", near && !isOff("grids")], ["communities", !isOff("communities")],
      ["building-groups", near && !(isOff("groups") && isOff("stand_alone"))], ["buildings", zoom >= BUILDING_ZOOM && !isOff("buildings")],
    ]);
    return wanted.filter(([, on]) => on).map(([name]) => name).join(",");
  };
}

/** Looks of the tiles of a zoom. @param {(name: string) => boolean} isOff @param {boolean} plain no base map below
 * @returns {(zoom: number) => Look[]} */
export function tileLooks(isOff, plain) {
  return (zoom) => [
    ...(plain ? ground(zoom) : []),
    ...(isOff("neighbourhoods") ? [] : [region("neighbourhood", INK.neighbourhoods, 1.1)]),
    { layer: "grids", line: INK.grids, width: 1, dash: [4, 3] },
    ...(isOff("communities") ? [] : [sums(isOff), ...communities(isOff, zoom)]),
    ...(isOff("groups") ? [] : [{ layer: "building-groups", only: { stand_alone: [false] }, fill: "rgba(51,71,91,.06)", line: INK.groups, width: 0.8 }]),
    ...(isOff("stand_alone") ? [] : [{ layer: "building-groups", only: { stand_alone: [true] }, ...byMode(false), line: INK.three, width: 1.6, opacity: OPACITY }]),
    { layer: "buildings", fill: "rgba(255,255,255,.65)", line: "#2b3a49", width: 0.8 },
    ...(isOff("subdistricts") ? [] : [{ ...region("subdistrict", INK.subdistricts, 2.4), still: true }]),
  ];
}

/** @param {string} level @param {string} line @param {number} width @returns {Look} */
function region(level, line, width) {
  return { layer: "regions", only: { level: [level] }, line, width };
}

/** @param {boolean} hatched */
function byMode(hatched) {
  return { by: "mode", fills: Object.fromEntries([...Object.keys(MODES), UNKNOWN].map((mode) => [mode, fillOf(mode, hatched)])) };
}

/** From afar: the share served of those that are known, of all or of 三无 alone. @param {(name: string) => boolean} isOff @returns {Look} */
function sums(isOff) {
  const head = isOff("three_no_only") ? "" : "three_no_";
  const share = { part: `${head}served`, of: [`${head}served`, `${head}unserved`], breaks: classes.breaks, fills: classes.colours, none: UNKNOWN_FILL };
  return { layer: "communities-by-region", share, line: "#ffffff", width: 0.8, opacity: OPACITY };
}

/** @param {(name: string) => boolean} isOff @param {number} zoom @returns {Look[]} */
function communities(isOff, zoom) {
  const without = { mode: [...Object.keys(MODES), UNKNOWN].filter((mode) => isOff(`mode-${mode}`)) };
  const near = zoom >= HATCH_ZOOM;
  const outline = isOff("three_no") ? "#ffffff" : INK.three;
  const three = { layer: "communities", only: { three_no: [true] }, without, ...byMode(near), opacity: OPACITY, line: outline, width: near ? 1.5 : 0.9 };
  const others = { layer: "communities", without: { ...without, three_no: [true] }, ...byMode(false), opacity: OPACITY, line: "#ffffff", width: 0.8 };
  return isOff("three_no_only") ? [others, three] : [three];
}

/** District, water, roads and railways as the plain ground draws them. @param {number} zoom @returns {Look[]} */
export function ground(zoom) {
  const line = (/** @type {string} */ kind, /** @type {string} */ colour, /** @type {number} */ width, /** @type {number[]} */ dash = []) =>
    ({ layer: "base-features", only: { kind: [kind] }, line: colour, width: zoom < 13 ? width * 0.6 : width, dash, still: true });
  return [
    { layer: "regions", only: { level: ["district"] }, fill: "#fbfcfd", line: "#9aa7b5", width: 1.5, still: true },
    { ...line("river", "#c3d9e8", 2), fill: "#d3e4ef" },
    line("street", "#e6eaee", 1.2),
    line("arterial", "#d2d8df", 4), line("arterial", "#ffffff", 2.4),
    line("railway", "#8a95a1", 2.2), line("railway", "#ffffff", 1.2, [6, 6]),
  ];
}
