// Base maps of vector tiles (矢量底图): a plain style of ours for the two layouts that such files come in, that of Protomaps
// (layers in the plural, `kind`) and that of OpenMapTiles (in the singular, `class`). Painted by the worker of our own tiles.

import { tileLayer } from "../tiles.js";

/** @typedef {import("../tiles.js").Look} Look */

const NAMES = ["name:zh", "name:zh-Hans", "name"];
const INK = { land: "#f6f5f1", green: "#dcead2", water: "#c7dcec", building: "#e4e0d9", edge: "#cfc9bf", border: "#a99fb5", rail: "#9aa2ab" };

/** A road: an edge below, the road above. @param {string[]} classes @param {number} width @param {string} colour @returns {[Look, Look]} */
function road(classes, width, colour) {
  const both = (/** @type {string} */ line, /** @type {number} */ wide) => ({ only: { road: classes }, line, width: wide });
  return [both("#c9c3b8", width + 1.6), both(colour, width)];
}

/** The same look for the layer and the property of either layout. @param {Look} look @returns {Look[]} */
function inBoth({ only, ...look }) {
  const { road: classes } = /** @type {{road: string[]}} */ (only);
  return [{ ...look, layer: "roads", only: { kind: classes } }, { ...look, layer: "transportation", only: { class: classes } }];
}

const GREEN = ["park", "forest", "wood", "grass", "grassland", "garden", "nature_reserve", "national_park", "cemetery", "golf_course", "scrub", "farmland"];
const RAIL = ["rail", "railway", "transit"];

/** @param {number} zoom @returns {Look[]} from the lowest to the highest */
export function plainStyle(zoom) {
  const grow = Math.max(0.5, Math.min(4, 2 ** ((zoom - 13) / 2)));
  const roads = [
    road(["minor_road", "minor", "service", "residential", "tertiary_link"], 1.1 * grow, "#ffffff"),
    road(["major_road", "secondary", "tertiary"], 1.8 * grow, "#ffffff"),
    road(["primary", "trunk", "medium_road"], 2.3 * grow, "#fff3d6"),
    road(["highway", "motorway"], 2.8 * grow, "#ffe3ae"),
  ];
  const shown = zoom < 10 ? roads.slice(2) : zoom < 13 ? roads.slice(1) : roads;
  return [
    { layer: "earth", fill: INK.land },
    ...["landcover", "landuse", "park"].flatMap((layer) => ["kind", "class"].map((key) => ({ layer, only: { [key]: GREEN }, fill: INK.green }))),
    { layer: "water", fill: INK.water }, { layer: "water", line: INK.water, width: grow },
    { layer: "waterway", line: INK.water, width: grow }, { layer: "physical_line", line: INK.water, width: grow },
    ...(zoom >= 14 ? ["buildings", "building"].map((layer) => ({ layer, fill: INK.building, line: INK.edge, width: 0.6 })) : []),
    ...shown.map(([edge]) => edge).flatMap(inBoth), ...shown.map(([, top]) => top).flatMap(inBoth),
    ...inBoth({ only: { road: RAIL }, line: INK.rail, width: 1.2, dash: [5, 3] }),
    ...["boundaries", "boundary"].map((layer) => ({ layer, line: INK.border, width: 1, dash: [4, 3] })),
    ...["places", "place"].map((layer) => ({ layer, text: NAMES, size: 13, line: "#3d4853" })),
    ...["water", "water_name", "physical_point"].map((layer) => ({ layer, text: NAMES, size: 11, line: "#4f7c9c" })),
    ...(zoom >= 13 ? ["roads", "transportation_name"].map((layer) => ({ layer, text: NAMES, size: 11, line: "#6b6459" })) : []),
    ...(zoom >= 16 ? ["pois", "poi"].map((layer) => ({ layer, text: NAMES, size: 10.5, line: "#7a6f8a" })) : []),
  ];
}

/** @param {string} from address of the tiles @param {any} options @returns {import("leaflet").GridLayer} */
export function vectorBase(from, options) {
  return tileLayer("", { ...options, from, minZoom: 0, looks: plainStyle });
}
