// 步骤: what was done to the draft, and going back to any place in it.

import { button, el, fill } from "../dom.js";
import { moment, named, t } from "../words.js";

/** @param {HTMLElement} place @param {import("./studio.js").Studio} studio @param {(to: number) => void} go */
export function showSteps(place, studio, go) {
  const { steps, position } = studio.draft;
  const rows = [...steps].reverse().map((step) => row(step, position, studio, go));
  const start = el("li", { class: position === 0 ? "here" : "" }, el("span", { class: "what" }, t("plan.start")),
    position === 0 ? el("span", { class: "tag info" }, t("plan.here")) : studio.mayEdit ? button(t("plan.to_step"), () => go(0)) : null);
  fill(place, el("ol", { class: "steps" }, ...rows, start));
}

/** @param {any} step @param {number} position @param {import("./studio.js").Studio} studio @param {(to: number) => void} go */
function row(step, position, studio, go) {
  const here = step.number === position;
  const who = [step.by, step.at ? moment(step.at) : ""].filter(Boolean).join(" ");
  const cells = (step.cells ?? []).slice(0, 4).map((/** @type {string} */ code) => code.slice(-3)).join("、");
  return el("li", { class: `${step.undone ? "undone" : ""} ${here ? "here" : ""}`, data: { step: step.number } }, el("code", {}, step.number),
    el("span", { class: "what" }, `${named("op", step.operation)} ${cells}${(step.cells ?? []).length > 4 ? "…" : ""}`, el("span", { class: "note" }, ` ${who}`)),
    here ? el("span", { class: "tag info" }, t("plan.here")) : studio.mayEdit ? button(t("plan.to_step"), () => go(step.number)) : null);
}
