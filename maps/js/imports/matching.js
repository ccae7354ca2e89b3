// Matching (匹配) on the page of imports: what a report says about rows without a code, and the files that wait.

import { get, paths } from "../api.js";
import { el } from "../dom.js";
import { guard } from "../shell.js";
import { named, num, t } from "../words.js";

/** How many rows were matched, and the way to those that wait. @param {any} report */
export function matchingBox(report) {
  const found = report?.matching;
  const kinds = ["certain", "settled", "doubtful", "double", "none"].filter((key) => found?.[key]);
  if (!kinds.length) return null;
  const waits = found.doubtful + found.double;
  const sums = kinds
    .map((key) => el("div", { class: key === "doubtful" && found[key] ? "bad" : "" }, el("strong", {}, num(found[key])), el("span", {}, t(`matching.${key}`))));
  return el("section", { class: "question", id: "matching" }, el("strong", {}, t("matching.by_name")),
    el("div", { class: "sums" }, ...sums),
    found.id ? el("a", { class: "button main", href: `/matchings?id=${found.id}`, style: "justify-self:start" }, t(waits ? "matching.settle" : "matching.look", { n: num(waits) })) : null);
}

/** Files that wait for somebody, above the list of what came in. @param {Element} before */
export async function waiting(before) {
  const answer = await guard(() => get(paths.matchings));
  const open = (answer?.matchings ?? []).filter((/** @type {any} */ one) => one.state === "open");
  document.getElementById("matchings")?.remove();
  if (!open.length) return;
  before.before(el("section", { class: "panel", id: "matchings" }, el("header", {}, el("h2", {}, t("matching.files"))),
    el("table", { class: "list" }, el("tbody", {}, ...open.map((/** @type {any} */ one) => el("tr", {},
      el("td", {}, el("a", { href: `/matchings?id=${one.id}` }, one.source)), el("td", {}, named("import_kind", one.kind)), el("td", {}, one.actor),
      el("td", { class: "num" }, t("matching.waiting", { n: num(one.doubtful + one.double) }))))))));
}
