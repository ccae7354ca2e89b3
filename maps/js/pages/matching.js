// Rows without a code (匹配): one after the other beside its candidates, decided by mouse or key, then loaded.

import { address, get, paths, send } from "../api.js";
import { byId, el, fill, latest, typing } from "../dom.js";
import { rowCard, showKeys, showPlaces, stateTag } from "../imports/candidates.js";
import { ground } from "../map.js";
import { blank, guard, start, toast } from "../shell.js";
import { moment, named, num, t } from "../words.js";

/** @typedef {import("../imports/candidates.js").Row} Row */
/** @typedef {import("../imports/candidates.js").Choice} Choice */

const CLASSES = ["doubtful", "none", "double", "certain"];
const MOST = 3000;
const here = new URL(location.href);
const number = Number(here.searchParams.get("id") ?? 0);

/** @type {any} the matching itself */
let about = null;
/** @type {Row[]} */
let rows = [];
let at = 0;
let shown = here.searchParams.get("class") ?? "doubtful";
/** @type {{number: number, choice: string | null, code: string | null}[][]} what was there before each step */
const steps = [];

start(async (me) => {
  showKeys(byId("keys"));
  await offerScores(me);
  if (!number) return listOfFiles();
  await ground({});
  await read();
  wire();
  await readRows(Number(here.searchParams.get("row") ?? 0));
  return undefined;
});

/** Without a file chosen: those that wait for somebody. */
async function listOfFiles() {
  document.querySelector(".matching")?.classList.add("choosing");
  const { matchings } = await get(paths.matchings);
  fill(byId("row"), ...(matchings.length ? matchings.map(fileLine) : [blank(t("matching.nothing"), t("matching.nothing_how"))]));
}

/** @param {any} one */
function fileLine(one) {
  const open = one.state === "open";
  return el("div", { class: "candidate", style: "grid-template-columns:minmax(0,1fr) max-content" },
    el("div", {}, el("a", { href: `/matchings?id=${one.id}` }, el("strong", {}, one.source)),
      el("div", { class: "note" }, [named("import_kind", one.kind), one.actor, moment(one.changed_at)].join(" · "))),
    el("span", { class: `tag ${open ? "warn" : "good"}` }, open ? t("matching.waiting", { n: num(one.doubtful + one.none + one.double) }) : t("state.loaded")));
}

/** From which scores on the district takes, asks about or leaves a row: whoever has all of it may set them. @param {Me} me */
async function offerScores(me) {
  const whole = me.areas.find((area) => area.level === "district");
  const district = `${(me.areas[0]?.code ?? "").slice(0, 6)}000000`;
  const scores = await get(paths.scores(district)).catch(() => null);
  if (!scores) return;
  const keys = /** @type {[string, number, number][]} */ ([["certain", 0.6, 1], ["doubtful", 0.2, 1], ["lead", 0, 0.5]]);
  const say = (/** @type {any} */ now) => fill(byId("scores-said"), t("matching.scores", { certain: num(now.certain, 2), doubtful: num(now.doubtful, 2), lead: num(now.lead, 2) }));
  say(scores);
  const inputs = keys.map(([key, min, max]) => el("input", { type: "number", id: `score-${key}`, min, max, step: 0.01, required: true, value: scores[key], disabled: !whole }));
  const form = byId("scores-form", HTMLFormElement);
  fill(form, ...keys.map(([key], i) => el("div", { class: "field" }, el("label", { for: `score-${key}` }, t(`matching.score_${key}`)), inputs[i])),
    whole ? el("button", { type: "submit", class: "main" }, t("common.save")) : null, el("p", { class: "note" }, t(whole ? "matching.scores_note" : "matching.scores_whole")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void guard(async () => {
      const made = await send("PUT", paths.scores(district), Object.fromEntries(keys.map(([key], i) => [key, Number(inputs[i].value)])));
      say(made.body);
      toast(t("matching.scores_saved"));
    });
  });
  byId("scores").hidden = false;
}

async function read() {
  about = await get(paths.matching(number));
  fill(byId("title"), about.source);
  fill(byId("counts"), ...["certain", "doubtful", "none", "settled"].map((key) =>
    el("div", { class: key === "doubtful" && about[key] ? "bad" : "" }, el("strong", {}, num(about[key])), el("span", {}, t(`matching.${key}`)))));
  const open = about.state === "open";
  byId("acts").hidden = !open;
  byId("bulk").hidden = !open;
  byId("finish").hidden = !about.change_set;
  byId("drop").hidden = Boolean(about.change_set);
}

const asked = latest();

/** @param {number} [row] its number in the file: the one to begin with */
async function readRows(row = 0) {
  const wanted = asked();
  /** @type {Row[]} */
  const found = [];
  /** @type {string | null} */
  let next = address(`${paths.matching(number)}/rows`, { class: shown, limit: 500 });
  while (next && found.length < MOST) {
    const page = /** @type {{rows: Row[], next: string | null}} */ (await get(next));
    if (!wanted()) return;
    found.push(...page.rows);
    next = page.next;
  }
  rows = found;
  const link = byId("download", HTMLAnchorElement);
  link.href = address(`${paths.matching(number)}/rows.xlsx`, { class: shown });
  link.hidden = !rows.length;
  const first = rows.findIndex((one) => one.number === row);
  go(first >= 0 ? first : Math.max(rows.findIndex((one) => !one.decision), 0));
}

function wire() {
  const select = byId("class", HTMLSelectElement);
  fill(select, ...CLASSES.map((key) => el("option", { value: key }, t(`matching.${key}`))));
  select.value = shown;
  select.addEventListener("change", (event) => {
    shown = /** @type {HTMLSelectElement} */ (event.target).value;
    void guard(() => readRows());
  });
  byId("accept").addEventListener("click", () => guard(acceptAbove));
  byId("undo").addEventListener("click", () => guard(undo));
  byId("load").addEventListener("click", () => guard(load));
  byId("finish").addEventListener("click", () => guard(finish));
  byId("drop").addEventListener("click", () => guard(drop));
  document.addEventListener("keydown", (event) => {
    if (!typing(event)) press(event);
  });
}

/** @param {KeyboardEvent} event */
function press(event) {
  const row = rows[at];
  const open = about.state === "open";
  const key = event.key.toLowerCase();
  const nth = /^[1-9]$/.test(key) ? row?.candidates[Number(key) - 1] : undefined;
  if (open && nth && !nth.row) void decide({ choice: "match", code: nth.code });
  else if (open && row && key === "0") void decide({ choice: "none", code: null });
  else if (open && row?.may_be_new && key === "n") void decide({ choice: "new", code: null });
  else if (open && key === "u") void guard(undo);
  else if (key === "arrowdown" || key === "j") go(Math.min(at + 1, rows.length - 1));
  else if (key === "arrowup" || key === "k") go(Math.max(at - 1, 0));
  else return;
  event.preventDefault();
}

/** Shows a row. @param {number} index */
function go(index) {
  at = index;
  const row = rows[at];
  here.searchParams.set("class", shown);
  if (row) here.searchParams.set("row", String(row.number));
  history.replaceState(null, "", here);
  showList();
  fill(byId("row"), ...(row ? rowCard(row, about.state === "open", (choice) => void decide(choice), about.limits) : [blank(t("matching.no_rows"), t(`matching.no_${shown}`))]));
  void guard(() => showPlaces(row));
}

function showList() {
  fill(byId("list"), el("ol", {}, ...rows.map((row, i) => el("li", {}, el("button", {
    type: "button", "aria-current": i === at ? "true" : null, data: { row: row.number }, on: { click: () => go(i) },
  }, el("span", { class: "number" }, row.number), el("span", {}, row.name || "—"), stateTag(row))))));
  byId("list").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  byId("undo", HTMLButtonElement).disabled = !steps.length;
}

/** @param {Choice} choice */
async function decide(choice) {
  const row = rows[at];
  await guard(async () => {
    if (!(await write([{ row, ...choice }], true))) return;
    // The reader looks at another one by now.
    if (rows[at] !== row) return showList();
    const next = rows.findIndex((one, i) => i > at && !one.decision);
    return go(choice.choice === null ? at : next >= 0 ? next : Math.max(rows.findIndex((one) => !one.decision), at));
  });
}

/** Decisions are on their way: a key that is pressed once more meanwhile was meant for a row that nobody has seen yet. */
let writing = false;

/**
 * Writes decisions down; false where others are on their way. where somebody was faster their decision is shown instead.
 * @param {{row: Row, choice: string | null, code: string | null}[]} wanted @param {boolean} remember
 */
async function write(wanted, remember) {
  if (writing) return false;
  writing = true;
  try {
    return await writeNow(wanted, remember);
  } finally {
    writing = false;
  }
}

/** @param {{row: Row, choice: string | null, code: string | null}[]} wanted @param {boolean} remember */
async function writeNow(wanted, remember) {
  const before = wanted.map(({ row }) => ({ number: row.number, choice: row.decision, code: row.code }));
  try {
    const decisions = wanted.map(({ row, choice, code }) => ({ number: row.number, version: row.version, choice, code }));
    const answer = await send("POST", `${paths.matching(number)}/decisions`, { decisions });
    for (const done of answer.body.rows) Object.assign(rows.find((one) => one.number === done.number) ?? {}, done);
  } catch (error) {
    if (/** @type {any} */ (error).status === 412) await readRows(rows[at]?.number);
    throw error;
  }
  if (remember) steps.push(before);
  await read();
  return true;
}

async function undo() {
  const step = writing ? undefined : steps.pop();
  if (!step) return;
  const back = step.flatMap((old) => {
    const row = rows.find((one) => one.number === old.number);
    return row ? [{ row, choice: old.choice, code: old.code }] : [];
  });
  if (back.length) await write(back, false);
  go(Math.max(rows.findIndex((one) => one.number === step[0].number), 0));
}

/** The best candidate of every row in doubt that reaches a score; a community that two rows would take is left out. */
async function acceptAbove() {
  const least = Number(byId("above", HTMLInputElement).value);
  const able = rows.filter((one) => !one.decision && one.class === "doubtful" && (one.candidates[0]?.score ?? 0) >= least);
  const times = new Map();
  for (const one of able) times.set(one.candidates[0].code, (times.get(one.candidates[0].code) ?? 0) + 1);
  const clear = able.filter((one) => (!about.one_each || times.get(one.candidates[0].code) === 1) && !(one.candidates[1] && one.candidates[1].score === one.candidates[0].score));
  if (!clear.length) return toast(t("matching.none_above", { score: num(least, 2) }));
  if (!(await write(clear.map((row) => ({ row, choice: "match", code: row.candidates[0].code })), true))) return undefined;
  go(Math.max(rows.findIndex((one) => !one.decision), 0));
  return toast(t("matching.accepted", { n: num(clear.length) }));
}

async function load() {
  const { body } = await send("POST", `${paths.matching(number)}/load`);
  byId("progress").hidden = false;
  byId("load", HTMLButtonElement).disabled = true;
  try {
    const report = await finished(body.job);
    showOutcome(report);
    await read();
    await readRows();
  } finally {
    byId("progress").hidden = true;
    byId("load", HTMLButtonElement).disabled = false;
  }
}

/** @param {number} job @returns {Promise<any>} */
async function finished(job) {
  for (;;) {
    const told = await get(`${paths.jobs}/${job}`);
    byId("bar", HTMLProgressElement).value = told.progress ?? 0;
    if (told.state === "done") return told.result;
    if (told.state === "failed" || told.state === "cancelled") throw new Error(told.result?.problem?.detail ?? told.note ?? t("imports.failed"));
    await new Promise((go) => setTimeout(go, 500));
  }
}

/** @param {any} report */
function showOutcome(report) {
  const done = t("matching.loaded", { n: num(report.counts.new + report.counts.changed), same: num(report.counts.unchanged), left: num(report.counts.refused) });
  fill(byId("outcome"), el("p", { class: "note", style: "margin:0" }, done, " ", el("a", { href: "/imports" }, t("matching.to_imports"))));
  byId("outcome").hidden = false;
  const anew = report.matching?.overtaken ?? [];
  if (anew.length) toast(t("matching.overtaken", { rows: anew.slice(0, 10).join("、") }), "error");
  else toast(done);
}

/** Ends a file that was loaded, whatever is still open. */
async function finish() {
  const open = about.doubtful + about.none + about.double;
  if (open && !window.confirm(t("matching.finish_sure", { n: num(open) }))) return;
  await send("POST", `${paths.matching(number)}/finish`);
  toast(t("matching.finished"));
  await read();
  await readRows();
}

async function drop() {
  if (!window.confirm(t("matching.drop_sure"))) return;
  await send("DELETE", paths.matching(number));
  location.assign("/imports");
}
