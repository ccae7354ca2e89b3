// What an operation would do (预览), at the head of the right side: figures before and after, or the reason why it cannot.

import { button, byId, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";
import { reason } from "../shell.js";
import { named, t } from "../words.js";
import { codeChoice, figuresTable, rowsOf } from "./figures.js";

/**
 * @param {import("./studio.js").Studio} studio
 * @param {{apply: () => void, cancel: () => void, into: (code: string | null) => void, go: (place: [number, number]) => void}} on
 */
export function showOutlook(studio, on) {
  const { outlook, draft, tools } = studio;
  const box = byId("outlook");
  box.hidden = !outlook || !(outlook.answer || outlook.problem);
  box.classList.toggle("bad", Boolean(outlook?.problem));
  if (!outlook || box.hidden) return fill(box);
  const what = named("op", outlook.operation.operation);
  if (outlook.problem) return fill(box, el("h2", {}, what, el("span", { class: "tag bad" }, why(outlook.problem))), ...refusal(outlook.problem, on));
  const answer = /** @type {import("./draft.js").Answer} */ (outlook.answer);
  const rows = rowsOf(answer, (code) => draft.name(code));
  const apply = button(`${t("plan.apply")} ⏎`, on.apply, { class: "main", id: "apply", disabled: !studio.valid });
  const choice = outlook.operation.operation === "merge" ? codeChoice(outlook.operation.cells, tools.to, on.into) : null;
  return redraw(box, () => fill(box,
    el("h2", {}, what, el("span", { class: "tag info" }, t("plan.in_sync", { n: rows.length, layer: named("layer", draft.plan.layer) }))),
    figuresTable(rows, draft.plan.limits), choice,
    answer.grown.length ? el("p", { class: "note" }, t("plan.grown", { n: answer.grown.length })) : null,
    answer.left?.length ? el("p", { class: "note" }, t("plan.left", { n: answer.left.length })) : null,
    el("div", { class: "row tight" }, apply, button(`${t("plan.cancel")} Esc`, on.cancel))), false);
}

/** The reason of a refusal in the reader's words. @param {import("../api.js").Problem} problem */
export function why(problem) {
  const known = problem.body.reason ? named("refused", problem.body.reason) : null;
  return known && known !== problem.body.reason ? known : reason(problem);
}

/** @param {import("../api.js").Problem} problem @param {{cancel: () => void, go: (place: [number, number]) => void}} on */
function refusal(problem, on) {
  const place = problem.body.place;
  const show = place ? button(t("plan.show_place"), () => on.go(place)) : null;
  return [el("div", { class: "row tight" }, show, button(`${t("plan.cancel")} Esc`, on.cancel))];
}
