// The table of shortcuts (快捷键).

import { button, byId, el, fill } from "../dom.js";
import { t } from "../words.js";
import { ACTS, TOOLS } from "./tools.js";

const OTHERS = /** @type {[string, string][]} */ ([
  ["tool.apply", "Enter"], ["tool.cancel", "Esc"], ["tool.back", "Backspace"], ["tool.pan", "Space"], ["tool.undo", "Ctrl+Z"], ["tool.redo", "Ctrl+Shift+Z"],
  ["tool.save", "Ctrl+S"], ["tool.next", "[ ]"], ["tool.nudge", "← ↑ → ↓"], ["tool.help", "?"],
]);

export function showHelp() {
  const dialog = byId("dialog", HTMLDialogElement);
  const rows = [...[...TOOLS, ...ACTS].map(([name, letter]) => /** @type {[string, string]} */ ([`tool.${name}`, letter])), ...OTHERS];
  fill(dialog, el("div", {}, el("h2", { id: "dialog-title" }, t("plan.help")), el("div", { class: "keys" }, ...rows.flatMap(([word, letter]) => [el("kbd", {}, letter), el("span", {}, t(word))])),
    el("p", { class: "note" }, t("plan.shortcut_note")), el("div", { class: "row" }, button(t("common.close"), () => dialog.close(), { class: "main" }))));
  dialog.showModal();
}
