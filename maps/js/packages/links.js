// Who is whose neighbour (邻接) and the rules about single units, on the map: a click on a line cuts it, or joins what it does not.

import { paths, send } from "../api.js";
import { byId, el, latest } from "../dom.js";
import { district, names, seat } from "../map.js";
import { num, t } from "../words.js";

/** @typedef {{a: string, b: string, gap: number | null, kind: "open" | "added" | "cut" | "barrier" | "gap" | "border"}} Neighbours */
/** @typedef {Record<string, any[]>} Given */

/** @type {Record<string, import("leaflet").PolylineOptions>} */
const LOOKS = {
  open: { color: "#2f6f4f", weight: 2 },
  added: { color: "#1f66ad", weight: 3.5 },
  cut: { color: "#b3261e", weight: 3, dashArray: "3 5" },
  barrier: { color: "#b3261e", weight: 1.8, dashArray: "7 5" },
  gap: { color: "#7a4b00", weight: 1.8, dashArray: "1 5" },
  border: { color: "#66727f", weight: 1.8, dashArray: "7 5" },
  together: { color: "#7f5aa8", weight: 4 },
  apart: { color: "#c2410c", weight: 3, dashArray: "10 4 2 4" },
};

export class Links {
  /** @param {import("./desk.js").Desk} desk @param {{rules: () => Record<string, any> | null, given: () => Given, turn: (kind: string, pair: [string, string]) => void, said: (text: string) => void}} on
   *   the rules as they stand; those about single units; a pair is to be joined or cut by hand, or neither */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.shown = false;
    /** @type {Neighbours[]} */
    this.links = [];
    /** @type {import("leaflet").LayerGroup} */
    this.layer = L.layerGroup().addTo(district);
    /** @type {Map<string, [number, number] | null>} where a unit's lines begin */
    this.seats = new Map();
    this.asked = latest();
  }

  /** Shows or hides who is whose neighbour. @param {boolean} shown */
  async set(shown) {
    this.shown = shown;
    byId("links").setAttribute("aria-pressed", String(shown));
    byId("links-legend").hidden = !shown;
    await this.load();
    if (!shown) this.on.said(t("links.hidden"));
  }

  /** Asks anew: rules or the pool have changed. */
  async load() {
    const isLast = this.asked();
    const rules = this.shown ? this.on.rules() : null;
    if (rules) {
      const { body } = await send("POST", this.desk.at(paths.bundleLinks), rules);
      if (!isLast()) return;
      this.links = body.links;
      await this.desk.fetch(this.links.flatMap(({ a, b }) => [a, b]));
      if (!isLast()) return;
      this.on.said(this.words());
    }
    this.draw();
  }

  words() {
    const open = this.links.filter(({ kind }) => kind === "open" || kind === "added");
    const joined = new Set(open.flatMap(({ a, b }) => [a, b]));
    const alone = [...this.desk.pool].filter((code) => !joined.has(code)).length;
    return t("links.words", { n: num(open.length), barred: num(this.links.length - open.length), alone: num(alone) });
  }

  draw() {
    this.layer.clearLayers();
    if (this.shown) for (const link of this.links) this.line(link);
    else this.byHand();
    this.marks();
  }

  /** Pairs that the officer joined or cut, where not all are shown; and groups that stay together or apart. */
  byHand() {
    const given = this.on.given();
    for (const [rule, kind] of /** @type {[string, Neighbours["kind"]][]} */ ([["links_added", "added"], ["links_cut", "cut"]])) {
      for (const [a, b] of given[rule] ?? []) this.line({ a, b, gap: null, kind });
    }
  }

  /** Groups, firms' sites and units brought in, which are drawn at all times. */
  marks() {
    const given = this.on.given();
    for (const kind of ["together", "apart"]) {
      for (const group of given[kind] ?? []) group.slice(1).forEach((/** @type {string} */ code, /** @type {number} */ i) => this.stroke(group[i], code, kind, `${this.desk.name(group[i])} – ${this.desk.name(code)}  ${t(`rule.${kind}`)}`));
    }
    const centres = (given.centres ?? []).map((one) => ({ code: one.unit, text: one.capacity ? `★ ${num(one.capacity)}` : "★" }));
    const places = [...centres, ...(given.added ?? []).map((code) => ({ code, text: "＋" }))].flatMap(({ code, text }) => {
      const at = this.seat(code);
      return at ? [{ at, text }] : [];
    });
    names(places).addTo(this.layer);
  }

  /** @param {Neighbours} link */
  line({ a, b, gap, kind }) {
    const what = [`${this.desk.name(a)} – ${this.desk.name(b)}`, gap === null ? "" : t("links.metres", { n: num(gap) }), t(`links.${kind}`)];
    const turns = this.desk.mayEdit && kind !== "border";
    if (turns) what.push(t(`links.click_${kind}`));
    const made = this.stroke(a, b, kind, what.filter(Boolean).join("  "));
    if (made && turns) made.on("click", (event) => (L.DomEvent.stopPropagation(event), this.on.turn(kind, [a, b])));
  }

  /** @param {string} a @param {string} b @param {string} kind @param {string} text */
  stroke(a, b, kind, text) {
    const [from, to] = [this.seat(a), this.seat(b)];
    if (!from || !to) return null;
    return L.polyline([from, to], { ...LOOKS[kind], opacity: 0.9 }).bindTooltip(() => el("span", {}, text), { sticky: true, className: "tip" }).addTo(this.layer);
  }

  /** @param {string} code */
  seat(code) {
    const unit = this.desk.units.get(code);
    if (!unit?.geometry) return null;
    if (!this.seats.has(code)) this.seats.set(code, seat(unit.geometry));
    return this.seats.get(code) ?? null;
  }
}
