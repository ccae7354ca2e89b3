// Pins (图钉): places that comments speak of, on the map while the comments are open; and the click that says where.

import { el } from "../dom.js";
import { district } from "../map.js";

/** @typedef {import("./line.js").Point} Point */

export class Pins {
  constructor() {
    this.layer = L.layerGroup();
    /** @type {((at: Point | null) => void) | null} who waits for the next click on the map */
    this.waiting = null;
  }

  /** Numbered pins in place of those shown. @param {{label: string, at: Point, name: string, open: () => void}[]} pins */
  show(pins) {
    this.layer.clearLayers();
    for (const { label, at, name, open } of pins) {
      const icon = L.divIcon({ html: el("span", {}, label), className: "map-pin", iconSize: [24, 24], iconAnchor: [12, 12] });
      L.marker([at[1], at[0]], { icon, title: name, alt: name }).on("click", open).addTo(this.layer);
    }
    this.layer.addTo(district);
  }

  /** Comments are closed: nothing of theirs stays on the map. */
  hide() {
    this.give(null);
    this.layer.remove();
  }

  /** The next click on the map is a place. @param {(at: Point | null) => void} then null: it was called off */
  ask(then) {
    this.give(null);
    this.waiting = then;
    district.getContainer().classList.add("pointing");
  }

  /** Hands a place to who waits for one; false where nobody does. @param {Point | null} at */
  give(at) {
    const then = this.waiting;
    if (!then) return false;
    this.waiting = null;
    district.getContainer().classList.remove("pointing");
    then(at);
    return true;
  }
}
