// 流程: submit, approve, publish on a date, return, withdraw, delete: what this person may do now.

import { Problem, send } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";
import { guard, toast } from "../shell.js";
import { day, num, t } from "../words.js";

/**
 * @param {import("./studio.js").Studio} studio @param {Me} me
 * @param {{moved: () => Promise<void>, blocked: () => void}} on  the plan is in another state; errors are in the way
 */
export function showDecisions(studio, me, on) {
  const { draft } = studio;
  const box = byId("decide");
  const move = (/** @type {string} */ step, /** @type {any} */ body, /** @type {string} */ said) => guard(async () => {
    const answer = await draft.decide(step, body);
    toast(said);
    await on.moved();
    if (step === "publish") published(answer);
  });
  const parts = [
    draft.may("submit") ? el("div", { class: "row tight" }, button(t("plan.submit"), () => submit(studio, on), { class: "main", id: "submit" }), el("span", { class: "push" }), draft.may("delete") ? button(t("plan.delete"), () => discard(draft), { class: "danger", id: "delete" }) : null) : null,
    draft.may("approve") ? button(t("plan.approve"), () => move("approve", {}, t("plan.approved_done")), { id: "approve" }) : null,
    draft.may("publish") ? publishForm(draft, me, (date) => move("publish", { valid_from: date }, t("plan.published_done", { date: day(date) }))) : null,
    draft.may("return") ? returnForm((remark) => move("return", { remark }, t("plan.returned_done"))) : null,
    draft.may("withdraw") ? button(t("plan.withdraw"), () => window.confirm(t("plan.sure_withdraw")) && move("withdraw", {}, t("plan.withdrawn_done")), { class: "danger", id: "withdraw" }) : null,
  ].filter(Boolean);
  box.hidden = !parts.length;
  redraw(box, () => fill(box, ...parts));
}

/** @param {import("./studio.js").Studio} studio @param {{moved: () => Promise<void>, blocked: () => void}} on @param {string} [reason] */
function submit(studio, on, reason) {
  return guard(async () => {
    try {
      await studio.draft.decide("submit", reason ? { reason } : {});
      toast(t("plan.submitted_done"));
      await on.moved();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      const kind = String(error.body.type ?? "").split(":").pop();
      if (kind === "reason-needed" || error.body.reason === "reason-needed") return askReason(studio, on, error.body);
      if (!error.body.faults && !error.body.errors) throw error;
      on.blocked();
      toast(t("plan.blocked", { n: error.body.errors ?? error.body.faults?.length ?? "" }), "error");
    }
    return undefined;
  });
}

/** Warnings need a reason. @param {import("./studio.js").Studio} studio @param {{moved: () => Promise<void>, blocked: () => void}} on @param {any} said */
function askReason(studio, on, said) {
  const dialog = byId("dialog", HTMLDialogElement);
  const text = el("textarea", { rows: "3", required: true, maxlength: "500", id: "submit-reason", "aria-label": t("plan.reason") });
  const n = said.warnings ?? studio.draft.faults?.warnings ?? said.faults?.length ?? "";
  const form = el("form", { method: "dialog" }, el("h2", { id: "dialog-title" }, t("plan.submit")), el("p", {}, t("plan.warn_reason", { n: num(n) })), text,
    el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, t("plan.submit")), button(t("plan.cancel"), () => dialog.close())));
  form.addEventListener("submit", () => submit(studio, on, text.value.trim()));
  fill(dialog, form);
  dialog.showModal();
}

/** @param {import("./draft.js").Draft} draft @param {Me} me @param {(date: string) => void} act */
function publishForm(draft, me, act) {
  const from = [draft.plan.base_date, me.business_date].filter(Boolean).sort().pop();
  const field = el("input", { type: "date", id: "valid-from", required: true, min: from, value: from });
  const form = el("form", { class: "row tight", id: "publish-form" }, el("label", { for: "valid-from" }, t("plan.publish_on")), field, el("button", { type: "submit", class: "main", id: "publish" }, t("plan.publish")));
  form.addEventListener("submit", (event) => (event.preventDefault(), act(field.value)));
  return form;
}

/** @param {(remark: string) => void} act */
function returnForm(act) {
  const field = el("input", { id: "return-reason", maxlength: "500", required: true, style: "flex:1;min-width:0", "aria-label": t("plan.return_reason"), placeholder: t("plan.return_reason") });
  const form = el("form", { class: "row tight", id: "return-form" }, field, el("button", { type: "submit", id: "return" }, t("plan.return")));
  form.addEventListener("submit", (event) => (event.preventDefault(), act(field.value)));
  return form;
}

/** @param {import("./draft.js").Draft} draft */
function discard(draft) {
  if (!window.confirm(t("plan.sure_delete"))) return;
  guard(async () => {
    await send("DELETE", draft.here);
    location.assign("/plans");
  });
}

/** What publication did: the codes that were given, and what is left to settle. @param {any} answer */
function published(answer) {
  const dialog = byId("dialog", HTMLDialogElement);
  const codes = (/** @type {string[]} */ list) => list.slice(0, 12).join("、") + (list.length > 12 ? "…" : "");
  const renumbered = Object.entries(answer.renumbered ?? {}).map(([old, code]) => `${old.slice(-3)} → ${code}`);
  const lines = [
    answer.opened?.length ? t("plan.opened", { n: answer.opened.length, codes: codes(answer.opened) }) : "",
    answer.ended?.length ? t("plan.ended_codes", { n: answer.ended.length, codes: codes(answer.ended) }) : "",
    renumbered.length ? `${t("plan.renumbered")}：${renumbered.join("、")}` : "",
    answer.unsettled_branches?.length ? t("plan.unsettled", { n: answer.unsettled_branches.length }) : "",
  ].filter(Boolean);
  fill(dialog, el("div", {}, el("h2", { id: "dialog-title" }, t("plan.result")), ...lines.map((text) => el("p", {}, text)), el("div", { class: "row" }, button(t("common.close"), () => dialog.close(), { class: "main" }))));
  dialog.showModal();
}
