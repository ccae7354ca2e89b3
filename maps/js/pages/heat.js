// The heat map (热力图) of households without service, beside the same as a table.

import { get, paths } from "../api.js";
import { asOf } from "../asof.js";
import { byId, el, fill, latest } from "../dom.js";
import { district, fit, fitBox, ground, hasBase, load, mark, shapes, still } from "../map.js";
import { total } from "../packages/cards.js";
import { guard, start } from "../shell.js";
import { readState, writeState } from "../state.js";
import { ground as groundLooks, isCity, OWN_SHAPE } from "../status/looks.js";
import { table } from "../table.js";
import { tileLayer } from "../tiles.js";
import { tellLost } from "../tiles/lost.js";
import { day, named, num, t } from "../words.js";

const DEFAULTS = { as_of: "", standalone: "true", heat: "true", shapes: "true", radius: "30" };
const GRADIENT = { 0.2: "#fee391", 0.45: "#fe9929", 0.7: "#d95f0e", 1: "#993404" };

let state = readState(DEFAULTS);
/** @type {Feature[]} unserved units as points */
let points = [];
/** @type {Map<string, Feature>} their outlines */
let outlines = new Map();
/** @type {import("leaflet").Layer[]} */
let drawn = [];
/** A city's ground and outlines are painted from tiles. @type {import("../tiles.js").TileLayer | null} */
let city = null;

/** @typedef {import("../table.js").Column<Feature>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "name", label: t("status.name"), value: (row) => row.properties.name },
  { key: "kind", label: t("status.kind"), value: (row) => row.properties.kind ?? "", cell: (row) => row.properties.kind ? named("kind", row.properties.kind) : t("status.stand_alone") },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.properties.households, cell: (row) => num(row.properties.households) },
  { key: "since", label: t("heat.since"), value: (row) => row.properties.unserved_since, cell: (row) => day(row.properties.unserved_since) },
]), {
  code: (row) => row.id, caption: t("heat.list"), sort: "households", down: true,
  pick: (row) => void guard(() => show(row.id, true)), hover: (row) => mark(row ? [outlines.get(row.id) ?? row] : []),
});

start(async (me) => {
  fill(byId("list"), list.element);
  asOf(byId("as-of-place"), me.business_date, state.as_of || me.business_date, (date) => {
    set({ as_of: date === me.business_date ? "" : date });
    guard(reload);
  });
  bindCheck("show-heat", "heat", draw);
  bindCheck("show-shapes", "shapes", draw);
  bindCheck("standalone", "standalone", () => guard(reload));
  const radius = byId("radius", HTMLInputElement);
  radius.value = state.radius;
  radius.addEventListener("input", () => (set({ radius: radius.value }), draw()));
  const census = await get(paths.census, { as_of: state.as_of });
  if (isCity(census)) {
    fitBox(census.bounds);
    const painted = tileLayer((zoom) => (zoom < OWN_SHAPE ? "regions,base-features" : "regions,base-features,communities,building-groups"), {
      minZoom: 0, pane: "tilePane", looks, params: { as_of: state.as_of },
    });
    city = tellLost(painted, district).addTo(district);
    district.on("click", ({ latlng }) => guard(async () => {
      const wanted = shown();
      const hit = await city?.at(latlng);
      if (hit && wanted()) await show(hit.code, false);
    }));
    district.on(/** @type {any} */ ({ basechange: () => city?.restyle() }));
    await reload();
    return;
  }
  const [outline, subdistricts] = await Promise.all([ground(), load("regions", { level: "subdistrict" }), reload()]);
  fit(outline);
  still(subdistricts, { fill: false, color: "#5d4a7a", weight: 1.6, opacity: 0.6 }, "highlight").addTo(district);
});

/** A city's ground, its sub-districts, and from near the outlines of what nobody serves. @param {number} zoom @returns {import("../tiles.js").Look[]} */
function looks(zoom) {
  const without = { fill: "rgba(217,95,14,.18)", line: "#7a2a10", width: 1.2 };
  const alone = { layer: "building-groups", only: { stand_alone: [true], mode: ["none"] }, ...without };
  return [
    ...(hasBase() ? [] : groundLooks(zoom)),
    { layer: "regions", only: { level: ["subdistrict"] }, line: "#5d4a7a", width: 1.6, still: true },
    ...(state.shapes === "true" ? [{ layer: "communities", only: { mode: ["none"] }, ...without }] : []),
    ...(state.shapes === "true" && state.standalone === "true" ? [alone] : []),
  ];
}

/** @param {string} id @param {"heat" | "shapes" | "standalone"} key @param {() => void} then */
function bindCheck(id, key, then) {
  const box = byId(id, HTMLInputElement);
  box.checked = state[key] === "true";
  box.addEventListener("change", () => (set({ [key]: String(box.checked) }), then()));
}

/** @param {Partial<typeof DEFAULTS>} change */
function set(change) {
  state = { ...state, ...change };
  writeState(state, DEFAULTS);
}

async function reload() {
  byId("loading").hidden = false;
  const { as_of, standalone } = state;
  const wanted = () => state.as_of === as_of && state.standalone === standalone;
  await redrawn(as_of, standalone, wanted).finally(() => wanted() && (byId("loading").hidden = true));
}

/** @param {string} as_of @param {string} standalone @param {() => boolean} wanted whether nothing else was picked meanwhile */
async function redrawn(as_of, standalone, wanted) {
  const units = async (/** @type {string} */ kind) => (city ? [] : load(kind, { as_of }));
  if (city?.options && /** @type {any} */ (city.options).params.as_of !== as_of) city.refresh({ params: { as_of } });
  const [answer, communities, groups] = await Promise.all([
    get(paths.unserved, { as_of, standalone }), units("communities"), units("building-groups"),
  ]);
  if (!wanted()) return;
  points = answer.features;
  const codes = new Set(points.map((point) => point.id));
  outlines = new Map([...communities, ...groups].filter((unit) => codes.has(unit.id)).map((unit) => [unit.id, unit]));
  const unknown = points.filter((point) => point.properties.households === null).length;
  const sum = (/** @type {string} */ text, /** @type {number | null} */ value) => el("div", {}, el("strong", {}, num(value)), el("span", {}, text));
  fill(byId("sums"), sum(t("heat.units"), points.length), sum(t("heat.total"), total(points, "households")),
    unknown ? sum(t("heat.unknown"), unknown) : null);
  fill(byId("row-count"), t("common.rows", { n: num(points.length) }));
  list.update(points);
  draw();
}

function draw() {
  for (const layer of drawn) layer.remove();
  drawn = [];
  if (city) guard(() => /** @type {import("../tiles.js").TileLayer} */ (city).restyle());
  else if (state.shapes === "true") {
    drawn.push(shapes([...outlines.values()], () => ({ color: "#7a2a10", weight: 1.2, fillColor: "#d95f0e", fillOpacity: 0.18 }), {
      click: (unit) => void guard(() => show(unit.id, false)),
      tip: (unit) => `${unit.properties.name}  ${t("packages.households", { n: num(unit.properties.households) })}`,
    }));
  }
  if (state.heat === "true" && points.length) drawn.push(heat());
  for (const layer of drawn) layer.addTo(district);
}

/** The households from which on a unit is fully warm: nine of ten have fewer, so that one giant does not hide the rest.
 * @param {Feature[]} known */
function warmest(known) {
  const sorted = known.map((point) => point.properties.households).sort((a, b) => a - b);
  const most = Math.max(1, sorted[Math.floor(sorted.length * 0.9)] ?? 1);
  fill(byId("most"), t("heat.most", { n: num(most) }));
  return most;
}

/** Weight: households, capped; who is not counted warms nothing and is named beside. */
function heat() {
  const known = points.filter((point) => point.properties.households !== null);
  const most = warmest(known);
  const places = known.map((point) => {
    const [lon, lat] = point.geometry.coordinates;
    return /** @type {[number, number, number]} */ ([lat, lon, Math.min(1, point.properties.households / most)]);
  });
  return L.heatLayer(places, { radius: Number(state.radius), blur: Number(state.radius) * 0.8, max: 1, maxZoom: 13, minOpacity: 0.15, gradient: GRADIENT, pane: "ground" });
}

const shown = latest();

/** @param {string} code @param {boolean} zoom */
async function show(code, zoom) {
  const wanted = shown();
  const kind = /S\d{3}$/.test(code) ? "building-groups" : "communities";
  const unit = outlines.get(code) ?? (city ? await get(paths.one(kind, code), { as_of: state.as_of }) : points.find((point) => point.id === code));
  if (!unit || !wanted()) return;
  mark([unit]);
  list.mark([code], true);
  if (zoom) fit([unit], 160);
}
