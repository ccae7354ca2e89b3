// Making elements: text goes in as text, never as HTML.

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, any>} Props  attributes; `class`, `on` (listeners) and `data` (dataset) are special
 */

/**
 * An element with attributes and children; strings become text nodes.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Props} [props] @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  apply(made, props);
  add(made, ...children);
  return made;
}

/** The same for SVG. @param {string} tag @param {Props} [props] @param {...Child} children @returns {SVGElement} */
export function svg(tag, props = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  apply(made, props);
  add(made, ...children);
  return made;
}

/** @param {Element} target @param {Props} props */
function apply(target, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) target.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(/** @type {HTMLElement} */ (target).dataset, value);
    } else {
      target.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/** @param {Node} target @param {...Child} children */
export function add(target, ...children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    target.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Empties an element and puts the children in. @param {Element} target @param {...Child} children */
export function fill(target, ...children) {
  target.textContent = "";
  add(target, ...children);
}

/** The element with this id; a template without it is a programming error.
 * @template {HTMLElement} T @param {string} id @param {new () => T} [kind] @returns {T} */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!found || (kind && !(found instanceof kind))) throw new Error(`#${id} is missing`);
  return /** @type {T} */ (found);
}

/** A button. @param {string} label @param {() => void} act @param {Props} [props] */
export function button(label, act, props = {}) {
  return el("button", { type: "button", on: { click: act }, ...props }, label);
}

/** A labelled select. @param {[string, string][]} options value and text @param {string} value @param {Props} [props] */
export function select(options, value, props = {}) {
  const made = el("select", props, ...options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
  made.value = value;
  return made;
}

/** Runs the last call after a pause, for typing. @param {(...given: any[]) => void} act @param {number} pause ms */
export function later(act, pause) {
  let timer = 0;
  return (/** @type {any[]} */ ...given) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => act(...given), pause);
  };
}

/** Of several questions only the last is heard: each call begins one, and what it returns says whether a later one began meanwhile. */
export function latest() {
  let turn = 0;
  return () => {
    const mine = (turn += 1);
    return () => mine === turn;
  };
}

/** Runs one thing after the other, however fast they are asked for. Where one fails or answers false, those that were to follow it
 * are dropped: they were meant for what is not there.
 * @returns {(act: () => Promise<any>) => Promise<any>} */
export function inTurn() {
  /** @type {Promise<any>} */
  let last = Promise.resolve();
  let row = 0;
  return (act) => {
    const mine = row;
    const made = last.then(() => (mine === row ? act() : undefined));
    last = made.then((done) => void (done === false && (row += 1)), () => void (row += 1));
    return made;
  };
}

/** True when a key press belongs to a field or to composing Chinese. @param {KeyboardEvent} event */
export function typing(event) {
  const at = event.target;
  const field = at instanceof HTMLInputElement || at instanceof HTMLSelectElement || at instanceof HTMLTextAreaElement;
  return field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey;
}
