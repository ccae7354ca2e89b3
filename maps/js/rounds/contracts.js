// Contracts (签约): for each awarded package a form with days and kind; what was signed, and how a trial goes on.

import { button, el, fill, select } from "../dom.js";
import { redraw } from "../redraw.js";
import { day, named, num, t } from "../words.js";
import { fromFen, onwards, told } from "./say.js";

/** @typedef {{round: any, me: any, years: number, trialDays: number, sign: (body: any) => void, fail: (number: number, remark: string) => void, show: (number: number) => void}} About */

/** @param {Element} place @param {About} about */
export function contracts(place, about) {
  const { round } = about;
  const later = ["draft", "submitted", "published", "opened"].includes(round.state);
  if (later) return fill(place, el("p", { class: "note" }, t("contract.not_yet")));
  const left = round.packages.filter((/** @type {any} */ one) => one.state === "awarded").length;
  return redraw(place, () => fill(place, el("p", { class: left ? "alert warn" : "alert good", role: "status" }, left ? t("contract.left", { n: num(left) }) : t("contract.all_signed")),
    ...round.packages.map((/** @type {any} */ one) => card(one, about))));
}

/** @param {any} one @param {About} about */
function card(one, about) {
  const kind = /** @type {Record<string, string>} */ ({ awarded: "warn", contracted: "good", failed: "bad", relet: "", planned: "" })[one.state] ?? "";
  const may = about.me.roles.includes("officer");
  const last = one.contracts[one.contracts.length - 1];
  const renew = one.state === "contracted" && last?.kind === "trial" && !last.converted;
  return el("article", { class: "signing", data: { number: one.number } },
    el("div", { class: "row" }, button(one.name, () => about.show(one.number), { class: "plain link" }), el("span", { class: `tag ${kind}` }, named("package_state", one.state)),
      one.service ? el("span", { class: one.service === "served" ? "tag good" : "tag" }, named("package_service", one.service)) : null,
      el("span", { class: "grow note" }, [one.firm_name ?? one.firm, one.price_fen ? t("contract.yuan", { n: fromFen(one.price_fen) }) : ""].filter(Boolean).join(" · "))),
    one.failure ? el("p", { class: "field-error" }, told(one.failure)) : null,
    ...one.contracts.map((/** @type {any} */ signed) => el("p", {}, el("span", { class: "tag info" }, named("contract_kind", signed.kind)), ` ${day(signed.start)} – ${day(signed.end)} `, el("span", { class: "note" }, signed.signed_by ?? ""))),
    may && (one.state === "awarded" || renew) ? form(one, about, renew ? last : null) : null,
    one.state === "awarded" && about.me.roles.includes("reviewer") ? refuse(one, about) : null);
}

/** @param {any} one @param {About} about @param {any} trial the trial that is to become a contract */
function form(one, about, trial) {
  const begin = trial ? trial.end : about.round.terms?.start ?? onwards(about.me.business_date, {});
  const start = el("input", { type: "date", value: begin, min: trial ? null : about.round.awarded_on, required: true, disabled: Boolean(trial), "aria-label": t("contract.start"), class: "start" });
  const end = el("input", { type: "date", min: onwards(begin, { days: 1 }), value: onwards(begin, { years: about.years }), required: true, "aria-label": t("contract.end"), class: "end" });
  const kind = select([["regular", named("contract_kind", "regular")], ["trial", named("contract_kind", "trial")]], "regular", { "aria-label": t("contract.kind"), disabled: Boolean(trial) });
  const fresh = () => (end.value = kind.value === "trial" ? onwards(start.value, { days: about.trialDays }) : onwards(start.value, { years: about.years }));
  kind.addEventListener("change", fresh);
  start.addEventListener("change", () => start.value && ((end.min = onwards(start.value, { days: 1 })), fresh()));
  const made = el("form", { class: "row", data: { kind: trial ? "convert" : "sign" } }, kind, start, el("span", {}, "–"), end, el("button", { class: "main", type: "submit" }, t(trial ? "contract.convert" : "contract.sign")));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    about.sign({ package: one.number, kind: kind.value, start: start.value, end: end.value });
  });
  return made;
}

/** A winner who does not sign. @param {any} one @param {About} about */
function refuse(one, about) {
  const remark = el("input", { maxlength: 200, required: true, placeholder: t("contract.why_failed"), "aria-label": t("contract.why_failed") });
  const made = el("form", { class: "row", data: { kind: "fail" } }, remark, el("button", { class: "danger", type: "submit" }, t("contract.fail")));
  made.addEventListener("submit", (event) => (event.preventDefault(), about.fail(one.number, remark.value.trim())));
  return made;
}
