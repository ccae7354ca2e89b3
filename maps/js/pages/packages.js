// The tender officer's page (标包): a pool, a proposal, and moving units between packages by click.

import { paths, send } from "../api.js";
import { asOf } from "../asof.js";
import { button, byId, fill, later } from "../dom.js";
import { fit, ground, mark } from "../map.js";
import { Balance } from "../packages/balance.js";
import { Brush } from "../packages/brush.js";
import { Canvas } from "../packages/canvas.js";
import { card, leftOut } from "../packages/cards.js";
import { Desk } from "../packages/desk.js";
import { acts } from "../packages/edit.js";
import { onReturn, repaint } from "../packages/fresh.js";
import { keys } from "../packages/keys.js";
import { Lasso } from "../packages/lasso.js";
import { Links } from "../packages/links.js";
import { Pairs } from "../packages/pairs.js";
import { Pool } from "../packages/pool.js";
import { Proposals } from "../packages/proposals.js";
import { contradiction, feasibility, follow, readRules, showRules, toFault } from "../packages/rules.js";
import { lotsOf, Saved } from "../packages/saved.js";
import { brief, Runs } from "../packages/runs.js";
import { Stage } from "../packages/stage.js";
import { Strays } from "../packages/strays.js";
import { Tour } from "../packages/tour.js";
import { guard, start } from "../shell.js";
import { day, t } from "../words.js";

const desk = new Desk();
const { board } = desk;
const pool = new Pool(desk, () => (hintFeasible(), canvas.draw(), relink()), () => refresh());
const canvas = new Canvas(desk, { click: touch, drop: carry, mayDrag: () => desk.mayEdit && board.lots.length > 0 });
const stage = new Stage(desk, { take, drop });
const pairs = new Pairs({ name: desk.name, changed: () => (changed(), relink()), hint });
const links = new Links(desk, { rules, given: () => pairs.given, turn: (kind, pair) => pairs.turn(kind, pair), said: hint });
const balance = new Balance(byId("balance"), desk, { choose, compare: () => (proposals.plans.length ? null : () => proposals.compare()) });
/** @type {Saved} */
const saved = new Saved(desk, { rules, opened, saved: () => (refresh(), guard(() => strays.look())), weighed, others });
const strays = new Strays(desk, { round: () => saved.id ?? null, brought: () => [...(pairs.given.added ?? []), ...(pairs.given.centres ?? []).map((/** @type {any} */ one) => one.unit)], changed, said: hint, found: () => guard(() => pool.load()) });
const proposals = new Proposals(desk, { shown, asked: showAsked, fixed, keep: () => saved.id !== null || board.past.length > 0, ended: () => guard(() => runs.list(proposals.job)), rounds: saved });
const runs = new Runs((id) => proposals.resume(id));
const tour = new Tour(desk, { locate: (unit) => pool.locate(unit), choose, hint });
/** @type {{set: (date: string) => void}} */
let clock = { set: () => undefined };

/** @param {string} text */
function hint(text) {
  fill(byId("hint"), text);
}

start(async (me) => {
  const address = new URLSearchParams(location.search);
  desk.area = me.areas[0].code;
  desk.today = me.business_date;
  desk.asOf = dayOf(address.get("as_of"), me.business_date);
  desk.isOfficer = desk.mayEdit = me.roles.includes("officer");
  desk.user = me.username;
  byId("round-name", HTMLInputElement).value = t("packages.default_name", { date: day(desk.asOf) });
  for (const name of ["make", "round-name", "lasso", "brush", "brush-out"]) byId(name).toggleAttribute("disabled", !desk.mayEdit);
  wire();
  const [outline] = await Promise.all([ground({ as_of: desk.day }), pool.load(), saved.list(), runs.list()]);
  fit(outline);
  const round = Number(address.get("round"));
  if (round) await saved.open(round);
  const wanted = board.lots.findIndex((lot) => lot.name === address.get("package"));
  if (wanted >= 0) (choose(wanted), fit(desk.features(board.lots[wanted].members), 140));
  byId("loading").hidden = true;
  // A proposal that was asked for before the page was left comes back, its bar too; its rules before anybody can type others.
  const rest = !round && desk.mayEdit ? await guard(() => proposals.earlier(Number(address.get("job")) || null, Number(address.get("plan") ?? 1) - 1)) : null;
  if (rest) guard(rest);
});

/** A day of an address, today's where it says none or one to come. @param {string | null} wanted @param {string} today */
function dayOf(wanted, today) {
  return wanted && /^\d{4}-\d{2}-\d{2}$/.test(wanted) && wanted <= today ? wanted : today;
}

function wire() {
  clock = asOf(byId("as-of-place"), desk.today, desk.asOf, (date) => guard(() => turnTo(date)));
  byId("rules").addEventListener("submit", (event) => {
    event.preventDefault();
    guard(make);
  });
  byId("rules").addEventListener("change", () => (follow(), hintFeasible(), relink(), showCards()));
  follow();
  pairs.set({});
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
  byId("next-loose").addEventListener("click", () => tour.loose());
  byId("next-broken").addEventListener("click", () => tour.broken());
  const units = () => desk.features(new Set([...desk.pool, ...desk.placed()]));
  const lasso = new Lasso(units, select, (on) => on && (brush.set(false), hint(t("stage.lasso_how"))));
  const brush = new Brush({ units, begin: mayPaint, paint, end: () => put(painting), cancel: drop, turned: (on, out) => on && (lasso.set(false), hint(t(out ? "stage.brush_out_how" : "stage.brush_how"))) });
  byId("links").addEventListener("click", () => guard(() => links.set(!links.shown)));
  const click = (/** @type {string} */ id) => () => byId(id).click();
  keys({ number, none, lock, nextLoose: () => tour.loose(), nextBroken: () => tour.broken(), take, drop: () => (brush.on ? (brush.set(false), true) : false) || drop(), undo, redo, lasso: click("lasso"), brush: click("brush"), brushOut: click("brush-out"), links: click("links") });
  board.taken = (patch) => saved.took(patch);
  // Others save and sign while this tab stands open: who comes back sees it, and keeps all that lies here.
  onReturn(() => Promise.all([saved.list(), runs.list(), strays.lookQuietly()]).catch(() => undefined));
  // Paper has no clicks: what is folded up opens before it goes there.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("#cards .left-out details").forEach((each) => each.setAttribute("open", ""));
    fill(byId("rules-said"), t("common.pair", { name: t("packages.rules"), text: brief({ ...(saved.rules ?? {}), ...readRules(desk.area), ...pairs.given, locks: board.locks() }) }));
  });
}

function undo() {
  board.undo();
  changed();
}

function redo() {
  board.redo();
  changed();
}

/** Enter: chosen units go into the active package, staged moves are taken; false when nothing waits. */
function take() {
  if (desk.selected.size) return put(board.active);
  const done = board.take();
  if (done) (hint(t("packages.move_hint")), changed());
  return done;
}

/** Esc: what is chosen or staged is dropped; false when nothing is. */
function drop() {
  const waits = desk.selected.size > 0 || board.staged.length > 0;
  if (desk.selected.size) desk.selected.clear();
  else board.drop();
  if (waits) changed();
  return waits;
}

/** Chosen units are staged into the package at a place; into a new one when there is none yet. @param {number} to */
function put(to) {
  const codes = [...desk.selected];
  desk.selected.clear();
  mark([]);
  if (!desk.mayEdit) return refresh(), true;
  if (!codes.length) return refresh(), true;
  if (to < 0 && !board.lots.length) board.add(board.freeName(), codes);
  else if (!board.move(codes, to).length) hint(t("stage.locked"));
  changed();
  return true;
}

/** Whether a stroke of the brush may begin, and where it paints: into the active package, with Alt out of all. @param {boolean} out */
function mayPaint(out) {
  painting = out ? -1 : board.active;
  const lot = board.lots[board.active];
  if (!desk.mayEdit || (!out && (!lot || lot.locked))) return hint(t(lot?.locked ? "stage.locked" : "stage.brush_first")), false;
  desk.selected.clear();
  return true;
}
let painting = -1;

/** Units that the brush touches, with what they come to. @param {Feature[]} units */
function paint(units) {
  for (const { id } of units) if (board.place(id) !== painting && !board.isLocked(id)) desk.selected.add(id);
  canvas.restyle();
  stage.show(painting);
}

/** A digit: chosen units go there, else the package becomes the active one; two digits in a row are one number.
 * @param {number} n @param {number | null} before the digit that it follows */
function number(n, before) {
  if (before !== null && board.lots[n - 1] && moving) (board.undo(), moving.forEach((code) => desk.selected.add(code)));
  moving = desk.selected.size ? [...desk.selected] : null;
  if (!board.lots[n - 1]) return;
  if (desk.selected.size) put(n - 1);
  else choose(n - 1);
}
/** The units that the last digit moved. @type {string[] | null} */
let moving = null;

/** 0: chosen units go out of their packages. */
function none() {
  if (!desk.selected.size) return hint(t("stage.none_chosen"));
  board.move([...desk.selected], -1);
  desk.selected.clear();
  return changed();
}

/** Q: the active package is locked or opened; with Shift all are. @param {boolean} all */
function lock(all) {
  if (!desk.mayEdit || !board.lots[board.active]) return;
  const locked = all ? !board.lots.every((lot) => lot.locked) : !board.lots[board.active].locked;
  board.change((lots) => lots.map((lot, i) => (all || i === board.active ? { ...lot, locked } : lot)));
  changed();
}

/** The pool of another day; what lies on the board belongs to the old one. @param {string} date */
async function turnTo(date) {
  desk.asOf = date;
  history.replaceState(null, "", desk.day ? `?as_of=${date}` : location.pathname);
  saved.leave();
  board.reset([]);
  desk.units.clear();
  proposals.clear();
  await pool.load();
  hint(t("packages.start"));
  refresh();
}

/** The rules as the form has them, or null when they contradict each other. */
function rules() {
  const asked = { ...(saved.rules ?? {}), ...readRules(desk.area), ...pairs.given, locks: board.locks() };
  const wrong = contradiction(asked);
  const error = byId("rules-error");
  error.hidden = !wrong;
  fill(error, wrong);
  return wrong ? null : asked;
}

function hintFeasible() {
  fill(byId("feasible"), feasibility(readRules(desk.area), desk.features(desk.pool)));
}

async function make() {
  const asked = rules();
  if (!asked) return toFault();
  await proposals.make(asked);
}

/** Rules that were asked or saved earlier, in the form, with the pool of their day.
 * @param {Record<string, any>} given @param {string} date */
async function showAsked(given, date) {
  showRules(given);
  pairs.set(given);
  desk.asOf = date;
  clock.set(date);
  await pool.load();
}

/** Rules mended by a click: shown, and asked again. @param {Record<string, any>} mended */
function fixed(mended) {
  showRules(mended);
  pairs.set(mended);
  const kept = mended.locks ?? {};
  board.lots.forEach((lot, i) => lot.locked && !lot.members.every((code) => kept[code] === lot.name) && board.amend(i, { locked: false }));
  hintFeasible();
  guard(() => proposals.make(mended));
}

/** A plan lies on the board; over a round or over work by hand it is staged until somebody agrees. @param {boolean} kept */
function shown(kept) {
  desk.selected.clear();
  if (!kept) saved.leave();
  desk.mayEdit = desk.isOfficer && saved.isDraft;
  hint(t(kept ? (board.staged.length ? "stage.proposal" : "stage.same") : board.lots.length ? "packages.move_hint" : "packages.start"));
  if (kept) changed();
  else refresh();
  const placed = desk.features(desk.placed());
  if (placed.length) fit(placed, 40);
}

/** @param {any} round @param {boolean} first it was not on the board before */
async function opened(round, first) {
  desk.mayEdit = desk.isOfficer && round.state === "draft";
  if (first) {
    proposals.clear();
    await showAsked(round.rules, round.as_of);
  }
  const lots = lotsOf(round);
  await desk.fetch(lots.flatMap((lot) => lot.members));
  board.reset(lots);
  desk.selected.clear();
  desk.broken = round.outcome?.violations ?? [];
  hint(t(desk.mayEdit ? "packages.move_hint" : "saved.read_only"));
  refresh();
  weigh();
  if (first) fit(desk.features(desk.placed()));
  guard(() => strays.look());
}

/** Figures of a change that the service took. @param {any} answer */
function weighed(answer) {
  desk.broken = answer.violations ?? desk.broken;
  figures(answer.packages ?? [], "name");
  if (!board.staged.length) desk.brokenBefore = keysOf(desk.broken);
  refresh();
}

/** Money and way to the hub of each package, as the service told them. @param {any[]} packages @param {"id" | "name"} key */
function figures(packages, key) {
  const found = new Map(packages.map((item) => [item[key], item]));
  for (const lot of board.lots) if (found.has(lot.name)) [lot.money, lot.way] = [found.get(lot.name).money, found.get(lot.name).way];
}

/** What somebody else moved, in sight. @param {string[]} units */
function others(units) {
  guard(async () => {
    await desk.fetch(units);
    changed();
    weigh();
    mark(desk.features(units));
  });
}

/** @param {import("../packages/desk.js").Violation[]} broken */
function keysOf(broken) {
  return new Set(broken.map((one) => `${one.rule} ${one.package}`));
}

/** After a change by hand: draw, then let the service weigh the packages. */
function changed() {
  refresh();
  if (saved.id === null || board.staged.length) weigh();
}

const weigh = later(() => guard(async () => {
  const asked = rules();
  if (!asked || !desk.mayEdit) return;
  const packages = Object.fromEntries(board.filled().map((lot) => [lot.name, lot.members]));
  const answer = (await send("POST", desk.at(paths.weigh), { rules: asked, packages })).body;
  desk.broken = answer.violations;
  if (!board.staged.length) desk.brokenBefore = keysOf(desk.broken);
  figures(answer.packages, "id");
  canvas.draw();
  stage.show();
  showCards();
}), 60);

function refresh() {
  canvas.draw();
  stage.show();
  showCards();
  byId("undo", HTMLButtonElement).disabled = !desk.mayEdit || !(board.past.length + board.staged.length);
  byId("redo", HTMLButtonElement).disabled = !desk.mayEdit || !board.future.length || board.staged.length > 0;
  byId("save", HTMLButtonElement).disabled = !desk.mayEdit || !board.filled().length;
  fill(byId("save"), t(saved.id ? "packages.save_again" : "packages.save"));
  pool.list.mark(board.lots[board.active]?.members ?? []);
}

/** Who is whose neighbour follows the rules. */
const relink = later(() => guard(() => links.load()), 120);

function showCards() {
  balance.show(readRules(desk.area));
  const bounds = /** @type {[number, number]} */ ([Number(byId("min", HTMLInputElement).value), Number(byId("max", HTMLInputElement).value)]);
  const cards = board.lots.map((lot, i) => card(lot, i, desk.features(lot.members), {
    bounds, active: i === board.active, broken: desk.broken.filter((item) => item.package === lot.name), choose: () => choose(i), show: (unit) => pool.locate(unit), left: (unit) => desk.mayEdit && strays.found.has(unit.id),
    open: desk.mayEdit, acts: i === board.active && desk.mayEdit ? acts(desk, i, { said: hint }) : null, amend: (said) => (board.amend(i, said), changed()),
  }));
  const more = desk.mayEdit ? button(`＋ ${t("packages.new")}`, addPackage) : null;
  const loose = board.lots.length || proposals.plans.length ? desk.loose() : [];
  const out = loose.length ? leftOut(loose, desk.why, (unit) => pool.locate(unit), desk.name) : null;
  repaint(byId("cards"), ...cards, more, out);
  strays.show();
}

function addPackage() {
  board.add(board.freeName(), [...desk.selected].filter((code) => !board.isLocked(code)));
  desk.selected.clear();
  changed();
}

/** @param {number} index */
function choose(index) {
  if (!board.lots[index]) return;
  const again = board.active === index;
  board.active = index;
  refresh();
  const members = desk.features(board.lots[index].members);
  mark(members);
  if (again) fit(members, 140);
}

/** A click on a unit: it goes into the active package, or out of it. @param {Feature} unit */
function touch(unit) {
  if (pairs.take(unit.id)) return mark([unit]);
  if (!desk.mayEdit || board.active < 0) return pool.open(unit);
  const name = unit.properties.name;
  const from = board.place(unit.id);
  const to = board.toggle(unit.id);
  if (from === to) return hint(t("stage.locked"));
  hint(to < 0 ? t("packages.removed", { name }) : t("packages.moved", { name, n: board.lots[to].name }));
  mark([]);
  return changed();
}

/** A unit was dropped on another one, or on a card: it goes into that package. @param {Feature} unit @param {Feature | null} on @param {string | null} card */
function carry(unit, on, card) {
  const to = card !== null ? board.lots.findIndex((lot) => lot.name === card) : on ? board.place(on.id) : -2;
  if (to === -2) return hint(t("stage.nowhere"));
  const codes = desk.selected.has(unit.id) ? [...desk.selected] : [unit.id];
  desk.selected.clear();
  if (!board.move(codes, to).length) return hint(t(board.place(unit.id) === to ? "stage.there_already" : "stage.locked"));
  if (to >= 0) board.active = to;
  return changed();
}

/** Units chosen by a box or a line. @param {Feature[]} units @param {boolean} more besides those chosen already */
function select(units, more) {
  if (!more) desk.selected.clear();
  for (const unit of units) desk.selected.add(unit.id);
  if (!units.length) hint(t("stage.nothing_there"));
  refresh();
}
