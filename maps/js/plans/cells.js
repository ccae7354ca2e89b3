// The cells of a draft on one canvas: fills, borders and names; projected once, painted when the map rests.

import { district, hatch, seat } from "../map.js";
import { num } from "../words.js";
import { boxOf, touch } from "./borders.js";
import { colourOf, SIZE } from "./colours.js";
import { inside } from "./line.js";
import { pathOf, Sheet } from "./sheet.js";
import { paths } from "./snapping.js";

/** @typedef {import("./line.js").Point} Point */

/** Names are looked for this many at a time, so that no frame is held up. */
const SEATS = 24;

/** @type {WeakMap<any, Path2D>} geometry → its path */
const drawn = new WeakMap();
/** @type {WeakMap<any, Point | null>} geometry → where its name sits */
const seats = new WeakMap();

/** @param {Feature} cell */
export function pathFor(cell) {
  const known = drawn.get(cell.geometry);
  if (known) return known;
  const made = pathOf(paths(cell.geometry));
  drawn.set(cell.geometry, made);
  return made;
}

/** @param {Feature} line */
function openPath(line) {
  const made = drawn.get(line.geometry) ?? pathOf(paths(line.geometry), /Line/.test(line.geometry.type));
  drawn.set(line.geometry, made);
  return made;
}

export class CellSheet {
  constructor() {
    /** @type {Map<string, Feature>} */
    this.cells = new Map();
    this.by = "size";
    /** @type {any} */
    this.limits = null;
    this.names = true;
    /** @type {Feature[]} lines that borders should follow, drawn over the fills */
    this.roads = [];
    /** @type {Set<string>} cells whose name is not written now */
    this.hidden = new Set();
    /** @type {Set<string>} */
    this.locked = new Set();
    this.sheet = new Sheet("overlayPane", (easel) => this.paint(easel));
    // Names lie above what is drawn between them and the cells.
    this.writing = new Sheet("labels", (easel) => this.write(easel));
    for (const one of [this.sheet, this.writing]) district.addLayer(/** @type {any} */ (one));
  }

  /** @param {Map<string, Feature>} cells @param {any} limits */
  show(cells, limits) {
    this.cells = cells;
    this.limits = limits;
    this.repaint();
  }

  /** Names of cells that would change give way to those of the ghost. @param {import("./draft.js").Answer | null} answer */
  hide(answer) {
    const codes = answer ? [...answer.gone, ...answer.changed.map((cell) => cell.id).filter((code) => !answer.grown.includes(code))] : [];
    if (codes.join() === [...this.hidden].join()) return;
    this.hidden = new Set(codes);
    this.writing.repaint();
  }

  repaint() {
    this.sheet.repaint();
    this.writing.repaint();
  }

  /** The cell at a place, or null. @param {Point} at @returns {string | null} */
  at(at) {
    for (const cell of this.cells.values()) {
      const [west, south, east, north] = boxOf(cell);
      if (at[0] >= west && at[0] <= east && at[1] >= south && at[1] <= north && inside(at, cell.geometry)) return cell.id;
    }
    return null;
  }

  /** @param {import("./sheet.js").Easel} easel */
  paint({ pen, across, box }) {
    const seen = [...this.cells.values()].filter((cell) => touch(box, boxOf(cell)));
    across((px) => {
      pen.lineJoin = "round";
      pen.globalAlpha = 0.6;
      for (const cell of seen) {
        const colour = colourOf(cell, this.by, this.limits);
        pen.fillStyle = colour === SIZE.unknown ? unknown(px) : colour;
        pen.fill(pathFor(cell), "evenodd");
      }
      pen.globalAlpha = 1;
      this.paintRoads(pen, px, box);
      pen.strokeStyle = "#2d5f74";
      pen.lineWidth = 1.3 * px;
      for (const cell of seen) pen.stroke(pathFor(cell));
    });
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} px @param {[number, number, number, number]} box */
  paintRoads(pen, px, box) {
    const seen = this.roads.filter((one) => touch(box, boxOf(one)));
    for (const [color, wide, narrow] of /** @type {[string, number, number][]} */ ([["#b4bdc6", 5, 2.6], ["#ffffff", 3.4, 1.4]])) {
      pen.strokeStyle = color;
      for (const one of seen) {
        pen.lineWidth = (one.properties.kind === "street" ? narrow : wide) * px;
        pen.stroke(openPath(one));
      }
    }
  }

  /** Names of the cells, a few new ones at a time. @param {import("./sheet.js").Easel} easel */
  write(easel) {
    if (!this.names) return;
    let left = SEATS;
    for (const cell of this.cells.values()) {
      if (this.hidden.has(cell.id) || !touch(easel.box, boxOf(cell))) continue;
      const known = seats.has(cell.geometry);
      if (!nameCell(cell, easel, this.locked.has(cell.id) ? "🔒" : "", known || left > 0)) left = -1;
      else if (!known) left -= 1;
    }
    if (left < 0) this.writing.repaint();
  }
}

/** A cell's number and households where there is room for them. @param {Feature} cell @param {import("./sheet.js").Easel} easel @param {string} [mark] before the number
 * @param {boolean} [search] look for the place where it sits
 * @returns {boolean} false: where its name sits is not known yet */
export function nameCell(cell, { pen, place }, mark = "", search = true) {
  const [west, south, east, north] = boxOf(cell);
  const [low, high] = [place([west, south]), place([east, north])];
  if (high.x - low.x < 44 || low.y - high.y < 30) return true;
  if (!seats.has(cell.geometry)) {
    if (!search) return false;
    const found = seat(cell.geometry);
    seats.set(cell.geometry, found && [found[1], found[0]]);
  }
  const at = seats.get(cell.geometry);
  if (at) write(`${mark}${cell.id.slice(-3)}${cell.properties.is_new ? "＊" : ""}`, num(cell.properties.households), pen, place(at));
  return true;
}

/** @param {string} above @param {string} below @param {CanvasRenderingContext2D} pen @param {{x: number, y: number}} at */
function write(above, below, pen, { x, y }) {
  pen.textAlign = "center";
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = "rgba(255, 255, 255, .9)";
  pen.fillStyle = "#14324f";
  pen.setLineDash([]);
  [[above, "600 13px"], [below, "12px"]].forEach(([text, font], i) => {
    pen.font = `${font} "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
    pen.strokeText(text, x, y - 2 + i * 15);
    pen.fillText(text, x, y - 2 + i * 15);
  });
}

/** 户数不详 is hatched, at the size of the screen. @param {number} px of a pixel in the units of the pen */
function unknown(px) {
  const pattern = hatch("#eceff2", "#a5afb9");
  pattern.setTransform(new DOMMatrix().scale(px));
  return pattern;
}
