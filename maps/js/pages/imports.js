// Files in and out (数据导入导出): check first, answer what is ambiguous, then load; every import can be undone.

import { address, get, paths, send, upload } from "../api.js";
import { asOf } from "../asof.js";
import { button, byId, el, fill } from "../dom.js";
import { columns, counts, evidence, findings, questionBox } from "../imports/report.js";
import { guard, reason, start, toast } from "../shell.js";
import { table } from "../table.js";
import { constants, moment, named, t } from "../words.js";

const FORMATS = ["gpkg", "zip", "geojson", "kml", "fgb", "xlsx", "csv"];
const TABLES = ["gpkg", "xlsx", "csv"]; // what holds a kind that has no shapes
const POLL = 700;

/** @type {File | null} */
let file = null;
/** @type {import("../imports/report.js").Report | null} */
let report = null;
/** @type {Record<string, string>} what was answered about this file, by question, kept from check to check */
let answers = {};
/** @type {Record<string, string>} column → field, where it was changed by hand */
let mapped = {};
let mayLoad = false;
let date = "";

/** @typedef {import("../table.js").Column<any>} Column */
const history = table(/** @type {Column[]} */ ([
  { key: "id", label: t("common.number"), kind: "num", value: (row) => row.id },
  { key: "source", label: t("imports.file"), value: (row) => row.source ?? row.subject },
  { key: "subject", label: t("imports.kind"), value: (row) => named("import_kind", row.subject) },
  { key: "state", label: t("imports.state"), value: (row) => stateOf(row), cell: (row) => el("span", { class: `tag ${row.undone_by ? "" : "good"}` }, stateOf(row)) },
  { key: "actor", label: t("imports.author"), value: (row) => row.actor },
  { key: "at", label: t("imports.created"), value: (row) => row.at, cell: (row) => moment(row.at) },
  { key: "act", label: t("people.act"), value: () => "", cell: (row) => (mayUndo(row) ? button(t("imports.undo"), () => guard(() => undo(row.id)), { class: "danger" }) : null) },
]), { code: (row) => String(row.id), caption: t("imports.history") });

/** @param {any} row */
function stateOf(row) {
  return t(row.kind === "undo" ? "imports.an_undo" : row.undone_by ? "state.undone" : "state.loaded");
}

/** @param {any} row */
function mayUndo(row) {
  return mayLoad && row.kind === "import" && !row.undone_by;
}

start(async (me) => {
  mayLoad = me.roles.some((role) => role === "planner" || role === "officer");
  date = me.business_date;
  byId("upload-panel").hidden = !mayLoad;
  asOf(byId("as-of-place"), me.business_date, me.business_date, (chosen) => (date = chosen, showExports()));
  fill(byId("history"), history.element);
  wire();
  showExports();
  await loadHistory();
});

function wire() {
  const input = byId("file", HTMLInputElement);
  const drop = byId("drop");
  input.addEventListener("change", () => choose(input.files?.[0] ?? null));
  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over-it")));
  drop.addEventListener("dragleave", () => drop.classList.remove("over-it"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over-it");
    const dropped = event.dataTransfer?.files;
    if (dropped?.length) (input.files = dropped, choose(dropped[0]));
  });
  byId("form").addEventListener("submit", (event) => (event.preventDefault(), void run(true)));
  byId("again").addEventListener("click", () => void run(true));
  byId("load").addEventListener("click", () => void run(false));
  byId("undo-now").addEventListener("click", () => guard(async () => report?.change_set && undo(report.change_set)));
}

/** Another file: what was asked and mapped for the last one no longer holds. @param {File | null} chosen */
function choose(chosen) {
  file = chosen;
  report = null;
  answers = {};
  mapped = {};
  fill(byId("file-name"), chosen?.name ?? t("imports.drop"));
  byId("outcome").hidden = true;
}

/** Sends the file with every answer given so far; waits for the job; shows its report. @param {boolean} dry */
async function run(dry) {
  complain("");
  if (!file) return complain(t("imports.no_file"));
  working(true);
  try {
    step(0, t("imports.sent"));
    const job = await upload(paths.imports, form(dry));
    report = await finished(job.job);
    showReport();
    if (report.change_set) (toast(t("imports.done")), await loadHistory());
  } catch (error) {
    complain(reason(error));
  } finally {
    working(false);
  }
  return undefined;
}

/** @param {boolean} dry */
function form(dry) {
  const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value.trim();
  const made = new FormData();
  made.append("file", /** @type {File} */ (file));
  made.append("dry_run", String(dry));
  remember();
  const given = { kind: answers.kind ?? value("kind"), crs: answers.crs ?? value("crs"), layer: answers.layer ?? report?.layer ?? "", valid_from: value("valid-from") };
  for (const [name, text] of Object.entries(given)) if (text) made.append(name, text);
  for (const [column, field] of Object.entries(mapped)) made.append("map", `${column}=${field}`);
  return made;
}

/** Keeps every answer and every changed column: the next report may no longer ask. */
function remember() {
  for (const item of byId("questions").querySelectorAll("select, input")) {
    const { name, value } = /** @type {HTMLInputElement} */ (item);
    if (value && name.startsWith("column:")) mapped[value] = name.slice("column:".length);
    else if (value && name.startsWith("cut:")) mapped[name.slice("cut:".length)] = value;
    else if (value) answers[name] = value;
  }
  for (const item of byId("columns").querySelectorAll("select")) {
    if (item.value !== item.dataset.was) mapped[item.dataset.column ?? ""] = item.value;
  }
}

/** Waits for a job. @param {number} id @returns {Promise<import("../imports/report.js").Report>} */
async function finished(id) {
  for (;;) {
    const job = await get(`${paths.jobs}/${id}`);
    step(job.progress ?? 0, t(`imports.${job.state === "waiting" ? "waiting" : "running"}`, { note: named("import_step", job.note) }));
    if (job.state === "done") return job.result;
    if (job.state === "failed" || job.state === "cancelled") throw new Error(job.result?.detail ?? job.result?.message ?? job.note ?? t("imports.failed"));
    await new Promise((go) => setTimeout(go, POLL));
  }
}

/** @param {number} share @param {string} text */
function step(share, text) {
  byId("bar", HTMLProgressElement).value = share;
  fill(byId("progress-text"), text);
}

/** @param {boolean} on */
function working(on) {
  byId("progress").hidden = !on;
  for (const id of ["check", "again", "load"]) byId(id, HTMLButtonElement).disabled = on;
}

/** @param {string} text */
function complain(text) {
  fill(byId("problem"), text);
  byId("problem").hidden = !text;
}

function showReport() {
  if (!report) return;
  const open = report.questions.length > 0;
  const state = report.change_set ? "loaded" : open ? "asks" : "checked";
  fill(byId("outcome-title"), report.file);
  fill(byId("outcome-state"), el("span", { class: `tag ${state === "loaded" ? "good" : state === "asks" ? "warn" : "info"}` }, t(`state.${state}`)));
  fill(byId("counts"), ...(open ? [] : counts(report)));
  fill(byId("questions"), ...report.questions.map(questionBox));
  fill(byId("evidence"), ...evidence(report));
  fill(byId("columns"), columns(report));
  fill(byId("findings"), ...(open ? [] : findings(report)));
  byId("again").hidden = state === "loaded";
  byId("load").hidden = open || state === "loaded";
  byId("undo-now").hidden = state !== "loaded";
  byId("outcome").hidden = false;
  byId("outcome").scrollIntoView({ block: "nearest" });
}

async function loadHistory() {
  history.update((await get(paths.imports)).imports);
}

/** @param {number} id */
async function undo(id) {
  if (!window.confirm(t("imports.undo_sure"))) return;
  await send("POST", `${paths.imports}/${id}/undo`);
  toast(t("imports.undone"));
  byId("outcome").hidden = true;
  await loadHistory();
}

function showExports() {
  const rows = Object.keys(constants.kinds ?? {}).map((kind) => el("tr", {}, el("td", {}, named("import_kind", kind)),
    el("td", {}, el("span", { class: "row" }, ...FORMATS.filter((format) => TABLES.includes(format) || !/firms|service-periods|branches/.test(kind)).map((format) =>
      el("a", { href: address(paths.exported(kind), { format, as_of: date }), download: true }, format === "zip" ? "SHP" : format.toUpperCase())))),
    el("td", {}, el("a", { href: `/api/templates/${kind}.xlsx`, download: true }, "XLSX"))));
  fill(byId("exports"), ...rows);
}
