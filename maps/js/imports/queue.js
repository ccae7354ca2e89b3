// The list of files on the page: each with its kind, how far it is, and what can be done with it.

import { button, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";
import { MISSING, named, num, t } from "../words.js";
import { BUSY } from "./items.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {{open: (one: Item) => void, stop: (one: Item) => void, retry: (one: Item) => void, remove: (one: Item) => void}} Acts */

const TONE = /** @type {Record<string, string>} */ ({ asks: "warn", checked: "info", loaded: "good", failed: "bad", lost: "warn", cancelled: "" });

/** @param {Acts} acts */
export function queue(acts) {
  const body = el("tbody");
  const head = ["file", "kind", "state", "rows", "to_see", "act"].map((key) => el("th", { scope: "col" }, el("span", { class: "sort" }, t(`imports.${key}`))));
  const element = el("table", { class: "list pickable", id: "queue-list" }, el("caption", { class: "unseen" }, t("imports.queue")), el("thead", {}, el("tr", {}, ...head)), body);

  /** What each line says, and the line: one that says the same stays, so that a press that is under way is not lost.
   * @type {Map<string, {said: string, made: HTMLElement}>} */
  let lines = new Map();

  /** @param {Item[]} items @param {string} chosen */
  function update(items, chosen) {
    const next = new Map(items.map((one) => [one.key, kept(one, one.key === chosen)]));
    const rows = [...next.values()].map(({ made }) => made);
    if (rows.length !== body.children.length || rows.some((row, at) => row !== body.children[at])) redraw(body, () => fill(body, ...rows));
    lines = next;
  }

  /** @param {Item} one @param {boolean} chosen */
  function kept(one, chosen) {
    const { name, state: at, stale, report } = one;
    const said = JSON.stringify([name, at, stale, chosen, report?.kind, report?.counts, report?.questions.length]);
    const before = lines.get(one.key);
    if (before?.said !== said) return { said, made: line(one, chosen) };
    if (BUSY.includes(at)) before.made.querySelector("[data-busy]")?.replaceWith(state(one));
    return before;
  }

  /** @param {Item} one @param {boolean} chosen */
  function line(one, chosen) {
    const counts = one.report && !one.report.questions.length ? one.report.counts : null;
    const doubtful = counts ? counts.refused + counts.suspicious : null;
    const made = el("tr", { tabindex: 0, class: chosen ? "chosen" : "", "aria-selected": String(chosen), data: { act: `row-${one.key}`, state: one.state } },
      el("td", { class: "text wrap" }, one.name, one.parts.length > 1 ? el("div", { class: "note" }, one.parts.map((part) => part.name.split(".").pop()).join(" + ")) : null),
      el("td", {}, one.report?.kind ? named("import_kind", one.report.kind) : MISSING),
      el("td", {}, state(one)),
      el("td", { class: "num" }, counts ? num(counts.read) : MISSING),
      el("td", { class: "num" }, doubtful ? el("span", { class: `tag ${counts?.refused ? "bad" : "warn"}` }, num(doubtful)) : counts ? "0" : MISSING),
      el("td", {}, el("span", { class: "row tight" }, ...controls(one))));
    made.addEventListener("click", () => acts.open(one));
    made.addEventListener("keydown", (event) => onKey(event, one));
    return made;
  }

  /** @param {KeyboardEvent} event @param {Item} one */
  function onKey(event, one) {
    const at = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.target !== at) return;
    const step = { ArrowDown: at.nextElementSibling, ArrowUp: at.previousElementSibling }[event.code];
    if (event.code === "Enter" || event.code === "Space") acts.open(one);
    else if (event.code === "Delete") acts.remove(one);
    else if (step instanceof HTMLElement) step.focus();
    else return;
    event.preventDefault();
  }

  /** @param {Item} one */
  function controls(one) {
    /** @param {string} name @param {(one: Item) => void} act */
    const small = (name, act) => button(t(`imports.${name}`), () => act(one), { class: "small", data: { act: `${name}-${one.key}` }, "aria-label": `${t(`imports.${name}`)} ${one.name}` });
    const made = BUSY.includes(one.state) ? [small("stop", acts.stop)]
      : [["failed", "cancelled"].includes(one.state) ? small("retry", acts.retry) : null, small("remove", acts.remove)];
    for (const control of made) control?.addEventListener("click", (event) => event.stopPropagation());
    return made;
  }

  return { element, update };
}

/** @param {Item} one */
function state(one) {
  if (BUSY.includes(one.state)) {
    return el("span", { class: "stack tight", data: { busy: "" } }, el("progress", { max: 1, value: one.share, "aria-label": one.name }), el("span", { class: "note" }, one.note));
  }
  const word = one.stale ? t("imports.stale") : t(`state.${one.state}`);
  return el("span", { class: `tag ${one.stale ? "warn" : TONE[one.state] ?? ""}` }, word);
}
