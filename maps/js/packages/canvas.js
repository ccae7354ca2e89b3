// The packages on the map: units in the colour of their package, a tint around each, its number; and moving by drag.

import { district, shapes } from "../map.js";
import { num, t } from "../words.js";
import { colourOf } from "./board.js";
import { outline } from "./drawing.js";

/** Pixels that the pointer may shake in a click. */
const SHAKE = 6;

export class Canvas {
  /** @param {import("./desk.js").Desk} desk @param {{click: (unit: Feature) => void, drop: (unit: Feature, on: Feature | null, card: string | null) => void, mayDrag: () => boolean}} on */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    /** @type {import("leaflet").LayerGroup | null} */
    this.drawn = null;
    /** @type {import("leaflet").GeoJSON | null} */
    this.units = null;
    /** The unit that is dragged, and where it was taken. @type {{unit: Feature, at: import("leaflet").Point, far: boolean} | null} */
    this.held = null;
    /** The unit under the pointer. @type {Feature | null} */
    this.under = null;
    document.addEventListener("mousemove", (event) => this.drag(event));
    document.addEventListener("mouseup", (event) => this.release(event));
  }

  draw() {
    const { board } = this.desk;
    this.drawn?.remove();
    const all = this.desk.features(new Set([...this.desk.pool, ...this.desk.placed()]));
    const layer = shapes(all, (unit) => this.style(unit), { click: (unit) => this.click(unit), tip: (unit) => this.tip(unit), hover: (unit) => (this.under = unit) });
    layer.eachLayer((each) => each.on("mousedown", (event) => this.hold(/** @type {any} */ (each).feature, /** @type {any} */ (event))));
    const drawn = L.layerGroup([layer]).addTo(district);
    board.lots.forEach((lot, i) => outline(this.desk.features(lot.members), i).forEach((part) => part.addTo(drawn)));
    this.drawn = drawn;
    this.units = layer;
  }

  /** The same shapes in the looks that they have now. */
  restyle() {
    this.units?.setStyle((unit) => this.style(/** @type {any} */ (unit)));
  }

  /** @param {Feature} unit */
  click(unit) {
    if (!this.moved) this.on.click(unit);
  }

  /** @param {Feature} unit @param {import("leaflet").LeafletMouseEvent} event */
  hold(unit, event) {
    this.moved = false;
    if (!this.on.mayDrag() || event.originalEvent.shiftKey || event.originalEvent.button) return;
    district.dragging.disable();
    this.held = { unit, at: L.point(event.originalEvent.clientX, event.originalEvent.clientY), far: false };
  }

  /** @param {MouseEvent} event */
  drag(event) {
    if (!this.held) return;
    if (!this.held.far && this.held.at.distanceTo(L.point(event.clientX, event.clientY)) < SHAKE) return;
    this.held.far = true;
    document.body.classList.add("carrying");
  }

  /** @param {MouseEvent} event */
  release(event) {
    const { held } = this;
    if (!held) return;
    this.held = null;
    district.dragging.enable();
    document.body.classList.remove("carrying");
    if (!held.far) return;
    this.moved = true;
    const card = event.target instanceof Element ? event.target.closest("[data-package]") : null;
    this.on.drop(held.unit, this.under && this.under.id !== held.unit.id ? this.under : null, card instanceof HTMLElement ? card.dataset.package ?? null : null);
  }

  /** @param {Feature} unit */
  style(unit) {
    const { board, selected, waiting, faulty } = this.desk;
    const place = board.place(unit.id);
    const on = place >= 0 && place === board.active;
    if (selected.has(unit.id)) return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: 0.95, color: "#111111", weight: 3.2 };
    if (waiting.has(unit.id)) return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: 0.95, color: "#c2410c", weight: 3, dashArray: "4 3" };
    if (faulty.has(unit.id)) return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: 0.9, color: "#b3261e", weight: 2.6 };
    const dim = board.active >= 0 && place >= 0 && !on;
    return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: on ? 0.95 : dim ? 0.6 : 0.72, color: on ? "#0b2f56" : "#ffffff", weight: on ? 2.2 : 1 };
  }

  /** @param {Feature} unit */
  tip(unit) {
    const place = this.desk.board.place(unit.id);
    const where = place < 0 ? t("packages.left_package") : this.desk.board.lots[place].name;
    return `${unit.properties.name}  ${t("packages.households", { n: num(unit.properties.households) })}  ${where}`;
  }
}
