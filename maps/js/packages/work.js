// A proposal as long work (后台任务): asked for, watched, stopped; the best so far comes back.

import { get, paths, Problem, send } from "../api.js";
import { byId, fill } from "../dom.js";
import { named, num, pct, t } from "../words.js";

const PAUSE = 350;
/** Milliseconds after which a wait is worth a progress bar. */
const PATIENCE = 700;

/** Asks for a proposal and waits for it. @param {Record<string, any>} rules @returns {Promise<any>} */
export async function bundle(rules) {
  const started = (await send("POST", paths.bundleJobs, rules)).body;
  return watch(started.job);
}

/** The number of a proposal of this person that is still being made, or null. @param {string} user @returns {Promise<number | null>} */
export async function running(user) {
  const { jobs } = await get(paths.bundleJobs, { limit: 10 });
  const mine = jobs.find((/** @type {any} */ job) => job.actor === user && ["waiting", "doing"].includes(job.state));
  return mine ? mine.id : null;
}

/** Waits for a job, with a bar and a button to stop it. @param {number} id @returns {Promise<any>} its result */
export async function watch(id) {
  const stop = byId("work-stop", HTMLButtonElement);
  const cancel = () => {
    stop.disabled = true;
    fill(byId("work-phase"), t("work.stopping"));
    send("POST", `${paths.jobs}/${id}/cancel`).catch(() => undefined);
  };
  stop.disabled = false;
  stop.addEventListener("click", cancel);
  const bar = window.setTimeout(() => (byId("work").hidden = false), PATIENCE);
  try {
    for (;;) {
      const job = await get(`${paths.jobs}/${id}`);
      show(job);
      if (!["waiting", "doing"].includes(job.state)) return resultOf(job);
      await new Promise((resolve) => window.setTimeout(resolve, PAUSE));
    }
  } finally {
    clearTimeout(bar);
    byId("work").hidden = true;
    stop.removeEventListener("click", cancel);
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

/** @param {any} job */
function resultOf(job) {
  if (job.result?.packages) return job.result;
  const problem = job.result?.problem;
  throw new Problem(problem?.status ?? 0, problem ?? { detail: job.note ?? t("work.failed") });
}
