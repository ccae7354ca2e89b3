// The date a page speaks of (数据截至): a day, and one month back or forth.

import { button, el, fill } from "./dom.js";
import { t } from "./words.js";

/** @param {string} date yyyy-mm-dd @param {number} months the same day of another month, or its last day */
export function shiftMonth(date, months) {
  const [year, month, dayOfMonth] = date.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(dayOfMonth, last));
  return first.toISOString().slice(0, 10);
}

/**
 * @param {Element} place @param {string} today the business date: nothing after it
 * @param {string} value @param {(date: string) => void} changed
 * @returns {{set: (date: string) => void}}
 */
export function asOf(place, today, value, changed) {
  const input = el("input", { type: "date", max: today, value, id: "as-of", required: true });
  const to = (/** @type {string} */ date) => {
    if (!date || date > today) return;
    input.value = date;
    after.disabled = shiftMonth(date, 1) > today;
    changed(date);
  };
  const before = button("‹", () => to(shiftMonth(input.value, -1)), { class: "step", title: t("common.month_back"), "aria-label": t("common.month_back") });
  const after = button("›", () => to(shiftMonth(input.value, 1)), { class: "step", title: t("common.month_on"), "aria-label": t("common.month_on") });
  after.disabled = shiftMonth(value, 1) > today;
  input.addEventListener("change", () => to(input.value));
  fill(place, el("label", { for: "as-of" }, t("common.as_of")), before, input, after);
  return { set: (date) => { input.value = date; after.disabled = shiftMonth(date, 1) > today; } };
}
