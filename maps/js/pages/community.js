// A community's page (小区): a form where every field says where it comes from; 更正 and 变更 are two things.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { control, FIELDS, read, same, shown } from "../community/fields.js";
import { byId, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";
import { modeTag } from "../details.js";
import { fit, ground, shapes, district } from "../map.js";
import { guard, reason, start, toast } from "../shell.js";
import { day, moment, named, t } from "../words.js";

const code = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const here = paths.one("communities", code);

/** @type {{version: number, fields: Record<string, any>, history: any[], source_crs: string | null}} */
let record;
/** @type {string | null} */
let etag = null;
let mayEdit = false;
let today = "";
/** @type {"corrections" | "changes"} what the open dialog is about to save */
let saving = "corrections";
/** @type {Record<string, any>} values that were typed, kept through a conflict */
let kept = {};

start(async (me) => {
  mayEdit = me.roles.some((role) => role === "planner" || role === "officer");
  today = me.business_date;
  wire();
  await reload();
  await Promise.all([drawPlace(), showSurvey()]);
});

function wire() {
  byId("reset").addEventListener("click", () => (kept = {}, showForm()));
  byId("correct").addEventListener("click", () => confirm("corrections"));
  byId("change").addEventListener("click", () => confirm("changes"));
  byId("cancel").addEventListener("click", () => byId("confirm", HTMLDialogElement).close());
  byId("confirm-form").addEventListener("submit", (event) => (event.preventDefault(), guard(save)));
  byId("take-theirs").addEventListener("click", () => (kept = {}, guard(settle)));
  byId("keep-mine").addEventListener("click", () => guard(async () => (await settle(), await save())));
}

async function reload() {
  const answer = await getTagged(`${here}/fields`);
  record = answer.body;
  etag = answer.etag;
  showForm();
  showHistory();
}

/** When somebody last looked at it on the ground, with the survey that asked. */
async function showSurvey() {
  const { surveys } = await get(paths.surveyed(code));
  const [last] = surveys;
  const text = last && t("surveys.last", { date: day(last.day), who: last.surveyor ?? t("surveys.nobody") });
  fill(byId("surveyed"), last ? el("a", { href: `/surveys/${last.survey}` }, text) : t("surveys.last_none"));
}

async function drawPlace() {
  const [, feature] = await Promise.all([ground(), get(here)]);
  fill(byId("mode"), modeTag(feature.properties));
  shapes([feature], () => ({ color: "#0b2f56", weight: 2.5, fillColor: "#4477aa", fillOpacity: 0.35 })).addTo(district);
  fit([feature], 50);
  byId("back", HTMLAnchorElement).href = `/status?pick=${encodeURIComponent(code)}`;
}

function showForm() {
  fill(byId("title"), record.fields.name.value ?? code);
  fill(byId("code"), code);
  fill(byId("shape-crs"), shapeCrs(record.source_crs));
  const head = el("div", { class: "head" }, ...["field", "value", "source", "date", "who"].map((key) => el("span", {}, t(`community.${key}`))));
  redraw(byId("fields"), () => fill(byId("fields"), el("div", { class: "grid-form" }, head, ...Object.keys(FIELDS).map(line))), false);
  byId("actions").hidden = !mayEdit;
  byId("problem").hidden = true;
  count();
}

/** @param {string} name */
function line(name) {
  const about = record.fields[name] ?? { value: null };
  const input = control(name, name in kept ? kept[name] : about.value, mayEdit);
  const row = el("div", {},
    el("label", { for: `field-${name}` }, t(`field.${name}`)), el("span", {}, input, written(about)),
    el("span", { class: "note" }, named("source", about.source), about.row ? ` ${t("community.row", { n: about.row })}` : ""), el("span", { class: "note", title: moment(about.at) }, day(about.valid_from ?? about.at)), el("span", { class: "note" }, about.who));
  const mark = () => {
    const value = read(name, input.value);
    if (same(value, about.value)) delete kept[name];
    else kept[name] = value;
    row.classList.toggle("changed", name in kept);
    count();
  };
  input.addEventListener("input", mark);
  input.addEventListener("change", mark);
  row.classList.toggle("changed", name in kept);
  return row;
}

/** The system that the shape came in, as the store keeps it: "EPSG:4527 (declared)". @param {string | null} stored */
function shapeCrs(stored) {
  const [, crs, how] = /^(.*) \((\w+)\)$/.exec(stored ?? "") ?? [];
  return crs ? t("community.shape_crs", { crs, how: named("crs_how", how) }) : null;
}

/** What the file says where the value is not plainly that. @param {{written?: string | null}} about */
function written(about) {
  return about.written ? el("span", { class: "note written" }, t("community.written", { text: about.written })) : null;
}

function count() {
  const names = Object.keys(kept);
  fill(byId("changed"), names.length ? `${t("community.changed_fields")}：${names.map((name) => t(`field.${name}`)).join("、")}` : t("community.nothing_changed"));
  for (const id of ["reset", "correct", "change"]) byId(id, HTMLButtonElement).disabled = !names.length;
}

function showHistory() {
  const steps = record.history.map((step, i) => {
    const older = record.history[i + 1];
    const changes = older ? Object.keys(FIELDS).filter((name) => !same(step.values[name], older.values[name])) : [];
    const span = t("community.until", { from: day(step.valid_from), to: step.valid_to ? day(step.valid_to) : t("community.now") });
    return el("li", { class: "step-item" },
      el("div", { class: "row" }, el("span", { class: `tag ${step.known_until ? "" : "info"}` }, named("change_kind", step.kind)), el("strong", {}, span)),
      el("div", { class: "note" }, `${moment(step.at)} · ${step.who ?? ""} · ${named("source", step.source)}`),
      ...changes.map((name) => el("div", {}, `${t(`field.${name}`)}：${shown(name, older.values[name])} → ${shown(name, step.values[name])}`)));
  });
  fill(byId("history"), el("ul", { class: "stack" }, ...steps));
}

/** @param {"corrections" | "changes"} kind */
function confirm(kind) {
  const invalid = document.querySelector("#fields :invalid");
  if (invalid instanceof HTMLInputElement) return invalid.reportValidity();
  saving = kind;
  const change = kind === "changes";
  fill(byId("confirm-title"), t(change ? "community.change" : "community.correct"));
  fill(byId("confirm-note"), t(change ? "community.change_note" : "community.correct_note"));
  fill(byId("confirm-go"), t(change ? "community.confirm_change" : "community.confirm_correct"));
  fill(byId("confirm-table"), el("tbody", {}, ...Object.entries(kept).map(([name, value]) =>
    el("tr", {}, el("td", {}, t(`field.${name}`)), el("td", {}, shown(name, record.fields[name]?.value)), el("td", {}, "→"), el("td", {}, el("strong", {}, shown(name, value)))))));
  byId("date-field").hidden = !change;
  const date = byId("from-date", HTMLInputElement);
  date.required = change;
  date.value = date.value || today;
  byId("confirm", HTMLDialogElement).showModal();
  return true;
}

async function save() {
  const body = saving === "changes" ? { from_date: byId("from-date", HTMLInputElement).value, fields: kept } : { fields: kept };
  try {
    await send("POST", `${here}/${saving}`, body, etag);
  } catch (error) {
    byId("confirm", HTMLDialogElement).close();
    if (!(error instanceof Problem)) throw error;
    return error.status === 412 ? showConflict(error) : complain(error);
  }
  byId("confirm", HTMLDialogElement).close();
  kept = {};
  toast(t("community.saved"));
  return reload();
}

/** @param {Problem} error */
function complain(error) {
  const name = (error.field ?? "").split(".").pop() ?? "";
  fill(byId("problem"), name in FIELDS ? `${t(`field.${name}`)}：${reason(error)}` : reason(error));
  byId("problem").hidden = false;
  document.getElementById(`field-${name}`)?.focus();
}

/** Both versions, field by field, where they differ. @param {Problem} error */
function showConflict(error) {
  const theirs = error.body.current ?? { values: {} };
  const names = Object.keys(FIELDS).filter((name) => name in kept || !same(theirs.values[name], record.fields[name]?.value));
  const head = el("thead", {}, el("tr", {}, ...["field", "mine", "theirs"].map((key) => el("th", { scope: "col" }, t(`community.${key}`)))));
  const rows = names.map((name) => el("tr", {}, el("td", {}, t(`field.${name}`)),
    el("td", {}, shown(name, name in kept ? kept[name] : record.fields[name]?.value)), el("td", {}, shown(name, theirs.values[name]))));
  fill(byId("conflict-text"), [theirs.who, theirs.at ? moment(theirs.at) : ""].filter(Boolean).join(" · "));
  fill(byId("conflict-table"), head, el("tbody", {}, ...rows));
  byId("conflict", HTMLDialogElement).showModal();
}

/** The other version as the ground to go on from; what was typed stays in `kept`. */
async function settle() {
  byId("conflict", HTMLDialogElement).close();
  await reload();
}
