// Package cards (标包卡片): what a package holds against its bounds, and what is broken.

import { button, el, select } from "../dom.js";
import { language, MISSING, named, num, squareMetres, t } from "../words.js";
import { colourOf } from "./board.js";
import { whyOut } from "./reasons.js";

const SERVICES = ["order", "cleaning", "green", "convenience"];

/** @typedef {{rule: string, package: string | null, text: string, units: string[], pieces: string[][]}} Violation */

/** Metres from a household to the hub of its package over all packages; null where one of them is not known.
 * @param {import("./board.js").Lot[]} lots @param {(codes: string[]) => Feature[]} features @returns {number | null} */
export function meanOf(lots, features) {
  const known = lots.filter((lot) => lot.members.length).map((lot) => ({ way: lot.way, homes: total(features(lot.members), "households") ?? 0 }));
  const homes = known.reduce((sum, one) => sum + one.homes, 0);
  if (!homes || known.some((one) => one.homes && typeof one.way !== "number")) return null;
  return known.reduce((sum, one) => sum + one.homes * (one.way ?? 0), 0) / homes;
}

/** Sum of what is known; null when nothing is. @param {Feature[]} units @param {string} name @returns {number | null} */
export function total(units, name) {
  const known = units.map((unit) => unit.properties[name]).filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null;
}

/**
 * @param {import("./board.js").Lot} lot @param {number} index @param {Feature[]} units
 * @param {{bounds: [number, number], active: boolean, broken: Violation[], choose: () => void,
 *   open: boolean, acts: HTMLElement | null, show: (unit: Feature) => void, left: (unit: Feature) => boolean, amend: (said: Partial<import("./board.js").Lot>) => void}} about
 */
export function card(lot, index, units, about) {
  const households = total(units, "households");
  const [low, high] = about.bounds;
  const off = households !== null && (households < low || households > high);
  const chip = el("span", { class: "chip numbered", style: `background:${colourOf(index)}` }, index + 1);
  const figures = el("div", { class: "figures" },
    el("span", {}, t("packages.members", { n: lot.members.length })),
    el("span", {}, t("packages.households", { n: num(households) })),
    el("span", {}, squareMetres(total(units, "floor_area"))),
    lot.way === null || lot.way === undefined ? null : el("span", { title: t("side.way") }, t("packages.way", { n: num(lot.way) })));
  const made = el("article", {
    class: ["card", about.active ? "active" : "", about.broken.length ? "broken" : ""].filter(Boolean).join(" "), style: `border-left-color:${colourOf(index)}`, tabindex: 0, role: "button",
    "aria-pressed": String(about.active), data: { package: lot.name },
  }, el("h3", {}, chip, el("span", { class: "grow" }, lot.name), lockOf(lot, about)), figures, units.length ? gauge(households, low, high, off) : null,
  moneyOf(lot.money), membersOf(units, about.show, about.left), split(lot), ...about.broken.map(warning), about.acts, about.active && about.open && units.length ? services(lot, about.amend) : null);
  made.addEventListener("click", about.choose);
  made.addEventListener("keydown", (event) => {
    if (event.target === made && (event.code === "Enter" || event.code === "Space")) (event.preventDefault(), about.choose());
  });
  return made;
}

/** Who is in it, the largest first: on the screen of the active package, on paper of every one. @param {Feature[]} units @param {(unit: Feature) => void} show @param {(unit: Feature) => boolean} left whether it has left the pool */
function membersOf(units, show, left) {
  const size = (/** @type {Feature} */ unit) => unit.properties.households ?? 0;
  const rows = [...units].sort((a, b) => size(b) - size(a)).map((unit) => el("li", {},
    button(unit.properties.name ?? unit.id, () => show(unit), { class: "plain link" }),
    left(unit) ? el("span", { class: "tag warn" }, t("strays.left")) : null, el("span", { class: "note" }, t("packages.households", { n: num(unit.properties.households) }))));
  const made = el("ul", { class: "members" }, ...rows);
  made.addEventListener("click", (event) => event.stopPropagation());
  return rows.length ? made : null;
}

/** A locked package keeps its members when packages are made again.
 * @param {import("./board.js").Lot} lot @param {{open: boolean, amend: (said: Partial<import("./board.js").Lot>) => void}} about */
function lockOf(lot, about) {
  if (!about.open || !lot.members.length) return null;
  const made = button(t(lot.locked ? "packages.locked" : "packages.lock"), () => about.amend({ locked: !lot.locked }), { class: "plain lock", "aria-pressed": String(Boolean(lot.locked)), title: t("packages.lock_title") });
  made.addEventListener("click", (event) => event.stopPropagation());
  return made;
}

/** Yuan, in ten thousands where Chinese readers count so. @param {number} value */
export function yuan(value) {
  return language === "zh" && Math.abs(value) >= 10000 ? t("packages.wan", { n: num(value / 10000, 1) }) : t("packages.yuan", { n: num(value) });
}

/** Income against cost of a year. @param {any} money */
function moneyOf(money) {
  if (!money) return null;
  const balance = t(money.balance < 0 ? "packages.short" : "packages.left_over", { n: yuan(Math.abs(money.balance)) });
  const notes = [money.assumed ? t("packages.assumed", { n: money.assumed }) : "", money.unknown ? t("packages.unknown_money", { n: money.unknown }) : ""].filter(Boolean);
  return el("p", { class: money.balance < 0 ? "field-error" : "note" },
    [t("packages.money", { income: yuan(money.income + money.subsidy), cost: yuan(money.cost) }), balance, ...notes].join(" · "));
}

/** The lots of a package that is let by service. @param {import("./board.js").Lot} lot */
function split(lot) {
  if ((lot.lots ?? []).length < 2) return null;
  const said = (lot.lots ?? []).map((one, i) => `${t("packages.lot", { n: i + 1 })} ${one.services.map((service) => named("service", service)).join(t("packages.and"))}`);
  return el("p", { class: "note" }, said.join(t("rule.stop")));
}

/** Which service goes into which lot. @param {import("./board.js").Lot} lot @param {(said: any) => void} amend */
function services(lot, amend) {
  const lots = lot.lots ?? [];
  const place = (/** @type {string} */ service) => (lots.length ? lots.findIndex((one) => one.services.includes(service)) : 0);
  const boxes = SERVICES.map((service) => {
    const options = [...SERVICES.map((_, i) => [String(i), t("packages.lot", { n: i + 1 })]), ["-1", t("packages.not_let")]];
    const box = select(/** @type {[string, string][]} */ (options), String(place(service)), { "aria-label": named("service", service), data: { service } });
    return el("label", { class: "field" }, el("span", { class: "note" }, named("service", service)), box);
  });
  const made = el("details", { class: "more services", data: { fold: "services" } }, el("summary", {}, t("packages.services")), el("div", { class: "row" }, ...boxes));
  made.addEventListener("click", (event) => event.stopPropagation());
  made.addEventListener("change", () => {
    const chosen = [...made.querySelectorAll("select")].map((box) => [Number(box.value), box.dataset.service ?? ""]);
    const groups = SERVICES.map((_, i) => chosen.filter(([at]) => at === i).map(([, service]) => service)).filter((group) => group.length);
    amend({ lots: groups.map((group, i) => ({ name: t("packages.lot", { n: i + 1 }), services: group })) });
  });
  return made;
}

/** Households against the bounds. @param {number | null} value @param {number} low @param {number} high @param {boolean} off */
function gauge(value, low, high, off) {
  const top = Math.max(high * 1.25, (value ?? 0) * 1.05, 1);
  const at = (/** @type {number} */ part) => `${Math.min(99, (part / top) * 100).toFixed(1)}%`;
  const title = t("packages.balance", { min: num(low), max: num(high) });
  return el("div", { class: off ? "bar-range off" : "bar-range", title },
    el("i", { style: `left:${at(low)};width:${(((high - low) / top) * 100).toFixed(1)}%` }),
    value === null ? null : el("b", { style: `left:${at(value)}` }));
}

/** @param {Violation} violation */
function warning(violation) {
  const pieces = violation.pieces?.length ?? 0;
  const known = named("broken", violation.rule);
  const text = known === violation.rule ? violation.text : pieces > 1 ? t("packages.in_pieces", { rule: known, n: pieces }) : known;
  return el("p", { class: "field-error", title: violation.text }, `⚠ ${text}`);
}

/** Units up to which every group of reasons is open. */
const FEW = 40;

/** Units that lie in no package, with the reason the engine gave: those of one kind of reason together, the most first.
 * @param {Feature[]} units @param {Map<string, import("./reasons.js").Reason>} why @param {(unit: Feature) => void} show @param {(code: string) => string} name */
export function leftOut(units, why, show, name) {
  /** @type {Map<string, Feature[]>} */
  const groups = new Map();
  for (const unit of units) {
    const kind = kindOf(why.get(unit.id));
    groups.set(kind, [...(groups.get(kind) ?? []), unit]);
  }
  const ordered = [...groups].sort((a, b) => b[1].length - a[1].length);
  return el("section", { class: "left-out" }, el("h3", {}, t("packages.left_out_n", { n: num(units.length) })), ...ordered.map(([kind, group]) => el("details", { class: "more", open: units.length <= FEW, data: { kind } },
    el("summary", {}, kind || t(why.size ? "packages.no_reason" : "packages.no_reason_yet"), el("span", { class: "note" }, ` ${t("side.units_n", { n: num(group.length) })} · ${t("packages.households", { n: num(total(group, "households")) })}`)),
    el("ul", {}, ...group.map((unit) => outRow(unit, why.get(unit.id), show, name))))));
}

/** @param {Feature} unit @param {import("./reasons.js").Reason | undefined} reason @param {(unit: Feature) => void} show @param {(code: string) => string} name */
function outRow(unit, reason, show, name) {
  return el("li", { class: "stacked" }, button(unit.properties.name ?? unit.id, () => show(unit), { class: "plain link" }),
    el("span", { class: "note", title: reason?.text ?? "" }, reason ? whyOut(reason, name) : MISSING));
}

/** What a reason is in a few words, without figures. @param {import("./reasons.js").Reason | undefined} reason */
function kindOf(reason) {
  if (!reason) return "";
  const kind = named("why", reason.code);
  const cut = reason.figures?.cut;
  return kind === reason.code ? "" : cut ? `${kind}${t("packages.and_so")}${named("links", cut)}` : kind;
}
