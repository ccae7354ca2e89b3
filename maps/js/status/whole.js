// The status map of a place that fits into the page: every shape is held, drawn on one canvas and asked for nothing more.

import { all, paths } from "../api.js";
import { latest } from "../dom.js";
import { district, fit, ground, hatch, labels, load, shapes, still } from "../map.js";
import { modeOf } from "../modes.js";
import { guard } from "../shell.js";
import { BUILDING_ZOOM, fillOf, HATCH_ZOOM, INK } from "./looks.js";

/**
 * What the page lends to its view: the date, the switches, what was found so far by code, and showing something.
 * @typedef {{asOf: () => string, isOff: (name: string) => boolean, found: Map<string, {feature: Feature, kind: string}>,
 *   show: (code: string, zoom: boolean) => void, rows: (communities: Feature[]) => void}} Page
 * What a view does for the page: `open` loads and draws, `draw` draws anew, `framed`: the view stands where the address says.
 * @typedef {{open: (framed: boolean) => Promise<void>, draw: () => void, far: () => boolean, close: () => void,
 *   picked: (code: string) => void}} View
 */

/** Layers from the lowest to the highest, with the switches of the tree. */
const ORDER = ["subdistricts", "neighbourhoods", "grids", "communities", "groups", "stand_alone", "buildings"];

/** @param {Page} page @returns {View} */
export function whole(page) {
  let [near, closed] = [false, false];
  const seen = latest();
  /** @type {Record<string, import("leaflet").LayerGroup>} */
  const layers = {};
  /** @type {Record<string, Feature[]>} */
  let data = {};
  const on = {
    click: (/** @type {Feature} */ feature) => page.show(feature.id, false),
    tip: (/** @type {Feature} */ feature) => feature.properties.name ?? feature.id,
  };
  const isNear = () => district.getZoom() >= HATCH_ZOOM;
  const rescale = () => isNear() !== near && draw();
  const move = () => guard(buildings);

  /** @param {boolean} framed */
  async function open(framed) {
    const shown = reload();
    const outline = await ground();
    if (!framed) fit(outline);
    await shown;
    if (closed) return;
    district.on("moveend", move).on("zoomend", rescale);
  }

  async function reload() {
    const as_of = page.asOf();
    const [subdistricts, neighbourhoods, grids, communities, groups] = await Promise.all([
      load("regions", { level: "subdistrict", as_of }),
      load("regions", { level: "neighbourhood", as_of }),
      load("grids", { as_of }),
      load("communities", { as_of }),
      load("building-groups", { as_of }),
    ]);
    if (closed) return;
    data = {
      subdistricts, neighbourhoods, grids, communities,
      groups: groups.filter((item) => item.properties.community),
      stand_alone: groups.filter((item) => !item.properties.community),
    };
    remember([...subdistricts, ...neighbourhoods], "regions");
    remember(grids, "grids");
    remember(communities, "communities");
    remember(groups, "building-groups");
    page.rows(communities);
    draw();
  }

  /** @param {Feature[]} features @param {string} kind */
  function remember(features, kind) {
    for (const feature of features) page.found.set(feature.id, { feature, kind });
  }

  /** Everything again, in order: one canvas has one stack. */
  function draw() {
    near = isNear();
    for (const layer of Object.values(layers)) layer.remove();
    for (const name of ORDER) layers[name] = L.layerGroup(page.isOff(name) ? [] : drawn(name)).addTo(district);
    guard(buildings);
  }

  /** @param {string} name @returns {import("leaflet").Layer[]} */
  function drawn(name) {
    const features = data[name];
    if (name === "subdistricts") return [still(features, { fill: false, color: INK.subdistricts, weight: 2.4, opacity: 0.75 }, "highlight"), labels(features, (item) => item.properties.name)];
    if (name === "neighbourhoods") return [shapes(features, () => ({ color: INK.neighbourhoods, weight: 1.1, fillOpacity: 0 }), on)];
    if (name === "grids") return [shapes(features, () => ({ color: INK.grids, weight: 1, dashArray: "4 3", fillOpacity: 0 }), on)];
    if (name === "groups") return [shapes(features, () => ({ color: INK.groups, weight: 0.8, fillOpacity: 0.06 }), on)];
    if (name === "stand_alone") return [shapes(features, (item) => ({ ...unitStyle(item), color: INK.three, weight: 1.6 }), on)];
    if (name === "communities") return [shapes(features.filter(wanted), unitStyle, on)];
    return [];
  }

  /** @param {Feature} feature */
  function wanted(feature) {
    return !page.isOff(`mode-${modeOf(feature.properties)}`) && (page.isOff("three_no_only") || feature.properties.three_no);
  }

  /** Colour by mode, hatched where unknown, with a dark outline for three-no. @param {Feature} feature */
  function unitStyle(feature) {
    const three = feature.properties.three_no === true;
    const fill = fillOf(modeOf(feature.properties), three && near);
    const fillColor = typeof fill === "string" ? fill : hatch(fill.ground, fill.line);
    return { fillColor, fillOpacity: 0.85, color: three && !page.isOff("three_no") ? INK.three : "#ffffff", weight: three ? (near ? 1.5 : 0.9) : 0.8 };
  }

  /** Buildings are fetched for what is seen, from close up only. */
  async function buildings() {
    layers.buildings?.clearLayers();
    if (district.getZoom() < BUILDING_ZOOM || page.isOff("buildings")) return;
    const box = district.getBounds().pad(0.15);
    const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((value) => value.toFixed(6)).join(",");
    const wanted = seen();
    const features = await all(paths.list("buildings"), { bbox, as_of: page.asOf() });
    if (closed || !wanted() || page.isOff("buildings") || district.getZoom() < BUILDING_ZOOM) return;
    remember(features, "buildings");
    layers.buildings.clearLayers();
    shapes(features, () => ({ color: "#2b3a49", weight: 0.8, fillColor: "#ffffff", fillOpacity: 0.65 }), on).addTo(layers.buildings);
  }

  function close() {
    closed = true;
    for (const layer of Object.values(layers)) layer.remove();
    district.off("moveend", move).off("zoomend", rescale);
  }

  return { open, draw, far: () => false, close, picked: () => undefined };
}
