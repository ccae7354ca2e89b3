// Tabs (标签页) of a page: one panel at a time, walked by arrow keys, the chosen one in the address.

import { byId } from "../dom.js";

/** @param {string[]} names of panels `panel-…` with tabs `tab-…` @param {(name: string) => void} opened @returns {(name: string) => void} */
export function tabs(names, opened) {
  const tab = (/** @type {string} */ name) => byId(`tab-${name}`, HTMLButtonElement);
  const choose = (/** @type {string} */ name) => {
    for (const each of names) {
      const on = each === name;
      tab(each).setAttribute("aria-selected", String(on));
      tab(each).tabIndex = on ? 0 : -1;
      byId(`panel-${each}`).hidden = !on;
    }
    const url = new URL(location.href);
    url.searchParams.set("tab", name);
    history.replaceState(null, "", url.pathname + url.search);
    opened(name);
  };
  for (const [i, name] of names.entries()) {
    tab(name).addEventListener("click", () => choose(name));
    tab(name).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
      if (!step) return;
      const next = names[(i + step + names.length) % names.length];
      event.preventDefault();
      choose(next);
      tab(next).focus();
    });
  }
  return choose;
}

/** The tab of the address, else another. @param {string[]} names @param {string} otherwise */
export function tabOf(names, otherwise) {
  const wanted = new URLSearchParams(location.search).get("tab") ?? "";
  return names.includes(wanted) ? wanted : otherwise;
}
