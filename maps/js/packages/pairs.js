// Rules about single units (成对规则): a link added or cut, together, apart, added to the pool, a firm's site.

import { button, byId, el, fill } from "../dom.js";
import { named, num, t } from "../words.js";

const PAIRED = ["links_added", "links_cut", "together", "apart"];
const CODE = /^\d{12}[CS]\d{3}$/;

/** @typedef {Record<string, any[]>} Given  by rule: lists of codes, codes, or sites */

export class Pairs {
  /** @param {{name: (code: string) => string, changed: () => void, hint: (text: string) => void}} about */
  constructor(about) {
    this.about = about;
    /** @type {Given} */
    this.given = {};
    /** @type {string[] | null} units picked on the map so far; null when nobody picks */
    this.picked = null;
    byId("pair-pick").addEventListener("click", () => this.pick(this.picked ? null : []));
    byId("pair-add").addEventListener("click", () => this.typed());
    byId("pair-codes").addEventListener("keydown", (event) => {
      if (event.code === "Enter" && !event.isComposing) (event.preventDefault(), this.typed());
    });
  }

  kind() {
    return byId("pair-kind", HTMLSelectElement).value;
  }

  /** @param {string[] | null} picked */
  pick(picked) {
    this.picked = picked;
    byId("pair-pick").setAttribute("aria-pressed", String(picked !== null));
    if (picked) this.about.hint(t(PAIRED.includes(this.kind()) ? "rule.pick_two" : "rule.pick_one"));
  }

  /** Takes a click on the map when units are being picked; true when it did. @param {string} code */
  take(code) {
    if (!this.picked) return false;
    const picked = this.picked.includes(code) ? this.picked : [...this.picked, code];
    const enough = picked.length === (PAIRED.includes(this.kind()) ? 2 : 1);
    this.pick(enough ? null : picked);
    if (enough) this.put(picked, []);
    else this.about.hint(t("rule.pick_next", { name: this.about.name(code) }));
    return true;
  }

  typed() {
    const field = byId("pair-codes", HTMLInputElement);
    const parts = field.value.toUpperCase().split(/[\s,，、;；]+/).filter(Boolean);
    const codes = parts.filter((part) => CODE.test(part));
    const rest = parts.filter((part) => !CODE.test(part));
    const paired = PAIRED.includes(this.kind());
    const numbers = rest.map(Number);
    const most = this.kind() === "centres" ? 2 : 0;
    const fits = paired ? codes.length >= 2 && !rest.length : codes.length === 1 && rest.length <= most && numbers.every((one) => one >= 0);
    field.setCustomValidity(fits ? "" : t(paired ? "rule.two_codes" : "rule.one_code"));
    if (!field.reportValidity()) return;
    this.put(codes, numbers);
    field.value = "";
  }

  /** @param {string[]} codes @param {number[]} numbers of a site: its capacity in households, and what opening it costs in household·km */
  put(codes, [capacity, fixed]) {
    const kind = this.kind();
    const site = { unit: codes[0], capacity: capacity || null, fixed_cost: (fixed || 0) * 1000 };
    const item = PAIRED.includes(kind) ? codes : kind === "centres" ? site : codes[0];
    this.given[kind] = [...(this.given[kind] ?? []), item];
    this.show();
    this.about.changed();
  }

  /** @param {Given} given */
  set(given) {
    this.given = Object.fromEntries([...PAIRED, "added", "centres"].map((kind) => [kind, given[kind] ?? []]));
    this.show();
  }

  /** A pair on the map was clicked: what was given by hand is taken back, else joined pairs are cut and cut ones joined.
   * @param {string} kind @param {[string, string]} pair */
  turn(kind, pair) {
    const rule = kind === "open" || kind === "cut" ? "links_cut" : "links_added";
    const isIt = (/** @type {string[]} */ other) => other.length === 2 && pair.every((code) => other.includes(code));
    const rest = (this.given[rule] ?? []).filter((other) => !isIt(other));
    this.given[rule] = rest.length < (this.given[rule] ?? []).length ? rest : [...rest, pair];
    this.show();
    this.about.changed();
  }

  /** Every unit that these rules name. */
  codes() {
    return Object.entries(this.given).flatMap(([kind, items]) => items.flatMap((item) => (kind === "centres" ? [item.unit] : [item].flat())));
  }

  show() {
    const rows = Object.entries(this.given).flatMap(([kind, items]) => items.map((item, index) => this.chip(kind, item, index)));
    fill(byId("pair-list"), ...rows);
  }

  /** @param {string} kind @param {any} item @param {number} index */
  chip(kind, item, index) {
    const codes = kind === "centres" ? [item.unit] : [item].flat();
    const names = codes.map((/** @type {string} */ code) => this.about.name(code)).join(" – ");
    const take = button("×", () => {
      this.given[kind] = this.given[kind].filter((_, place) => place !== index);
      this.show();
      this.about.changed();
    }, { class: "plain", "aria-label": t("rule.remove", { name: names }) });
    return el("li", {}, el("span", {}, el("span", { class: "tag" }, named("rule", kind)), ` ${names}${kind === "centres" ? site(item) : ""}`), take);
  }
}

/** What a firm's site can take, and what opening it costs. @param {{capacity: number | null, fixed_cost?: number}} item */
function site(item) {
  const capacity = item.capacity ? t("rule.capacity", { n: num(item.capacity) }) : t("rule.no_capacity");
  return capacity + (item.fixed_cost ? t("rule.fixed", { n: num(item.fixed_cost / 1000) }) : "");
}
