// Files in and out (数据导入导出): checked as soon as they are chosen, answered in place, then loaded; each can be undone.

import { get, paths, send } from "../api.js";
import { asOf } from "../asof.js";
import { button, byId, el, fill } from "../dom.js";
import { controlTable } from "../imports/control.js";
import { crsBox } from "../imports/crs.js";
import { encodingBox } from "../imports/encoding.js";
import { exporting } from "../imports/exporting.js";
import { leave } from "../imports/placing.js";
import { BUSY, inOrder, item, keep, kept, together } from "../imports/items.js";
import { columns } from "../imports/mapping.js";
import { matchingBox, waiting } from "../imports/matching.js";
import { codesBox, optionsBox, questionBox } from "../imports/options.js";
import { queue } from "../imports/queue.js";
import { faultsBox } from "../imports/faults.js";
import { counts, evidence, findings } from "../imports/report.js";
import { follow, letGo, run, stop } from "../imports/running.js";
import { locate } from "../imports/zones.js";
import { redraw } from "../redraw.js";
import { guard, start, toast } from "../shell.js";
import { table } from "../table.js";
import { constants, moment, named, t } from "../words.js";

/** @typedef {import("../imports/items.js").Item} Item */
/** @type {Item[]} */
let items = [];
let chosen = "";
let mayLoad = false;
let date = "";

const list = queue({
  open: (one) => open(one),
  stop: (one) => guard(() => stop(one)),
  retry: (one) => void check(one),
  remove: (one) => void remove(one),
});

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
  await locate();
  const out = exporting(() => date);
  asOf(byId("as-of-place"), me.business_date, me.business_date, (day) => (date = day, out.show()));
  fill(byId("history"), history.element);
  fill(byId("queue"), list.element);
  wire();
  await loadHistory();
  if (mayLoad) restore();
  if (mayLoad) await waiting(byId("outcome"));
});

function wire() {
  const input = byId("file", HTMLInputElement);
  const drop = byId("drop");
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again, mended
  });
  drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over-it")));
  drop.addEventListener("dragleave", () => drop.classList.remove("over-it"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over-it");
    take([...(event.dataTransfer?.files ?? [])]);
  });
  byId("again").addEventListener("click", () => void withChosen((one) => check(one)));
  byId("load").addEventListener("click", () => void withChosen((one) => load(one)));
  byId("load-all").addEventListener("click", () => void loadAll());
  byId("undo-now").addEventListener("click", () => guard(async () => {
    const made = current()?.report?.change_set;
    if (made) await undo(made);
  }));
}

function current() {
  return items.find((one) => one.key === chosen);
}

/** @param {(one: Item) => Promise<void>} act */
async function withChosen(act) {
  const one = current();
  if (one) await act(one);
}

/** Files that were chosen or dropped: each is sent and checked at once; one that was here keeps its answers. @param {File[]} files */
function take(files) {
  for (const { name, parts } of together(files)) {
    const before = items.find((one) => one.name === name && !BUSY.includes(one.state));
    const made = item(name, parts, before?.choices);
    if (before) items.splice(items.indexOf(before), 1, made);
    else items.push(made);
    if (!current() || before?.key === chosen) chosen = made.key;
    void check(made);
  }
  show();
}

/** What this window had in hand before it was loaded again. */
function restore() {
  items = kept();
  chosen = items[0]?.key ?? "";
  for (const one of items.filter((held) => held.job)) {
    const { stale, trouble, state } = one;
    follow(one, show).then(() => (one.stale = stale), () => Object.assign(one, { state: "failed", trouble: trouble ?? { detail: t("imports.gone") } }))
      .then(() => (state === "loaded" ? (one.state = "loaded") : null)).then(() => settled(one));
  }
  show();
}

/** Looks at a file without writing anything. @param {Item} one */
async function check(one) {
  await run(one, true, show);
  settled(one);
}

/** @param {Item} one */
async function load(one) {
  await run(one, false, show);
  if (one.state === "loaded") (toast(t("imports.done_with", { name: one.name })), await loadHistory());
  else if (one.state === "checked") toast(t("imports.nothing_new"));
  settled(one);
}

/** Parents first; what still has refused rows after what was loaded before it is left for a person to look at. */
async function loadAll() {
  let loaded = false;
  for (const one of inOrder(items.filter(ready), Object.keys(constants.kinds ?? {}))) {
    if (loaded) await check(one);
    if (!ready(one) || one.report?.counts.refused) continue;
    await load(one);
    loaded = true;
  }
}

/** Whether a file was checked as it is now, and asks nothing. @param {Item} one */
function ready(one) {
  return one.state === "checked" && !one.stale;
}

/** @param {Item} one */
async function remove(one) {
  items = items.filter((other) => other !== one);
  if (chosen === one.key) open(items[0]);
  show();
  await guard(() => letGo(one));
}

/** @param {Item | undefined} one */
function open(one) {
  chosen = one?.key ?? "";
  show();
  showReport();
}

/** The list and what can be done now; the report below stays as it is while somebody works in it. */
function show() {
  keep(items);
  list.update(items, chosen);
  byId("queue-part").hidden = !items.length;
  byId("load-all").hidden = items.filter(ready).length < 2;
  showActs();
}

/** A file has come to rest. @param {Item} one */
function settled(one) {
  show();
  if (one.key === chosen) showReport();
}

function showActs() {
  const one = current();
  byId("outcome").hidden = !one;
  if (!one) return;
  const busy = BUSY.includes(one.state);
  const report = one.report;
  const changes = report ? report.counts.new + report.counts.changed > 0 : false;
  byId("again").hidden = one.state === "loaded" || one.state === "lost";
  byId("again", HTMLButtonElement).disabled = busy;
  byId("load").hidden = busy || !ready(one) || !changes;
  byId("undo-now").hidden = one.state !== "loaded";
  byId("again").classList.toggle("main", !ready(one));
  fill(byId("outcome-state"), el("span", { class: `tag ${one.state === "loaded" ? "good" : one.state === "checked" && !one.stale ? "info" : "warn"}` },
    one.stale && !busy ? t("imports.stale") : t(`state.${one.state}`)));
  byId("problem").hidden = !one.trouble && one.state !== "lost";
  fill(byId("problem"), one.state === "lost" ? t("imports.lost") : one.trouble?.detail ?? "");
}

/** Tables of control points, with their undo and a pick that is under way: each stays while its file does. @type {WeakMap<Item, HTMLElement>} */
const controls = new WeakMap();
let drawn = "";

/** Everything about the chosen file; what is typed here goes into its choices at once. */
function showReport() {
  const again = drawn === chosen;
  drawn = chosen;
  if (again) redraw(byId("outcome"), () => layReport(true), false);
  else layReport(false);
}

/** @param {boolean} again the same file as before */
function layReport(again) {
  const one = current();
  showActs();
  fill(byId("outcome-title"), one?.name ?? "");
  const report = one?.report ?? null;
  if (!one) return;
  const changed = () => {
    one.stale = one.state !== "loaded";
    show();
  };
  const open = (report?.questions.length ?? 0) > 0;
  const closed = one.state === "loaded";
  if (!again || closed || !one.choices.fitted) leave();
  const control = () => {
    const table = controls.get(one) ?? controlTable(one.choices, changed);
    controls.set(one, table);
    return table;
  };
  fill(byId("counts"), ...(report && !open ? counts(report) : []));
  fill(byId("questions"), matchingBox(report), ...(report?.questions ?? []).map((question) => report && questionBox(question, report, one.choices, changed)));
  fill(byId("settings"), ...(closed ? [] : [
    optionsBox(report, one.choices, changed),
    report && encodingBox(report.encodings ?? [], one.choices.encoding, (encoding) => (one.choices.encoding = encoding, one.choices.map = {}, changed())),
    hasPlaces(one) ? crsBox(report, one.choices, control(), changed) : null,
    report && codesBox(report, one.choices, changed),
  ]));
  if (one.choices.fitted && !closed) byId("control").dispatchEvent(new Event("shown"));
  byId("detected").hidden = !report;
  if (!report) return;
  fill(byId("evidence"), ...evidence(report));
  fill(byId("columns"), columns(report, closed ? {} : one.choices.map, changed));
  fill(byId("faults-part"), open ? null : faultsBox(report, one.choices, changed));
  byId("report-part").hidden = open;
  const found = open ? null : findings(report, !one.choices.fitted || closed);
  fill(byId("findings-map"), found?.map);
  fill(byId("findings"), found?.list, found?.more);
  found?.place();
}

/** Whether a file has shapes, as far as is known: without a report, where the system itself was the trouble. @param {Item} one */
function hasPlaces(one) {
  if (["crs", "control"].includes(one.trouble?.field ?? "")) return true;
  return Boolean(one.report?.crs) || Boolean(one.report?.questions.some((question) => question.about === "crs"));
}

async function loadHistory() {
  history.update((await get(paths.imports)).imports);
}

/** @param {number} id */
async function undo(id) {
  if (!window.confirm(t("imports.undo_sure"))) return;
  await send("POST", `${paths.imports}/${id}/undo`);
  toast(t("imports.undone"));
  const one = items.find((other) => other.report?.change_set === id);
  if (one) await remove(one);
  await loadHistory();
}
