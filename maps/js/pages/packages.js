// The tender officer's page (标包): a pool, a proposal, and moving units between packages by click.

import { paths, send } from "../api.js";
import { asOf } from "../asof.js";
import { button, byId, fill, later, typing } from "../dom.js";
import { fit, ground, mark } from "../map.js";
import { Canvas } from "../packages/canvas.js";
import { card, leftOut } from "../packages/cards.js";
import { Desk } from "../packages/desk.js";
import { Pairs } from "../packages/pairs.js";
import { Pool } from "../packages/pool.js";
import { Proposals } from "../packages/proposals.js";
import { contradiction, feasibility, follow, readRules, showRules } from "../packages/rules.js";
import { lotsOf, Saved } from "../packages/saved.js";
import { guard, start } from "../shell.js";
import { day, t } from "../words.js";

const desk = new Desk();
const { board } = desk;
const pool = new Pool(desk, () => (hintFeasible(), canvas.draw()));
const canvas = new Canvas(desk, move);
const pairs = new Pairs({ name: desk.name, changed: () => changed(), hint });
const saved = new Saved(desk, { rules, opened, saved: refresh });
const proposals = new Proposals(desk, { shown, asked: showAsked, fixed });
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
  desk.mayEdit = me.roles.includes("officer");
  desk.user = me.username;
  byId("round-name", HTMLInputElement).value = t("packages.default_name", { date: day(desk.asOf) });
  for (const name of ["make", "round-name"]) byId(name).toggleAttribute("disabled", !desk.mayEdit);
  wire();
  const [outline] = await Promise.all([ground({ as_of: desk.day }), pool.load(), saved.list()]);
  fit(outline);
  const round = Number(address.get("round"));
  if (round) await saved.open(round);
  byId("loading").hidden = true;
  // A proposal that was asked for before the page was left comes back, its bar too.
  if (!round && desk.mayEdit) guard(() => proposals.resume(Number(address.get("job")) || null));
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
  byId("rules").addEventListener("change", () => (follow(), hintFeasible()));
  follow();
  pairs.set({});
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
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
  if (asked) await proposals.make(asked);
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

/** A plan lies on the board. */
function shown() {
  saved.leave();
  hint(t(board.lots.length ? "packages.move_hint" : "packages.start"));
  refresh();
  const placed = desk.features(desk.placed());
  if (placed.length) fit(placed, 40);
}

/** @param {any} round */
async function opened(round) {
  proposals.clear();
  await showAsked(round.rules, round.as_of);
  const lots = lotsOf(round);
  await desk.fetch(lots.flatMap((lot) => lot.members));
  board.reset(lots);
  desk.broken = round.outcome?.violations ?? [];
  hint(t("packages.move_hint"));
  refresh();
  fit(desk.features(desk.placed()));
}

/** After a change by hand: draw, then let the service weigh the packages. */
function changed() {
  refresh();
  weigh();
}

const weigh = later(() => guard(async () => {
  const asked = rules();
  if (!asked || !desk.mayEdit) return;
  const packages = Object.fromEntries(board.filled().map((lot) => [lot.name, lot.members]));
  const answer = (await send("POST", desk.at(paths.weigh), { rules: asked, packages })).body;
  desk.broken = answer.violations;
  const money = new Map(answer.packages.map((/** @type {any} */ item) => [item.id, item.money]));
  for (const lot of board.lots) lot.money = money.get(lot.name);
  showCards();
}), 250);

function refresh() {
  canvas.draw();
  showCards();
  byId("undo", HTMLButtonElement).disabled = !board.past.length;
  byId("redo", HTMLButtonElement).disabled = !board.future.length;
  byId("save", HTMLButtonElement).disabled = !desk.mayEdit || !board.filled().length;
  fill(byId("save"), t(saved.id ? "packages.save_again" : "packages.save"));
  pool.list.mark(board.lots[board.active]?.members ?? []);
}

function showCards() {
  const bounds = /** @type {[number, number]} */ ([Number(byId("min", HTMLInputElement).value), Number(byId("max", HTMLInputElement).value)]);
  const cards = board.lots.map((lot, i) => card(lot, i, desk.features(lot.members), {
    bounds, active: i === board.active, broken: desk.broken.filter((item) => item.package === lot.name), choose: () => choose(i),
    open: desk.mayEdit, amend: (said) => (board.amend(i, said), refresh()),
  }));
  const more = desk.mayEdit ? button(`＋ ${t("packages.new")}`, addPackage) : null;
  const loose = board.lots.length || proposals.plans.length ? desk.loose() : [];
  const out = loose.length ? leftOut(loose, desk.why, (unit) => pool.locate(unit), desk.name) : null;
  fill(byId("cards"), ...cards, more, out);
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
  const members = desk.features(board.lots[index].members);
  mark(members);
  if (again) fit(members, 140);
}

/** @param {Feature} unit */
function move(unit) {
  if (pairs.take(unit.id)) return mark([unit]);
  if (!desk.mayEdit || board.active < 0) return pool.open(unit);
  const to = board.toggle(unit.id);
  const name = unit.properties.name;
  hint(to < 0 ? t("packages.removed", { name }) : t("packages.moved", { name, n: board.lots[to].name }));
  mark([]);
  return changed();
}
