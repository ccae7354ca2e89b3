// Choosing many units at once: a box with Shift, or a line drawn around them (套索).

import { byId } from "../dom.js";
import { district, seat } from "../map.js";
import { inside } from "../plans/line.js";
import { isMap } from "./brush.js";

export class Lasso {
  /** @param {() => Feature[]} units what may be chosen @param {(chosen: Feature[], more: boolean) => void} done
   * @param {(on: boolean) => void} turned it was taken up or put down */
  constructor(units, done, turned) {
    this.units = units;
    this.done = done;
    this.turned = turned;
    this.on = false;
    /** @type {import("leaflet").LatLng[] | null} */
    this.line = null;
    this.isBox = false;
    /** @type {import("leaflet").Polygon | null} */
    this.drawn = null;
    /** The pointer that draws. */
    this.pointer = -1;
    /** A line was drawn: the click that ends it is none. */
    this.drew = false;
    district.boxZoom.disable();
    const box = district.getContainer();
    box.addEventListener("pointerdown", (event) => this.begin(event), true);
    box.addEventListener("mousedown", (event) => this.line && (event.preventDefault(), event.stopPropagation()), true);
    box.addEventListener("click", (event) => this.drew && (event.stopPropagation(), (this.drew = false)), true);
    document.addEventListener("pointermove", (event) => this.extend(event));
    document.addEventListener("pointerup", (event) => this.end(event));
    document.addEventListener("pointercancel", (event) => this.end(event));
    byId("lasso").addEventListener("click", () => this.set(!this.on));
  }

  /** @param {boolean} on */
  set(on) {
    if (on === this.on) return;
    this.on = on;
    byId("lasso").setAttribute("aria-pressed", String(on));
    this.turned(on);
    district.getContainer().classList.toggle("drawing", on);
    district.dragging[on ? "disable" : "enable"]();
  }

  /** @param {PointerEvent} event */
  begin(event) {
    this.drew = false;
    const boxes = event.shiftKey && !district.getContainer().classList.contains("drawing");
    if (this.line || event.button || !(boxes || this.on) || !isMap(event)) return;
    event.stopPropagation();
    [this.isBox, this.pointer] = [event.shiftKey, event.pointerId];
    this.line = [district.mouseEventToLatLng(event)];
  }

  /** @param {PointerEvent} event */
  extend(event) {
    if (!this.line || event.pointerId !== this.pointer) return;
    const at = district.mouseEventToLatLng(event);
    const [first] = this.line;
    this.line = this.isBox ? [first, L.latLng(first.lat, at.lng), at, L.latLng(at.lat, first.lng)] : [...this.line, at];
    this.drawn?.remove();
    this.drawn = L.polygon(this.line, { pane: "highlight", interactive: false, color: "#0b2f56", weight: 1.5, dashArray: "5 4", fillOpacity: 0.08 }).addTo(district);
  }

  /** @param {PointerEvent} event */
  end(event) {
    if (!this.line || event.pointerId !== this.pointer) return;
    const { line } = this;
    this.line = null;
    this.drawn?.remove();
    this.drawn = null;
    if (line.length < 3 || event.type === "pointercancel") return;
    this.drew = true;
    const ring = [...line, line[0]].map((point) => [point.lng, point.lat]);
    const shape = { type: "Polygon", coordinates: [ring] };
    const chosen = this.units().filter((unit) => {
      const place = seat(unit.geometry);
      return place && inside([place[1], place[0]], shape);
    });
    this.set(false);
    this.done(chosen, this.isBox);
  }
}
