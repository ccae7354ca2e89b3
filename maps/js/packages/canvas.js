// The packages on the map: units in the colour of their package, a tint around each, its number.

import { district, shapes } from "../map.js";
import { num, t } from "../words.js";
import { colourOf } from "./board.js";
import { outline } from "./drawing.js";

export class Canvas {
  /** @param {import("./desk.js").Desk} desk @param {(unit: Feature) => void} click */
  constructor(desk, click) {
    this.desk = desk;
    this.click = click;
    /** @type {import("leaflet").LayerGroup | null} */
    this.drawn = null;
  }

  draw() {
    const { board } = this.desk;
    this.drawn?.remove();
    const all = this.desk.features(new Set([...this.desk.pool, ...this.desk.placed()]));
    const layer = shapes(all, (unit) => this.style(unit), { click: this.click, tip: (unit) => this.tip(unit) });
    const drawn = L.layerGroup([layer]).addTo(district);
    board.lots.forEach((lot, i) => outline(this.desk.features(lot.members), i).forEach((part) => part.addTo(drawn)));
    this.drawn = drawn;
  }

  /** @param {Feature} unit */
  style(unit) {
    const place = this.desk.board.place(unit.id);
    const on = place >= 0 && place === this.desk.board.active;
    return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: on ? 0.95 : 0.72, color: on ? "#0b2f56" : "#ffffff", weight: on ? 2.2 : 1 };
  }

  /** @param {Feature} unit */
  tip(unit) {
    const place = this.desk.board.place(unit.id);
    const where = place < 0 ? t("packages.left_package") : this.desk.board.lots[place].name;
    return `${unit.properties.name}  ${t("packages.households", { n: num(unit.properties.households) })}  ${where}`;
  }
}
