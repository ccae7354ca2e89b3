// The tools (工具) as plain values: what was clicked so far, and the operation that it amounts to.  No page, no map.

/** @typedef {import("./line.js").Point} Point */
/** @typedef {{operation: string} & Record<string, any>} Operation */
/** @typedef {Pick<Tools, "tool" | "cells" | "points" | "grip" | "building" | "to">} Held what is in hand */
/** @typedef {{from: Point, to: Point | null}} Grip a place on a border that is dragged, and where to */

/** Tools that stay until another is taken, in the order of their buttons, with their letter. */
export const TOOLS = /** @type {[string, string][]} */ ([
  ["select", "V"], ["edge", "E"], ["split", "X"], ["merge", "M"], ["reshape", "R"], ["draw", "N"], ["snap", "S"], ["rehome", "B"],
]);
/** What is done at once. */
export const ACTS = /** @type {[string, string][]} */ ([["lock", "L"], ["zoom", "Z"]]);
/** Tools that are drawn with, point by point. */
const DRAWN = ["split", "reshape", "draw"];

export class Tools {
  constructor() {
    this.tool = "select";
    /** @type {string[]} the chosen cells, the first chosen first */
    this.cells = [];
    /** @type {Point[]} */
    this.points = [];
    /** @type {Grip | null} */
    this.grip = null;
    /** @type {{code: string, name: string, home: string | null} | null} the building to give another home */
    this.building = null;
    /** @type {string | null} who takes the building, or whose name a merger keeps */
    this.to = null;
    this.snapping = { to: ["roads"], tolerance: 5, all: false };
  }

  get draws() {
    return DRAWN.includes(this.tool);
  }

  /** Something is under way that Esc would take back. */
  get busy() {
    return this.points.length > 0 || this.grip !== null || this.building !== null || (this.tool === "merge" && this.cells.length > 1);
  }

  /** Takes another tool; what was drawn with the old one is dropped. @param {string} tool */
  pick(tool) {
    this.drop();
    this.tool = tool;
    if (tool !== "merge" && tool !== "snap" && tool !== "select") this.cells = this.cells.slice(0, tool === "reshape" ? 2 : 1);
  }

  /** Drops what is unfinished; the chosen cells stay. */
  drop() {
    this.points = [];
    this.grip = null;
    this.building = null;
    this.to = null;
  }

  /** @returns {Held} */
  held() {
    const { tool, cells, points, grip, building, to } = this;
    return { tool, cells, points, grip, building, to };
  }

  /** What was taken up since: another choice, or the points of the next line; null where the hand rested. @param {Held} before @returns {Held | null} */
  since(before) {
    const now = this.held();
    if (Object.entries(before).every(([key, value]) => now[/** @type {keyof Held} */ (key)] === value)) return null;
    const goesOn = before.points.every((point, i) => now.points[i] === point);
    const fresh = (/** @type {"grip" | "building" | "to"} */ key) => now[key] !== before[key];
    return { ...now, points: goesOn ? now.points.slice(before.points.length) : now.points,
      grip: fresh("grip") ? now.grip : null, building: fresh("building") ? now.building : null, to: fresh("to") ? now.to : null };
  }

  /** One step back: the last point, the grip, then the choice; false when there was nothing. */
  back() {
    if (this.points.length) this.points = this.points.slice(0, -1);
    else if (this.grip || this.building) [this.grip, this.building, this.to] = [null, null, null];
    else return false;
    return true;
  }

  /** @param {string | null} code @param {boolean} more add to the choice, or take from it */
  choose(code, more = false) {
    if (!code) this.cells = more ? this.cells : [];
    else if (!more) this.cells = [code];
    else this.cells = this.cells.includes(code) ? this.cells.filter((one) => one !== code) : [...this.cells, code];
    this.grip = null;
  }

  /** A click on the map. @param {Point} at @param {string | null} cell what lies there @param {boolean} [more] Shift is held */
  click(at, cell, more = false) {
    if (this.tool === "split" && !this.cells.length) return this.choose(cell);
    if (this.draws) return void (this.points = [...this.points, at]);
    if (this.tool === "rehome") return void (this.building && cell && cell !== this.building.home && (this.to = cell));
    return this.choose(cell, more || this.tool === "merge");
  }

  /** Cells that are gone are not chosen any more. @param {(code: string) => boolean} known */
  keep(known) {
    this.cells = this.cells.filter(known);
    if (this.to && !known(this.to)) this.to = null;
  }

  /** The operation as it stands, with the pointer as the last point of a line; null when there is not enough. @param {Point | null} [pointer]
   * @returns {Operation | null} */
  operation(pointer = null) {
    const line = pointer ? [...this.points, pointer] : this.points;
    const [cell] = this.cells;
    switch (this.tool) {
      case "edge": return this.grip?.to ? { operation: "move", from: this.grip.from, to: this.grip.to } : null;
      case "split": return cell && line.length > 1 ? { operation: "split", cell, line: lineString(line) } : null;
      case "merge": return this.cells.length > 1 ? { operation: "merge", cells: this.cells, ...(this.to ? { into: this.to } : {}) } : null;
      case "reshape": return line.length > 1 ? { operation: "reshape", line: lineString(line), ...(this.cells.length === 2 ? { cells: this.cells } : {}) } : null;
      case "draw": return line.length > 2 ? { operation: "draw", polygon: { type: "Polygon", coordinates: [[...line, line[0]]] } } : null;
      case "snap": return this.snap();
      case "rehome": return this.building && this.to ? { operation: "rehome", building: this.building.code, to: this.to } : null;
      default: return null;
    }
  }

  /** @returns {Operation | null} */
  snap() {
    const { to, tolerance, all } = this.snapping;
    if (!to.length || !(tolerance > 0) || (!all && !this.cells.length)) return null;
    return { operation: "snap", to, tolerance, ...(all ? {} : { cells: this.cells }) };
  }

  /** What to do next, as the key of a word. */
  hint() {
    if (this.tool === "split") return this.cells.length ? (this.points.length ? "tool.split_on" : "tool.split_draw") : "tool.split_choose";
    if (this.tool === "edge") return this.cells.length ? "tool.edge_drag" : "tool.edge_choose";
    if (this.tool === "rehome") return this.building ? "tool.rehome_to" : "tool.rehome_choose";
    return `tool.${this.tool}_do`;
  }

  /** Points for the coordinate box: the line, or from where to where. @returns {Point[]} */
  typed() {
    return this.grip ? [this.grip.from, ...(this.grip.to ? [this.grip.to] : [])] : this.points;
  }

  /** Points from the coordinate box. @param {Point[]} points */
  type(points) {
    if (this.tool === "edge") this.grip = points.length ? { from: points[0], to: points[1] ?? null } : null;
    else this.points = points;
  }
}

/** @param {Point[]} points */
function lineString(points) {
  return { type: "LineString", coordinates: points };
}
