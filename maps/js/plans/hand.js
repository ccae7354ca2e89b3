// The hand (鼠标) on the map: clicks, drags of a handle, and the pointer that a line follows, snapped to what is near.

import { district } from "../map.js";
import { handles } from "./borders.js";

/** @typedef {import("./line.js").Point} Point */

/** Pixels within which a handle is taken and a line snaps. */
const REACH = 9;

export class Hand {
  /** @param {import("./studio.js").Studio} studio @param {import("./sketch.js").Sketch} sketch @param {import("./cells.js").CellSheet} sheet
   * @param {import("./snapping.js").Snapper} snapper @param {{pointed: (at: Point) => boolean, changed: () => void, building: (at: Point) => void}} on
   *   a place is taken by who waits for one; the choice or the line is another one; a building is to be found at a place */
  constructor(studio, sketch, sheet, snapper, on) {
    this.studio = studio;
    this.sketch = sketch;
    this.sheet = sheet;
    this.snapper = snapper;
    this.on = on;
    this.snaps = true;
    /** Space is held: the map is dragged, whatever the tool. */
    this.pans = false;
    this.dragging = false;
    this.dragged = false;
    district.doubleClickZoom.disable();
    district.on("click", (event) => this.click(event));
    district.on("mousemove", (event) => this.move(event));
    district.on("mousedown", (event) => this.down(event));
    district.on("mouseout", () => this.leave());
    district.on("zoomend moveend", () => this.layHandles());
    document.addEventListener("mouseup", () => this.up());
  }

  /** @param {any} event */
  click(event) {
    if (this.dragged || this.pans) {
      this.dragged = false;
      return;
    }
    if (this.on.pointed([event.latlng.lng, event.latlng.lat])) return;
    const { tools } = this.studio;
    const at = this.caught(event);
    if (tools.tool === "rehome" && !tools.building) return this.on.building([event.latlng.lng, event.latlng.lat]);
    // The second press of a double click ends the line, it adds no point.
    if (tools.draws && event.originalEvent.detail > 1) return;
    tools.click(at, this.sheet.at([event.latlng.lng, event.latlng.lat]), event.originalEvent.shiftKey);
    this.on.changed();
  }

  /** The place of an event, snapped unless Alt is held. @param {any} event @param {boolean} [always] @returns {Point} */
  caught(event, always = false) {
    const free = /** @type {Point} */ ([event.latlng.lng, event.latlng.lat]);
    const wanted = this.snaps && !event.originalEvent.altKey && (always || this.studio.tools.draws);
    this.sketch.caught = wanted ? this.snapper.find(free, this.reach()) : null;
    return this.sketch.caught?.at ?? free;
  }

  /** REACH in degrees of latitude. */
  reach() {
    const height = district.getSize().y;
    const [low, high] = [district.containerPointToLatLng([0, height]), district.containerPointToLatLng([0, 0])];
    return ((high.lat - low.lat) / height) * REACH;
  }

  /** @param {any} event */
  move(event) {
    const { tools } = this.studio;
    if (!this.dragging && /** @type {any} */ (district.dragging)?.moving()) return;
    if (this.dragging && tools.grip) {
      tools.grip = { from: tools.grip.from, to: this.caught(event, true) };
      this.dragged = true;
      this.studio.foresee();
    } else if (tools.draws && !this.pans) {
      this.sketch.pointer = this.caught(event);
      if (tools.points.length) this.studio.foresee(this.sketch.pointer);
    } else {
      this.sketch.hover = this.sheet.at([event.latlng.lng, event.latlng.lat]);
    }
    this.sketch.draw();
  }

  leave() {
    this.sketch.pointer = null;
    this.sketch.caught = null;
    this.sketch.hover = null;
    // The line without the pointer is what Enter would apply.
    if (this.studio.tools.draws) this.studio.foresee();
    this.sketch.draw();
  }

  /** @param {any} event */
  down(event) {
    if (this.studio.tools.tool !== "edge" || this.pans || !this.studio.mayEdit) return;
    const held = this.handleAt(event.layerPoint);
    if (!held) return;
    this.take(held);
    this.dragging = true;
    district.dragging.disable();
  }

  up() {
    if (!this.dragging) return;
    this.dragging = false;
    district.dragging.enable();
    this.on.changed();
    // The click that follows a drag is no click; it comes before the next task.
    window.setTimeout(() => (this.dragged = false));
  }

  /** @param {import("./borders.js").Handle} held */
  take(held) {
    this.sketch.held = held;
    this.studio.tools.grip = { from: held.at, to: null };
    this.snapper.drop("held");
  }

  /** @param {{x: number, y: number}} at */
  handleAt(at) {
    const far = (/** @type {import("./borders.js").Handle} */ one) => district.latLngToLayerPoint([one.at[1], one.at[0]]).distanceTo(/** @type {any} */ (at));
    const near = this.sketch.handles.filter((one) => far(one) <= REACH).sort((a, b) => far(a) - far(b));
    return near[0] ?? null;
  }

  /** Handles of the chosen cell, as far as they are seen. */
  layHandles() {
    const { tools, draft } = this.studio;
    const [cell] = tools.tool === "edge" && this.studio.mayEdit ? draft.features(tools.cells) : [];
    const seen = district.getBounds().pad(0.1);
    this.sketch.handles = cell ? handles(cell, draft.cells.values(), ([lon, lat]) => district.latLngToLayerPoint([lat, lon])).filter(({ at }) => seen.contains([at[1], at[0]])) : [];
    this.sketch.draw();
  }

  /** The next handle by keyboard. @param {number} step 1 or -1 */
  cycle(step) {
    const { handles: list, held } = this.sketch;
    if (!list.length) return;
    const at = list.findIndex((one) => one.at === held?.at);
    this.take(list[(at + step + list.length) % list.length]);
    this.on.changed();
  }

  /** Moves the handle in hand by pixels. @param {[number, number]} step east, north; false when there is none */
  nudge([east, north]) {
    const { grip } = this.studio.tools;
    if (!grip) return false;
    const [lon, lat] = grip.to ?? grip.from;
    const at = district.latLngToLayerPoint([lat, lon]);
    const moved = district.layerPointToLatLng([at.x + east, at.y - north]);
    this.studio.tools.grip = { from: grip.from, to: [moved.lng, moved.lat] };
    this.on.changed();
    return true;
  }
}
