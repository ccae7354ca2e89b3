// Drawing a place anew under somebody's hand, as an answer that comes late does: what was typed and not taken up yet, the
// focus with its caret, what was unfolded and how far it was scrolled stay.

const FIELDS = "input, textarea, select";
const FOCUSED = `${FIELDS}, button, summary, a[href], [tabindex]`;
/** Fields whose text says nothing of what was typed into them. */
const TICKED = ["checkbox", "radio", "file"];

/** What somebody folded or unfolded by hand. @type {WeakSet<Element>} */
const turned = new WeakSet();
document.addEventListener("click", (event) => {
  const details = event.target instanceof Element && event.target.closest("summary")?.parentElement;
  if (details) turned.add(details);
}, true);

/**
 * Runs `draw`, which puts other elements in place of those of `place`. An element is known again by its name and by the ids and
 * data of what it lies in: text typed for one thing never turns up in the form of another that says so by its data.
 * @template T @param {Element} place @param {() => T} draw @param {boolean} [typed] false: what is typed there is taken up at once,
 *   and `draw` knows it
 * @returns {T}
 */
export function redraw(place, draw, typed = true) {
  const at = document.activeElement;
  const held = at instanceof HTMLElement && at !== place && place.contains(at) ? at : null;
  const before = named(place, (one) => one === held || (typed && isTyped(one)) || turned.has(one));
  const caret = held && caretOf(held);
  const { scrollTop } = place;
  const made = draw();
  if (before.size) {
    for (const [name, now] of named(place, () => true)) {
      const was = before.get(name);
      if (!was) continue;
      if (was !== now) carry(was, now, typed);
      if (was === held) hold(/** @type {HTMLElement} */ (now), caret);
    }
  }
  if (place.scrollTop !== scrollTop) place.scrollTop = scrollTop;
  return made;
}

/** What was typed is on its way: the drawing that follows says what became of it. @param {...Element} fields */
export function sent(...fields) {
  for (const one of fields) {
    if (one instanceof HTMLSelectElement) for (const option of one.options) option.defaultSelected = option.selected;
    else if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) one.defaultValue = one.value;
  }
}

/** The elements of a place that are asked for, by name. @param {Element} place @param {(one: Element) => boolean} wanted */
function named(place, wanted) {
  /** @type {Map<string, number>} */
  const times = new Map();
  /** @type {Map<string, Element>} */
  const found = new Map();
  const all = [...place.querySelectorAll(`${FOCUSED}, details`)];
  if (!all.some(wanted)) return found;
  for (const one of all) {
    const name = nameOf(one, place);
    const nth = (times.get(name) ?? 0) + 1;
    times.set(name, nth);
    if (wanted(one)) found.set(`${name} ${nth}`, one);
  }
  return found;
}

/** @param {Element} one @param {Element} place */
function nameOf(one, place) {
  const parts = [one.tagName];
  for (let at = /** @type {Element | null} */ (one); at && at !== place; at = at.parentElement) {
    const { dataset } = /** @type {HTMLElement} */ (at);
    if (at.id || Object.keys(dataset).length) parts.push(at.id, JSON.stringify(dataset));
    else if (at === one) parts.push(at.getAttribute("aria-label") ?? "");
  }
  return parts.join(" ");
}

/** Whether a field says something else than it was drawn with. @param {Element} one */
function isTyped(one) {
  if (one instanceof HTMLSelectElement) {
    const drawn = [...one.options].find((option) => option.defaultSelected);
    return Boolean(drawn && !drawn.selected);
  }
  if (one instanceof HTMLTextAreaElement) return one.value !== one.defaultValue;
  return one instanceof HTMLInputElement && !TICKED.includes(one.type) && one.value !== one.defaultValue;
}

/** @param {Element} was @param {Element} now @param {boolean} typed */
function carry(was, now, typed) {
  if (was instanceof HTMLDetailsElement && now instanceof HTMLDetailsElement) {
    now.open = was.open;
    turned.add(now);
  } else if (typed && isTyped(was) && now.matches(FIELDS)) {
    const field = /** @type {HTMLInputElement} */ (now);
    const drawn = field.value;
    field.value = /** @type {HTMLInputElement} */ (was).value;
    // The option that was chosen is not offered any more.
    if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.value = drawn;
  }
}

/** @param {HTMLElement} field @returns {[number, number] | null} */
function caretOf(field) {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || field.selectionStart === null) return null;
  return [field.selectionStart, field.selectionEnd ?? field.selectionStart];
}

/** @param {HTMLElement} field @param {[number, number] | null} caret */
function hold(field, caret) {
  if (field === document.activeElement) return;
  field.focus({ preventScroll: true });
  if (caret && (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) field.setSelectionRange(...caret);
}
