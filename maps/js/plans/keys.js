// Keyboard shortcuts (快捷键) of the editor: by the place of a key, so that a Chinese keyboard or input method changes nothing.

/** Places of keys → what they do; the letter is the one on the button. */
const PLAIN = /** @type {Record<string, string>} */ ({
  KeyV: "select", KeyE: "edge", KeyX: "split", KeyM: "merge", KeyR: "reshape", KeyN: "draw", KeyS: "snap", KeyB: "rehome",
  KeyL: "lock", KeyZ: "zoom", Enter: "enter", NumpadEnter: "enter", Escape: "escape", Backspace: "back",
  BracketLeft: "previous", BracketRight: "next",
});
const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
});

/** A step to the side for an arrow key, or null. @param {KeyboardEvent} event @returns {[number, number] | null} east, north */
export function arrow(event) {
  const step = ARROWS[event.code];
  if (!step) return null;
  return event.shiftKey ? [step[0] * 10, step[1] * 10] : step;
}

/**
 * The command of a key press, or null.  Fields keep their keys, and so does a press that belongs to composing Chinese.
 * @param {KeyboardEvent} event @param {boolean} [letters] false: only the ones with Ctrl, Enter and Esc
 */
export function command(event, letters = true) {
  if (event.isComposing || event.defaultPrevented) return null;
  const field = inField(event.target);
  if (event.ctrlKey || event.metaKey) return withControl(event, field);
  if (field || event.altKey) return null;
  if (event.code === "Slash" && event.shiftKey) return "help";
  // A focused button is pressed by Enter; a row of a table is chosen by it.
  if (event.code === "Enter" && event.target instanceof HTMLElement && event.target.closest("button, a, summary, tr")) return null;
  const found = PLAIN[event.code] ?? null;
  if (found && event.code.startsWith("Key")) return letters && !event.shiftKey ? found : null;
  return found;
}

/** @param {KeyboardEvent} event @param {boolean} field */
function withControl(event, field) {
  if (event.code === "KeyS") return "save";
  if (field) return null;
  if (event.code === "KeyZ") return event.shiftKey ? "redo" : "undo";
  return event.code === "KeyY" ? "redo" : null;
}

/** @param {EventTarget | null} at */
function inField(at) {
  return at instanceof HTMLInputElement ? !["checkbox", "radio", "range", "button"].includes(at.type)
    : at instanceof HTMLSelectElement || at instanceof HTMLTextAreaElement;
}
