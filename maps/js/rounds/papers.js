// What is handed in (招标文件): four files of a round, with what is in each.  A paper with many maps is made as work.

import { file as fetched, paths, send } from "../api.js";
import { button, el, fill } from "../dom.js";
import { follow, resultOf } from "../packages/work.js";
import { guard, toast } from "../shell.js";
import { named, num, pct, t } from "../words.js";

const FILES = ["lots.xlsx", "annex.docx", "maps.pdf", "round.gpkg"];
/** Not drawn: it is there at once. */
const AT_ONCE = "round.gpkg";
/** Milliseconds after which a wait is worth a progress bar. */
const PATIENCE = 700;

/** A paper that is being made stays as it is when the round is drawn anew. @type {HTMLElement[]} */
let cards = [];

/** @param {Element} place @param {any} round */
export function papers(place, round) {
  if (!cards.length) cards = FILES.map((file) => card(file, `${paths.rounds}/${round.id}/documents/${file}`));
  fill(place, round.state === "draft" ? el("p", { class: "alert warn" }, t("papers.draft")) : null, el("div", { class: "papers" }, ...cards), el("p", { class: "note" }, t("papers.review")));
}

/** @param {string} file @param {string} address */
function card(file, address) {
  const key = file.split(".")[0];
  const link = el("a", { class: "paper", href: address, download: "", id: `paper-${key}` },
    el("strong", {}, t(`papers.${key}`)), el("span", { class: "tag" }, file.split(".")[1].toUpperCase()), el("span", { class: "note" }, t(`papers.${key}_about`)));
  const below = el("div", { class: "making", id: `making-${key}`, role: "status", hidden: true });
  link.addEventListener("click", (event) => (event.preventDefault(), guard(() => make(link, below, file === AT_ONCE))));
  return el("div", { class: "paper-place" }, link, below);
}

/** Has a file made, shows how far it is, and gives it out. @param {HTMLAnchorElement} link @param {HTMLElement} below @param {boolean} atOnce */
async function make(link, below, atOnce) {
  if (link.getAttribute("aria-busy") === "true") return;
  link.setAttribute("aria-busy", "true");
  const patience = window.setTimeout(() => (below.hidden = false), PATIENCE);
  fill(below, el("span", { class: "note busy" }, t("papers.making")));
  try {
    if (atOnce || (await finished(link.href, below))) await take(link.href);
  } finally {
    clearTimeout(patience);
    below.hidden = true;
    link.removeAttribute("aria-busy");
  }
}

/** Waits until a paper is made. @param {string} address @param {HTMLElement} below @returns {Promise<boolean>} false: it was stopped */
async function finished(address, below) {
  const { job } = (await send("POST", new URL(address).pathname)).body;
  if (job === null) return true;
  const bar = el("progress", { max: 1, value: 0, "aria-label": t("papers.making") });
  const note = el("span", { class: "note grow" });
  const stop = button(t("papers.stop"), () => {
    stop.disabled = true;
    send("POST", `${paths.jobs}/${job}/cancel`).catch(() => undefined);
  }, { class: "small" });
  fill(below, bar, el("div", { class: "row" }, note, stop));
  const ended = await follow(job, (state) => {
    bar.value = state.progress ?? 0;
    fill(note, said(state));
  });
  if (ended.state === "cancelled") return toast(t("papers.stopped")), false;
  resultOf(ended);
  return true;
}

/** How far a paper is, in words. @param {any} job */
function said(job) {
  if (job.cancel) return t("papers.stopping");
  if (job.state === "waiting") return t("papers.waiting");
  const packages = job.figures?.packages;
  return [named("papers", job.note || "reading"), packages ? t("papers.of", { n: num(packages) }) : "", pct(job.progress ?? 0, 0)].filter(Boolean).join(" · ");
}

/** Hands a finished file to the browser. @param {string} address */
async function take(address) {
  const { body, name } = await fetched(address);
  const at = URL.createObjectURL(body);
  el("a", { href: at, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(at), 60_000);
}
