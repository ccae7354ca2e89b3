// The tabs of the right side: one is shown at a time, each draws itself when it is.

import { byId, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";

/** @typedef {{label: () => import("../dom.js").Child[], draw: (place: HTMLElement) => void}} Tab */

export class Tabs {
  /** @param {Record<string, Tab>} tabs by name, in their order @param {(name: string) => void} turned another one is shown */
  constructor(tabs, turned) {
    this.tabs = tabs;
    this.turned = turned;
    this.shown = Object.keys(tabs)[0];
  }

  /** @param {string} [name] */
  show(name = this.shown) {
    const again = this.shown === name;
    if (!again) this.turned(name);
    this.shown = name;
    this.label();
    const tab = byId("tab");
    tab.setAttribute("aria-labelledby", `tab-${name}`);
    // Every tab has a place of its own: what it asked for and comes when another one is shown goes nowhere.
    if (!again || !tab.firstElementChild) fill(tab, el("div"));
    if (!again) tab.scrollTop = 0;
    redraw(tab, () => this.tabs[name].draw(/** @type {HTMLElement} */ (tab.firstElementChild)));
  }

  /** Only what the tabs say; what is typed into the one that is shown stays. */
  label() {
    const names = Object.keys(this.tabs);
    const held = byId("tabs").contains(document.activeElement);
    fill(byId("tabs"), ...names.map((one) => this.button(one, names)));
    if (held) byId(`tab-${this.shown}`).focus();
  }

  /** @param {string} name @param {string[]} names */
  button(name, names) {
    const on = name === this.shown;
    const step = (/** @type {KeyboardEvent} */ event) => {
      const to = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
      if (!to) return;
      event.preventDefault();
      this.show(names[(names.indexOf(name) + to + names.length) % names.length]);
      byId(`tab-${this.shown}`).focus();
    };
    return el("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(on), "aria-controls": "tab", tabindex: on ? "0" : "-1",
      on: { click: () => this.show(name), keydown: step },
    }, ...this.tabs[name].label());
  }
}
