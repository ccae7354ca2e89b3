// One file on its way: sent, waited for, stopped.  The service keeps it, so that an answer needs no second upload.

import { get, paths, Problem, send, upload } from "../api.js";
import { reason } from "../shell.js";
import { named, t } from "../words.js";
import { form } from "./items.js";

/** @typedef {import("./items.js").Item} Item */

const POLL = 500;
/** @type {Map<string, AbortController>} uploads that can be stopped, by the item's key */
const uploads = new Map();

/**
 * Sends a file with every answer given so far and waits for its report; the item says how far it is.
 * @param {Item} one @param {boolean} dry @param {(one: Item) => void} changed
 */
export async function run(one, dry, changed) {
  one.trouble = null;
  one.stale = false;
  try {
    one.job = await sent(one, dry, changed);
    await follow(one, changed);
  } catch (error) {
    fail(one, error);
  }
  changed(one);
}

/** @param {Item} one @param {boolean} dry @param {(one: Item) => void} changed @returns {Promise<number>} */
async function sent(one, dry, changed) {
  const stop = new AbortController();
  uploads.set(one.key, stop);
  tell(one, one.job ? "waiting" : "uploading", 0, t(one.job ? "imports.waiting" : "imports.sent"), changed);
  try {
    return (await upload(paths.imports, form(one, dry), (share) => tell(one, "uploading", share, t("imports.sent"), changed), stop.signal)).job;
  } catch (error) {
    if (!(error instanceof Problem) || error.field !== "again") throw error;
    one.job = 0; // the service let the file go: it is sent again where this page still has it
    if (!one.parts.length) throw new Problem(404, { detail: t("imports.gone") });
    return await sent(one, dry, changed);
  } finally {
    uploads.delete(one.key);
  }
}

/** Waits for the job of an item. @param {Item} one @param {(one: Item) => void} changed */
export async function follow(one, changed) {
  for (;;) {
    const job = await get(`${paths.jobs}/${one.job}`);
    if (job.state === "done") return finish(one, job.result);
    if (job.state === "cancelled") return void Object.assign(one, { state: "cancelled", note: "" });
    if (job.state === "failed") throw new Problem(422, job.result?.problem ?? { detail: job.note ?? t("imports.failed") });
    const waiting = job.state === "waiting";
    tell(one, waiting ? "waiting" : "doing", job.progress ?? 0, waiting ? t("imports.waiting") : named("import_step", job.note), changed);
    await new Promise((go) => setTimeout(go, POLL));
  }
}

/** Takes a report that is already there. @param {Item} one @param {import("./report.js").Report} report */
function finish(one, report) {
  one.report = report;
  one.note = "";
  one.state = report.change_set ? "loaded" : report.questions.length ? "asks" : "checked";
}

/** @param {Item} one @param {unknown} error */
function fail(one, error) {
  if (error instanceof DOMException && error.name === "AbortError") {
    one.state = "cancelled";
    return;
  }
  one.state = "failed";
  one.trouble = { detail: reason(error), field: error instanceof Problem ? error.field : undefined };
}

/** @param {Item} one @param {import("./items.js").State} state @param {number} share @param {string} note @param {(one: Item) => void} changed */
function tell(one, state, share, note, changed) {
  const same = one.state === state && one.note === note && Math.abs(one.share - share) < 0.01;
  Object.assign(one, { state, share, note });
  if (!same) changed(one);
}

/** Stops an upload at once, a job as soon as it looks up. @param {Item} one */
export async function stop(one) {
  const sending = uploads.get(one.key);
  if (sending) sending.abort();
  else await send("POST", `${paths.jobs}/${one.job}/cancel`);
}

/** Lets the service forget a file that nobody will load. @param {Item} one */
export async function letGo(one) {
  if (!one.job || one.state === "loaded") return;
  await send("DELETE", `${paths.imports}/kept/${one.job}`).catch(() => null);
}
