// One survey (一次摸底): its sheets out, filled in ones back, the difference to confirm, who has not answered yet.

import { address, get, paths, Problem, send, upload } from "../api.js";
import { button, byId, el, fill, later, latest, select } from "../dom.js";
import { guard, reason, start, toast } from "../shell.js";
import { readState, writeState } from "../state.js";
import { difference, OPEN } from "../surveys/difference.js";
import { reportBox, strays } from "../surveys/reports.js";
import { fetchOnClick } from "../surveys/sheets.js";
import { header, said } from "../surveys/values.js";
import { table } from "../table.js";
import { day, moment, named, num, t } from "../words.js";

const here = `${paths.surveys}/${Number(location.pathname.split("/").pop())}`;
const DEFAULTS = { kind: "open", place: "", field: "", text: "" };
const state = readState(DEFAULTS);
/** @type {any} */
let survey = {};
let mayEdit = false;

/** @typedef {import("../table.js").Column<any>[]} Columns */
const changes = difference({ mayEdit: false, ticked: showTicked, settle: (unit, item, text) => void guard(() => settle(unit, item, text)) });
const places = table(/** @type {Columns} */ ([
  { key: "name", label: t("plans.neighbourhood"), value: (row) => row.code, cell: (row) => row.name ?? row.code },
  { key: "sent", label: t("surveys.units"), kind: "num", value: (row) => row.sent, cell: (row) => num(row.sent) },
  { key: "done", label: t("surveys.done"), kind: "num", value: (row) => row.done / row.sent, cell: (row) => el("span", {}, el("span", { class: "meter" }, el("i", { style: `width:${(100 * row.done) / row.sent}%` })), `${num(row.done)} / ${num(row.sent)}`) },
  { key: "unreachable", label: t("surveys.unreachable"), kind: "num", value: (row) => row.unreachable, cell: (row) => num(row.unreachable) },
  { key: "outstanding", label: t("surveys.outstanding"), kind: "num", value: (row) => row.outstanding, cell: (row) => (row.outstanding ? el("span", { class: "tag warn" }, num(row.outstanding)) : "0") },
  { key: "open", label: t("surveys.open"), kind: "num", value: (row) => row.open, cell: (row) => num(row.open) },
  { key: "confirmed", label: t("surveys.confirmed_fields"), kind: "num", value: (row) => row.confirmed, cell: (row) => num(row.confirmed) },
  { key: "surveyors", label: t("surveys.surveyors"), kind: "text wrap", value: (row) => (row.surveyors ?? []).join("、") },
  { key: "returned", label: t("surveys.returned_at"), value: (row) => row.returned_at ?? "", cell: (row) => (row.returned_at ? moment(row.returned_at) : el("span", { class: "tag" }, t("surveys.not_yet"))) },
  { key: "sheet", label: t("surveys.sheet_short"), value: () => "", cell: (row) => (mayEdit ? sheetOf(row.code) : null) },
]), { code: (row) => row.code, caption: t("surveys.progress"), sort: "outstanding", down: true });
const confirmed = table(/** @type {Columns} */ ([
  { key: "id", label: t("common.number"), kind: "num", value: (row) => row.id },
  { key: "source", label: t("community.source"), kind: "text wrap", value: (row) => row.source },
  { key: "reason", label: t("surveys.reason"), kind: "text wrap", value: (row) => row.reason ?? "" },
  { key: "actor", label: t("imports.author"), value: (row) => row.actor },
  { key: "at", label: t("imports.created"), value: (row) => row.at, cell: (row) => moment(row.at) },
  { key: "act", label: t("people.act"), value: () => "", cell: (row) => undoing(row) },
]), { code: (row) => String(row.id), caption: t("surveys.confirmed"), sort: "id", down: true, empty: t("surveys.none_confirmed") });
const files = table(/** @type {Columns} */ ([
  { key: "name", label: t("imports.file"), kind: "text wrap", value: (row) => row.name },
  { key: "rows", label: t("surveys.rows"), kind: "num", value: (row) => row.report.rows, cell: (row) => num(row.report.rows) },
  { key: "done", label: t("surveys.done"), kind: "num", value: (row) => row.report.done, cell: (row) => num(row.report.done) },
  { key: "answers", label: t("surveys.answers"), kind: "num", value: (row) => row.report.answers, cell: (row) => num(row.report.answers) },
  { key: "strays", label: t("surveys.stray"), kind: "text wrap", value: (row) => row.report.strays.length, cell: (row) => strays(row.report) },
  { key: "actor", label: t("imports.author"), value: (row) => row.actor },
  { key: "at", label: t("imports.created"), value: (row) => row.at, cell: (row) => moment(row.at) },
]), { code: (row) => String(row.id), caption: t("surveys.returned_files"), empty: t("surveys.none_returned") });

start(async (me) => {
  mayEdit = me.roles.some((role) => role === "planner" || role === "officer");
  changes.allow(mayEdit);
  for (const [id, made] of Object.entries({ difference: changes, progress: places, confirmations: confirmed, returns: files })) fill(byId(id), made.element);
  for (const id of ["outs", "return-panel", "actions"]) byId(id).hidden = !mayEdit;
  for (const id of ["tick-all", "tick-none", "tick-usual"]) byId(id).hidden = !mayEdit;
  const from = byId("from-date", HTMLInputElement);
  from.value = from.max = me.business_date;
  wire();
  await reload(true);
});

function wire() {
  byId("tick-all").addEventListener("click", () => changes.tickShown(true));
  byId("tick-none").addEventListener("click", () => changes.tickShown(false));
  byId("tick-usual").addEventListener("click", () => changes.usual());
  byId("confirm").addEventListener("click", ask);
  byId("sure-cancel").addEventListener("click", () => byId("sure", HTMLDialogElement).close());
  byId("sure-form").addEventListener("submit", (event) => (event.preventDefault(), guard(() => confirm())));
  byId("withdraw").addEventListener("click", () => guard(withdraw));
  for (const [id, name] of [["of-kind", "kind"], ["of-place", "place"], ["of-field", "field"]]) byId(id).addEventListener("change", () => choose(name, byId(id, HTMLSelectElement).value));
  byId("of-text").addEventListener("input", later(() => choose("text", byId("of-text", HTMLInputElement).value.trim()), 150));
  for (const id of ["xlsx", "zip"]) fetchOnClick(byId(id, HTMLAnchorElement), byId("making"));
  const [input, drop] = [byId("file", HTMLInputElement), byId("drop")];
  input.addEventListener("change", () => void take(input.files));
  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over-it")));
  drop.addEventListener("dragleave", () => drop.classList.remove("over-it"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over-it");
    void take(event.dataTransfer?.files ?? null);
  });
}

/** @param {string} code of a neighbourhood */
function sheetOf(code) {
  const link = el("a", { href: address(`${here}/sheets.xlsx`, { neighbourhood: code }), download: true }, "XLSX");
  fetchOnClick(link, byId("making"));
  return link;
}

/** @param {string} name @param {string} value */
function choose(name, value) {
  Object.assign(state, { [name]: value });
  writeState(state, DEFAULTS);
  changes.show(state);
}

const asked = latest();

/** @param {boolean} [fresh] forget what was ticked by hand */
async function reload(fresh = false) {
  const wanted = asked();
  const [found, different] = await Promise.all([get(here), get(`${here}/difference`)]);
  if (!wanted()) return;
  survey = found;
  showHead();
  showFilters();
  places.update(survey.progress);
  confirmed.update(survey.confirmations);
  files.update(survey.returns);
  changes.show(state);
  changes.update(different.units, fresh);
}

function showHead() {
  fill(byId("title"), t("surveys.numbered", { title: survey.title, n: survey.id }));
  const fields = survey.fields.map(header).join("、");
  fill(byId("about"), t("surveys.head", { area: survey.area_name ?? survey.area, date: day(survey.as_of), which: named("survey_chosen", survey.chosen), fields }));
  byId("xlsx", HTMLAnchorElement).href = `${here}/sheets.xlsx`;
  byId("zip", HTMLAnchorElement).href = `${here}/sheets.zip`;
  byId("withdraw").hidden = survey.returns.length > 0;
  const open = OPEN.reduce((sum, kind) => sum + (survey.counts[kind] ?? 0), 0);
  const outstanding = survey.sent - survey.done - survey.unreachable;
  const sums = /** @type {[string, number, boolean][]} */ ([["units", survey.sent, false], ["done", survey.done, false], ["unreachable", survey.unreachable, false],
    ["outstanding", outstanding, outstanding > 0], ["open", open, false], ["confirmed_fields", survey.counts.settled ?? 0, false]]);
  fill(byId("sums"), ...sums.map(([name, value, bad]) => el("div", { class: bad ? "bad" : "" }, el("strong", {}, num(value)), el("span", {}, t(`surveys.${name}`)))));
}

function showFilters() {
  const count = (/** @type {string} */ kind) => survey.counts[kind] ?? 0;
  const kinds = [["open", t("surveys.all_open", { n: OPEN.reduce((sum, kind) => sum + count(kind), 0) })],
    ...[...OPEN, "same", "settled"].filter((kind) => count(kind) || kind === state.kind).map((kind) => [kind, `${t(`survey_kind.${kind}`)} ${count(kind)}`]), ["all", t("common.all_values")]];
  offer("of-kind", kinds, state.kind);
  offer("of-place", [["", t("surveys.every_place")], ...survey.progress.map((/** @type {any} */ one) => [one.code, one.name ?? one.code])], state.place);
  offer("of-field", [["", t("surveys.every_field")], ...survey.fields.map((/** @type {string} */ name) => [name, header(name)])], state.field);
  const text = byId("of-text", HTMLInputElement);
  if (text !== document.activeElement) text.value = state.text;
}

/** @param {string} id @param {string[][]} options @param {string} value */
function offer(id, options, value) {
  const made = select(/** @type {[string, string][]} */ (options), value);
  const at = byId(id, HTMLSelectElement);
  fill(at, ...made.children);
  at.value = value;
}

function showTicked() {
  const picked = changes.picked().length;
  fill(byId("ticked"), t("surveys.ticked", { n: num(picked) }));
  fill(byId("shown"), t("surveys.shown", { n: num(changes.shown()) }));
  byId("confirm", HTMLButtonElement).disabled = !picked;
}

/** @param {FileList | null} given */
async function take(given) {
  if (!given?.length) return;
  const form = new FormData();
  for (const one of given) form.append("file", one);
  byId("sending").hidden = false;
  complain("");
  try {
    const answer = await upload(`${here}/returns`, form, showSent, new AbortController().signal);
    fill(byId("reports"), ...answer.files.map(reportBox));
    await reload();
  } catch (error) {
    complain(reason(error));
  } finally {
    byId("sending").hidden = true;
    byId("file", HTMLInputElement).value = "";
  }
}

/** How much of the files is on its way; once they are there, reading has no measure. @param {number} share */
function showSent(share) {
  const bar = byId("bar", HTMLProgressElement);
  if (share < 1) bar.value = share;
  else bar.removeAttribute("value");
}

/** @param {string} text */
function complain(text) {
  fill(byId("problem"), text);
  byId("problem").hidden = !text;
}

/** @param {import("../surveys/values.js").Unit} unit @param {import("../surveys/values.js").Item} item @param {string} text */
async function settle(unit, item, text) {
  await send("PUT", `${here}/answers`, { unit: unit.unit, field: item.field, text });
  await reload();
}

function ask() {
  const from = byId("from-date", HTMLInputElement);
  if (!from.reportValidity()) return;
  const picked = changes.picked();
  const fields = [...new Set(picked.map(({ item }) => item.field))];
  const over = picked.filter(({ item }) => item.kind === "conflict" || item.kind === "elsewhere").length;
  const lost = picked.filter(({ item }) => item.kind === "unknown").length;
  fill(byId("sure-title"), t("surveys.sure", { n: num(picked.length), units: num(new Set(picked.map(({ unit }) => unit.unit)).size) }));
  fill(byId("sure-note"), t("surveys.sure_note", { date: day(from.value) }));
  fill(byId("sure-table"), el("tbody", {}, ...fields.map((field) => {
    const of = picked.filter(({ item }) => item.field === field);
    const [first] = of;
    return el("tr", {}, el("td", {}, header(field)), el("td", { class: "num" }, num(of.length)),
      el("td", { class: "note" }, t("surveys.such_as", { name: first.unit.name, old: said(field, first.item.now), new: said(field, first.item.came) })));
  })));
  fill(byId("sure-warn"), t("surveys.sure_warn", { over: num(over), lost: num(lost) }));
  byId("sure-warn").hidden = !over && !lost;
  byId("sure", HTMLDialogElement).showModal();
}

/** Names the contracts that a new mode of service would end, and asks. @param {any} body of the problem */
function sureToShorten(body) {
  const lines = body.contracts.slice(0, 10).map((/** @type {any} */ one) => t("surveys.contract_line", { name: one.name || one.unit, firm: one.firm, begins: day(one.begins), ends: one.ends ? day(one.ends) : t("surveys.open_end"), day: day(one.would_end) }));
  const more = body.count > 10 ? [t("surveys.contracts_more", { n: num(body.count - 10) })] : [];
  return window.confirm([t("surveys.shorten_sure", { n: num(body.count) }), "", ...lines, ...more].join("\n"));
}

/** @param {boolean} [shorten] knowing that contracts end @returns {Promise<void>} */
async function confirm(shorten = false) {
  const items = changes.picked().map(({ unit, item }) => ({ unit: unit.unit, field: item.field, old: item.now, new: item.came }));
  byId("sure", HTMLDialogElement).close();
  try {
    const made = await send("POST", `${here}/confirm`, { items, from_date: byId("from-date", HTMLInputElement).value, reason: byId("reason", HTMLInputElement).value.trim() || null, shorten });
    byId("reason", HTMLInputElement).value = "";
    toast(t("surveys.written_down", { n: num(made.body.fields), units: num(made.body.units) }));
  } catch (error) {
    if (error instanceof Problem && error.status === 409 && error.body.contracts && !shorten) return sureToShorten(error.body) ? confirm(true) : undefined;
    if (!(error instanceof Problem) || error.status !== 412) throw error;
    toast(t("surveys.stale", { n: (error.body.items ?? []).length }), "error");
  }
  return reload(true);
}

/** @param {any} row */
function undoing(row) {
  if (row.undone_by) return el("span", { class: "tag" }, t("state.undone"));
  return mayEdit ? button(t("surveys.undo"), () => guard(() => undo(row)), { class: "danger" }) : null;
}

/** @param {any} row */
async function undo(row) {
  if (!window.confirm(t("surveys.undo_sure"))) return;
  await send("POST", `${here}/confirmations/${row.id}/undo`);
  toast(t("surveys.undone"));
  await reload(true);
}

async function withdraw() {
  if (!window.confirm(t("surveys.withdraw_sure"))) return;
  await send("DELETE", here);
  location.assign("/surveys");
}
