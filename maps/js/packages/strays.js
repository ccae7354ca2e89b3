// Members that have left the pool (离池成员): named with why, taken out by a click, or kept with the warning in sight.

import { Problem, paths, send } from "../api.js";
import { button, byId, el, latest } from "../dom.js";
import { day, num, t } from "../words.js";
import { repaint } from "./fresh.js";

/** @typedef {{code: string, name: string | null, why: string, blocks: boolean, firm: string | null, firm_name: string | null, since: string | null,
 *   until: string | null, round: number | null, round_name: string | null}} Stray */

export class Strays {
  /** @param {import("./desk.js").Desk} desk
   * @param {{round: () => number | null, brought: () => string[], changed: () => void, said: (text: string) => void, found: () => void}} on
   *   the saved round on the board; units that the rules brought in from outside the pool; the board changed; others were found than before */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    /** @type {Map<string, Stray>} */
    this.found = new Map();
    this.asked = latest();
    /** Those that somebody chose to keep. @type {Set<string>} */
    this.kept = new Set();
  }

  /** Asks the service about every member on the board. */
  async look() {
    const { desk } = this;
    const isLast = this.asked();
    const brought = new Set(this.on.brought());
    const units = desk.mayEdit ? desk.placed().filter((code) => !brought.has(code)) : [];
    const answer = units.length ? (await send("POST", paths.strays, { area: desk.area, units, round: this.on.round() ?? 0 })).body.strays : [];
    if (!isLast()) return;
    const before = [...this.found.keys()].join();
    this.found = new Map(answer.map((/** @type {Stray} */ one) => [one.code, one]));
    for (const one of this.found.values()) if (one.name) desk.lastNames.set(one.code, one.name);
    if (before !== [...this.found.keys()].join()) this.on.found();
    this.show();
  }

  /** The same, of which nobody waits for an answer: without one the page stays as it was. */
  async lookQuietly() {
    try {
      await this.look();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** Those that lie on the board now. @returns {Stray[]} */
  here() {
    return this.desk.mayEdit ? [...this.found.values()].filter((one) => this.desk.board.place(one.code) >= 0) : [];
  }

  show() {
    const place = byId("strays");
    const here = this.here();
    place.hidden = !here.length;
    repaint(place, ...(!here.length ? [] : here.every((one) => this.kept.has(one.code)) ? [this.brief(here)] : this.whole(here)));
  }

  /** Members go out of their packages, by a step that undo takes back; where moves wait for Enter, these wait with them. @param {string[]} codes */
  out(codes) {
    const { board } = this.desk;
    const locked = codes.filter((code) => board.isLocked(code));
    const waits = board.staged.length > 0;
    const moved = board.move(codes, -1);
    if (!waits) board.take();
    this.on.said(locked.length ? t("strays.locked", { names: locked.map(this.desk.name).join(t("packages.and")) }) : t("strays.out_done", { n: moved.length }));
    this.on.changed();
  }

  /** @param {Stray[]} here */
  brief(here) {
    const again = () => (here.forEach((one) => this.kept.delete(one.code)), this.show());
    return el("div", { class: "row tight" }, el("span", { class: "grow field-error" }, `⚠ ${t("strays.kept", { n: num(here.length) })}`),
      button(t("strays.again"), again, { class: "small" }));
  }

  /** @param {Stray[]} here */
  whole(here) {
    const keep = () => (here.forEach((one) => this.kept.add(one.code)), this.show());
    const blocked = here.filter((one) => one.blocks).length;
    return [
      el("strong", {}, `⚠ ${t("strays.title", { n: num(here.length) })}`),
      el("ul", { class: "strays" }, ...here.map((one) => this.row(one))),
      el("p", { class: "note" }, t(blocked ? "strays.gate" : "strays.no_gate", { n: num(blocked) })),
      el("div", { class: "row" }, button(t("strays.out_all"), () => this.out(here.map((one) => one.code)), { class: "small main", id: "strays-out" }),
        button(t("strays.keep"), keep, { class: "small", id: "strays-keep" })),
    ];
  }

  /** @param {Stray} one */
  row(one) {
    const { desk } = this;
    const lot = desk.board.lots[desk.board.place(one.code)];
    return el("li", { data: { seat: one.code } }, el("span", { class: "grow" }, el("b", {}, desk.name(one.code)), el("span", { class: "note" }, ` ${lot.name}`), el("br"),
      el("span", { class: "note" }, why(one), one.round ? el("a", { href: `/rounds/${one.round}` }, ` ${t("strays.to_round")}`) : null)),
    button(t("strays.out"), () => this.out([one.code]), { class: "small", "aria-label": t("strays.out_one", { name: desk.name(one.code) }) }));
  }
}

/** Why a member is in the pool no more. @param {Stray} one */
export function why(one) {
  const served = one.firm_name ?? one.firm;
  const words = [t(`strays.${one.why}`, { round: one.round_name ?? "" })];
  if (one.why === "served") {
    if (served) words.push(served);
    if (one.since) words.push(t(one.until ? "strays.span" : "strays.since", { since: day(one.since), until: day(one.until) }));
  }
  return words.join(t("packages.and_so"));
}
