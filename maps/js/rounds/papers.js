// What is handed in (招标文件): four files of a round, with what is in each.

import { file as fetched } from "../api.js";
import { el, fill } from "../dom.js";
import { guard } from "../shell.js";
import { t } from "../words.js";

const FILES = ["lots.xlsx", "annex.docx", "maps.pdf", "round.gpkg"];

/** @param {Element} place @param {any} round */
export function papers(place, round) {
  const cards = FILES.map((file) => {
    const key = file.split(".")[0];
    const card = el("a", { class: "paper", href: `/api/rounds/${round.id}/documents/${file}`, download: "", id: `paper-${key}` },
      el("strong", {}, t(`papers.${key}`)), el("span", { class: "tag" }, file.split(".")[1].toUpperCase()), el("span", { class: "note" }, t(`papers.${key}_about`)));
    card.addEventListener("click", (event) => (event.preventDefault(), guard(() => make(card))));
    return card;
  });
  fill(place, round.state === "draft" ? el("p", { class: "alert warn" }, t("papers.draft")) : null, el("div", { class: "papers" }, ...cards), el("p", { class: "note" }, t("papers.review")));
}

/** Asks for a file, and shows that it is being made: one with many maps takes a while. @param {HTMLAnchorElement} card */
async function make(card) {
  if (card.getAttribute("aria-busy") === "true") return;
  card.setAttribute("aria-busy", "true");
  const wait = el("span", { class: "note busy", role: "status" }, t("papers.making"));
  card.append(wait);
  try {
    const { body, name } = await fetched(card.href);
    const address = URL.createObjectURL(body);
    el("a", { href: address, download: name }).click();
    window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } finally {
    wait.remove();
    card.removeAttribute("aria-busy");
  }
}
