// Sheets to hand out (下发摸底表): a large one takes seconds to be made, and says so.

import { file } from "../api.js";
import { el, fill } from "../dom.js";
import { guard } from "../shell.js";
import { t } from "../words.js";

/** Milliseconds after which a wait is worth a word. */
const PATIENCE = 700;

/** Has a link's file fetched and handed to the browser; `place` says that it is being made. @param {HTMLAnchorElement} link @param {HTMLElement} place */
export function fetchOnClick(link, place) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (link.getAttribute("aria-busy") !== "true") void guard(() => hand(link, place));
  });
}

/** @param {HTMLAnchorElement} link @param {HTMLElement} place */
async function hand(link, place) {
  link.setAttribute("aria-busy", "true");
  const patience = window.setTimeout(() => fill(place, el("span", { class: "busy" }, t("surveys.making"))), PATIENCE);
  try {
    const { body, name } = await file(link.href);
    const at = URL.createObjectURL(body);
    el("a", { href: at, download: name }).click();
    window.setTimeout(() => URL.revokeObjectURL(at), 60_000);
  } finally {
    clearTimeout(patience);
    fill(place);
    link.removeAttribute("aria-busy");
  }
}
