// The supervisor's page (总览): coverage by level, drilled by click, everything in the address.

import { get, paths, address } from "../api.js";
import { asOf, shiftMonth } from "../asof.js";
import { lineChart } from "../chart.js";
import { fixed, indexOf, known } from "../classes.js";
import { add, button, byId, el, fill, later, latest, typing } from "../dom.js";
import { shareLegend } from "../legend.js";
import { district, fit, ground, hatch, labels, load, mark, shapes, still } from "../map.js";
import { guard, start, toast } from "../shell.js";
import { readState, writeState } from "../state.js";
import { table } from "../table.js";
import { day, language, num, pct, squareMetres, t } from "../words.js";

const DEFAULTS = { region: "", level: "", basis: "count", standalone: "false", as_of: "", breaks: "" };
const CHILD = /** @type {Record<string, string>} */ ({ city: "district", district: "subdistrict", subdistrict: "neighbourhood", neighbourhood: "community" });

let state = readState(DEFAULTS);
let today = "";
/** @type {{code: string, name: string, level: string}[]} from the district down to where we are */
let trail = [];
/** @type {import("leaflet").LayerGroup | null} */
let drawn = null;
/** @type {Map<string, Feature>} */
let byCode = new Map();
/** @type {Feature[]} the place itself, once we are below the root */
let outlines = [];
const asked = latest();

/** @typedef {import("../table.js").Column<CoverageRow>} Column */

const ranking = table(/** @type {Column[]} */ ([
  { key: "name", label: t("overview.name"), value: (row) => row.name },
  { key: "share", label: t("overview.share"), kind: "num", value: (row) => row.share, cell: (row) => meter(row.share) },
  { key: "numerator", label: t("overview.served"), kind: "num", value: (row) => row.numerator, cell: (row) => amount(row.numerator) },
  { key: "denominator", label: t("overview.known"), kind: "num", value: (row) => row.denominator, cell: (row) => amount(row.denominator) },
  { key: "unknown", label: t("overview.unknown"), kind: "num", value: (row) => row.unknown, cell: (row) => amount(row.unknown) },
]), {
  code: (row) => row.code,
  caption: t("overview.ranking"),
  sort: "share",
  down: true,
  pick: (row) => drill(row.code),
  hover: (row) => point(row?.code ?? null, false),
});

/** @param {number | null} value in the chosen basis */
function amount(value) {
  return state.basis === "floor_area" ? squareMetres(value) : num(value);
}

/** @param {number | null} share */
function meter(share) {
  const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("i", { style: `width:${Math.round((share ?? 0) * 100)}%` }));
  return el("span", {}, bar, pct(share));
}

/** The level whose units are shown for the place we are at. */
function level() {
  const here = trail[trail.length - 1].level;
  return here === "neighbourhood" && state.level === "grid" ? "grid" : CHILD[here];
}

start(async (me) => {
  today = me.business_date;
  fill(byId("ranking"), ranking.element);
  const area = me.areas[0];
  trail = [{ code: area.code, name: area.name, level: area.level }];
  wire();
  const base = ground();
  await follow();
  await refresh();
  await base;
});

function wire() {
  const picker = asOf(byId("as-of-place"), today, state.as_of || today, (date) => set({ as_of: date === today ? "" : date }));
  const basis = byId("basis", HTMLSelectElement);
  const standalone = byId("standalone", HTMLInputElement);
  const breaks = byId("breaks", HTMLInputElement);
  const show = () => {
    basis.value = state.basis;
    standalone.checked = state.standalone === "true";
    breaks.value = (state.breaks || known.policy.coverage.map((limit) => Math.round(limit * 1000) / 10).join(", "));
    picker.set(state.as_of || today);
  };
  show();
  basis.addEventListener("change", () => set({ basis: basis.value }));
  standalone.addEventListener("change", () => set({ standalone: String(standalone.checked) }));
  breaks.addEventListener("input", later(() => set({ breaks: parsed(breaks.value).length ? breaks.value : "" }), 500));
  byId("reset").addEventListener("click", () => (go({ ...DEFAULTS }), show()));
  window.addEventListener("popstate", () => (go(readState(DEFAULTS), false), show()));
  document.addEventListener("keydown", (event) => {
    if (event.code === "Backspace" && !typing(event) && trail.length > 1) up(trail.length - 2);
  });
}

/** Up to four ascending limits from percentages a reader typed. @param {string} text */
function parsed(text) {
  const values = text.split(/[^0-9.]+/).filter(Boolean).map((part) => Number(part) / 100);
  const ok = values.length > 0 && values.length <= 4 && values.every((value, i) => value > 0 && value < 1 && (i === 0 || value > values[i - 1]));
  return ok ? values : [];
}

/** @param {Partial<typeof DEFAULTS>} change */
function set(change) {
  state = { ...state, ...change };
  writeState(state, DEFAULTS);
  guard(refresh);
}

/** Another place: a new step for Back. @param {typeof DEFAULTS} next @param {boolean} [push] */
async function go(next, push = true) {
  state = next;
  if (push) writeState(state, DEFAULTS, true);
  await guard(async () => {
    await follow();
    await refresh();
  });
}

/** The trail from the area's root to the region of the address. */
async function follow() {
  const { region } = state;
  const way = trail.slice(0, 1);
  /** @type {Feature[]} */
  let edge = [];
  const digits = region.replace(/(000)+$/, "").length;
  for (const [kind, length] of /** @type {[string, number][]} */ ([["district", 6], ["subdistrict", 9], ["neighbourhood", 12]])) {
    const code = region.slice(0, length).padEnd(12, "0");
    if (length > digits || code === way[0].code) continue;
    const found = (await load("regions", { level: kind })).find((feature) => feature.id === code);
    if (!found) continue;
    way.push({ code, name: found.properties.name, level: kind });
    edge = [found];
  }
  if (state.region !== region) return; // the reader went on meanwhile
  [trail, outlines] = [way, edge];
  if (region && trail[trail.length - 1].code !== region) elsewhere();
}

/** The address names a region that is none, or is not the reader's: said, and the whole area shown. */
function elsewhere() {
  toast(t("overview.no_region", { code: state.region.slice(0, 40), name: trail[0].name }), "error");
  trail = trail.slice(0, 1);
  outlines = [];
  state = { ...state, region: "" };
  writeState(state, DEFAULTS);
}

/** @param {string} code */
function drill(code) {
  const here = level();
  if (here === "community") return location.assign(`/communities/${encodeURIComponent(code)}`);
  if (here === "grid") return point(code, true);
  return void go({ ...state, region: code });
}

/** @param {number} index in the trail */
function up(index) {
  go({ ...state, region: index === 0 ? "" : trail[index].code, level: "" });
}

/** @param {string | null} code @param {boolean} scroll */
function point(code, scroll) {
  const feature = code ? byCode.get(code) : null;
  mark(feature ? [feature] : []);
  ranking.mark(code ? [code] : [], scroll);
}

async function refresh() {
  const wanted = asked();
  byId("loading").hidden = false;
  await redrawn(wanted).finally(() => wanted() && (byId("loading").hidden = true));
}

/** @param {() => boolean} wanted what was asked for meanwhile is drawn instead */
async function redrawn(wanted) {
  const here = trail[trail.length - 1];
  const params = { region: here.code, basis: state.basis, standalone: state.standalone, as_of: state.as_of };
  const end = state.as_of || today;
  const start36 = `${shiftMonth(end, -36).slice(0, 7)}-01`;
  const [answer, summary, features, trend] = await Promise.all([
    get(paths.coverage, { ...params, level: level() }),
    get(paths.summary, { region: here.code, as_of: state.as_of }),
    geometries(here),
    get(paths.coverage, { ...params, level: here.level, from: start36, to: end }),
  ]);
  if (!wanted()) return;
  showCrumbs();
  showTiles(answer, summary);
  showMap(answer, features);
  showRanking(answer);
  showTrend(trend, here.name, end);
}

/** @param {{code: string}} here */
async function geometries(here) {
  const kind = level();
  const as_of = state.as_of;
  if (kind === "community") {
    const stand = state.standalone === "true" ? await load("building-groups", { region: here.code, as_of }) : [];
    return [...(await load("communities", { region: here.code, as_of })), ...stand.filter((item) => !item.properties.community)];
  }
  return kind === "grid" ? load("grids", { region: here.code, as_of }) : load("regions", { level: kind, region: here.code, as_of });
}

function showCrumbs() {
  const steps = trail.flatMap((place, i) => {
    const last = i === trail.length - 1;
    return [i ? el("span", {}, "›") : null, button(place.name, () => up(i), { disabled: last, "aria-current": last ? "location" : null })];
  });
  fill(byId("crumbs"), ...steps);
  const choice = byId("level-choice");
  choice.hidden = trail[trail.length - 1].level !== "neighbourhood";
  const option = (/** @type {string} */ name) =>
    button(t(`level.${name}`), () => set({ level: name === "grid" ? "grid" : "" }), { "aria-pressed": String(level() === name) });
  fill(choice, el("span", { class: "segments" }, option("community"), option("grid")));
}

/** @param {Coverage} answer @param {any} summary */
function showTiles(answer, summary) {
  const kinds = summary.communities_by_kind ?? {};
  const split = ["commercial", "resettlement", "old"].map((kind) => `${t(`kind.${kind}`)} ${num(kinds[kind] ?? 0)}`).join(" · ");
  const unknown = answer.total.unknown ? t("overview.unknown_beside", { n: amount(answer.total.unknown) }) : answer.basis_text[language];
  fill(byId("tiles"),
    tile(t("overview.coverage_of", { name: trail[trail.length - 1].name }), pct(answer.total.share), `${amount(answer.total.numerator)} / ${amount(answer.total.denominator)}`, unknown, "key"),
    tile(t("overview.communities"), num(summary.communities), t("unit.communities"), split),
    tile(t("overview.three_no"), num(summary.three_no), t("unit.communities"), t("overview.three_no_note")),
    tile(t("overview.unserved"), num(summary.unserved), t("unit.communities"), t("overview.not_known", { n: num(summary.unknown) })),
    tile(t("overview.pool"), num(summary.pool), t("unit.pieces"), t("overview.pool_note")),
    tile(t("overview.grids"), num(summary.grids), t("unit.pieces"), t("overview.grids_with_branch", { n: num(summary.grids_with_branch) })),
    tile(t("overview.branches"), num(summary.branches), t("unit.pieces"), t("overview.community_branches", { n: num(summary.community_branches) })),
    tile(t("overview.residents"), language === "zh" ? num(summary.residents / 1e4, 1) : num(summary.residents), language === "zh" ? "万人" : "", `${num(summary.area_km2, 2)} km² · ${t("overview.subdistricts", { n: num(summary.subdistricts) })}`));
}

/** @param {string} title @param {string} value @param {string} unit @param {string} sub @param {string} [kind] */
function tile(title, value, unit, sub, kind = "") {
  return el("article", { class: `tile ${kind}` }, el("h2", {}, title),
    el("div", { class: "value" }, value, unit ? el("small", {}, unit) : null), el("div", { class: "sub", title: sub }, sub));
}

/** @param {Coverage} answer @param {Feature[]} features */
function showMap(answer, features) {
  const breaks = parsed(state.breaks);
  const classes = fixed(breaks.length ? breaks : known.policy.coverage, "YlGn", breaks.length ? "own" : "policy");
  const rows = new Map(answer.rows.map((row) => [row.code, row]));
  byCode = new Map(features.map((feature) => [feature.id, feature]));
  drawn?.remove();
  mark([]);
  const small = answer.level === "community";
  const style = (/** @type {Feature} */ feature) => {
    const index = indexOf(classes, rows.get(feature.id)?.share);
    return { color: small ? "#4a5a6a" : "#5f7080", weight: small ? 1 : 1.2, fillOpacity: 0.88, fillColor: index === null ? hatch("#ececec", "#8d979f") : classes.colours[index] };
  };
  const layer = shapes(features, style, {
    click: (feature) => drill(feature.id),
    hover: (feature) => point(feature?.id ?? null, true),
    tip: (feature) => tipOf(rows.get(feature.id), feature),
  });
  const edge = still(outlines, { fill: false, color: "#5d4a7a", weight: 2.4, dashArray: "7 4" }, "highlight");
  drawn = L.layerGroup([layer, edge]).addTo(district);
  labels(features, (feature) => labelOf(rows.get(feature.id), feature), small ? 24 : 40).addTo(drawn);
  fit(outlines.length ? outlines : features);
  fill(byId("legend-title"), `${t("overview.coverage")} · ${t(`level.${answer.level}`)}`);
  shareLegend(byId("legend"), classes, answer.rows.map((row) => row.share));
}

/** @param {CoverageRow | undefined} row @param {Feature} feature */
function tipOf(row, feature) {
  const name = feature.properties.name ?? feature.id;
  if (!row) return `${name}: ${t("common.no_data")}`;
  return `${name}  ${pct(row.share)}  (${amount(row.numerator)} / ${amount(row.denominator)})`;
}

/** @param {CoverageRow | undefined} row @param {Feature} feature */
function labelOf(row, feature) {
  return trail.length > 2 ? feature.properties.name : `${feature.properties.name}\n${pct(row?.share)}`;
}

/** @param {Coverage} answer */
function showRanking(answer) {
  ranking.update(answer.rows);
  fill(byId("ranking-title"), t("overview.ranking_of", { level: t(`level.${answer.level}`), basis: t(`basis.${answer.basis}`) }));
  fill(byId("row-count"), t("common.rows", { n: num(answer.rows.length) }));
  const link = byId("export", HTMLAnchorElement);
  link.href = address(paths.exported("communities"), { format: "xlsx", region: trail[trail.length - 1].code, as_of: state.as_of });
}

/** @param {{series: {date: string, share: number | null}[]}} trend @param {string} name @param {string} end */
function showTrend(trend, name, end) {
  fill(byId("trend-title"), t("overview.trend_of", { name }));
  const pick = (/** @type {string} */ date) => set({ as_of: date === today ? "" : date });
  const now = trend.series.some((point) => point.date === end) ? end : `${end.slice(0, 7)}-01`;
  lineChart(byId("trend"), trend.series, { now, pick, label: t("overview.trend_of", { name }) });
  add(byId("trend"), el("p", { class: "unseen" }, day(end)));
}
