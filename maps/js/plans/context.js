// What lies around the draft (周边): other layers as tiles, and the lines that drawing snaps to.

import { all, paths } from "../api.js";
import { el, fill, later } from "../dom.js";
import { district, load } from "../map.js";
import { tileLayer } from "../tiles.js";
import { tellLost } from "../tiles/lost.js";
import { t } from "../words.js";
import { boxOf } from "./borders.js";
import { inside } from "./line.js";
import { Snapper } from "./snapping.js";

/** @typedef {import("./line.js").Point} Point */

/** From this zoom on buildings are fetched one by one, to snap to and to click. */
const NEAR = 16;
/** Degrees of a square that is fetched at once. */
const SQUARE = 0.01;

/** Between the fill of the cells and the line under way: buildings are what a border goes around. */
const PANE = "around";
district.createPane(PANE).style.zIndex = "405";
/** @type {HTMLElement} */ (district.getPane(PANE)).style.pointerEvents = "none";

/** Layer → how its tiles look, and the word of its switch. @type {Record<string, [string, Record<string, any>, boolean]>} */
const LAYERS = {
  buildings: ["plan.show_buildings", { fill: "#aab5c1", line: "#77838f", width: 0.6, minZoom: 14 }, true],
  communities: ["plan.show_communities", { fill: null, line: "#8a6d3b", width: 1.2, minZoom: 13 }, false],
  "building-groups": ["plan.show_groups", { fill: null, line: "#b08a4f", width: 0.9, minZoom: 15 }, false],
  grids: ["plan.show_grids", { fill: null, line: "#98a6b4", width: 1, minZoom: 13 }, true],
};

export class Context {
  constructor() {
    this.snapper = new Snapper();
    /** @type {Map<string, Feature>} buildings that were fetched */
    this.buildings = new Map();
    /** @type {Map<string, Promise<void>>} square → its being fetched */
    this.squares = new Map();
    /** @type {Map<string, any>} cell → the border that is snapped to */
    this.followed = new Map();
    /** @type {Record<string, any>} */
    this.tiles = {};
    district.on("moveend", later(() => this.near(), 250));
  }

  /** @param {any} plan @returns {Promise<Feature[]>} roads, rivers and railways */
  async start(plan) {
    this.date = plan.base_date;
    for (const [name, [, style, on]] of Object.entries(LAYERS)) {
      // The cells under edit are drawn by the editor itself.
      if (name === plan.layer.replace("_", "-") && name !== "grids") continue;
      const skip = name === "grids" && plan.layer === "grids" ? [plan.area.replace(/0+$/, "")] : [];
      this.tiles[name] = tellLost(tileLayer(name, { ...style, pane: PANE, params: { as_of: this.date }, skip }), district);
      if (on) this.tiles[name].addTo(district);
    }
    const base = await load("base-features", {});
    this.snapper.put("roads", "road", base.map((one) => one.geometry));
    return base;
  }

  /** The draft's borders, to snap to: only those that changed are taken in anew. @param {Map<string, Feature>} cells */
  follow(cells) {
    for (const code of this.followed.keys()) {
      if (cells.has(code)) continue;
      this.snapper.drop(code);
      this.followed.delete(code);
    }
    for (const [code, { geometry }] of cells) {
      if (this.followed.get(code) === geometry) continue;
      this.snapper.put(code, "cell", [geometry]);
      this.followed.set(code, geometry);
    }
  }

  /** Switches of the layers. @param {HTMLElement} place @param {...HTMLElement} others */
  switches(place, ...others) {
    const boxes = Object.entries(this.tiles).map(([name, layer]) => el("label", { class: "check" }, el("input", {
      type: "checkbox", checked: district.hasLayer(layer), data: { layer: name },
      on: { change: (/** @type {any} */ event) => (event.target.checked ? layer.addTo(district) : layer.remove()) },
    }), t(LAYERS[name][0])));
    fill(place, ...others, ...boxes);
  }

  /** Fetches the buildings in sight, square by square. */
  near() {
    if (district.getZoom() < NEAR) return;
    const seen = district.getBounds();
    for (let i = Math.floor(seen.getWest() / SQUARE); i <= Math.floor(seen.getEast() / SQUARE); i += 1) {
      for (let j = Math.floor(seen.getSouth() / SQUARE); j <= Math.floor(seen.getNorth() / SQUARE); j += 1) this.fetch(i, j);
    }
  }

  /** @param {number} i @param {number} j */
  fetch(i, j) {
    const name = `${i} ${j}`;
    const known = this.squares.get(name);
    if (known) return known;
    const bbox = [i, j, i + 1, j + 1].map((value) => (value * SQUARE).toFixed(6)).join(",");
    const made = all(paths.list("buildings"), { bbox, as_of: this.date }).then((found) => {
      for (const one of found) this.buildings.set(one.id, one);
      this.snapper.put(`buildings ${name}`, "building", found.map((one) => one.geometry));
    });
    this.squares.set(name, made);
    made.catch(() => this.squares.delete(name));
    return made;
  }

  /** The building at a place, or null. @param {Point} at @returns {Promise<Feature | null>} */
  async buildingAt(at) {
    await this.fetch(Math.floor(at[0] / SQUARE), Math.floor(at[1] / SQUARE));
    for (const one of this.buildings.values()) {
      const [west, south, east, north] = boxOf(one);
      if (at[0] >= west && at[0] <= east && at[1] >= south && at[1] <= north && inside(at, one.geometry)) return one;
    }
    return null;
  }
}
