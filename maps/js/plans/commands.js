// The tool buttons and the keyboard: both lead to the same few things.

import { button, byId, el, fill } from "../dom.js";
import { district } from "../map.js";
import { guard } from "../shell.js";
import { t } from "../words.js";
import { showHelp } from "./help.js";
import { arrow, command } from "./keys.js";
import { ACTS, TOOLS } from "./tools.js";

/** Where the reader's wish about letters lies. */
const LETTERS = "wangge.letters";

export class Commands {
  /** @param {import("./editor.js").Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** Letters choose tools. */
    this.letters = localStorage.getItem(LETTERS) !== "off";
  }

  start() {
    const tools = TOOLS.map(([name, letter]) => this.button(name, letter, () => this.editor.pick(name)));
    const acts = ACTS.map(([name, letter]) => this.button(name, letter, () => this.run(name)));
    fill(byId("toolbar"), ...tools, el("hr"), ...acts);
    byId("undo").addEventListener("click", () => this.run("undo"));
    byId("redo").addEventListener("click", () => this.run("redo"));
    byId("help").addEventListener("click", showHelp);
    document.addEventListener("keydown", (event) => this.press(event));
    document.addEventListener("keyup", (event) => event.code === "Space" && this.pan(false));
    district.on("dblclick", () => this.editor.studio.tools.draws && this.run("enter"));
  }

  /** @param {string} name @param {string} letter @param {() => void} act */
  button(name, letter, act) {
    const made = button(t(`tool.${name}`), act, { data: { tool: name }, title: `${t(`tool.${name}`)} ${letter}`, "aria-keyshortcuts": letter, "aria-pressed": TOOLS.some(([one]) => one === name) ? "false" : null });
    made.append(el("kbd", {}, letter));
    return made;
  }

  /** Presses the button of the tool in hand. */
  mark() {
    for (const one of byId("toolbar").querySelectorAll("button[aria-pressed]")) one.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (one).dataset.tool === this.editor.studio.tools.tool));
  }

  /** @param {boolean} on */
  setLetters(on) {
    this.letters = on;
    localStorage.setItem(LETTERS, on ? "on" : "off");
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (byId("dialog", HTMLDialogElement).open) return;
    const step = arrow(event);
    if (step && this.onMap(event) && this.editor.hand.nudge(step)) return stop(event);
    if (event.code === "Space" && this.onMap(event)) return this.pan(true), event.preventDefault();
    const name = command(event, this.letters);
    if (!name) return undefined;
    event.preventDefault();
    return this.run(name);
  }

  /** The press belongs to the map or to nothing, not to a field, a button or a list. @param {KeyboardEvent} event */
  onMap(event) {
    return event.target === document.body || (event.target instanceof Node && district.getContainer().contains(event.target));
  }

  /** @param {boolean} on */
  pan(on) {
    this.editor.hand.pans = on;
    district.getContainer().classList.toggle("panning", on);
  }

  /** @param {string} name */
  run(name) {
    const { editor } = this;
    const { studio, hand } = editor;
    if (TOOLS.some(([one]) => one === name)) return studio.mayEdit && !editor.elsewhere ? editor.pick(name) : undefined;
    switch (name) {
      case "enter": return guard(() => editor.apply());
      case "escape": return this.escape();
      case "back": return studio.tools.back() ? editor.touched() : undefined;
      case "previous": return hand.cycle(-1);
      case "next": return hand.cycle(1);
      case "lock": return studio.tools.cells.length && studio.mayEdit ? editor.lock() : undefined;
      case "zoom": return editor.zoom();
      case "help": return showHelp();
      case "save": return editor.tell(t("plan.saved_toast"));
      default: return this.travel(name);
    }
  }

  /** Esc: what is under way first, then the choice, then the tool. */
  escape() {
    if (this.editor.pins.give(null)) return;
    const { tools, offered } = this.editor.studio;
    if (!tools.busy && !offered) {
      if (tools.cells.length) tools.cells = [];
      else tools.pick("select");
    }
    this.editor.cancel();
  }

  /** Undo takes an unfinished line back point by point before it goes to the service. @param {string} name */
  travel(name) {
    const { editor } = this;
    const way = name === "redo" ? "redo" : "undo";
    if (way === "undo" && editor.studio.tools.back()) return editor.touched();
    if (!editor.studio.draft.may(way)) return editor.studio.mayEdit ? editor.tell(t("plan.nothing")) : undefined;
    return guard(() => editor.travel(way));
  }
}

/** Leaflet would pan by the arrow too. @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}
