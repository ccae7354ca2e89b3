// The status map (现状图): who is served and how, in layers, with a legend that counts. Up to five thousand shapes are
// held by the page; a city's are painted from tiles.

import { get, paths } from "../api.js";
import { asOf } from "../asof.js";
import { details, modeTag } from "../details.js";
import { byId, el, fill } from "../dom.js";
import { entry, shareLegend } from "../legend.js";
import { district, fit, mark } from "../map.js";
import { modeName, modeOf, MODES, UNKNOWN } from "../modes.js";
import { search } from "../search.js";
import { guard, start } from "../shell.js";
import { readState, writeState } from "../state.js";
import { classes, INK, isCity, sumLevel } from "../status/looks.js";
import { tiled } from "../status/tiled.js";
import { whole } from "../status/whole.js";
import { table } from "../table.js";
import { named, num, t } from "../words.js";

const DEFAULTS = { as_of: "", off: "groups,grids,three_no_only", pick: "", region: "", at: "" };
let state = readState(DEFAULTS);
/** @type {import("../status/whole.js").View & {rows?: () => Promise<any[]>} | null} */
let view = null;
/** @type {Record<string, any>} how much there is of everything */
let census = {};
/** @type {Map<string, {feature: Feature, kind: string}>} */
const found = new Map();

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

const isOff = (/** @type {string} */ name) => state.off.split(",").includes(name);
const page = {
  asOf: () => state.as_of, isOff, found, keep: set, region: () => state.region,
  show: (/** @type {string} */ code, /** @type {boolean} */ zoom) => void guard(() => show(code, zoom)),
  rows: listed, retell: drawTree,
};

start(async (me) => {
  asOf(byId("as-of-place"), me.business_date, state.as_of || me.business_date, (date) => {
    set({ as_of: date === me.business_date ? "" : date });
    guard(again);
  });
  search(byId("search"), (hit) => page.show(hit.code, true), () => ({ as_of: state.as_of }));
  await reload(frame());
  if (state.pick) await guard(() => show(state.pick, !state.at));
});

/** Another date: also what was picked is shown as it was then, or no more where it was not there. */
async function again() {
  await reload(true);
  const { pick } = state;
  if (!pick) return;
  await show(pick, false).catch((error) => {
    if (error.status !== 404) throw error;
    if (state.pick === pick) (set({ pick: "" }), fill(byId("details")), mark([]));
  });
}

/** Puts the view where the address says; false where it says nothing. */
function frame() {
  const [lat, lon, zoom] = state.at.split(",").map(Number);
  if (![lat, lon, zoom].every(Number.isFinite)) return false;
  district.setView([lat, lon], zoom, { animate: false });
  return true;
}

/** @param {Partial<typeof DEFAULTS>} change */
function set(change) {
  state = { ...state, ...change };
  writeState(state, DEFAULTS);
}

/** @param {string} name @param {boolean} on */
function turn(name, on) {
  const off = state.off.split(",").filter((item) => item && item !== name);
  set({ off: (on ? off : [...off, name]).join(",") || "-" });
  drawTree();
  view?.draw();
}

/** The world of a date. @param {boolean} framed the view stays where it is */
async function reload(framed) {
  byId("loading").hidden = false;
  const { as_of } = state;
  const counted = await get(paths.census, { as_of }).catch((error) => {
    if (state.as_of === as_of) byId("loading").hidden = true;
    throw error;
  });
  if (state.as_of !== as_of) return; // another date was picked meanwhile
  census = counted;
  view?.close();
  found.clear();
  const mine = isCity(census) ? tiled(page, /** @type {any} */ (census)) : whole(page);
  view = mine;
  try {
    await mine.open(framed);
    if (view !== mine) return;
    drawTree();
  } finally {
    if (view === mine) byId("loading").hidden = true;
  }
}

/** @param {Feature[]} communities those that the list shows */
function listed(communities) {
  fill(byId("list"), list.element);
  fill(byId("list-title"), t("status.by_table"));
  list.update(communities);
  list.mark([state.pick]);
  fill(byId("row-count"), t("common.rows", { n: num(communities.length) }));
}

function drawTree() {
  const modes = [...Object.keys(MODES), UNKNOWN].map((mode) => /** @type {const} */ ([mode, census.modes[mode] ?? 0]));
  const sub = modes.filter(([, n]) => n > 0).map(([mode, n]) => {
    const kind = mode === UNKNOWN ? "hatched" : "";
    return branch(`mode-${mode}`, entry(kind ? "" : MODES[mode], modeName(mode), n, kind));
  });
  fill(byId("layers"),
    branch("communities", entry("", `${t("level.community")} · ${t("status.served")}`, census.communities, "none"), [
      ...(view?.far() ? fromAfar() : []),
      ...sub, branch("three_no_only", entry("", t("status.only_three_no"), census.three_no, "hatched outlined")),
    ]),
    branch("stand_alone", entry("", t("status.stand_alone"), census.stand_alone, "outlined")),
    branch("groups", entry("#dfe5eb", t("status.groups"), census.groups)),
    branch("grids", stroke(INK.grids, t("status.grids"), census.grids, "dashed")),
    branch("neighbourhoods", stroke(INK.neighbourhoods, t("status.neighbourhoods"), census.neighbourhoods)),
    branch("subdistricts", stroke(INK.subdistricts, t("status.subdistricts"), census.subdistricts)),
    branch("buildings", entry("#ffffff", `${t("status.buildings")}（${t("status.zoom_for_buildings")}）`, null)));
}

/** The legend of the sums that stand for communities from afar, and where each shows by itself. */
function fromAfar() {
  const place = el("ul", { class: "legend" });
  guard(async () => {
    const rows = (await view?.rows?.()) ?? [];
    shareLegend(place, classes, rows.map(({ served, unserved }) => (served + unserved ? served / (served + unserved) : null)));
  });
  const level = t(`level.${sumLevel(Math.round(district.getZoom()))}`);
  return [el("li", { class: "note" }, t("status.from_afar", { level })), el("li", {}, place), el("li", { class: "note" }, t("status.from_near"))];
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

/** Shows one thing: marked on the map and in the list, with all that is known of it. @param {string} code @param {boolean} zoom */
async function show(code, zoom) {
  set({ pick: code });
  const { as_of } = state;
  const { feature, kind } = await held(code);
  if (state.pick !== code || state.as_of !== as_of) return;
  mark([feature]);
  if (zoom) fit([feature], 120);
  fill(byId("details"), details(feature, kind));
  view?.picked(code);
  list.mark([code], true);
}

/** What a code stands for, asked for where the page does not hold it. @param {string} code */
async function held(code) {
  const known = found.get(code);
  if (known) return known;
  const kind = kindOf(code);
  const { as_of } = state;
  const one = { feature: await get(paths.one(kind, code), { as_of }), kind };
  if (state.as_of === as_of) found.set(code, one);
  return one;
}

/** The list that a code belongs to, by its form. @param {string} code */
function kindOf(code) {
  if (/^\d{12}$/.test(code)) return "regions";
  if (/^\d+$/.test(code)) return "grids";
  if (/^\d{12}C\d{3}$/.test(code)) return "communities";
  return /(C\d{5}|S\d{3})$/.test(code) ? "building-groups" : "buildings";
}
