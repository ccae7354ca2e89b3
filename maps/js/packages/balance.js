// How even packages are (均衡): every package as a bar against the bounds, from the least to the most, and what all hold together.

import { button, el, fill, select, svg } from "../dom.js";
import { num, squareMetres, t } from "../words.js";
import { colourOf } from "./board.js";
import { meanOf, total, yuan } from "./cards.js";

/** @typedef {{place: number, name: string, value: number}} Bar */
/** @typedef {"households" | "floor_area" | "money"} Measure */

const WIDE = 300;
const HIGH = 84;
/** Pixels under the bars for the number of the chosen package. */
const FOOT = 13;

export class Balance {
  /** @param {HTMLElement} place @param {import("./desk.js").Desk} desk @param {{choose: (index: number) => void, compare: () => (() => void) | null}} on
   *   a bar was clicked; opens the comparison, where nothing else on the page does */
  constructor(place, desk, on) {
    this.place = place;
    this.desk = desk;
    this.on = on;
    /** @type {Measure} */
    this.measure = "households";
    /** @type {Record<string, [number, number] | null>} */
    this.bounds = {};
  }

  /** @param {Record<string, any>} rules as the form has them */
  show(rules) {
    const { board } = this.desk;
    this.bounds = { households: rules.households, floor_area: rules.floor_area, money: rules.money ? [0, Infinity] : null };
    const lots = board.filled();
    this.place.hidden = !lots.length;
    if (!lots.length) return fill(this.place);
    if (this.measure === "money" && !lots.some((lot) => lot.money)) this.measure = "households";
    const bars = this.bars();
    const compare = this.on.compare();
    return fill(this.place, el("div", { class: "row tight" }, el("h3", {}, t("balance.title")), el("span", { class: "push" }, this.chooser(lots.some((lot) => lot.money)))),
      el("p", { class: "note" }, this.sum()), bars.length ? this.drawing(bars) : null, el("p", { class: "note", role: "status" }, this.words(bars)),
      compare ? button(t("side.open"), compare, { class: "small", id: "side-open" }) : null);
  }

  /** @param {boolean} withMoney */
  chooser(withMoney) {
    const measures = ["households", "floor_area", ...(withMoney ? ["money"] : [])];
    const box = select(measures.map((one) => [one, t(`balance.${one}`)]), this.measure, { id: "balance-of", "aria-label": t("balance.of"), class: "small" });
    box.addEventListener("change", () => {
      this.measure = /** @type {Measure} */ (box.value);
      this.show({ households: this.bounds.households, floor_area: this.bounds.floor_area, money: this.bounds.money });
      document.getElementById("balance-of")?.focus();
    });
    return box;
  }

  /** One bar a package of which the figure is known, the least first. @returns {Bar[]} */
  bars() {
    const found = this.desk.board.lots.flatMap((lot, place) => {
      const value = !lot.members.length ? null : this.measure === "money" ? lot.money?.balance ?? null : total(this.desk.features(lot.members), this.measure);
      return value === null ? [] : [{ place, name: lot.name, value }];
    });
    return found.sort((a, b) => a.value - b.value || a.place - b.place);
  }

  /** @param {number} value */
  said(value) {
    if (this.measure === "money") return yuan(value);
    return this.measure === "households" ? t("packages.households", { n: num(value) }) : squareMetres(value);
  }

  /** What lies in packages, of what the pool holds. */
  sum() {
    const placed = this.desk.features(this.desk.placed());
    const all = this.desk.features(new Set([...this.desk.pool, ...this.desk.placed()]));
    const way = meanOf(this.desk.board.lots, (codes) => this.desk.features(codes));
    const sum = t("balance.sum", {
      units: num(placed.length), all: num(all.length), households: num(total(placed, "households") ?? 0), homes: num(total(all, "households") ?? 0),
      area: squareMetres(total(placed, "floor_area")),
    });
    return way === null ? sum : `${sum}${t("packages.and_so")}${t("packages.way", { n: num(way) })}`;
  }

  /** @param {Bar[]} bars */
  words(bars) {
    if (!bars.length) return t("balance.unknown");
    const values = bars.map((bar) => bar.value);
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length);
    const parts = [t("balance.words", { least: this.said(values[0]), most: this.said(values[values.length - 1]), mean: this.said(Math.round(mean)), spread: this.said(Math.round(spread)) })];
    const off = bars.filter((bar) => this.isOff(bar.value));
    if (off.length) parts.push(t(this.measure === "money" ? "balance.short" : "balance.off", { n: num(off.length), names: off.slice(0, 3).map((bar) => bar.name).join(t("packages.and_so")) }));
    return parts.join(t("rule.stop"));
  }

  /** @param {number} value */
  isOff(value) {
    const bounds = this.bounds[this.measure];
    return Boolean(bounds) && (value < Number(bounds?.[0]) || value > Number(bounds?.[1]));
  }

  /** @param {Bar[]} bars */
  drawing(bars) {
    const bounds = this.bounds[this.measure];
    const ends = (bounds ?? []).filter((one) => Number.isFinite(one) && one < 1e9);
    const [low, high] = [Math.min(0, ...bars.map((bar) => bar.value)), Math.max(1, ...bars.map((bar) => bar.value), ...ends) * 1.04];
    const y = (/** @type {number} */ value) => 4 + ((high - Math.min(value, high)) / (high - low)) * (HIGH - FOOT - 8);
    const step = (WIDE - 4) / bars.length;
    const made = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "balance-bars", role: "group", "aria-label": this.words(bars) });
    if (bounds) made.append(svg("rect", { x: 0, y: y(bounds[1]), width: WIDE, height: Math.max(1, y(bounds[0]) - y(bounds[1])), class: "band" }));
    const mean = bars.reduce((sum, bar) => sum + bar.value, 0) / bars.length;
    bars.forEach((bar, i) => made.append(this.bar(bar, 2 + i * step, step, y)));
    for (const end of ends) made.append(svg("path", { d: `M0 ${y(end).toFixed(1)}H${WIDE}`, class: "bound" }));
    made.append(svg("path", { d: `M0 ${y(mean).toFixed(1)}H${WIDE}`, class: "mean" }));
    return made;
  }

  /** @param {Bar} bar @param {number} x @param {number} step @param {(value: number) => number} y */
  bar(bar, x, step, y) {
    const on = bar.place === this.desk.board.active;
    const [top, ground] = [Math.min(y(bar.value), y(0)), Math.max(y(bar.value), y(0))];
    const wide = Math.max(1, Math.min(step - Math.min(2, step * 0.25), 22));
    const group = svg("g", {
      class: on ? "on" : "", data: { bar: bar.name }, tabindex: 0, role: "button", "aria-pressed": String(on), "aria-label": t("common.pair", { name: bar.name, text: this.said(bar.value) }),
    },
      svg("title", {}, `${bar.name}  ${this.said(bar.value)}`),
      svg("rect", { x, y: 0, width: step, height: HIGH, class: "reach" }),
      svg("rect", { x, y: top, width: wide, height: Math.max(1.5, ground - top), fill: colourOf(bar.place), class: this.isOff(bar.value) ? "off" : "" }),
      on ? svg("text", { x: Math.min(WIDE - 8, Math.max(8, x + wide / 2)), y: HIGH - 2, "text-anchor": "middle" }, bar.place + 1) : null);
    group.addEventListener("click", () => this.on.choose(bar.place));
    group.addEventListener("keydown", (event) => {
      if (event.code !== "Enter" && event.code !== "Space") return;
      event.preventDefault();
      event.stopPropagation();
      this.on.choose(bar.place);
      [...this.place.querySelectorAll("[data-bar]")].find((one) => one instanceof SVGElement && one.dataset.bar === bar.name && (one.focus(), true));
    });
    return group;
  }
}
