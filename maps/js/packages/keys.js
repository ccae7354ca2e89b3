// The keys of the packages page (快捷键): by place on the keyboard, off in fields and while Chinese is composed.

import { byId, el, fill } from "../dom.js";
import { t } from "../words.js";

const STORE = "wangge-packages-keys";
/** Milliseconds in which a second digit belongs to the first: 1, 2 → package 12. */
const TOGETHER = 600;

/** @typedef {{number: (n: number, before: number | null) => void, none: () => void, lock: (all: boolean) => void, nextLoose: () => void, nextBroken: () => void,
 *   take: () => boolean, drop: () => boolean, undo: () => void, redo: () => void, lasso: () => void, brush: () => void, brushOut: () => void, links: () => void}} Acts */

/** @param {Acts} act */
export function keys(act) {
  const box = byId("keys-on", HTMLInputElement);
  box.checked = localStorage.getItem(STORE) !== "off";
  box.addEventListener("change", () => localStorage.setItem(STORE, box.checked ? "on" : "off"));
  const help = byId("keys-help", HTMLDialogElement);
  byId("keys-show").addEventListener("click", () => help.showModal());
  byId("keys-close").addEventListener("click", () => help.close());
  const rows = ["click", "drag", "shift", "space", "lasso", "brush", "out", "links", "digit", "zero", "enter", "esc", "q", "u", "p", "undo", "redo", "help"];
  fill(byId("keys-list"), ...rows.flatMap((key) => [el("dt", {}, el("kbd", {}, t(`shortcut.${key}_key`))), el("dd", {}, t(`shortcut.${key}`))]));
  const digits = digitsOf(act);
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || isTyping(event)) return;
    if (undone(event, act) || (!event.ctrlKey && !event.metaKey && !event.altKey && box.checked && (digits(event) || pressed(event, act, help)))) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const at = event.target;
  const text = (at instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(at.type)) || at instanceof HTMLSelectElement || at instanceof HTMLTextAreaElement;
  return text || event.isComposing;
}

/** @param {KeyboardEvent} event @param {Acts} act */
function undone(event, act) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  if (event.code === "KeyY" || (event.code === "KeyZ" && event.shiftKey)) return act.redo(), true;
  if (event.code === "KeyZ") return act.undo(), true;
  return false;
}

/** @param {Acts} act @returns {(event: KeyboardEvent) => boolean} */
function digitsOf(act) {
  let [last, at] = [0, 0];
  return (event) => {
    const found = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    if (!found || event.shiftKey) return false;
    const digit = Number(found[1]);
    const follows = last > 0 && last < 10 && event.timeStamp - at < TOGETHER;
    if (!follows && digit === 0) return act.none(), true;
    act.number(follows ? last * 10 + digit : digit, follows ? last : null);
    [last, at] = [follows ? 0 : digit, event.timeStamp];
    return true;
  };
}

/** @param {KeyboardEvent} event @param {Acts} act @param {HTMLDialogElement} help @returns {boolean} whether the key meant something */
function pressed(event, act, help) {
  const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement || (event.target instanceof Element && event.target.tagName === "SUMMARY");
  switch (event.code) {
    case "Enter": case "NumpadEnter": return !onButton && act.take();
    case "Escape": return act.drop();
    case "KeyQ": return act.lock(event.shiftKey), true;
    case "KeyU": return act.nextLoose(), true;
    case "KeyP": return act.nextBroken(), true;
    case "KeyL": return act.lasso(), true;
    case "KeyB": return act.brush(), true;
    case "KeyX": return act.brushOut(), true;
    case "KeyN": return act.links(), true;
    case "Slash": return event.shiftKey ? (help.showModal(), true) : false;
    default: return false;
  }
}
