// Drawing on the map that the frame made: shapes on one canvas, ground below, highlight and labels above.

import { all, paths } from "./api.js";
import { offerBaseMaps } from "./basemap.js";
import { el } from "./dom.js";
import { inside } from "./plans/line.js";
import { offerPrint } from "./print.js";

export const district = district_map;

// The panels around the map fill after it was made; its size follows them.
new ResizeObserver(() => district.invalidateSize({ animate: false })).observe(district.getContainer());

// Said here, no layer that shows from near alone keeps the whole map near.
district.options.minZoom = 3;

/** The plain ground, which gives way to a base map. */
const plain = L.layerGroup().addTo(district);
export const hasBase = () => district.getContainer().classList.contains("with-base");
district.on(/** @type {any} */ ({ basechange: () => (hasBase() ? plain.remove() : plain.addTo(district)) }));
offerBaseMaps(district);
offerPrint(district);

export const INK = "#123f6d";

/**
 * Shapes on the clickable canvas.
 * @param {Feature[]} features
 * @param {(feature: Feature) => object} style Leaflet path options
 * @param {{click?: (feature: Feature) => void, hover?: (feature: Feature | null) => void, tip?: (feature: Feature) => string}} [on]
 */
export function shapes(features, style, on = {}) {
  return L.geoJSON(/** @type {any} */ ({ type: "FeatureCollection", features }), {
    style: (feature) => style(/** @type {any} */ (feature)),
    onEachFeature: (feature, layer) => {
      const own = /** @type {any} */ (feature);
      if (on.click) layer.on("click", (event) => (L.DomEvent.stopPropagation(event), on.click?.(own)));
      if (on.hover) layer.on({ mouseover: () => on.hover?.(own), mouseout: () => on.hover?.(null) });
      // A tooltip made of an element: text stays text.
      if (on.tip) layer.bindTooltip(() => el("span", {}, on.tip?.(own)), { sticky: true, className: "tip" });
    },
  });
}

/** Shapes that the pointer passes through. @param {Feature[]} features @param {object} style @param {string} pane */
export function still(features, style, pane) {
  const options = { pane, interactive: false, style: () => style };
  return L.geoJSON(/** @type {any} */ ({ type: "FeatureCollection", features }), /** @type {any} */ (options));
}

/** @type {import("leaflet").Layer | null} */
let marked = null;

/** Outlines these shapes above all others; none clears it. @param {Feature[]} features */
export function mark(features) {
  marked?.remove();
  marked = null;
  const drawn = features.filter((feature) => feature && feature.geometry);
  if (!drawn.length) return;
  const halo = still(drawn, { fill: false, color: "#ffffff", weight: 6, opacity: 0.9 }, "highlight");
  const line = still(drawn, { fill: false, color: "#0b2f56", weight: 3 }, "highlight");
  marked = L.layerGroup([halo, line]).addTo(district);
}

/** Names in the middle of shapes, at most `limit` of the largest. @param {Feature[]} features
 * @param {(feature: Feature) => string} text @param {number} [limit] */
export function labels(features, text, limit = 40) {
  const largest = [...features].sort((a, b) => (b.properties.area_m2 ?? 0) - (a.properties.area_m2 ?? 0)).slice(0, limit);
  return names(largest.flatMap((feature) => {
    const at = seat(feature.geometry);
    return at ? [{ at, text: text(feature) }] : [];
  }));
}

/** Names at places: latitude, longitude. @param {{at: [number, number], text: string}[]} given */
export function names(given) {
  const group = L.layerGroup();
  for (const { at, text } of given) {
    const icon = L.divIcon({ html: el("span", {}, text), className: "map-label", iconSize: [0, 0] });
    L.marker(at, { icon, interactive: false, keyboard: false, pane: "labels" }).addTo(group);
  }
  return group;
}

/** Where a name sits best: of a raster of places inside the shape, the one farthest from its edge.
 * @param {any} geometry @returns {[number, number] | null} latitude, longitude */
export function seat(geometry) {
  const box = L.geoJSON(geometry).getBounds();
  if (!box.isValid()) return null;
  const [west, south, wide, high] = [box.getWest(), box.getSouth(), box.getEast() - box.getWest(), box.getNorth() - box.getSouth()];
  const edge = segments(geometry.coordinates);
  const squeeze = Math.cos((south * Math.PI) / 180);
  /** @type {{at: [number, number], room: number}} */
  let best = { at: [south + high / 2, west + wide / 2], room: -1 };
  for (let step = 0; step < 144; step += 1) {
    const lon = west + (wide * ((step % 12) + 0.5)) / 12;
    const lat = south + (high * (Math.floor(step / 12) + 0.5)) / 12;
    if (!inside([lon, lat], geometry)) continue;
    const room = edge.reduce((least, [a, b]) => Math.min(least, distance2([lon, lat], a, b, squeeze)), Infinity);
    if (room > best.room) best = { at: [lat, lon], room };
  }
  return best.at;
}

/** The edges of every ring, thinned to some two hundred. @param {any[]} nested @returns {[number[], number[]][]} */
function segments(nested) {
  if (typeof nested[0][0] !== "number") return nested.flatMap(segments);
  const step = Math.ceil(nested.length / 200);
  const ring = nested.filter((_, i) => i % step === 0 || i === nested.length - 1);
  return ring.slice(1).map((point, i) => [ring[i], point]);
}

/** Squared distance of a place to an edge, longitudes squeezed to the scale of latitudes.
 * @param {number[]} place @param {number[]} a @param {number[]} b @param {number} squeeze */
function distance2([x, y], [ax, ay], [bx, by], squeeze) {
  const [dx, dy, px, py] = [(bx - ax) * squeeze, by - ay, (x - ax) * squeeze, y - ay];
  const along = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
  return (px - along * dx) ** 2 + (py - along * dy) ** 2;
}

/** Moves the view onto shapes. @param {Feature[]} features @param {number} [padding] px @param {number} [head] px more on top,
 * where something lies over the map */
export function fit(features, padding = 18, head = 0) {
  const box = L.latLngBounds([]);
  for (const feature of features) if (feature.geometry) box.extend(L.geoJSON(feature.geometry).getBounds());
  show(box, padding, head);
}

/** Moves the view onto a box. @param {[number, number, number, number] | null} bounds west, south, east, north */
export function fitBox(bounds) {
  if (!bounds) return;
  const [west, south, east, north] = bounds;
  show(L.latLngBounds([south, west], [north, east]), 18, 0);
}

/** @param {import("leaflet").LatLngBounds} box @param {number} padding @param {number} head */
function show(box, padding, head) {
  district.invalidateSize({ animate: false });
  const { x, y } = district.getSize();
  // Room around it that is wider than the map itself has no zoom: Leaflet would answer with no number.
  const room = Math.min(padding, x / 4, y / 4);
  if (box.isValid() && x && y) district.fitBounds(box, { paddingTopLeft: [room, room + Math.min(head, y / 4)], paddingBottomRight: [room, room], animate: false });
}

/** The convex hull of shapes (Andrew's monotone chain), as a shape that shows what belongs together.
 * @param {Feature[]} features @returns {Feature | null} */
export function hull(features) {
  const points = features.flatMap((feature) => corners(feature.geometry.coordinates));
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (points.length < 3) return null;
  const ring = [...halfHull(points).slice(0, -1), ...halfHull([...points].reverse()).slice(0, -1)];
  return { type: "Feature", id: "hull", properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } };
}

/** Every position in nested coordinates. @param {any[]} nested @returns {number[][]} */
function corners(nested) {
  return typeof nested[0] === "number" ? [nested] : nested.flatMap(corners);
}

/** The lower hull of points in order. @param {number[][]} ordered */
function halfHull(ordered) {
  /** @type {number[][]} */
  const chain = [];
  for (const [x, y] of ordered) {
    while (chain.length > 1) {
      const [[ax, ay], [bx, by]] = chain.slice(-2);
      if ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) break;
      chain.pop();
    }
    chain.push([x, y]);
  }
  return chain;
}

/** @type {Map<string, CanvasPattern>} */
const patterns = new Map();

/** Diagonal lines on a ground, for 无数据 and for 三无: canvas takes a pattern where it takes a colour.
 * @param {string} ground @param {string} line @returns {any} */
export function hatch(ground, line) {
  const key = ground + line;
  const ready = patterns.get(key);
  if (ready) return ready;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 7;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 7, 7);
  pen.strokeStyle = line;
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const shift of [-7, 0, 7]) {
    pen.moveTo(shift - 1, 8);
    pen.lineTo(shift + 8, -1);
  }
  pen.stroke();
  const made = /** @type {CanvasPattern} */ (pen.createPattern(tile, "repeat"));
  patterns.set(key, made);
  return made;
}

/** The ground (底图): district, water, railway, roads, drawn once and never clickable.
 * @param {{region?: string, as_of?: string}} [about] @returns {Promise<Feature[]>} the district's outline */
export async function ground(about = {}) {
  const [outline, base] = await Promise.all([
    all(paths.list("regions"), { level: "district", as_of: about.as_of }),
    load("base-features", {}),
  ]);
  still(outline, { stroke: false, fillColor: "#fbfcfd", fillOpacity: 1 }, "ground").addTo(plain);
  for (const [kind, styles] of GROUND) {
    const features = base.filter((feature) => feature.properties.kind === kind);
    for (const style of styles) still(features, style, "ground").addTo(plain);
  }
  still(outline, { fill: false, color: "#9aa7b5", weight: 1.5 }, "ground").addTo(district);
  scaleGround();
  district.on("zoomend", scaleGround);
  return outline;
}

/** Kind of base feature → its strokes, from the lowest to the highest. @type {[string, object[]][]} */
const GROUND = [
  ["river", [{ color: "#c3d9e8", weight: 5, fillColor: "#d3e4ef", fillOpacity: 1 }]],
  ["street", [{ fill: false, color: "#e6eaee", weight: 1.2 }]],
  ["arterial", [{ fill: false, color: "#d2d8df", weight: 4 }, { fill: false, color: "#ffffff", weight: 2.4 }]],
  ["railway", [{ fill: false, color: "#8a95a1", weight: 2.2 }, { fill: false, color: "#ffffff", weight: 1.2, dashArray: "6 6" }]],
];

/** Streets are noise from far away. */
function scaleGround() {
  const pane = district.getPane("ground");
  if (pane) pane.style.opacity = district.getZoom() < 11 ? "0.6" : "1";
}

/** Loads once and remembers, so that going back costs nothing. @type {Map<string, Promise<Feature[]>>} */
const loaded = new Map();

/** @param {string} kind @param {Record<string, any>} params */
export function load(kind, params) {
  const key = kind + JSON.stringify(params);
  const ready = loaded.get(key) ?? all(paths.list(kind), params);
  loaded.set(key, ready);
  ready.catch(() => loaded.delete(key));
  return ready;
}

/** Forgets what was loaded, after something was changed. */
export function forget() {
  loaded.clear();
}
