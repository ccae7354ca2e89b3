// Firms that bid (投标企业): grade, whether they may bid, what they can take and serve already; the district's bidding rules.

import { get, paths, send } from "../api.js";
import { byId, el, fill, later, latest, select } from "../dom.js";
import { facts } from "../details.js";
import { told } from "../rounds/say.js";
import { blank, guard, start, toast } from "../shell.js";
import { table } from "../table.js";
import { day, MISSING, named, num, t } from "../words.js";

/** @type {any} */
let me = null;
/** @type {any[]} */
let firms = [];
let chosen = "";
const GRADES = ["A", "B", "C", "D"];
const TONES = /** @type {Record<string, string>} */ ({ A: "good", B: "info", C: "warn", D: "bad" });

const list = table(/** @type {import("../table.js").Column<any>[]} */ ([
  { key: "name", label: t("firm.name"), kind: "text wrap", value: (row) => row.name },
  { key: "grade", label: t("firm.grade"), value: (row) => row.grade ?? "", cell: (row) => grade(row.grade) },
  { key: "standing", label: t("firm.standing"), kind: "text wrap", value: (row) => row.standing.length, cell: (row) => (row.standing.length ? el("span", { class: "tag bad" }, row.standing.map(told).join(t("rule.stop"))) : el("span", { class: "tag good" }, t("firm.may"))) },
  { key: "serving", label: t("firm.serving"), kind: "num", value: (row) => row.serving, cell: (row) => (row.won ? el("span", { title: t("firm.won") }, num(row.serving), " ", el("span", { class: "note" }, `+ ${t("firm.won_short")} ${num(row.won)}`)) : num(row.serving)) },
  { key: "capacity", label: t("firm.capacity"), kind: "num", value: (row) => row.capacity, cell: (row) => num(row.capacity) },
  { key: "free", label: t("firm.free"), kind: "num", value: (row) => row.free, cell: (row) => num(row.free) },
  { key: "units", label: t("round.units"), kind: "num", value: (row) => count(row.units) },
]), { code: (row) => row.code, caption: t("page.firms"), pick: (row) => guard(() => open(row.code)), sort: "serving", down: true });

/** @param {any} units a count or a list */
function count(units) {
  return Array.isArray(units) ? units.length : units;
}

/** @param {string | null} value */
function grade(value) {
  return value ? el("span", { class: `tag ${TONES[value] ?? ""}` }, value) : MISSING;
}

start(async (who) => {
  me = who;
  if (!me.areas.length) return void fill(byId("firms"), blank(t("error.no_area"), t("error.no_area_about")));
  fill(byId("firms"), list.element);
  byId("find").addEventListener("input", later(show, 150));
  byId("only").addEventListener("change", show);
  await read();
  const wanted = new URLSearchParams(location.search).get("firm");
  return void (await Promise.all([wanted ? open(wanted) : undefined, rules()]));
});

async function read() {
  firms = (await get(paths.bidders, { region: me.areas[0].code })).firms;
  show();
}

function show() {
  const words = byId("find", HTMLInputElement).value.trim().toLowerCase();
  const only = byId("only", HTMLSelectElement).value;
  const rows = firms.filter((firm) => (!words || `${firm.name} ${firm.code}`.toLowerCase().includes(words)) && (!only || (only === "may" ? !firm.standing.length : firm.standing.length > 0)));
  if (!firms.length) fill(byId("firms"), blank(t("firm.none"), t("firm.none_about")));
  list.update(rows);
  if (chosen) list.mark([chosen]);
  fill(byId("firm-count"), t("common.rows", { n: num(rows.length) }));
}

const asked = latest();

/** @param {string} code */
async function open(code) {
  const wanted = asked();
  const firm = await get(`${paths.bidders}/${encodeURIComponent(code)}`, { region: me.areas[0].code });
  if (!wanted()) return;
  chosen = code;
  list.mark([code]);
  history.replaceState(null, "", `?firm=${encodeURIComponent(code)}`);
  const units = firm.serving_units ?? (Array.isArray(firm.units) ? firm.units : firm.portfolio ?? []);
  fill(byId("firm"), el("h2", {}, firm.name), firm.standing.length ? el("p", { class: "alert" }, firm.standing.map(told).join(t("rule.stop"))) : el("p", { class: "alert good" }, t("firm.may_bid")),
    facts([[t("status.code"), el("code", {}, firm.code)], [t("firm.grade"), grade(firm.grade)], [t("firm.graded_on"), day(firm.graded_on)], [t("firm.barred_until"), day(firm.barred_until)],
      [t("firm.capacity"), num(firm.capacity)], [t("firm.serving"), firm.here === firm.serving ? num(firm.serving) : t("firm.serving_here", { n: num(firm.serving), here: num(firm.here) })], [t("firm.won"), firm.won_packages ? t(firm.won_unknown ? "firm.won_of_unknown" : "firm.won_of", { n: num(firm.won), packages: num(firm.won_packages), unknown: num(firm.won_unknown) }) : num(0)], [t("firm.free"), num(firm.free)], [t("firm.region"), firm.region ?? MISSING], [t("firm.related"), (firm.related ?? []).join("、") || MISSING]]),
    me.roles.includes("officer") ? form(firm) : null, ends(firm.ends ?? []), portfolio(units));
}

/** @param {any} firm */
function form(firm) {
  const gradeBox = select([["", MISSING], ...GRADES.map((one) => /** @type {[string, string]} */ ([one, one]))], firm.grade ?? "", { id: "firm-grade" });
  const graded = el("input", { type: "date", id: "firm-graded", value: firm.graded_on ?? "" });
  const barred = el("input", { type: "date", id: "firm-barred", value: firm.barred_until ?? "" });
  const capacity = el("input", { type: "number", id: "firm-capacity", min: 0, step: 1, value: firm.capacity ?? "" });
  const field = (/** @type {string} */ word, /** @type {HTMLElement} */ input) => el("div", { class: "field" }, el("label", { for: input.id }, t(`firm.${word}`)), input);
  const made = el("form", { class: "terms" }, field("grade", gradeBox), field("graded_on", graded), field("barred_until", barred), field("capacity", capacity), el("button", { type: "submit", class: "main", id: "firm-save" }, t("common.save")));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    guard(async () => {
      await send("PATCH", paths.one("firms", firm.code), { grade: gradeBox.value || null, graded_on: graded.value || null, barred_until: barred.value || null, capacity: capacity.value === "" ? null : Number(capacity.value) }, `"${firm.version}"`);
      toast(t("packages.saved"));
      await read();
      if (chosen === firm.code) await open(firm.code);
    });
  });
  return el("details", { class: "more" }, el("summary", {}, t("firm.edit")), made);
}

/** When contracts end. @param {any[]} rows */
function ends(rows) {
  if (!rows.length) return null;
  const most = Math.max(...rows.map((row) => row.households ?? 0), 1);
  return el("section", { class: "stack" }, el("h3", {}, t("firm.ends")), el("ul", { class: "bars" }, ...rows.map((row) => el("li", {},
    el("span", {}, row.end ? day(row.end) : t("firm.open_end")), el("i", { style: `width:${(((row.households ?? 0) / most) * 100).toFixed(0)}%` }), el("span", { class: "note" }, t("firm.end_row", { units: num(count(row.units)), households: num(row.households) }))))));
}

/** @param {any[]} units */
function portfolio(units) {
  if (!units.length) return el("p", { class: "note" }, t("firm.serves_none"));
  const made = table(/** @type {import("../table.js").Column<any>[]} */ ([
    { key: "name", label: t("status.name"), kind: "text wrap", value: (row) => row.name },
    { key: "households", label: t("status.households"), kind: "num", value: (row) => row.households, cell: (row) => num(row.households) },
    { key: "mode", label: t("status.mode"), value: (row) => named("mode", row.mode) },
    { key: "end", label: t("rounds.end"), value: (row) => row.end ?? "", cell: (row) => day(row.end) },
  ]), { code: (row) => row.unit, caption: t("firm.portfolio"), sort: "end" });
  made.update(units);
  return el("section", { class: "stack" }, el("h3", {}, t("firm.portfolio")), made.element);
}

/** What the district asks of bidders; the officer may change it. */
async function rules() {
  const address = paths.bidding(`${me.areas[0].code.slice(0, 6)}000000`);
  const given = await get(address).catch(() => null);
  if (!given) return;
  const open = me.roles.includes("officer") || me.roles.includes("planner");
  const keys = ["least_bidders", "least_days", "barred_years", "max_packages", "most_years", "trial_days"];
  const inputs = new Map(keys.map((key) => [key, el("input", { type: "number", min: 0, id: `rule-${key}`, value: given[key] ?? "", disabled: !open, placeholder: t("rule.free") })]));
  const grades = el("input", { id: "rule-barred", value: (given.barred_grades ?? []).join(" "), disabled: !open });
  const bonus = el("input", { id: "rule-bonus", value: Object.entries(given.bonus ?? {}).map(([one, points]) => `${one} ${points}`).join("，"), disabled: !open });
  const field = (/** @type {string} */ word, /** @type {HTMLElement} */ input) => el("div", { class: "field" }, el("label", { for: input.id }, t(`bidding.${word}`)), input);
  const form = el("form", { class: "terms" }, ...keys.map((key) => field(key, /** @type {HTMLElement} */ (inputs.get(key)))), field("barred_grades", grades), field("bonus", bonus), open ? el("button", { type: "submit", class: "main" }, t("common.save")) : null);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const number = (/** @type {string} */ key) => (inputs.get(key)?.value === "" ? null : Number(inputs.get(key)?.value));
    const pairs = bonus.value.split(/[,，;；]+/).map((part) => part.trim().split(/\s+/)).filter((pair) => pair.length === 2);
    guard(async () => {
      await send("PUT", address, { ...given, ...Object.fromEntries(keys.map((key) => [key, number(key)])), barred_grades: grades.value.split(/[\s,，]+/).filter(Boolean), bonus: Object.fromEntries(pairs) });
      toast(t("packages.saved"));
      await read();
    });
  });
  fill(byId("bidding"), form);
}
