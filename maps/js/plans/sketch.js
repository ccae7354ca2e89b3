// What is under way, above the cells: the choice, the ghost of the new borders, the line, the handles, the place at fault.

import { district } from "../map.js";
import { nameCell, pathFor } from "./cells.js";
import { pathOf, Sheet } from "./sheet.js";
import { paths } from "./snapping.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {import("./sheet.js").Easel} Easel */

const GOOD = "#1b6e3c";
const BAD = "#b3261e";
const WAIT = "#1f66ad";
const NAVY = "#0b2f56";
/** Tints of new cells, told apart by the numbers beside them in the table too. */
export const TINTS = ["#ffd97a", "#7fc3e8", "#c9a7e0", "#9ed8a8", "#f3a6a0", "#b8c4d0"];

export class Sketch {
  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {Point | null} where the line would go on */
    this.pointer = null;
    /** @type {import("./snapping.js").Catch | null} */
    this.caught = null;
    /** @type {import("./borders.js").Handle[]} */
    this.handles = [];
    /** @type {import("./borders.js").Handle | null} the handle in hand */
    this.held = null;
    /** @type {string | null} */
    this.hover = null;
    /** @type {any} the fault that is looked at */
    this.fault = null;
    /** @type {Feature[]} shapes of another state, to compare with */
    this.other = [];
    this.sheet = new Sheet("highlight", (easel) => this.paint(easel));
    district.addLayer(/** @type {any} */ (this.sheet));
  }

  draw() {
    this.sheet.repaint();
  }

  /** @param {Easel} easel */
  paint(easel) {
    const { draft, tools, outlook } = this.studio;
    if (this.other.length) this.outline(easel, this.other, { color: "#7a3fa0", width: 1.8, dash: [5, 4] });
    if (this.hover && !tools.cells.includes(this.hover)) this.outline(easel, draft.features([this.hover]), { color: WAIT, width: 2 });
    const chosen = draft.features(tools.cells);
    this.outline(easel, chosen, { color: "#ffffff", width: 6 });
    this.outline(easel, chosen, { color: NAVY, width: 3 });
    if (outlook?.answer) this.ghost(easel, outlook.answer);
    this.paintLine(easel);
    this.paintHandles(easel);
    this.paintPlaces(easel);
  }

  /** @param {Easel} easel @param {Feature[]} features @param {{color: string, width: number, dash?: number[]}} how */
  outline({ pen, across }, features, { color, width, dash = [] }) {
    across((px) => {
      pen.strokeStyle = color;
      pen.lineWidth = width * px;
      pen.lineJoin = "round";
      pen.setLineDash(dash.map((part) => part * px));
      for (const feature of features) pen.stroke(pathFor(feature));
    });
  }

  /** What would be: new shapes tinted, their borders dashed. @param {Easel} easel @param {import("./draft.js").Answer} answer */
  ghost(easel, answer) {
    const moved = answer.changed.filter((cell) => !answer.grown.includes(cell.id));
    easel.across(() => {
      easel.pen.globalAlpha = this.studio.outlook?.waiting ? 0.28 : 0.55;
      moved.forEach((cell, i) => {
        easel.pen.fillStyle = TINTS[i % TINTS.length];
        easel.pen.fill(pathFor(cell), "evenodd");
      });
      easel.pen.globalAlpha = 1;
    });
    this.outline(easel, moved, { color: "#ffffff", width: 4 });
    this.outline(easel, moved, { color: GOOD, width: 2, dash: [7, 4] });
    for (const cell of moved) nameCell(cell, easel);
  }

  /** The colour of the line: green only when what it does is known to be valid. */
  tone() {
    const { outlook, valid } = this.studio;
    if (!outlook || outlook.waiting) return WAIT;
    return outlook.problem ? BAD : valid || outlook.answer ? GOOD : WAIT;
  }

  /** @param {Easel} easel */
  paintLine({ pen, place }) {
    const { tools } = this.studio;
    const points = [...tools.points, ...(this.pointer && tools.draws && tools.points.length ? [this.pointer] : [])].map(place);
    if (tools.tool === "draw" && points.length > 2) points.push(points[0]);
    for (const [color, width] of /** @type {[string, number][]} */ ([["#ffffff", 6], [this.tone(), 3]])) stroke(pen, points, color, width);
    for (const point of tools.points.map(place)) dot(pen, point, 4, this.tone());
    if (!this.caught || !tools.draws) return;
    const at = place(this.caught.at);
    pen.strokeStyle = "#c2410c";
    pen.lineWidth = 2;
    if (this.caught.corner) pen.strokeRect(at.x - 6, at.y - 6, 12, 12);
    else dot(pen, at, 5, "#c2410c");
  }

  /** @param {Easel} easel */
  paintHandles({ pen, place }) {
    const { grip } = this.studio.tools;
    if (grip) {
      const to = place(grip.to ?? grip.from);
      for (const arm of this.held?.arms ?? []) stroke(pen, [place(arm), to], this.tone(), 2.5, [6, 4]);
      dot(pen, to, 6, this.tone());
      return;
    }
    for (const { at, kind } of this.handles) {
      const { x, y } = place(at);
      pen.lineWidth = 1.6;
      pen.strokeStyle = NAVY;
      pen.fillStyle = kind === "node" ? "#f2cf7a" : "#ffffff";
      if (kind === "middle") dot(pen, { x, y }, 3.2, "#4d7ea8");
      else {
        const half = kind === "node" ? 5 : 3.6;
        pen.fillRect(x - half, y - half, 2 * half, 2 * half);
        pen.strokeRect(x - half, y - half, 2 * half, 2 * half);
      }
    }
  }

  /** The fault that is looked at, and the place of a refusal. @param {Easel} easel */
  paintPlaces(easel) {
    const { pen, place, across } = easel;
    if (this.fault?.geometry) {
      across((px) => {
        const path = pathOf(paths(this.fault.geometry), !/Polygon/.test(this.fault.geometry.type));
        pen.fillStyle = "rgba(217, 48, 37, .45)";
        pen.strokeStyle = BAD;
        pen.lineWidth = 2 * px;
        if (/Polygon/.test(this.fault.geometry.type)) pen.fill(path, "evenodd");
        pen.stroke(path);
      });
    }
    for (const at of [this.fault?.place, this.studio.outlook?.problem?.body.place]) {
      if (!at) continue;
      const { x, y } = place(at);
      pen.lineWidth = 2.5;
      pen.strokeStyle = BAD;
      pen.beginPath();
      pen.arc(x, y, 13, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
}

/** @param {CanvasRenderingContext2D} pen @param {{x: number, y: number}[]} points @param {string} color @param {number} width @param {number[]} [dash] */
function stroke(pen, points, color, width, dash = []) {
  if (points.length < 2) return;
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.setLineDash(dash);
  pen.beginPath();
  points.forEach(({ x, y }, i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
  pen.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} pen @param {{x: number, y: number}} at @param {number} radius @param {string} color */
function dot(pen, { x, y }, radius, color) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = "#ffffff";
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = color;
  pen.stroke();
}
