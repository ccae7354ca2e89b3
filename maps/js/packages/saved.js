// Saved rounds (招标批次): listed, opened, saved again; when somebody else was first, both versions stay.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { guard, toast } from "../shell.js";
import { day, named, t } from "../words.js";

/** @typedef {import("./board.js").Lot} Lot */

export class Saved {
  /** @param {import("./desk.js").Desk} desk
   * @param {{rules: () => Record<string, any> | null, opened: (round: any) => Promise<void>, saved: () => void}} on
   *   the rules as the form has them; a round to be put on the board; after a save */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.leave();
    byId("save").addEventListener("click", () => guard(() => this.save()));
    byId("take-theirs").addEventListener("click", () => guard(() => this.takeTheirs()));
    byId("keep-mine").addEventListener("click", () => guard(() => this.keepMine()));
  }

  /** We are in no saved round: what is saved next is a new one. */
  leave() {
    /** @type {number | null} */
    this.id = null;
    /** @type {string | null} */
    this.etag = null;
    /** @type {Record<string, any> | null} */
    this.rules = null;
  }

  async list() {
    const { rounds } = await get(paths.rounds);
    const rows = rounds.map((/** @type {any} */ item) => el("li", { class: "stacked" },
      button(item.name, () => guard(() => this.open(item.id)), { class: "plain link" }),
      el("span", { class: "note" }, `${t("packages.packages", { n: item.packages })} · ${named("state", item.state)} · ${day(item.changed_at)}`)));
    fill(byId("rounds"), rows.length ? el("ul", { class: "left-out" }, ...rows) : el("p", { class: "body note" }, t("common.no_rows")));
  }

  /** @param {number} id */
  async open(id) {
    const answer = await getTagged(`${paths.rounds}/${id}`);
    [this.id, this.etag, this.rules] = [id, answer.etag, answer.body.rules];
    byId("round-name", HTMLInputElement).value = answer.body.name;
    history.replaceState(null, "", `?round=${id}`);
    await this.on.opened(answer.body);
  }

  /** The name in the field, or one of the day. */
  named() {
    return byId("round-name", HTMLInputElement).value.trim() || t("packages.default_name", { date: day(this.desk.asOf) });
  }

  async save() {
    const rules = this.on.rules();
    if (!rules) return;
    const packages = this.desk.board.filled().map((lot) => ({ name: lot.name, units: lot.members, lots: lot.lots ?? [] }));
    const draft = { name: this.named(), rules, packages };
    try {
      const answer = this.id
        ? await send("PUT", `${paths.rounds}/${this.id}`, draft, this.etag)
        : await send("POST", this.desk.at(paths.rounds), draft);
      [this.id, this.etag, this.rules] = [answer.body.id, answer.etag, answer.body.rules];
      toast(t("packages.saved"));
      history.replaceState(null, "", `?round=${this.id}`);
      this.on.saved();
      await this.list();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      fill(byId("conflict-text"), error.message);
      byId("conflict", HTMLDialogElement).showModal();
    }
  }

  async takeTheirs() {
    byId("conflict", HTMLDialogElement).close();
    if (this.id) await this.open(this.id);
  }

  async keepMine() {
    byId("conflict", HTMLDialogElement).close();
    const { rules } = this;
    this.leave();
    this.rules = rules;
    await this.save();
  }
}

/** The packages of a saved round as the board holds them; those whose members are all locked to them stay locked.
 * @param {any} round @returns {Lot[]} */
export function lotsOf(round) {
  return round.packages.map((/** @type {any} */ item) => {
    const members = item.members ?? [];
    const locked = members.length > 0 && members.every((/** @type {string} */ code) => round.rules.locks?.[code] === item.name);
    return { name: item.name, members, lots: item.lots ?? [], locked };
  });
}
