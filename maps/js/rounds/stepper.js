// The life of a round as steps (流程): what was done, by whom and when, what comes next and who must do it.

import { el, fill } from "../dom.js";
import { day, moment, named, num, t } from "../words.js";

const PATH = ["draft", "submitted", "published", "opened", "awarded", "contracted", "closed"];

/** @param {Element} place @param {any} round @param {any[]} steps its history */
export function stepper(place, round, steps) {
  const at = PATH.indexOf(round.state);
  const reached = new Map(steps.filter((step) => step.to).map((step) => [step.to, step]));
  const voided = round.state === "voided";
  const last = voided ? PATH.indexOf(steps.filter((step) => step.to && step.to !== "voided").pop()?.to ?? "draft") : at;
  fill(place, ...PATH.map((state, i) => {
    const done = reached.get(state);
    const kind = i < last || (i === last && state === "closed") ? "done" : i === last ? "now" : "later";
    return el("li", { class: `step ${kind}`, "aria-current": kind === "now" ? "step" : null },
      el("i", {}, kind === "done" ? "✓" : String(i + 1)),
      el("span", {}, el("strong", {}, named("round_state", state)), el("small", {}, noteOf(round, state, done, kind))));
  }), voided ? el("li", { class: "step voided" }, el("i", {}, "×"), el("span", {}, el("strong", {}, named("round_state", "voided")), el("small", {}, when(reached.get("voided"))))) : "");
}

/** @param {any} round @param {string} state @param {any} done @param {string} kind */
function noteOf(round, state, done, kind) {
  if (kind === "later") return state === "opened" && round.bids_until ? t("round.bids_until", { date: day(round.bids_until) }) : t(`round.by_${state}`);
  if (state === "draft") return `${round.author} ${day(round.created_at)}`;
  return when(done);
}

/** @param {any} step */
function when(step) {
  return step ? `${step.actor} ${moment(step.at).slice(5)}` : "";
}

/** The step that leads to a state. @type {Record<string, string>} */
const TO = { submitted: "submit", draft: "return", published: "publish", opened: "open", awarded: "confirm", contracted: "contract", closed: "close", voided: "void" };
/** What a record without a new state tells of, by the word in its detail. @type {[string, string][]} */
const TOLD = [["bids", "bids"], ["proposed", "propose"], ["withdrawn", "withdraw"], ["relet", "relet"], ["contract", "contract"], ["failed", "fail"]];

/** @param {any} step */
function stepOf(step) {
  if (step.to) return TO[step.to] ?? step.to;
  const found = TOLD.find(([word]) => word in (step.detail ?? {}));
  return found ? found[1] : step.version === 1 ? "create" : "save";
}

/** Which package, which contract, how many bids. @param {any} detail */
function aboutOf(detail) {
  const { bids, firms, failed, start, end, contract } = detail;
  const lot = detail.package === undefined ? "" : t("round.lot", { n: detail.package });
  const days = contract ? `${named("contract_kind", contract)} ${day(start)} – ${day(end)}` : "";
  const count = bids === undefined ? "" : t("round.bids_of", { n: num(bids), firms: num(firms) });
  return [lot, days, count, typeof failed === "string" ? failed : ""].filter(Boolean).join(" · ");
}

/** The history as a list, the newest on top. @param {Element} place @param {any[]} steps */
export function history(place, steps) {
  const rows = [...steps].reverse().map((step) => el("li", {},
    el("span", { class: "note" }, moment(step.at)), el("strong", {}, named("round_step", stepOf(step))),
    el("span", {}, step.to ? `${named("round_state", step.from)} → ${named("round_state", step.to)}` : aboutOf(step.detail ?? {})),
    el("span", {}, step.actor), el("span", { class: "note" }, [step.day && t("round.business_day", { date: day(step.day) }), step.remark].filter(Boolean).join(" · "))));
  fill(place, rows.length ? el("ul", { class: "trail" }, ...rows) : el("p", { class: "note" }, t("round.no_steps")));
}
