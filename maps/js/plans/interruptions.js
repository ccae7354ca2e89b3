// What a planner is asked about before going on: a line that a closed tab left, ground that changed meanwhile.

import { byId, el, fill } from "../dom.js";
import { guard, toast } from "../shell.js";
import { moment, named, t } from "../words.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {string} [text] none: nothing is to be said @param {[string, () => void][]} [choices] */
function banner(text = "", choices = []) {
  const box = byId("banner");
  box.hidden = !text;
  fill(box, text, ...choices.map(([label, act]) => el("button", { type: "button", on: { click: act } }, label)));
}

/** A line of a tab that was closed. @param {Editor} editor */
export function offerRecovery(editor) {
  const left = editor.recovered;
  if (!left?.points.length || !editor.studio.mayEdit) return;
  const no = () => {
    editor.recovered = null;
    banner();
    editor.remember();
  };
  const yes = () => {
    editor.recovered = null;
    banner();
    takeUp(editor, left);
  };
  banner(t("plan.recover", { tool: named("tool", left.tool), n: left.points.length, time: moment(left.at) }), [[t("plan.recover_yes"), yes], [t("plan.recover_no"), no]]);
}

/** @param {Editor} editor @param {import("./journal.js").Entry} left */
function takeUp(editor, left) {
  const { tools } = editor.studio;
  tools.pick(left.tool);
  tools.cells = left.cells.filter((code) => editor.cells.has(code));
  tools.points = left.points;
  editor.show(tools.cells, true);
  editor.touched();
}

/** The ground under the draft changed: it is taken in, and where both changed the same the planner decides. @param {Editor} editor */
export function showStale(editor) {
  const { stale } = editor.studio.draft.plan;
  if (!stale || !editor.studio.mayEdit) return banner();
  const rebase = (/** @type {string} */ keep) => () => guard(async () => {
    await editor.studio.draft.apply({ operation: "rebase", keep });
    await editor.studio.draft.load();
    toast(t("plan.rebased"));
    await editor.moved();
  });
  const choices = /** @type {[string, () => void][]} */ (stale.conflicts?.length ? [[t("plan.rebase_mine"), rebase("mine")], [t("plan.rebase_theirs"), rebase("theirs")]] : [[t("plan.rebase"), rebase("both")]]);
  return banner(t("plan.stale", { n: stale.cells.length }), choices);
}
