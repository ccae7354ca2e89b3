// The status map (现状图): who is served and how, in layers, with a legend that counts.

import { all, get, paths } from "../api.js";
import { asOf } from "../asof.js";
import { byId, el, fill } from "../dom.js";
import { details, modeTag } from "../details.js";
import { entry } from "../legend.js";
import { district, fit, ground, hatch, load, mark, shapes, still, labels } from "../map.js";
import { modeName, modeOf, MODES, UNKNOWN } from "../modes.js";
import { search } from "../search.js";
import { guard, start } from "../shell.js";
import { readState, writeState } from "../state.js";
import { table } from "../table.js";
import { named, num, t } from "../words.js";

const DEFAULTS = { as_of: "", off: "groups,grids,three_no_only", pick: "" };
const BUILDING_ZOOM = 16;
const HATCH_ZOOM = 14.5;

let state = readState(DEFAULTS);
let near = false;
/** @type {Map<string, {feature: Feature, kind: string}>} */
const found = new Map();
/** @type {Record<string, import("leaflet").LayerGroup>} */
const layers = {};
/** @type {Record<string, Feature[]>} */
let data = {};

/** @typedef {import("../table.js").Column<Feature>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "name", label: t("status.name"), value: (row) => row.properties.name },
  { key: "kind", label: t("status.kind"), value: (row) => named("kind", row.properties.kind) },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.properties.households, cell: (row) => num(row.properties.households) },
  { key: "mode", label: t("status.mode"), kind: "text wrap", value: (row) => modeName(modeOf(row.properties)), cell: (row) => modeTag(row.properties) },
]), {
  code: (row) => row.id,
  caption: t("status.by_table"),
  sort: "name",
  pick: (row) => show(row.id, true),
});

/** Layers from the lowest to the highest, with the switches of the tree. */
const ORDER = ["subdistricts", "neighbourhoods", "grids", "communities", "groups", "stand_alone", "buildings"];

start(async (me) => {
  fill(byId("list"), list.element);
  asOf(byId("as-of-place"), me.business_date, state.as_of || me.business_date, (date) => {
    set({ as_of: date === me.business_date ? "" : date });
    guard(reload);
  });
  search(byId("search"), (hit) => guard(() => goTo(hit)), () => ({ as_of: state.as_of }));
  const shown = reload();
  fit(await ground());
  await shown;
  district.on("moveend", () => guard(drawBuildings));
  district.on("zoomend", () => {
    if (isNear() !== near) drawAll();
  });
  if (state.pick) show(state.pick, true);
});

/** @param {Partial<typeof DEFAULTS>} change */
function set(change) {
  state = { ...state, ...change };
  writeState(state, DEFAULTS);
}

const isOff = (/** @type {string} */ name) => state.off.split(",").includes(name);

/** @param {string} name @param {boolean} on */
function turn(name, on) {
  const off = state.off.split(",").filter((item) => item && item !== name);
  set({ off: (on ? off : [...off, name]).join(",") || "-" });
  drawAll();
}

async function reload() {
  byId("loading").hidden = false;
  const as_of = state.as_of;
  const [subdistricts, neighbourhoods, grids, communities, groups] = await Promise.all([
    load("regions", { level: "subdistrict", as_of }),
    load("regions", { level: "neighbourhood", as_of }),
    load("grids", { as_of }),
    load("communities", { as_of }),
    load("building-groups", { as_of }),
  ]);
  data = {
    subdistricts, neighbourhoods, grids, communities,
    groups: groups.filter((item) => item.properties.community),
    stand_alone: groups.filter((item) => !item.properties.community),
    buildings: [],
  };
  found.clear();
  remember(subdistricts, "regions");
  remember(neighbourhoods, "regions");
  remember(grids, "grids");
  remember(communities, "communities");
  remember(groups, "building-groups");
  list.update(communities);
  fill(byId("row-count"), t("common.rows", { n: num(communities.length) }));
  drawAll();
  byId("loading").hidden = true;
}

/** @param {Feature[]} features @param {string} kind */
function remember(features, kind) {
  for (const feature of features) found.set(feature.id, { feature, kind });
}

/** From close up the hatch of 三无 can be read; from afar it would only darken. */
function isNear() {
  return district.getZoom() >= HATCH_ZOOM;
}

/** Everything again, in order: one canvas has one stack. */
function drawAll() {
  near = isNear();
  for (const layer of Object.values(layers)) layer.remove();
  for (const name of ORDER) {
    layers[name] = L.layerGroup(isOff(name) ? [] : draw(name)).addTo(district);
  }
  drawTree();
  guard(drawBuildings);
}

/** @param {string} name @returns {import("leaflet").Layer[]} */
function draw(name) {
  const features = data[name];
  const on = { click: (/** @type {Feature} */ feature) => show(feature.id, false), tip: (/** @type {Feature} */ feature) => feature.properties.name ?? feature.id };
  if (name === "subdistricts") return [still(features, { fill: false, color: "#5d4a7a", weight: 2.4, opacity: 0.75 }, "highlight"), labels(features, (item) => item.properties.name)];
  if (name === "neighbourhoods") return [shapes(features, () => ({ color: "#8a7ca3", weight: 1.1, fillOpacity: 0 }), on)];
  if (name === "grids") return [shapes(features, () => ({ color: "#2f7d6b", weight: 1, dashArray: "4 3", fillOpacity: 0 }), on)];
  if (name === "groups") return [shapes(features, () => ({ color: "#33475b", weight: 0.8, fillOpacity: 0.06 }), on)];
  if (name === "stand_alone") return [shapes(features, (item) => ({ ...unitStyle(item), color: "#1c2733", weight: 1.6 }), on)];
  if (name === "communities") return [shapes(features.filter(wanted), unitStyle, on)];
  return [];
}

/** @param {Feature} feature */
function wanted(feature) {
  return !isOff(`mode-${modeOf(feature.properties)}`) && (isOff("three_no_only") || feature.properties.three_no);
}

/** Colour by mode, hatched where unknown, with a dark outline for three-no. @param {Feature} feature */
function unitStyle(feature) {
  const mode = modeOf(feature.properties);
  const three = feature.properties.three_no === true;
  const fillColor = mode === UNKNOWN ? hatch("#ececec", "#8d979f") : three && near ? hatch(MODES[mode] ?? "#999999", "rgba(20,30,40,.5)") : MODES[mode] ?? "#999999";
  return { fillColor, fillOpacity: 0.85, color: three && !isOff("three_no") ? "#1c2733" : "#ffffff", weight: three ? (near ? 1.5 : 0.9) : 0.8 };
}

/** Buildings are fetched for what is seen, from close up only. */
async function drawBuildings() {
  layers.buildings?.clearLayers();
  if (district.getZoom() < BUILDING_ZOOM || isOff("buildings")) return;
  const box = district.getBounds().pad(0.15);
  const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((value) => value.toFixed(6)).join(",");
  const features = await all(paths.list("buildings"), { bbox, as_of: state.as_of });
  if (district.getZoom() < BUILDING_ZOOM) return;
  remember(features, "buildings");
  layers.buildings.clearLayers();
  shapes(features, () => ({ color: "#2b3a49", weight: 0.8, fillColor: "#ffffff", fillOpacity: 0.65 }), {
    click: (feature) => show(feature.id, false),
    tip: (feature) => feature.properties.name ?? feature.id,
  }).addTo(layers.buildings);
}

function drawTree() {
  const modes = [...Object.keys(MODES), UNKNOWN].map((mode) => /** @type {const} */ ([mode, data.communities.filter((item) => modeOf(item.properties) === mode).length]));
  const threeNo = data.communities.filter((item) => item.properties.three_no).length;
  const sub = modes.filter(([, n]) => n > 0).map(([mode, n]) => {
    const kind = mode === UNKNOWN ? "hatched" : "";
    return branch(`mode-${mode}`, entry(kind ? "" : MODES[mode], modeName(mode), n, kind));
  });
  fill(byId("layers"),
    branch("communities", entry("", `${t("level.community")} · ${t("status.served")}`, data.communities.length, "none"), [
      ...sub, branch("three_no_only", entry("", t("status.only_three_no"), threeNo, "hatched outlined")),
    ]),
    branch("stand_alone", entry("", t("status.stand_alone"), data.stand_alone.length, "outlined")),
    branch("groups", entry("#dfe5eb", t("status.groups"), data.groups.length)),
    branch("grids", stroke("#2f7d6b", t("status.grids"), data.grids.length, "dashed")),
    branch("neighbourhoods", stroke("#8a7ca3", t("status.neighbourhoods"), data.neighbourhoods.length)),
    branch("subdistricts", stroke("#5d4a7a", t("status.subdistricts"), data.subdistricts.length)),
    branch("buildings", entry("#ffffff", `${t("status.buildings")}（${t("status.zoom_for_buildings")}）`, null)));
}

/** @param {string} colour @param {string} text @param {number} count @param {string} [line] */
function stroke(colour, text, count, line = "solid") {
  const made = entry("", text, count, "stroke");
  const chip = made.firstElementChild;
  if (chip instanceof HTMLElement) chip.style.borderTop = `3px ${line} ${colour}`;
  return made;
}

/** One switch of the tree, with what is below it. @param {string} name @param {HTMLElement} text @param {HTMLElement[]} [below] */
function branch(name, text, below = []) {
  const box = el("input", { type: "checkbox" });
  box.checked = !isOff(name);
  box.addEventListener("change", () => turn(name, box.checked));
  const label = el("label", { class: "layer check" }, box, ...text.childNodes);
  return el("li", {}, label, below.length ? el("ul", {}, ...below) : null);
}

/** @param {string} code @param {boolean} zoom */
function show(code, zoom) {
  const hit = found.get(code);
  if (!hit) return;
  set({ pick: code });
  mark([hit.feature]);
  list.mark([code], true);
  if (zoom) fit([hit.feature], 120);
  fill(byId("details"), details(hit.feature, hit.kind));
}

/** @param {import("../search.js").Hit} hit */
async function goTo(hit) {
  const kind = hit.layer;
  if (!found.has(hit.code)) {
    const feature = await get(paths.one(kind, hit.code), { as_of: state.as_of });
    found.set(hit.code, { feature, kind });
  }
  show(hit.code, true);
}
