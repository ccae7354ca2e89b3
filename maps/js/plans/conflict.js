// Two hands on one draft (冲突): 保留我的 / 采用对方 / 另存, never "start again".

import { paths, Problem, send } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { guard, toast } from "../shell.js";
import { named, t } from "../words.js";
import { Draft } from "./draft.js";
import { why } from "./outlook.js";

/**
 * @param {import("./studio.js").Studio} studio @param {import("./tools.js").Operation | null} operation what was refused because somebody was first
 * @param {{moved: () => Promise<void>}} on
 */
export async function settleConflict(studio, operation, on) {
  const { draft } = studio;
  await draft.load();
  const last = draft.steps.filter((step) => !step.undone).pop();
  const dialog = byId("dialog", HTMLDialogElement);
  const end = (/** @type {() => Promise<any>} */ act) => () => guard(async () => {
    dialog.close();
    await act();
  });
  const theirs = async () => {
    studio.reset();
    await on.moved();
  };
  const mine = async () => {
    studio.reset();
    await on.moved();
    if (operation) await again(studio, operation, on);
  };
  const apart = async () => {
    const copy = await copyOf(draft);
    if (operation) await redoIn(copy, operation);
    location.assign(`/plans/${copy}`);
  };
  fill(dialog, el("div", {}, el("h2", { id: "dialog-title" }, t("plan.conflict")),
    el("p", {}, t("plan.conflict_text", { who: last?.by || t("plan.someone"), n: draft.position, what: operation ? named("op", operation.operation) : "—" })),
    el("div", { class: "stack tight" }, button(t("plan.keep_mine"), end(mine), { class: "main", id: "keep-mine" }), button(t("plan.take_theirs"), end(theirs), { id: "take-theirs" }), button(t("plan.save_as"), end(apart), { id: "save-as" }))));
  dialog.showModal();
}

/** The same operation on what the others made. @param {import("./studio.js").Studio} studio @param {import("./tools.js").Operation} operation @param {{moved: () => Promise<void>}} on */
async function again(studio, operation, on) {
  try {
    studio.settle(await studio.draft.apply(operation));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error;
    toast(t("plan.again_failed", { why: why(error) }), "error");
    await on.moved();
  }
}

/** Another draft with the same cells. @param {import("./draft.js").Draft} draft @returns {Promise<number>} its number */
export async function copyOf(draft) {
  const { area, layer, title } = draft.plan;
  const name = t("plan.copy_name", { title }).slice(0, 80);
  return (await send("POST", paths.plans, { area, layer, title: name, from: draft.id })).body.id;
}

/** @param {number} plan @param {import("./tools.js").Operation} operation */
async function redoIn(plan, operation) {
  const copy = new Draft(plan);
  await copy.load();
  await copy.apply(operation);
}
