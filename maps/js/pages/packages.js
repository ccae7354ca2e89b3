// The tender officer's page (标包): a pool, a proposal, and moving units between packages by click.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { button, byId, el, fill, later, typing } from "../dom.js";
import { district, fit, ground, mark, shapes } from "../map.js";
import { Board, colourOf, freshNames } from "../packages/board.js";
import { card, leftOut } from "../packages/cards.js";
import { outline } from "../packages/drawing.js";
import { detail, fillFilter, modeTag } from "../packages/outlook.js";
import { Pairs } from "../packages/pairs.js";
import { comparison, refusal, summary } from "../packages/result.js";
import { contradiction, feasibility, follow, readRules, showRules } from "../packages/rules.js";
import { bundle, running, watch } from "../packages/work.js";
import { guard, reason, start, toast } from "../shell.js";
import { table } from "../table.js";
import { day, named, num, t } from "../words.js";

const board = new Board();
/** @type {Map<string, Feature>} every unit we can draw: the pool, and members of a saved round */
const units = new Map();
/** @type {Set<string>} */
let pool = new Set();
/** @type {Map<string, any>} what is missing and which mode fits, by unit */
const judged = new Map();
/** @type {Map<string, import("../packages/reasons.js").Reason>} */
let why = new Map();
/** @type {{plans: import("../packages/result.js").Plan[], shown: number}} the proposals of the last run */
let proposals = { plans: [], shown: 0 };
/** @type {Map<string, string>} the engine's P01 → the name on its card */
let packageNames = new Map();
/** @type {{ready: number, modes: Record<string, number>}} */
let counts = { ready: 0, modes: {} };
/** @type {import("../packages/cards.js").Violation[]} */
let broken = [];
/** @type {{id: number | null, etag: string | null, rules: any}} the saved round we are in */
let round = { id: null, etag: null, rules: null };
/** @type {import("leaflet").LayerGroup | null} */
let drawn = null;
let area = "";
let mayEdit = false;
let today = "";

const pairs = new Pairs({ name: nameOf, changed: () => changed(), hint: (text) => fill(byId("hint"), text) });

/** @typedef {import("../table.js").Column<Feature>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "name", label: t("status.name"), value: (row) => row.properties.name },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.properties.households, cell: (row) => num(row.properties.households) },
  { key: "mode", label: t("outlook.mode"), value: (row) => judged.get(row.id)?.suggestion.mode ?? "", cell: (row) => modeOf(row) },
]), { code: (row) => row.id, caption: t("packages.pool"), pick: (row) => open(row), sort: "name", empty: t("packages.no_pool") });

/** @param {Feature} unit */
function modeOf(unit) {
  const found = judged.get(unit.id);
  return found ? modeTag(found.suggestion.mode) : null;
}

/** The name of a unit, or of a package as the proposal numbers it. @param {string} code */
function nameOf(code) {
  return units.get(code)?.properties.name ?? packageNames.get(code) ?? code;
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
  if (!mayEdit) return;
  // A proposal that was asked for before the page was left: its bar comes back.
  const job = await running(me.username);
  if (job !== null) guard(() => made(() => watch(job)));
});

function wire() {
  byId("rules").addEventListener("submit", (event) => {
    event.preventDefault();
    guard(make);
  });
  byId("rules").addEventListener("change", () => (follow(), hintFeasible()));
  byId("standalone").addEventListener("change", () => guard(loadPool));
  byId("mode-filter").addEventListener("change", showPool);
  follow();
  pairs.set({});
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
  const asked = { ...(round.rules ?? {}), ...readRules(area), ...pairs.given, locks: board.locks() };
  const wrong = contradiction(asked);
  const error = byId("rules-error");
  error.hidden = !wrong;
  fill(error, wrong);
  return wrong ? null : asked;
}

function hintFeasible() {
  fill(byId("feasible"), feasibility(readRules(area), [...pool].map((code) => units.get(code)).filter((unit) => unit !== undefined)));
}

async function loadPool() {
  const standalone = byId("standalone", HTMLInputElement).checked;
  const [answer, opinion] = await Promise.all([get(paths.pool, { standalone }), get(paths.judged, { region: area, standalone })]);
  pool = new Set();
  for (const feature of answer.features) {
    pool.add(feature.id);
    units.set(feature.id, feature);
  }
  judged.clear();
  for (const unit of opinion.units) judged.set(unit.code, unit);
  counts = opinion;
  showPool();
  hintFeasible();
  draw();
}

/** The pool's table, of the chosen mode. */
function showPool() {
  const box = byId("mode-filter", HTMLSelectElement);
  fillFilter(box, counts.modes, counts.ready);
  const fits = (/** @type {any} */ unit) => !box.value || (box.value === "ready" ? unit?.ready : unit?.suggestion.mode === box.value);
  const shown = [...pool].filter((code) => fits(judged.get(code))).map((code) => units.get(code)).filter((unit) => unit !== undefined);
  list.update(shown);
  fill(byId("pool-count"), t("common.rows", { n: num(shown.length) }));
}

/** One unit of the pool: on the map, and what is known of its letting. @param {Feature} unit */
function open(unit) {
  show(unit);
  const found = judged.get(unit.id);
  byId("unit").hidden = !found;
  const saved = () => guard(async () => {
    await loadPool();
    open(unit);
    toast(t("packages.saved"));
  });
  if (!found) return;
  fill(byId("unit"), detail(found, mayEdit, saved, (error) => toast(reason(error), "error")));
  byId("unit").scrollIntoView({ block: "nearest" });
}

async function make() {
  const asked = rules();
  if (asked) await made(() => bundle(asked));
}

/** Waits for proposals and shows the best. @param {() => Promise<any>} waiting */
async function made(waiting) {
  byId("make", HTMLButtonElement).disabled = true;
  try {
    const answer = await waiting();
    const { alternatives, ...best } = answer;
    round = { id: null, etag: null, rules: null };
    proposals = { plans: [best, ...alternatives], shown: 0 };
    await missing(answer.packages.flatMap((/** @type {any} */ item) => item.members));
    await showPlan(0);
    fit(members(board.lots.flatMap((lot) => lot.members)), 40);
  } catch (error) {
    if (!(error instanceof Problem) || !error.body.conflict?.length) throw error;
    const result = byId("result");
    result.hidden = false;
    fill(result, refusal(error.body.conflict, nameOf, Boolean(error.body.proven)));
  } finally {
    byId("make", HTMLButtonElement).disabled = false;
  }
}

/** Puts one of the proposals on the map and into the cards. @param {number} index */
async function showPlan(index) {
  const plan = proposals.plans[index];
  proposals.shown = index;
  why = new Map(plan.left_out.map((unit) => [unit.code, unit.why]));
  const locked = new Map(board.lots.filter((lot) => lot.locked).map((lot) => [lot.name, lot]));
  packageNames = freshNames(plan.packages, new Set(locked.keys()));
  board.reset(plan.packages.map((item) => ({ ...locked.get(item.id), name: packageNames.get(item.id) ?? item.id, members: item.members, money: item.money })));
  broken = [];
  await missing(plan.packages.flatMap((item) => item.members));
  showResult();
  fill(byId("hint"), t("packages.move_hint"));
  refresh();
}

/** What the proposal on the map is worth, and the others beside it. */
function showResult() {
  const { plans, shown } = proposals;
  const result = byId("result");
  result.hidden = !plans.length;
  if (!plans.length) return;
  const others = plans.length > 1 ? comparison(plans, shown, (index) => guard(() => showPlan(index)), nameOf) : null;
  fill(result, others, summary(plans[shown], nameOf));
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
  const money = new Map(answer.packages.map((/** @type {any} */ item) => [item.id, item.money]));
  for (const lot of board.lots) lot.money = money.get(lot.name);
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
  board.lots.forEach((lot, i) => outline(members(lot.members), i).forEach((part) => part.addTo(/** @type {any} */ (drawn))));
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
    open: mayEdit, amend: (said) => (board.amend(i, said), refresh()),
  }));
  const loose = [...pool].filter((code) => board.place(code) < 0).map((code) => units.get(code)).filter((unit) => unit !== undefined);
  const more = mayEdit ? button(`＋ ${t("packages.new")}`, addPackage) : null;
  fill(byId("cards"), ...cards, more, board.lots.length ? leftOut(loose, why, show, nameOf) : null);
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
  if (pairs.take(unit.id)) return mark([unit]);
  if (!mayEdit || board.active < 0) return open(unit);
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
  const draft = { name, rules: asked, packages: board.filled().map((lot) => ({ name: lot.name, units: lot.members, lots: lot.lots ?? [] })) };
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

/** @param {any} given @param {any} item */
function lockedIn(given, item) {
  const members = item.members ?? [];
  return members.length > 0 && members.every((/** @type {string} */ code) => given.locks?.[code] === item.name);
}

/** @param {number} id */
async function openRound(id) {
  const answer = await getTagged(`${paths.rounds}/${id}`);
  const saved = answer.body;
  round = { id, etag: answer.etag, rules: saved.rules };
  showRules(saved.rules);
  pairs.set(saved.rules);
  proposals = { plans: [], shown: 0 };
  showResult();
  byId("round-name", HTMLInputElement).value = saved.name;
  await loadPool();
  await missing(saved.packages.flatMap((/** @type {any} */ item) => item.members ?? []));
  board.reset(saved.packages.map((/** @type {any} */ item) => ({ name: item.name, members: item.members ?? [], lots: item.lots ?? [], locked: lockedIn(saved.rules, item) })));
  broken = saved.outcome?.violations ?? [];
  history.replaceState(null, "", `?round=${id}`);
  fill(byId("hint"), t("packages.move_hint"));
  refresh();
  fit(members(saved.packages.flatMap((/** @type {any} */ item) => item.members ?? [])));
}
