// The border of a cell as places to take hold of: its corners, the nodes where three meet, the middles of long edges.

import { paths } from "./snapping.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {{at: Point, kind: "node" | "vertex" | "middle", owners: string[], arms: Point[]}} Handle
 *   a place on the border, the cells that share it, and the corners that it is tied to */

/** Pixels between two handles, and the length of an edge that is worth one in its middle. */
const APART = 16;
const LONG = 44;

/**
 * Handles of a cell's border, thinned for the eye: nodes always, other corners and middles where there is room.
 * @param {Feature} cell @param {Iterable<Feature>} others every cell that may share its border
 * @param {(at: Point) => {x: number, y: number}} project to pixels
 * @returns {Handle[]}
 */
export function handles(cell, others, project) {
  const meetings = meet(cell, others);
  return paths(cell.geometry).flatMap((ring) => ofRing(ring.slice(0, -1), cell.id, meetings, project));
}

/** @param {Point[]} ring without its closing point @param {string} code @param {Map<string, Meeting>} meetings
 * @param {(at: Point) => {x: number, y: number}} project @returns {Handle[]} */
function ofRing(ring, code, meetings, project) {
  const pixels = ring.map(project);
  const made = /** @type {Handle[]} */ ([]);
  let last = { x: -1e9, y: -1e9 };
  ring.forEach((at, i) => {
    const met = /** @type {Meeting} */ (meetings.get(key(at)));
    const node = isNode(met, ring, i, meetings);
    if (node || apart(last, pixels[i]) >= APART) {
      made.push({ at, kind: node ? "node" : "vertex", owners: [code, ...met.owners], arms: [...met.arms.values()] });
      last = pixels[i];
    }
    const next = (i + 1) % ring.length;
    if (apart(pixels[i], pixels[next]) < LONG) return;
    const shared = met.owners.filter((one) => meetings.get(key(ring[next]))?.owners.includes(one));
    made.push({ at: middle(at, ring[next]), kind: "middle", owners: [code, ...shared], arms: [at, ring[next]] });
    last = project(middle(at, ring[next]));
  });
  return made;
}

/** @typedef {{owners: string[], arms: Map<string, Point>}} Meeting who shares a corner, and its neighbours along every border */

/** The corners of a cell with the other cells that have them. @param {Feature} cell @param {Iterable<Feature>} others @returns {Map<string, Meeting>} */
export function meet(cell, others) {
  /** @type {Map<string, Meeting>} */
  const found = new Map();
  const visit = (/** @type {Feature} */ one, /** @type {boolean} */ own) => {
    for (const path of paths(one.geometry)) {
      const ring = path.slice(0, -1);
      ring.forEach((at, i) => {
        const name = key(at);
        if (own && !found.has(name)) found.set(name, { owners: [], arms: new Map() });
        const met = found.get(name);
        if (!met) return;
        if (!own && !met.owners.includes(one.id)) met.owners.push(one.id);
        for (const arm of [ring[(i + ring.length - 1) % ring.length], ring[(i + 1) % ring.length]]) met.arms.set(key(arm), arm);
      });
    }
  };
  visit(cell, true);
  const box = boxOf(cell);
  for (const other of others) if (other.id !== cell.id && touch(box, boxOf(other))) visit(other, false);
  return found;
}

/** Three cells meet here, or two where one of them ends. @param {Meeting} met @param {Point[]} ring @param {number} i @param {Map<string, Meeting>} meetings */
function isNode(met, ring, i, meetings) {
  if (met.owners.length > 1) return true;
  const sides = [ring[(i + ring.length - 1) % ring.length], ring[(i + 1) % ring.length]];
  // The neighbour of one side is not the neighbour of the other.
  return met.arms.size > 2 && sides.some((side) => met.owners.some((one) => !meetings.get(key(side))?.owners.includes(one)));
}

/** @param {Point} at */
export function key(at) {
  return `${at[0]} ${at[1]}`;
}

/** @param {Point} a @param {Point} b @returns {Point} */
function middle(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b */
function apart(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** @type {WeakMap<any, [number, number, number, number]>} */
const boxes = new WeakMap();

/** The box of a shape: west, south, east, north; measured once. @param {Feature} feature @returns {[number, number, number, number]} */
export function boxOf(feature) {
  const known = boxes.get(feature.geometry);
  if (known) return known;
  const box = /** @type {[number, number, number, number]} */ ([Infinity, Infinity, -Infinity, -Infinity]);
  for (const path of paths(feature.geometry)) {
    for (const [x, y] of path) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  }
  boxes.set(feature.geometry, box);
  return box;
}

/** @param {number[]} a @param {number[]} b */
export function touch(a, b) {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}
