// The rules of a proposal (打包规则): the form on the left, read into what the service takes and shown from it.

import { byId } from "../dom.js";
import { num, t } from "../words.js";

/** @typedef {Record<string, any>} Rules  as the service speaks them */

/** @param {string} id */
const box = (id) => /** @type {HTMLInputElement | HTMLSelectElement} */ (byId(id));
/** @param {string} id */
const checked = (id) => byId(id, HTMLInputElement).checked;

/** The number in a field, null where it is empty. @param {string} id @returns {number | null} */
function number(id) {
  const text = box(id).value.trim();
  return text === "" ? null : Number(text);
}

/** Two fields as bounds; one of them empty means as far as it goes. @param {string} low @param {string} high @param {number} top */
function bounds(low, high, top) {
  const [least, most] = [number(low), number(high)];
  return least === null && most === null ? null : [least ?? 0, most ?? top];
}

/** The rules as the form has them. @param {string} area @returns {Rules} */
export function readRules(area) {
  return {
    area, households: [number("min") ?? 0, number("max") ?? 0], floor_area: bounds("area-min", "area-max", 1e9),
    packages: bounds("fewest", "most", 10000), max_members: number("members"), gap: number("gap") ?? 0,
    within_subdistrict: checked("within"), border_price: checked("within") ? null : number("border"),
    standalone: checked("standalone"), anchors: checked("anchors") ? anchors() : null, willing: box("willing").value,
    money: checked("money") ? money() : null, barriers: barriers().filter((one) => one.checked).map((one) => one.value),
    leave_out_price: number("out"), alternatives: number("alternatives"), effort: number("effort"), seed: number("seed") ?? 1, exact: checked("exact"),
  };
}

function anchors() {
  return { households: number("anchor-households"), built_since: number("anchor-since") };
}

function money() {
  const rate = number("rate");
  return {
    [box("cost-by").value]: number("cost") ?? 0, subsidy_per_m2: number("subsidy") ?? 0, assumed_fee: number("fee"),
    assumed_rate: rate === null ? null : rate / 100, shortfall_price: number("short"),
  };
}

/** @returns {HTMLInputElement[]} */
function barriers() {
  return [...document.querySelectorAll("input[name=barrier]")].filter((one) => one instanceof HTMLInputElement);
}

/** What in the rules contradicts itself, in words, "" when nothing does; the fields at fault are marked. @param {Rules} rules */
export function contradiction(rules) {
  const wrong = (/** @type {number[] | null} */ pair) => pair !== null && pair[0] > pair[1];
  /** @type {[boolean, string, string[]][]} */
  const looks = [
    [wrong(rules.households), "packages.bounds_wrong", ["min", "max"]],
    [wrong(rules.floor_area), "rule.area_wrong", ["area-min", "area-max"]],
    [wrong(rules.packages), "rule.packages_wrong", ["fewest", "most"]],
    [rules.exact && rules.alternatives > 1, "rule.exact_wrong", ["exact", "alternatives"]],
    [Boolean(rules.anchors) && rules.anchors.households === null && rules.anchors.built_since === null, "rule.anchor_wrong", ["anchor-households", "anchor-since"]],
  ];
  const found = looks.find(([at]) => at);
  for (const field of byId("rules").querySelectorAll("[aria-invalid]")) (field.removeAttribute("aria-invalid"), field.removeAttribute("aria-describedby"));
  for (const id of found?.[2] ?? []) (byId(id).setAttribute("aria-invalid", "true"), byId(id).setAttribute("aria-describedby", "rules-error"));
  return found ? t(found[1]) : "";
}

/** The field at fault, unfolded and with the focus. */
export function toFault() {
  const field = byId("rules").querySelector("[aria-invalid]");
  if (!(field instanceof HTMLElement)) return;
  field.closest("details")?.setAttribute("open", "");
  field.focus();
}

/** Shows rules in the form. @param {Rules} given */
export function showRules(given) {
  const set = (/** @type {string} */ id, /** @type {any} */ value) => (box(id).value = value === null || value === undefined ? "" : String(value));
  const tick = (/** @type {string} */ id, /** @type {boolean} */ on) => (byId(id, HTMLInputElement).checked = on);
  if (given.households) (set("min", given.households[0]), set("max", given.households[1]));
  set("area-min", given.floor_area?.[0]);
  set("area-max", given.floor_area?.[1]);
  const packages = typeof given.packages === "number" ? [given.packages, given.packages] : given.packages;
  set("fewest", packages?.[0]);
  set("most", packages?.[1]);
  for (const [id, value] of Object.entries({ members: given.max_members, gap: given.gap, border: given.border_price, seed: given.seed ?? 1 })) set(id, value);
  set("willing", given.willing ?? "not_refused");
  set("out", given.leave_out_price === null ? null : 1);
  set("effort", [0.3, 1, 5].includes(given.effort) ? given.effort : 1);
  set("alternatives", [1, 3, 5].includes(given.alternatives) ? given.alternatives : 3);
  tick("within", given.within_subdistrict);
  tick("standalone", given.standalone);
  tick("exact", Boolean(given.exact));
  showAnchors(given.anchors, set, tick);
  showMoney(given.money, set, tick);
  for (const one of barriers()) one.checked = (given.barriers ?? ["river", "railway"]).includes(one.value);
  follow();
}

/** @param {any} given @param {(id: string, value: any) => void} set @param {(id: string, on: boolean) => void} tick */
function showAnchors(given, set, tick) {
  tick("anchors", Boolean(given));
  if (given) (set("anchor-households", given.households), set("anchor-since", given.built_since));
}

/** @param {any} given @param {(id: string, value: any) => void} set @param {(id: string, on: boolean) => void} tick */
function showMoney(given, set, tick) {
  tick("money", Boolean(given));
  if (!given) return;
  const by = given.cost_per_m2 === null ? "cost_per_household" : "cost_per_m2";
  set("cost-by", by);
  set("cost", given[by]);
  set("fee", given.assumed_fee);
  set("rate", given.assumed_rate === null ? null : given.assumed_rate * 100);
  set("subsidy", given.subsidy_per_m2);
  set("short", given.shortfall_price);
}

/** A field that the browser refuses is shown: folded away it could not say why nothing happens. @param {Event} event */
function unfold(event) {
  if (event.target instanceof Element) event.target.closest("details")?.setAttribute("open", "");
}

/** Fields that depend on a tick are open only with it. */
export function follow() {
  byId("rules").addEventListener("invalid", unfold, true);
  const open = (/** @type {string[]} */ ids, /** @type {boolean} */ on) => ids.forEach((id) => (box(id).disabled = !on));
  open(["border"], !checked("within"));
  open(["anchor-households", "anchor-since"], checked("anchors"));
  open(["cost", "cost-by", "fee", "rate", "subsidy", "short"], checked("money"));
}

/** How many packages the pool may come to, and what cannot fit: worked out on the spot, before anything is asked.
 * @param {Rules} rules @param {Feature[]} pool */
export function feasibility(rules, pool) {
  const known = pool.map((unit) => unit.properties.households).filter((value) => typeof value === "number");
  const all = known.reduce((sum, value) => sum + value, 0);
  const [low, high] = rules.households;
  if (!known.length || !(high > 0) || low > high) return "";
  const [fewest, most] = [Math.ceil(all / high), low > 0 ? Math.floor(all / low) : known.length];
  const parts = [t("rule.could_make", { units: num(pool.length), households: num(all), from: num(fewest), to: num(most) })];
  const large = known.filter((value) => value > high).length;
  const unknown = pool.length - known.length;
  if (rules.packages && (rules.packages[0] > most || rules.packages[1] < 1)) parts.push(t("rule.too_many", { n: num(rules.packages[0]) }));
  if (large) parts.push(t("rule.too_large", { n: num(large) }));
  if (unknown) parts.push(t("rule.unknown", { n: num(unknown) }));
  return parts.join(t("rule.stop"));
}
