// The planner's editor (网格方案): split a grid by a line, see both sides, hand in; a second person publishes.

import { all, getTagged, paths, Problem, send } from "../api.js";
import { byId, el, fill, later, typing } from "../dom.js";
import { district, fit, ground, labels, mark, shapes, still } from "../map.js";
import { total } from "../packages/cards.js";
import { crossings, fault, inside, parsePoints, pointsText } from "../plans/line.js";
import { guard, reason, start, toast } from "../shell.js";
import { table } from "../table.js";
import { day, named, num, squareMetres, t } from "../words.js";

/** @typedef {import("../plans/line.js").Point} Point */

const id = Number(location.pathname.split("/").pop());
const here = `${paths.plans}/${id}`;
const TONE = /** @type {Record<string, string>} */ ({ draft: "info", submitted: "warn", published: "good", returned: "bad" });

/** @type {any} */
let plan = null;
/** @type {string | null} */
let etag = null;
/** @type {Me} */
let me;
/** @type {Feature[]} the grids before the plan */
let before = [];
/** @type {Feature[]} the grids with the plan's changes */
let after = [];
/** @type {Feature[]} grids that only gain a vertex on a shared edge, those of other neighbourhoods included */
let touched = [];
/** @type {Feature[] | null} the buildings of the neighbourhood, once they are loaded */
let buildings = null;
let showing = "after";
/** @type {string | null} */
let chosen = null;
/** @type {Point[]} */
let line = [];
let drawing = false;
/** @type {{parts: any[]} | null} the valid preview of the line as it is */
let preview = null;
let asked = 0;
/** @type {import("leaflet").LayerGroup | null} */
let drawnGrids = null;
const drawnLine = L.layerGroup().addTo(district);
/** @type {Map<string, {households: number | null, residents: number | null}>} */
const homes = new Map();

/** @typedef {import("../table.js").Column<Feature>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "code", label: t("plan.code"), value: (row) => row.id.slice(-3), cell: (row) => el("code", { title: row.id }, row.id.slice(-3)) },
  { key: "name", label: t("plan.name"), value: (row) => row.properties.name, cell: (row) => nameCell(row) },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => figure(row, "households"), cell: (row) => num(figure(row, "households")) },
  { key: "residents", label: t("status.residents"), kind: "num", value: (row) => figure(row, "residents"), cell: (row) => num(figure(row, "residents")) },
  { key: "area", label: t("plan.area"), kind: "num", value: (row) => row.properties.area_m2, cell: (row) => squareMetres(row.properties.area_m2) },
]), { code: (row) => row.id, caption: t("plan.grids"), sort: "code", pick: (row) => choose(row.id), hover: (row) => mark(row ? [row] : chosenShape()) });

/** @param {Feature} row */
function nameCell(row) {
  return el("span", {}, row.properties.name, " ", row.properties.is_new ? el("span", { class: "tag info" }, t("plan.changed")) : null);
}

/** @param {Feature} row @param {"households" | "residents"} name */
function figure(row, name) {
  return row.properties[name] ?? homes.get(row.id)?.[name] ?? null;
}

start(async (person) => {
  me = person;
  fill(byId("list"), list.element);
  wire();
  await Promise.all([ground(), reload()]);
  fit(after, 30, 44);
  byId("loading").hidden = true;
});

function wire() {
  byId("draw").addEventListener("click", () => setDrawing(!drawing));
  byId("clear").addEventListener("click", clearLine);
  byId("back-point").addEventListener("click", () => setLine(line.slice(0, -1)));
  byId("apply").addEventListener("click", () => guard(apply));
  byId("undo").addEventListener("click", () => guard(() => move("undo")));
  byId("submit").addEventListener("click", () => guard(async () => (await move("submit"), toast(t("plan.submitted_done")))));
  byId("delete").addEventListener("click", () => guard(discard));
  byId("publish-form").addEventListener("submit", (event) => (event.preventDefault(), guard(publish)));
  byId("return-form").addEventListener("submit", (event) => (event.preventDefault(), guard(giveBack)));
  for (const name of ["after", "before"]) byId(`view-${name}`).addEventListener("click", () => view(name));
  byId("points").addEventListener("input", later(typed, 400));
  district.on("click", (event) => addPoint(event.latlng));
  district.doubleClickZoom.disable();
  document.addEventListener("keydown", onKey);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !(event.target instanceof HTMLTextAreaElement)) {
    event.preventDefault();
    if (line.length) setLine(line.slice(0, -1));
    else if (!byId("undo", HTMLButtonElement).disabled && mayEdit()) guard(() => move("undo"));
  }
  if (typing(event) || event.target instanceof HTMLButtonElement) return;
  if (event.code === "Enter" && preview) guard(apply);
  else if (event.code === "Escape") clearLine();
  else if (event.code === "KeyX" && chosen && mayEdit()) setDrawing(!drawing);
}

function mayEdit() {
  return me.roles.includes("planner") && ["draft", "returned"].includes(plan.state);
}

async function reload() {
  const answer = await getTagged(here);
  plan = answer.body;
  etag = answer.etag;
  const published = plan.state === "published";
  // What was published is looked at on its first day, beside the day before it.
  const grids = await all(paths.list("grids"), { region: plan.area, as_of: published ? plan.valid_from : plan.base_date });
  const drafted = /** @type {Feature[]} */ (plan.cells.features);
  const cells = drafted.filter((cell) => cell.id.startsWith(plan.area));
  touched = drafted.filter((cell) => !cell.properties.is_new);
  const replaced = new Set([...plan.ended, ...cells.map((cell) => cell.id)]);
  before = published ? await all(paths.list("grids"), { region: plan.area, as_of: dayBefore(plan.valid_from) }) : grids;
  after = published ? grids : [...grids.filter((grid) => !replaced.has(grid.id)), ...cells];
  await countHomes([...before, ...grids]);
  if (!after.some((grid) => grid.id === chosen)) chosen = null;
  showPlan();
}

/** @param {string} date yyyy-mm-dd */
function dayBefore(date) {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}

/** Who lives in the grids that the plan does not touch: the sums of their buildings, none of which is split.
 * @param {Feature[]} grids */
async function countHomes(grids) {
  if (!buildings) buildings = await drawHomes();
  for (const grid of grids) {
    if (homes.has(grid.id)) continue;
    const within = buildings.filter((building) => inside(middle(building), grid.geometry));
    const sum = (/** @type {string} */ name) => (within.length ? total(within, name) : 0);
    homes.set(grid.id, { households: sum("households"), residents: sum("residents") });
  }
}

/** Communities and buildings below the grids: a line goes between them, never through. */
async function drawHomes() {
  const region = plan.area;
  const [communities, found] = await Promise.all([all(paths.list("communities"), { region }), all(paths.list("buildings"), { region })]);
  still(communities, { color: "#8796a5", weight: 1, fillColor: "#dfe6ee", fillOpacity: 0.9 }, "ground").addTo(district);
  still(found, { color: "#3c4b5a", weight: 0.8, fillColor: "#8fa0b2", fillOpacity: 1 }, "ground").addTo(district);
  return found;
}

/** The middle of a footprint's box. @param {Feature} building @returns {Point} */
function middle(building) {
  const centre = L.geoJSON(building.geometry).getBounds().getCenter();
  return [centre.lng, centre.lat];
}

function showPlan() {
  fill(byId("title"), `${plan.area_name ?? plan.area} · ${plan.title}`);
  fill(byId("state"), named("state", plan.state));
  byId("state").className = `tag ${TONE[plan.state] ?? ""}`;
  byId("remark").hidden = !(plan.state === "returned" && plan.remark);
  fill(byId("remark"), t("plan.returned_because", { text: plan.remark ?? "" }));
  byId("touched").hidden = !touched.length;
  fill(byId("touched"), t("plan.touched", { n: touched.length, names: touched.map((cell) => cell.properties.name).join("、") }));
  byId("tools").hidden = !mayEdit();
  byId("undo", HTMLButtonElement).disabled = !plan.steps;
  const review = me.roles.includes("reviewer") && plan.state === "submitted";
  byId("decide").hidden = !mayEdit() && !review;
  byId("planner-actions").hidden = !mayEdit();
  byId("submit", HTMLButtonElement).disabled = !plan.cells.features.length;
  byId("reviewer-actions").hidden = !review;
  const from = byId("valid-from", HTMLInputElement);
  from.min = plan.base_date ?? me.business_date;
  from.value = from.value || from.min;
  view(showing);
}

/** @param {string} name after or before */
function view(name) {
  showing = name;
  for (const item of ["after", "before"]) byId(`view-${item}`).setAttribute("aria-pressed", String(item === name));
  const grids = name === "after" ? after : before;
  list.update(grids);
  fill(byId("list-title"), `${t("plan.grids")} · ${t(`plan.${name}`)}`);
  fill(byId("row-count"), t("common.rows", { n: grids.length }));
  drawGrids(grids);
  choose(chosen);
}

/** @param {Feature[]} grids */
function drawGrids(grids) {
  drawnGrids?.remove();
  const style = (/** @type {Feature} */ grid) => {
    const fresh = grid.properties.is_new === true;
    return { color: "#2f7d6b", weight: 1.6, fillColor: fresh ? "#f2cf7a" : "#bcd9d0", fillOpacity: grid.id === chosen ? 0.75 : 0.42 };
  };
  const layer = shapes(grids, style, { tip: (grid) => `${grid.properties.name}  ${t("plan.households", { n: num(figure(grid, "households")) })}` });
  layer.eachLayer((/** @type {any} */ shape) => shape.on("click", (/** @type {any} */ event) => {
    if (drawing) return;
    L.DomEvent.stopPropagation(event);
    choose(shape.feature.id);
  }));
  const names = labels(grids, (grid) => `${grid.properties.name}\n${t("plan.households", { n: num(figure(grid, "households")) })}`, 60);
  const beyond = touched.filter((cell) => !cell.id.startsWith(plan.area));
  const others = showing === "after" ? [still(beyond, { fill: false, color: "#8a97a4", weight: 1.4, dashArray: "2 4" }, "highlight")] : [];
  const edge = showing === "before" ? [] : [still(before, { fill: false, color: "#5d6f80", weight: 1.2, dashArray: "5 4" }, "highlight")];
  drawnGrids = L.layerGroup([layer, names, ...others, ...edge]).addTo(district);
}

function chosenShape() {
  const shape = after.find((grid) => grid.id === chosen);
  return shape ? [shape] : [];
}

/** @param {string | null} code */
function choose(code) {
  if (code !== chosen) clearLine();
  chosen = code;
  mark(chosenShape());
  list.mark(code ? [code] : [], true);
  const grid = chosenShape()[0];
  fill(byId("chosen"), grid ? `${grid.properties.name}（${grid.id}）` : "—");
  const off = !grid || showing !== "after";
  byId("draw", HTMLButtonElement).disabled = off;
  byId("points", HTMLTextAreaElement).disabled = off;
}

/** @param {boolean} on */
function setDrawing(on) {
  drawing = on;
  byId("draw").setAttribute("aria-pressed", String(on));
  district.getContainer().style.cursor = on ? "crosshair" : "";
}

/** @param {{lng: number, lat: number}} at */
function addPoint(at) {
  if (drawing) setLine([...line, [at.lng, at.lat]]);
}

function typed() {
  const points = parsePoints(byId("points", HTMLTextAreaElement).value);
  if (points === null) return say(t("plan.bad_coordinates"), "bad");
  return setLine(points, true);
}

function clearLine() {
  setDrawing(false);
  setLine([]);
}

/** @param {Point[]} points @param {boolean} [fromText] */
function setLine(points, fromText = false) {
  line = points;
  preview = null;
  asked += 1;
  if (!fromText) byId("points", HTMLTextAreaElement).value = pointsText(points);
  byId("back-point", HTMLButtonElement).disabled = !points.length;
  byId("clear", HTMLButtonElement).disabled = !points.length;
  const shape = chosenShape()[0];
  const wrong = points.length && shape ? fault(points, shape.geometry) : null;
  const hit = wrong || !shape || !points.length ? [] : hitBuildings(points, shape);
  if (wrong) say(t(wrong), "");
  else if (hit.length) say(t("plan.cuts_buildings", { n: hit.length }), "bad");
  else if (points.length && shape) ask(asked);
  else say("", "");
  drawLine();
  if (hit.length) still(hit, { color: "#b3261e", weight: 2, fillColor: "#e57368", fillOpacity: 0.9 }, "highlight").addTo(drawnLine);
}

/** Buildings of the chosen grid that the line runs through. @param {Point[]} points @param {Feature} shape */
function hitBuildings(points, shape) {
  return (buildings ?? []).filter((item) => inside(middle(item), shape.geometry) && crossings(points, item.geometry) > 0);
}

const ask = later((/** @type {number} */ mine) => guard(async () => {
  if (mine !== asked) return;
  try {
    const answer = await send("POST", `${here}/split/preview`, cut());
    if (mine !== asked) return;
    preview = answer.body;
    say(t("plan.valid"), "good");
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error;
    if (mine === asked) say(reason(error), "bad");
  }
  drawLine();
}), 200);

function cut() {
  return { grid: chosen, line: { type: "LineString", coordinates: line } };
}

/** @param {string} text @param {string} tone */
function say(text, tone) {
  const box = byId("line-state");
  box.hidden = !text;
  fill(box, el("span", { class: `tag ${tone}` }, text));
}

/** The line, its points and both sides; the button follows. */
function drawLine() {
  drawnLine.clearLayers();
  const places = line.map(([lon, lat]) => L.latLng(lat, lon));
  const colour = preview ? "#1b6e3c" : "#b3261e";
  const options = { pane: "highlight", interactive: false };
  if (preview) {
    preview.parts.forEach((part, i) => still([{ type: "Feature", id: "", properties: {}, geometry: part.geometry }], { color: "#1b6e3c", weight: 1, fillColor: i ? "#7fc3e8" : "#ffd97a", fillOpacity: 0.55 }, "highlight").addTo(drawnLine));
  }
  if (places.length > 1) {
    L.polyline(places, { ...options, color: "#ffffff", weight: 6 }).addTo(drawnLine);
    L.polyline(places, { ...options, color: colour, weight: 3 }).addTo(drawnLine);
  }
  for (const place of places) L.circleMarker(place, { ...options, radius: 4, color: colour, fillColor: "#ffffff", fillOpacity: 1, weight: 2 }).addTo(drawnLine);
  byId("apply", HTMLButtonElement).disabled = !preview;
  fill(byId("preview"), preview ? el("div", { class: "compare good" }, ...preview.parts.map(sidePanel)) : null);
}

/** @param {any} part @param {number} i */
function sidePanel(part, i) {
  const chip = el("span", { class: "chip", style: `background:${i ? "#7fc3e8" : "#ffd97a"}` });
  return el("div", { class: "panel" }, el("h3", { class: "row" }, chip, t("plan.side", { n: i + 1 })),
    el("strong", {}, t("plan.households", { n: num(part.households) })),
    el("span", {}, t("plan.residents", { n: num(part.residents) })),
    el("span", { class: "note" }, `${squareMetres(part.area_m2)} · ${t("plan.buildings", { n: num(part.buildings) })}`));
}

async function apply() {
  if (!preview) return;
  await send("POST", `${here}/split`, cut(), etag);
  clearLine();
  chosen = null;
  await reload();
  toast(t("plan.applied"));
}

/** A step of the plan, then the plan as it is now. @param {string} step @param {any} [body] */
async function move(step, body = {}) {
  await send("POST", `${here}/${step}`, body, etag);
  await reload();
}

async function discard() {
  if (!window.confirm(t("plan.sure"))) return;
  await send("DELETE", here);
  location.assign("/plans");
}

async function publish() {
  const date = byId("valid-from", HTMLInputElement).value;
  await move("publish", { valid_from: date });
  toast(t("plan.published_done", { date: day(date) }));
}

async function giveBack() {
  await move("return", { remark: byId("return-reason", HTMLInputElement).value });
  toast(t("plan.returned_done"));
}
