// The bar on top of every page: who is here, which day it is, which language; and messages.

import { get, paths, Problem, send, useToken } from "./api.js";
import { add, byId, el, fill } from "./dom.js";
import { day, language, t } from "./words.js";

/** Says something in the corner; errors stay until they are closed. @param {string} text @param {"done" | "error"} [kind] */
export function toast(text, kind = "done") {
  const close = el("button", { type: "button", class: "plain", "aria-label": t("common.close") }, "×");
  const box = el("div", { class: `toast ${kind}` }, el("span", {}, text), close);
  close.addEventListener("click", () => box.remove());
  add(byId("toasts"), box);
  if (kind === "done") window.setTimeout(() => box.remove(), 5000);
}

/** What went wrong, in words. @param {unknown} error */
export function reason(error) {
  if (error instanceof Problem) return error.status === 403 ? t("error.forbidden") : error.message;
  return error instanceof Error ? error.message : String(error);
}

/** Runs something that may fail, and says so. @template T @param {() => Promise<T>} act @returns {Promise<T | undefined>} */
export async function guard(act) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    toast(reason(error), "error");
    return undefined;
  }
}

/** A designed state in place of content: nothing there, not allowed, failed. @param {string} title @param {string} [text] */
export function blank(title, text) {
  return el("div", { class: "blank" }, el("strong", {}, title), text ? el("p", {}, text) : null);
}

/** The state for an error. @param {unknown} error */
export function failed(error) {
  const status = error instanceof Problem ? error.status : 0;
  const title = status === 403 ? t("error.no_permission") : status === 404 ? t("error.not_found") : t("error.failed");
  return blank(title, reason(error));
}

/** The page listens: its controls may be used. */
export function ready() {
  byId("gate", HTMLFieldSetElement).disabled = false;
  document.body.dataset.ready = "yes";
}

/** Loads who is here, fills the bar, then runs the page. @param {(me: Me) => Promise<void> | void} page */
export async function start(page) {
  watchLanguage();
  try {
    /** @type {Me} */
    const me = await get(paths.me);
    useToken(me.csrf ?? "");
    fillBar(me);
    showInbox(me);
    if (!allowed(me)) throw new Problem(403, {});
    await page(me);
    ready();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return;
    // Half a page would only mislead: the state stands in its place.
    fill(byId("main"), el("div", { class: "page-problem", role: "alert" }, failed(error), wayBack()));
    document.body.dataset.ready = "failed";
    if (!(error instanceof Problem)) throw error;
  }
}

/** The same page without what its address asks for, which may be what is wrong. */
function wayBack() {
  return location.search ? el("p", { class: "blank" }, el("a", { class: "button", href: location.pathname }, t("error.begin_anew"))) : null;
}

/** Whether the menu names this page for one of the person's roles; pages outside the menu decide by the API.
 * @param {Me} me */
function allowed(me) {
  const here = document.querySelector(".menu [aria-current=page]");
  return !(here instanceof HTMLElement) || mayUse(here, me);
}

/** @param {HTMLElement} link @param {Me} me */
function mayUse(link, me) {
  const roles = (link.dataset.roles ?? "").split(" ");
  return me.roles.some((role) => roles.includes(role));
}

/** @param {Me} me */
function fillBar(me) {
  for (const link of document.querySelectorAll(".menu a")) {
    if (link instanceof HTMLElement) link.hidden = !mayUse(link, me);
  }
  fill(byId("area"), me.areas.map((area) => area.name).join("、"));
  const who = byId("who");
  who.hidden = false;
  fill(who, me.name || me.username);
  who.title = me.roles.map((role) => t(`role.${role}`)).join("、");
  const out = byId("sign-out");
  out.hidden = false;
  out.addEventListener("click", () => guard(signOut));
  if (me.demo) {
    byId("demo-strip").hidden = false;
    fill(byId("demo-date"), t("shell.business_date", { date: day(me.business_date) }));
  } else {
    fill(byId("business-date"), day(me.business_date));
  }
}

/** The roles that something can wait for. */
const BUSINESS = ["planner", "officer", "supervisor", "reviewer"];

/** How much waits for this person, on every page's head. The page does not wait for it. @param {Me} me */
async function showInbox(me) {
  if (!me.roles.some((role) => BUSINESS.includes(role))) return;
  byId("to-inbox").hidden = false;
  const { unread } = await get(paths.inbox).catch(() => ({ unread: 0 }));
  // A page that speaks of the same knows it later and better.
  if (!said) showUnread(unread);
}

let said = false;

/** @param {number} unread what waits and was not marked as read */
export function showUnread(unread) {
  said = true;
  const count = byId("inbox-count");
  count.hidden = !unread;
  fill(count, String(unread));
}

async function signOut() {
  await send("DELETE", paths.session);
  location.assign("/sign-in");
}

/** The language button keeps the choice in a cookie, because the page itself comes in one language. */
export function watchLanguage() {
  byId("language").addEventListener("click", () => {
    document.cookie = `wangge_lang=${language === "zh" ? "en" : "zh"}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  });
}
