// Long work (后台任务) of this page: asked for, watched, stopped; what was reached by then comes back.

import { get, paths, Problem, send } from "../api.js";
import { byId, fill } from "../dom.js";
import { named, num, pct, t } from "../words.js";

const PAUSE = 350;
/** Milliseconds after which a wait is worth a progress bar. */
const PATIENCE = 700;
const ENDED = ["done", "failed", "cancelled"];

/** Asks for work. @param {string} address @param {any} body @returns {Promise<number>} the job's number */
export async function ask(address, body) {
  return (await send("POST", address, body)).body.job;
}

/** @typedef {{id: number, actor: string, state: string, rules: Record<string, any>, as_of: string}} Asked  a proposal that was asked for */

/** A proposal that was asked for earlier: the one of this number, else the one of this person that is still being made.
 * @param {number | null} wanted @param {string} user @returns {Promise<Asked | null>} */
export async function earlier(wanted, user) {
  const { jobs } = await get(paths.bundleJobs, { limit: 100 });
  return jobs.find((/** @type {Asked} */ job) => (wanted === null ? job.actor === user && !ENDED.includes(job.state) : job.id === wanted)) ?? null;
}

/** Waits for a job, with a bar and a button to stop it. @param {number} id @param {{title: string, stop: string}} words
 * @returns {Promise<any>} its result; `stopped` when it was cut short */
export async function watch(id, words) {
  const stop = byId("work-stop", HTMLButtonElement);
  const cancel = () => {
    stop.disabled = true;
    fill(byId("work-phase"), t("work.stopping"));
    send("POST", `${paths.jobs}/${id}/cancel`).catch(() => undefined);
  };
  fill(stop, words.stop);
  stop.disabled = false;
  stop.addEventListener("click", cancel);
  byId("work-bar").setAttribute("aria-label", words.title);
  const bar = window.setTimeout(() => (byId("work").hidden = false), PATIENCE);
  try {
    return resultOf(await follow(id, show));
  } finally {
    clearTimeout(bar);
    byId("work").hidden = true;
    stop.removeEventListener("click", cancel);
  }
}

/** Looks at a job until it has ended. @param {number} id @param {(job: any) => void} hear @returns {Promise<any>} the job */
export async function follow(id, hear) {
  for (;;) {
    const job = await get(`${paths.jobs}/${id}`);
    hear(job);
    if (ENDED.includes(job.state)) return job;
    await new Promise((resolve) => window.setTimeout(resolve, PAUSE));
  }
}

/** @param {any} job */
function show(job) {
  const figures = job.figures ?? {};
  if (!job.cancel) fill(byId("work-phase"), job.state === "waiting" ? t("work.waiting") : named("work", job.note || "reading"));
  byId("work-bar", HTMLProgressElement).value = job.progress ?? 0;
  const said = [pct(job.progress ?? 0, 0)];
  if (figures.units) said.push(t("work.units", { n: num(figures.units) }));
  if (figures.distance) said.push(t("work.best", { n: num(figures.distance / 1000) }));
  fill(byId("work-note"), said.join(" · "));
}

/** What a job came to; raises its problem. @param {any} job */
export function resultOf(job) {
  if (job.result && !job.result.problem) return { ...job.result, stopped: job.state === "cancelled" };
  const problem = job.result?.problem;
  const words = job.state === "cancelled" ? t("work.cancelled") : t("work.failed");
  throw new Problem(problem?.status ?? 0, problem ?? { detail: words });
}
