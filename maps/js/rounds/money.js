// Money of a round (资金): by contract year and package, against the budget of each calendar year; what is below cost, by
// how much and what would balance it; and the terms behind it all.

import { button, el, fill, select } from "../dom.js";
import { redraw, sent } from "../redraw.js";
import { day, num, t } from "../words.js";
import { exact, fromFen, told, toFen } from "./say.js";

/** @param {Element} place @param {any} money @param {{round: any, open: boolean, save: (change: any) => Promise<void>, show: (number: number) => void}} about */
export function money(place, money, about) {
  const short = money.packages.filter((/** @type {any} */ one) => one.short);
  redraw(place, () => fill(place, terms(about),
    money.start_assumed ? el("p", { class: "note" }, t("money.start_assumed", { date: day(money.start) })) : null,
    money.unknown_units ? el("p", { class: "alert warn" }, [t("money.unknown", { n: num(money.unknown_units) }), known(money.packages)].join(t("rule.stop"))) : null,
    el("h3", {}, t("money.by_year")), years(money.total.years), budget(money.calendar),
    short.length ? el("section", { class: "stack" }, el("h3", {}, t("money.below", { n: short.length })), el("ul", { class: "findings" }, ...short.map((/** @type {any} */ one) =>
      el("li", {}, button(one.name, () => about.show(one.number), { class: "plain link" }), el("span", { class: "grow" }, told(one.short)))))) : null,
    el("h3", {}, t("money.by_package")), packages(money, about)));
}

/** What is known of the first year, where the whole is not. Whole fen add without losing a digit. @param {any[]} packages */
function known(packages) {
  const sum = (/** @type {string} */ key) => fromFen(packages.reduce((all, one) => all + (toFen(one.known[key]) ?? 0), 0));
  return t("money.known_part", { income: sum("income"), cost: sum("cost"), subsidy: sum("subsidy") });
}

/** @param {any[]} rows */
function years(rows) {
  const heads = ["year", "income", "subsidy", "cost", "balance"];
  return el("table", { class: "list", id: "money-years" }, headOf(heads), el("tbody", {}, ...rows.map((year) => el("tr", {},
    el("td", {}, t("money.year_n", { n: year.number }), el("span", { class: "note" }, ` ${year.first} – ${year.last}`)), ...heads.slice(1).map((key) => amount(year[key]))))));
}

/** @param {string[]} heads */
function headOf(heads) {
  return el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: i ? "num" : "text" }, el("span", { class: "sort" }, t(`money.${head}`))))));
}

/** @param {string | null} text */
function amount(text) {
  return el("td", { class: String(text).startsWith("-") ? "num below" : "num" }, exact(text));
}

/** Needed against what there is, by calendar year. @param {any[]} rows */
function budget(rows) {
  if (!rows.length) return null;
  const heads = ["calendar", "needed", "budget", "left"];
  return el("section", { class: "stack" }, el("h3", {}, t("money.budget_check")), el("table", { class: "list" }, headOf(heads), el("tbody", {}, ...rows.map((row) => el("tr", {},
    el("td", {}, String(row.year)), amount(row.needed), row.budget === null ? el("td", { class: "num note" }, t("money.no_budget")) : amount(row.budget), row.left === null ? el("td", { class: "num" }, "—") : amount(row.left))))));
}

/** First-year figures of each package, and its ceiling. @param {any} found @param {any} about */
function packages(found, { round, open, save, show }) {
  const ceilings = new Map(round.packages.map((/** @type {any} */ one) => [one.number, one.ceiling_fen]));
  const rows = found.packages.map((/** @type {any} */ one) => {
    const [first] = one.years;
    const ceiling = ceilings.get(one.number);
    const input = el("input", { class: "num short", value: ceiling ? (ceiling / 100).toFixed(2) : "", inputmode: "decimal", "aria-label": `${t("money.ceiling")} ${one.name}`, data: { ceiling: one.number } });
    input.addEventListener("change", () => (sent(input), save({ ceilings: { [one.number]: input.value.trim() ? toFen(input.value) : null } })));
    return el("tr", {}, el("td", {}, button(one.name, () => show(one.number), { class: "plain link" })), amount(first?.income ?? null), amount(first?.subsidy ?? null), amount(first?.cost ?? null),
      el("td", { class: String(first?.balance).startsWith("-") ? "num below" : "num" }, exact(first?.balance ?? null)), el("td", { class: "num" }, open ? input : fromFen(ceiling)));
  });
  return el("table", { class: "list" }, headOf(["package", "income", "subsidy", "cost", "balance", "ceiling"]), el("tbody", {}, ...rows));
}

/** The terms of the contracts, open in a draft. @param {any} about */
function terms({ round, open, save }) {
  const given = round.terms ?? {};
  const by = given.cost_per_household !== null && given.cost_per_household !== undefined ? "cost_per_household" : "cost_per_m2";
  const box = (/** @type {string} */ id, /** @type {string} */ value, /** @type {Record<string, any>} */ more = {}) => el("input", { id: `term-${id}`, value, disabled: !open, ...more });
  const start = box("start", given.start ?? "", { type: "date" });
  const length = box("years", String(given.years ?? 3), { type: "number", min: 1, max: 10, class: "short" });
  const subsidy = box("subsidy", (given.subsidy ?? []).join(" → "), { placeholder: "0.3 → 0.2 → 0.1" });
  const cost = box("cost", given[by] ?? "", { inputmode: "decimal", class: "short" });
  const costBy = select([["cost_per_m2", t("money.per_m2")], ["cost_per_household", t("money.per_household")]], by, { id: "term-cost-by", disabled: !open, "aria-label": t("money.cost_by") });
  const budgets = box("budgets", Object.entries(given.budgets ?? {}).map(([year, sum]) => `${year}: ${sum}`).join("，"), { placeholder: "2027: 500000，2028: 300000" });
  const fee = box("fee", given.assumed_fee ?? "", { inputmode: "decimal", class: "short" });
  const rate = box("rate", given.assumed_rate === null || given.assumed_rate === undefined ? "" : String(Math.round(Number(given.assumed_rate) * 1e4) / 100), { inputmode: "decimal", class: "short" });
  const field = (/** @type {string} */ word, /** @type {HTMLElement[]} */ ...inputs) => el("div", { class: "field" }, el("label", { for: inputs[0].id }, t(`money.${word}`)), el("span", { class: "row tight" }, ...inputs));
  const error = el("p", { class: "field-error", role: "alert" });
  const read = () => ({
    ...given, start: start.value || null, years: Number(length.value), subsidy: subsidy.value.split(/[→>,，\s]+/).filter(Boolean),
    cost_per_m2: null, cost_per_household: null, [costBy.value]: cost.value.trim() || null, budgets: budgetsOf(budgets.value),
    assumed_fee: fee.value.trim() || null, assumed_rate: rate.value.trim() ? String(Math.round(Number(rate.value) * 100) / 1e4) : null,
  });
  const made = el("form", { class: "terms" }, field("start", start), field("years", length), field("subsidy_rates", subsidy), field("cost_rate", cost, costBy), field("budgets", budgets), field("assumed_fee", fee), field("assumed_rate", rate),
    open ? el("button", { type: "submit", class: "main", id: "terms-save" }, t("money.save")) : null, error);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const change = read();
    fill(error, change.budgets === null ? t("money.budgets_wrong") : change.subsidy.some((/** @type {string} */ one) => !/^\d+(\.\d+)?$/.test(one)) ? t("money.subsidy_wrong") : [change.assumed_fee, change.assumed_rate].some((one) => one !== null && !(Number(one) >= 0)) ? t("money.fee_wrong") : "");
    if (!error.textContent) (sent(...made.elements), save({ terms: change }));
  });
  return made;
}

/** 2027: 500000，2028: 300000 @param {string} text @returns {Record<string, string> | null} */
function budgetsOf(text) {
  const pairs = text.split(/[,，;；\n]+/).map((part) => part.trim()).filter(Boolean).map((part) => /^(\d{4})\s*[:：]\s*(\d+(?:\.\d{1,2})?)$/.exec(part));
  return pairs.some((pair) => pair === null) ? null : Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]));
}
