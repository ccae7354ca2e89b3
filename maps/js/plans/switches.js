// The switches (图层) of the left side: colours, names, published borders, other layers, snapping, letters.

import { all, paths } from "../api.js";
import { byId, el, select } from "../dom.js";
import { guard } from "../shell.js";
import { t } from "../words.js";

/** @param {import("./editor.js").Editor} editor */
export function switches(editor) {
  const colour = select([["size", t("plan.by_size")], ["change", t("plan.by_change")]], editor.sheet.by, { id: "colour-by", "aria-label": t("plan.colour"), on: { change: (/** @type {any} */ event) => editor.colour(event.target.value) } });
  editor.context.switches(byId("layer-list"),
    el("div", { class: "row tight" }, el("label", { for: "colour-by" }, t("plan.colour")), colour),
    check(t("plan.show_names"), true, (on) => {
      editor.sheet.names = on;
      editor.sheet.repaint();
    }),
    check(t("plan.show_published"), false, (on) => guard(() => published(editor, on)), "published"),
    check(t("plan.snap_drawing"), true, (on) => {
      editor.hand.snaps = on;
    }),
    check(t("plan.shortcuts_on"), editor.commands.letters, (on) => editor.commands.setLetters(on)));
}

/** @param {string} text @param {boolean} on @param {(on: boolean) => void} act @param {string} [name] */
function check(text, on, act, name) {
  return el("label", { class: "check" }, el("input", { type: "checkbox", checked: on, data: name ? { switch: name } : {}, on: { change: (/** @type {any} */ event) => act(event.target.checked) } }), text);
}

/** The borders that are in force on the draft's base date, dashed. @param {import("./editor.js").Editor} editor @param {boolean} on */
async function published(editor, on) {
  const { area, base_date: date, layer } = editor.studio.draft.plan;
  editor.published = on ? await all(paths.list(layer.replace("_", "-")), { region: area, as_of: date }) : null;
  editor.sketch.other = editor.published ?? [];
  editor.sketch.draw();
}
