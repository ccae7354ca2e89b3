// The award (定标): who wins what and the proof in words; for each loser why; how much of the work one firm would hold.

import { button, el, fill } from "../dom.js";
import { num, pct, t } from "../words.js";
import { fromFen, told } from "./say.js";

/** @param {Element} place @param {any} answer @param {{round: any, me: any, propose: () => void, confirm: (hash: string, unproven: boolean) => void, withdraw: () => void, show: (number: number) => void}} on */
export function award(place, answer, on) {
  if (!answer?.award) return fill(place, el("p", { class: "note" }, t("award.nothing")));
  const { award: found, proposed } = answer;
  return fill(place, buttons(answer, on), el("p", { class: found.proven ? "alert good" : "alert warn", role: "status" }, proof(found)),
    wins(found, on.show), failed(found, on.show), concentration(found.concentration, found.wins), losers(found),
    proposed ? el("p", { class: "note" }, t("award.hash", { hash: answer.hash.slice(0, 16) })) : null);
}

/** The proof in words. @param {any} found */
function proof(found) {
  const total = String(found.points);
  if (!found.wins.length) return t("award.none_won");
  if (found.proven) return t("award.proven", { n: num(found.wins.length), points: total, price: fromFen(found.price_fen) });
  return t("award.not_proven", { points: total, bound: String(found.bound ?? "—") });
}

/** @param {any} answer @param {any} on */
function buttons({ award: found, proposed, hash }, { round, me, propose, confirm, withdraw }) {
  if (round.state !== "opened") return null;
  const [officer, reviewer] = [me.roles.includes("officer"), me.roles.includes("reviewer")];
  if (!proposed) return el("div", { class: "row" }, officer ? button(t("award.propose"), propose, { class: "main", id: "award-propose" }) : el("span", { class: "note" }, t("award.wait_propose")));
  const said = el("span", { class: "note" }, t("award.proposed_by", { who: proposed.by }));
  return el("div", { class: "row" }, said, ...(reviewer ? confirming(found.proven, proposed.by === me.username, (unproven) => confirm(hash, unproven)) : [el("span", { class: "note" }, t("award.wait_confirm"))]),
    officer || reviewer ? button(t("award.withdraw"), withdraw, { id: "award-withdraw" }) : null);
}

/** The button that confirms; an award that is not proven asks the reviewer to say so first. @param {boolean} proven @param {boolean} own @param {(unproven: boolean) => void} act */
function confirming(proven, own, act) {
  const main = button(t("award.confirm"), () => act(!proven), { class: "main", id: "award-confirm", disabled: own || !proven, title: own ? t("award.not_self") : "" });
  if (proven || own) return [main];
  const know = el("input", { type: "checkbox", id: "award-unproven" });
  know.addEventListener("change", () => (main.disabled = !know.checked));
  return [el("label", { class: "row" }, know, t("award.unproven")), main];
}

/** @param {any} found @param {(number: number) => void} show */
function wins(found, show) {
  if (!found.wins.length) return null;
  const rows = found.wins.map((/** @type {any} */ one) => line([button(one.package_name, () => show(one.package), { class: "plain link" }), one.firm_name ?? one.firm, fromFen(one.price_fen), one.points]));
  return el("section", { class: "stack" }, el("h3", {}, t("award.wins")), sheet(["package", "firm", "price", "points"], rows));
}

/** @param {any} found @param {(number: number) => void} show */
function failed(found, show) {
  if (!found.failed.length) return null;
  const rows = found.failed.map((/** @type {any} */ one) => el("li", {}, button(one.package_name, () => show(one.package), { class: "plain link" }), el("span", { class: "tag bad" }, t("award.failed_tag")), el("span", { class: "grow" }, told(one.reason))));
  return el("section", { class: "stack" }, el("h3", {}, t("award.failed")), el("ul", { class: "findings" }, ...rows));
}

/** Every losing bid with its reasons, by package. @param {any} found */
function losers(found) {
  if (!found.lost.length) return null;
  const by = new Map();
  for (const one of found.lost) by.set(one.package_name, [...(by.get(one.package_name) ?? []), one]);
  const groups = [...by].map(([name, lost]) => el("div", { class: "stack" }, el("h4", {}, name), el("ul", { class: "findings" }, ...lost.map((/** @type {any} */ one) => el("li", {},
    el("span", { class: one.eligible ? "tag" : "tag bad" }, t(one.eligible ? "award.lost" : "award.not_eligible")), el("strong", {}, one.firm_name ?? one.firm),
    el("span", { class: "grow" }, one.reasons.map(told).join(t("rule.stop"))))))));
  return el("section", { class: "stack losers" }, el("h3", {}, t("award.losers", { n: found.lost.length })), ...groups);
}

/** Supplier concentration, by households and by packages: the largest share with its firm, and the index.
 * @param {any} one @param {any[]} won */
function concentration(one, won) {
  const parts = ["households", "packages"].filter((basis) => one?.[basis]?.hhi !== null && one?.[basis]?.hhi !== undefined).map((basis) => {
    const [firm, share] = Object.entries(one[basis].shares)[0] ?? ["", "0"];
    const name = won.find((each) => each.firm === firm)?.firm_name ?? firm;
    return `${t(`award.by_${basis}`)} ${t("award.share", { p: pct(Number(share)), name })}, ${t("award.hhi", { p: num(one[basis].hhi) })}`;
  });
  return parts.length ? el("p", { class: "note", id: "award-concentration" }, t("award.concentration"), "：", parts.join(t("rule.stop"))) : null;
}

/** @param {string[]} heads @param {HTMLElement[]} rows */
function sheet(heads, rows) {
  return el("table", { class: "list" }, el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: i > 1 ? "num" : "text" }, el("span", { class: "sort" }, t(`award.${head}`)))))), el("tbody", {}, ...rows));
}

/** @param {import("../dom.js").Child[]} cells */
function line(cells) {
  return el("tr", {}, ...cells.map((cell, i) => el("td", { class: i > 1 ? "num" : "text wrap" }, cell)));
}
