// The tender officer's page (标包): a pool, a proposal, and moving units between packages by click.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { button, byId, el, fill, later, typing } from "../dom.js";
import { district, fit, ground, hull, labels, mark, shapes, still } from "../map.js";
import { Board, colourOf } from "../packages/board.js";
import { card, leftOut } from "../packages/cards.js";
import { guard, start, toast } from "../shell.js";
import { table } from "../table.js";
import { day, named, num, pct, t } from "../words.js";

const board = new Board();
/** @type {Map<string, Feature>} every unit we can draw: the pool, and members of a saved round */
const units = new Map();
/** @type {Set<string>} */
let pool = new Set();
/** @type {Map<string, {code: string, text: string}>} */
let why = new Map();
/** @type {import("../packages/cards.js").Violation[]} */
let broken = [];
/** @type {{id: number | null, etag: string | null, rules: any}} the saved round we are in */
let round = { id: null, etag: null, rules: null };
/** @type {import("leaflet").LayerGroup | null} */
let drawn = null;
let area = "";
let mayEdit = false;
let today = "";

/** @typedef {import("../table.js").Column<Feature>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "name", label: t("status.name"), value: (row) => row.properties.name },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.properties.households, cell: (row) => num(row.properties.households) },
  { key: "reason", label: t("packages.reason"), value: (row) => reasonOf(row) },
]), { code: (row) => row.id, caption: t("packages.pool"), pick: (row) => show(row), sort: "name", empty: t("packages.no_pool") });

/** @param {Feature} unit */
function reasonOf(unit) {
  return [unit.properties.reason].flat().filter(Boolean).map((reason) => named("pool_reason", reason)).join("、");
}

start(async (me) => {
  area = me.areas[0].code;
  today = me.business_date;
  mayEdit = me.roles.includes("officer");
  fill(byId("pool"), list.element);
  byId("round-name", HTMLInputElement).value = t("packages.default_name", { date: day(today) });
  for (const name of ["make", "round-name"]) byId(name, /** @type {any} */ (HTMLElement)).toggleAttribute("disabled", !mayEdit);
  wire();
  const [outline] = await Promise.all([ground(), loadPool(), loadRounds()]);
  fit(outline);
  const wanted = new URLSearchParams(location.search).get("round");
  if (wanted) await openRound(Number(wanted));
  byId("loading").hidden = true;
});

function wire() {
  byId("rules").addEventListener("submit", (event) => {
    event.preventDefault();
    guard(make);
  });
  byId("standalone").addEventListener("change", () => guard(loadPool));
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
  byId("save").addEventListener("click", () => guard(save));
  byId("take-theirs").addEventListener("click", () => guard(takeTheirs));
  byId("keep-mine").addEventListener("click", () => guard(keepMine));
  document.addEventListener("keydown", onKey);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  } else if (/^Digit[1-9]$/.test(event.code) && !typing(event)) choose(Number(event.code.slice(5)) - 1);
}

function undo() {
  board.undo();
  changed();
}

function redo() {
  board.redo();
  changed();
}

/** The rules as the form has them, or null when they contradict each other. */
function rules() {
  const value = (/** @type {string} */ id) => Number(byId(id, HTMLInputElement).value);
  const checked = (/** @type {string} */ id) => byId(id, HTMLInputElement).checked;
  const wrong = value("min") > value("max");
  const error = byId("rules-error");
  error.hidden = !wrong;
  fill(error, t("packages.bounds_wrong"));
  if (wrong) return null;
  return {
    ...(round.rules ?? {}), area, households: [value("min"), value("max")], gap: value("gap"),
    within_subdistrict: checked("within"), standalone: checked("standalone"),
  };
}

/** @param {any} given */
function showRules(given) {
  const set = (/** @type {string} */ id, /** @type {any} */ value) => (byId(id, HTMLInputElement).value = String(value));
  if (given.households) (set("min", given.households[0]), set("max", given.households[1]));
  set("gap", given.gap);
  byId("within", HTMLInputElement).checked = given.within_subdistrict;
  byId("standalone", HTMLInputElement).checked = given.standalone;
}

async function loadPool() {
  const standalone = byId("standalone", HTMLInputElement).checked;
  const answer = await get(paths.pool, { standalone });
  pool = new Set();
  for (const feature of answer.features) {
    pool.add(feature.id);
    units.set(feature.id, feature);
  }
  list.update(answer.features);
  fill(byId("pool-count"), t("common.rows", { n: num(pool.size) }));
  draw();
}

async function make() {
  const asked = rules();
  if (!asked) return;
  byId("loading").hidden = false;
  byId("make", HTMLButtonElement).disabled = true;
  try {
    const answer = (await send("POST", paths.bundles, asked)).body;
    for (const unit of answer.left_out) why.set(unit.code, unit.why);
    await missing(answer.packages.flatMap((/** @type {any} */ item) => item.members));
    round = { id: null, etag: null, rules: null };
    board.reset(answer.packages.map((/** @type {any} */ item, /** @type {number} */ i) => ({ name: t("packages.package", { n: i + 1 }), members: item.members })));
    broken = [];
    fill(byId("hint"), t("packages.move_hint"), el("br"), el("span", { class: "note" }, speed(answer)));
    refresh();
  } finally {
    byId("loading").hidden = true;
    byId("make", HTMLButtonElement).disabled = false;
  }
}

/** @param {{seconds?: number, gap?: number | null}} answer */
function speed(answer) {
  const parts = [t("packages.seconds", { n: num(answer.seconds, 1) })];
  if (answer.gap !== null && answer.gap !== undefined) parts.push(t("packages.gap_note", { p: pct(answer.gap) }));
  return parts.join(" · ");
}

/** Geometry of members that are not in the pool (any more). @param {string[]} codes */
async function missing(codes) {
  const wanted = codes.filter((code) => !units.has(code));
  await Promise.all(wanted.map(async (code) => {
    const kind = /S\d{3}$/.test(code) ? "building-groups" : "communities";
    units.set(code, await get(paths.one(kind, code)));
  }));
}

/** After a change by hand: draw, then let the service weigh the packages. */
function changed() {
  refresh();
  weigh();
}

const weigh = later(() => guard(async () => {
  const asked = rules();
  if (!asked || !mayEdit) return;
  const packages = Object.fromEntries(board.filled().map((lot) => [lot.name, lot.members]));
  const answer = (await send("POST", paths.weigh, { rules: asked, packages })).body;
  broken = answer.violations;
  showCards();
}), 250);

function refresh() {
  draw();
  showCards();
  byId("undo", HTMLButtonElement).disabled = !board.past.length;
  byId("redo", HTMLButtonElement).disabled = !board.future.length;
  byId("save", HTMLButtonElement).disabled = !mayEdit || !board.filled().length;
  fill(byId("save"), t(round.id ? "packages.save_again" : "packages.save"));
  list.mark(board.lots[board.active]?.members ?? []);
}

function draw() {
  drawn?.remove();
  const placed = board.lots.flatMap((lot) => lot.members);
  const all = [...new Set([...pool, ...placed])].map((code) => units.get(code)).filter((unit) => unit !== undefined);
  const layer = shapes(all, (unit) => {
    const place = board.place(unit.id);
    const on = place >= 0 && place === board.active;
    return { fillColor: place < 0 ? "#b9c2cc" : colourOf(place), fillOpacity: on ? 0.95 : 0.72, color: on ? "#0b2f56" : "#ffffff", weight: on ? 2.2 : 1 };
  }, { click: (unit) => move(unit), tip: tipOf });
  drawn = L.layerGroup([layer]).addTo(district);
  board.lots.forEach((lot, i) => outline(lot.members, i).forEach((part) => part.addTo(/** @type {any} */ (drawn))));
}

/** A package as a whole: a tint around its members, and its number. @param {string[]} codes @param {number} index */
function outline(codes, index) {
  const around = codes.length > 1 ? hull(members(codes)) : null;
  const style = { color: colourOf(index), weight: 1.5, opacity: 0.8, fillColor: colourOf(index), fillOpacity: 0.16 };
  return [around ? still([around], style, "ground") : null, numberOf(codes, index + 1)].filter((part) => part !== null);
}

/** The number of a package on its largest member. @param {string[]} codes @param {number} number */
function numberOf(codes, number) {
  const found = members(codes);
  found.sort((a, b) => (b.properties.households ?? 0) - (a.properties.households ?? 0));
  return found.length ? labels(found.slice(0, 1), () => String(number)) : null;
}

/** @param {Feature} unit */
function tipOf(unit) {
  const place = board.place(unit.id);
  const where = place < 0 ? t("packages.left_package") : board.lots[place].name;
  return `${unit.properties.name}  ${t("packages.households", { n: num(unit.properties.households) })}  ${where}`;
}

function showCards() {
  const bounds = /** @type {[number, number]} */ ([Number(byId("min", HTMLInputElement).value), Number(byId("max", HTMLInputElement).value)]);
  const cards = board.lots.map((lot, i) => card(lot, i, members(lot.members), {
    bounds, active: i === board.active, broken: broken.filter((item) => item.package === lot.name), choose: () => choose(i),
  }));
  const loose = [...pool].filter((code) => board.place(code) < 0).map((code) => units.get(code)).filter((unit) => unit !== undefined);
  const more = mayEdit ? button(`＋ ${t("packages.new")}`, addPackage) : null;
  fill(byId("cards"), ...cards, more, board.lots.length ? leftOut(loose, why, show) : null);
}

/** @param {string[]} codes */
function members(codes) {
  return codes.map((code) => units.get(code)).filter((unit) => unit !== undefined);
}

function addPackage() {
  const names = new Set(board.lots.map((lot) => lot.name));
  let n = board.lots.length + 1;
  while (names.has(t("packages.package", { n }))) n += 1;
  board.add(t("packages.package", { n }));
  changed();
}

/** @param {number} index */
function choose(index) {
  if (!board.lots[index]) return;
  const again = board.active === index;
  board.active = index;
  refresh();
  mark(members(board.lots[index].members));
  if (again) fit(members(board.lots[index].members), 140);
}

/** @param {Feature} unit */
function move(unit) {
  if (!mayEdit || board.active < 0) return show(unit);
  const to = board.toggle(unit.id);
  const name = unit.properties.name;
  fill(byId("hint"), to < 0 ? t("packages.removed", { name }) : t("packages.moved", { name, n: board.lots[to].name }));
  mark([]);
  return changed();
}

/** @param {Feature} unit */
function show(unit) {
  fit([unit], 160);
  mark([unit]);
}

async function save() {
  const asked = rules();
  if (!asked) return;
  const name = byId("round-name", HTMLInputElement).value.trim() || t("packages.default_name", { date: day(today) });
  const draft = { name, rules: asked, packages: board.filled().map((lot) => ({ name: lot.name, units: lot.members })) };
  try {
    const answer = round.id
      ? await send("PUT", `${paths.rounds}/${round.id}`, draft, round.etag)
      : await send("POST", paths.rounds, draft);
    round = { id: answer.body.id, etag: answer.etag, rules: answer.body.rules };
    toast(t("packages.saved"));
    history.replaceState(null, "", `?round=${round.id}`);
    refresh();
    await loadRounds();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 412) throw error;
    fill(byId("conflict-text"), error.message);
    byId("conflict", HTMLDialogElement).showModal();
  }
}

async function takeTheirs() {
  byId("conflict", HTMLDialogElement).close();
  if (round.id) await openRound(round.id);
}

async function keepMine() {
  byId("conflict", HTMLDialogElement).close();
  round = { id: null, etag: null, rules: round.rules };
  await save();
}

async function loadRounds() {
  const { rounds } = await get(paths.rounds);
  const rows = rounds.map((/** @type {any} */ item) => el("li", { class: "stacked" },
    button(item.name, () => guard(() => openRound(item.id)), { class: "plain link" }),
    el("span", { class: "note" }, `${t("packages.packages", { n: item.packages })} · ${named("state", item.state)} · ${day(item.changed_at)}`)));
  fill(byId("rounds"), rows.length ? el("ul", { class: "left-out" }, ...rows) : el("p", { class: "body note" }, t("common.no_rows")));
}

/** @param {number} id */
async function openRound(id) {
  const answer = await getTagged(`${paths.rounds}/${id}`);
  const saved = answer.body;
  round = { id, etag: answer.etag, rules: saved.rules };
  showRules(saved.rules);
  byId("round-name", HTMLInputElement).value = saved.name;
  await loadPool();
  await missing(saved.packages.flatMap((/** @type {any} */ item) => item.members ?? []));
  board.reset(saved.packages.map((/** @type {any} */ item) => ({ name: item.name, members: item.members ?? [] })));
  broken = saved.outcome?.violations ?? [];
  history.replaceState(null, "", `?round=${id}`);
  fill(byId("hint"), t("packages.move_hint"));
  refresh();
  fit(members(saved.packages.flatMap((/** @type {any} */ item) => item.members ?? [])));
}
