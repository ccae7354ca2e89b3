// Choosing many units at once: a box with Shift, or a line drawn around them (套索).

import { byId } from "../dom.js";
import { district, seat } from "../map.js";
import { inside } from "../plans/line.js";

export class Lasso {
  /** @param {() => Feature[]} units what may be chosen @param {(chosen: Feature[], more: boolean) => void} done */
  constructor(units, done) {
    this.units = units;
    this.done = done;
    this.on = false;
    /** @type {import("leaflet").LatLng[] | null} */
    this.line = null;
    this.isBox = false;
    /** @type {import("leaflet").Polygon | null} */
    this.drawn = null;
    district.boxZoom.disable();
    const box = district.getContainer();
    box.addEventListener("mousedown", (event) => this.begin(event), true);
    document.addEventListener("mousemove", (event) => this.extend(event));
    document.addEventListener("mouseup", () => this.end());
    byId("lasso").addEventListener("click", () => this.set(!this.on));
  }

  /** @param {boolean} on */
  set(on) {
    this.on = on;
    byId("lasso").setAttribute("aria-pressed", String(on));
    district.getContainer().classList.toggle("drawing", on);
  }

  /** @param {MouseEvent} event */
  begin(event) {
    if (event.button || !(event.shiftKey || this.on)) return;
    event.preventDefault();
    event.stopPropagation();
    this.isBox = event.shiftKey;
    this.line = [district.mouseEventToLatLng(event)];
  }

  /** @param {MouseEvent} event */
  extend(event) {
    if (!this.line) return;
    const at = district.mouseEventToLatLng(event);
    const [first] = this.line;
    this.line = this.isBox ? [first, L.latLng(first.lat, at.lng), at, L.latLng(at.lat, first.lng)] : [...this.line, at];
    this.drawn?.remove();
    this.drawn = L.polygon(this.line, { pane: "highlight", interactive: false, color: "#0b2f56", weight: 1.5, dashArray: "5 4", fillOpacity: 0.08 }).addTo(district);
  }

  end() {
    const { line } = this;
    this.line = null;
    this.drawn?.remove();
    this.drawn = null;
    if (!line || line.length < 3) return;
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
