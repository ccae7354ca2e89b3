// What is painted anew while somebody works with it, and what is asked again when somebody comes back to the tab.

import { fill } from "../dom.js";
import { redraw } from "../redraw.js";

/** Empties an element and puts the children in; the focus stays inside, on the same thing where that is still there.
 * @param {Element} place @param {...import("../dom.js").Child} children */
export function repaint(place, ...children) {
  const at = document.activeElement;
  const inside = at !== place && place.contains(at);
  redraw(place, () => fill(place, ...children));
  if (!inside || place.contains(document.activeElement)) return;
  const next = place.querySelector(".active[tabindex], button:enabled, a[href], summary");
  if (next instanceof HTMLElement) next.focus({ preventScroll: true });
}

/** Runs something when somebody comes back to this tab, once for all that tells of it. @param {() => void} act */
export function onReturn(act) {
  let timer = 0;
  const come = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(act, 150);
  };
  document.addEventListener("visibilitychange", come);
  window.addEventListener("focus", come);
}
