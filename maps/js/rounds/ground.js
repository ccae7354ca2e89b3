// A round on the map: its packages in colour, one of them or a finding brought into view.

import { district, fit, ground, labels, mark, shapes } from "../map.js";
import { num, t } from "../words.js";
import { colourOf } from "../packages/board.js";
import { outline } from "../packages/drawing.js";

export class RoundMap {
  /** @param {(number: number) => void} pick a package was clicked */
  constructor(pick) {
    this.pick = pick;
    /** @type {Feature[]} */
    this.units = [];
    /** @type {import("leaflet").LayerGroup | null} */
    this.drawn = null;
    this.active = 0;
  }

  /** @param {string | undefined} asOf */
  async ground(asOf) {
    this.outline = await ground({ as_of: asOf });
    fit(this.outline);
  }

  /** @param {Feature[]} units */
  draw(units) {
    this.units = units;
    this.drawn?.remove();
    const layer = shapes(units, (unit) => this.style(unit), {
      click: (unit) => this.pick(unit.properties.package),
      tip: (unit) => `${unit.properties.package_name}  ${unit.properties.name}  ${t("packages.households", { n: num(unit.properties.households) })}`,
    });
    const drawn = L.layerGroup([layer]).addTo(district);
    for (const number of new Set(units.map((unit) => unit.properties.package))) {
      outline(this.of(number), number - 1).forEach((part) => part.addTo(drawn));
    }
    this.drawn = drawn;
  }

  /** @param {Feature} unit */
  style(unit) {
    const on = unit.properties.package === this.active;
    return { fillColor: colourOf(unit.properties.package - 1), fillOpacity: on ? 0.95 : 0.75, color: on ? "#0b2f56" : "#ffffff", weight: on ? 2.2 : 1 };
  }

  /** @param {number} number @returns {Feature[]} the members of a package */
  of(number) {
    return this.units.filter((unit) => unit.properties.package === number);
  }

  /** @param {string} code */
  name(code) {
    return this.units.find((unit) => unit.id === code)?.properties.name ?? code;
  }

  all() {
    if (this.units.length) fit(this.units, 30);
    mark([]);
  }

  /** Brings a package into view. @param {number} number */
  show(number) {
    this.active = number;
    this.draw(this.units);
    fit(this.of(number), 110);
    mark(this.of(number));
  }

  /** Brings what a finding speaks of into view; pieces get their numbers. @param {import("./gate.js").Finding} finding */
  locate(finding) {
    const codes = new Set([...finding.units, ...finding.pieces.flat()]);
    const named = this.units.filter((unit) => codes.has(unit.id));
    const units = named.length ? named : finding.package ? this.of(finding.package) : [];
    this.active = finding.package ?? 0;
    this.draw(this.units);
    if (units.length) fit(units, 120);
    else if (finding.place) district.setView([finding.place[1], finding.place[0]], 17, { animate: false });
    const apart = [...finding.pieces].sort((a, b) => b.length - a.length).slice(1).flat();
    mark(apart.length ? this.units.filter((unit) => apart.includes(unit.id)) : units);
    if (finding.pieces.length > 1 && this.drawn) labels(units, (unit) => t("gate.piece", { n: 1 + finding.pieces.findIndex((piece) => piece.includes(unit.id)) })).addTo(this.drawn);
  }
}
