// The steps of a round (办理): buttons for what its state allows and the person's role may do; each asks what it needs.

import { button, byId, el, fill } from "../dom.js";
import { guard, reason } from "../shell.js";
import { named, t } from "../words.js";
import { Problem } from "../api.js";
import { onwards } from "./say.js";

/** Steps that have a place of their own on the page. */
const ELSEWHERE = ["bids", "propose", "award", "confirm", "withdraw", "contract", "fail", "save", "moves"];
/** What a step asks: a remark that must be given, may be given, a day, a name. @type {Record<string, string[]>} */
const ASKS = { submit: ["remark?"], return: ["remark"], publish: ["bids_until"], void: ["remark"], close: ["remark?"], relet: ["name"], open: [] };
const GRAVE = ["return", "void"];

/** @param {Element} place @param {any} round @param {any} me @param {(step: string, body: any) => Promise<void>} act @param {{least_days: number}} rules */
export function steps(place, round, me, act, rules) {
  const mine = (round.allowed ?? []).filter((/** @type {any} */ one) => me.roles.includes(one.role) && !ELSEWHERE.includes(one.step) && makes(one.step, round));
  const made = mine.map((/** @type {any} */ { step }) => button(named("round_step", step), () => ask(step, round, me, act, rules),
    { class: GRAVE.includes(step) ? "danger" : "main", id: `step-${step}`, disabled: step === "open" && round.bids_until > me.business_date, title: step === "open" && round.bids_until > me.business_date ? t("round.not_yet", { date: round.bids_until }) : "" }));
  const others = (round.allowed ?? []).filter((/** @type {any} */ one) => !me.roles.includes(one.role) && (one.step === "contract" || !ELSEWHERE.includes(one.step)) && !GRAVE.includes(one.step) && makes(one.step, round));
  const waits = others.length ? el("span", { class: "note" }, t("round.waits", { who: named("role", others[0].role), step: named("round_step", others[0].step) })) : null;
  fill(place, waits, ...made);
}

/** Whether there is anything to take a step with: packages to let again, packages to contract or none left. @param {string} step @param {any} round */
function makes(step, round) {
  const some = (/** @type {string} */ state) => round.packages.some((/** @type {any} */ one) => one.state === state && !one.relet_in);
  if (step === "relet") return some(round.state === "voided" ? "planned" : "failed");
  if (step === "contract") return some("awarded");
  return step !== "close" || !some("awarded");
}

/** @param {string} step @param {any} round @param {any} me @param {(step: string, body: any) => Promise<void>} act @param {{least_days: number}} rules */
function ask(step, round, me, act, rules) {
  const asks = ASKS[step] ?? [];
  if (!asks.length) return guard(() => act(step, {}));
  const dialog = byId("step", HTMLDialogElement);
  fill(byId("step-title"), named("round_step", step));
  fill(byId("step-about"), t(`round.about_${step}`));
  fill(byId("step-error"));
  const fields = asks.map((name) => field(name, round, me, rules));
  fill(byId("step-fields"), ...fields.map((one) => one.element));
  const form = byId("step-form", HTMLFormElement);
  form.onsubmit = (event) => {
    event.preventDefault();
    const body = Object.fromEntries(fields.map((one) => one.read()));
    run(dialog, () => act(step, body));
  };
  byId("step-cancel").onclick = () => dialog.close();
  dialog.showModal();
  return undefined;
}

/** Runs a step; a refusal stays in the dialog, in words. @param {HTMLDialogElement} dialog @param {() => Promise<void>} act */
async function run(dialog, act) {
  const submit = /** @type {HTMLButtonElement} */ (dialog.querySelector("button[type=submit]"));
  submit.disabled = true;
  try {
    await act();
    dialog.close();
  } catch (error) {
    fill(byId("step-error"), reason(error));
    if (error instanceof Problem && error.body.gate) dialog.close();
  } finally {
    submit.disabled = false;
  }
}

/** @param {string} name @param {any} round @param {any} me @param {{least_days: number}} rules */
function field(name, round, me, rules) {
  const key = name.replace("?", "");
  const earliest = onwards(me.business_date, { days: rules.least_days });
  const input = key === "remark" ? el("textarea", { id: "step-remark", rows: 3, maxlength: 500, required: !name.endsWith("?") })
    : key === "bids_until" ? el("input", { id: "step-bids_until", type: "date", min: earliest, value: earliest, required: true })
    : el("input", { id: "step-name", maxlength: 80, required: true, value: t("round.relet_name", { name: round.name }).slice(0, 80) });
  const element = el("div", { class: "field" }, el("label", { for: input.id }, t(`round.${key}`)), input,
    key === "bids_until" ? el("span", { class: "note" }, t("round.least_days", { n: rules.least_days })) : null);
  return { element, read: () => [key, input.value.trim() || null] };
}
