// Saved rounds (招标批次): listed, opened, saved; a draft is edited live, and where somebody was first, a person decides:
// keep mine, take theirs, save as.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { guard, reason, toast } from "../shell.js";
import { day, moment, named, num, t } from "../words.js";
import { repaint } from "./fresh.js";
import { Live } from "./live.js";
import { touchesServices } from "./patch.js";

/** @typedef {import("./board.js").Lot} Lot */
/** @typedef {import("./patch.js").Patch} Patch */

export class Saved {
  /** @param {import("./desk.js").Desk} desk
   * @param {{rules: () => Record<string, any> | null, opened: (round: any, first: boolean) => Promise<void>, saved: () => void,
   *   weighed: (answer: any) => void, others: (units: string[]) => void}} on
   *   the rules as the form has them; a round to be put on the board; after a save, also one refused for its members; figures of a change; what others moved */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    /** A change that met somebody else's. @type {Patch | null} */
    this.mine = null;
    /** @type {any} the round as somebody else left it */
    this.theirs = null;
    /** The round that is to be opened. */
    this.wanted = 0;
    this.live = new Live(desk.board, {
      weighed: (answer) => (this.tell(), on.weighed(answer)), others: (changes, units) => (this.met(changes), on.others(units)),
      reload: () => this.reload(), conflict: (problem, patch) => this.conflict(problem, patch),
      failed: (error) => guard(async () => { toast(reason(error), "error"); await this.reload(); }), tag: (version) => (this.etag = `"${version}"`),
    });
    this.leave();
    byId("save").addEventListener("click", () => guard(() => this.save()));
    byId("take-theirs").addEventListener("click", () => guard(() => this.takeTheirs()));
    byId("keep-mine").addEventListener("click", () => guard(() => this.keepMine()));
    byId("save-as").addEventListener("click", () => guard(() => this.saveAs()));
  }

  /** We are in no saved round: what is saved next is a new one. */
  leave() {
    this.live.close();
    /** @type {number | null} */
    this.id = null;
    /** @type {string | null} */
    this.etag = null;
    /** @type {any} the round as it was opened or saved last */
    this.round = null;
    this.tell();
  }

  /** @returns {Record<string, any> | null} the rules that it was saved with */
  get rules() {
    return this.round?.rules ?? null;
  }

  /** Only a draft may be changed. */
  get isDraft() {
    return !this.round || this.round.state === "draft";
  }

  /** A change was taken on the board. @param {Patch} patch */
  took(patch) {
    if (this.id === null) return;
    if (touchesServices(patch)) guard(() => this.save());
    else this.live.send(patch);
  }

  /** The saved rounds, the newest first. @returns {Promise<any[]>} */
  async rounds() {
    return (await get(paths.rounds)).rounds;
  }

  /** One of them with its packages, as it was saved. @param {number} id @returns {Promise<any>} */
  async read(id) {
    const { body } = await getTagged(`${paths.rounds}/${id}`);
    await this.desk.fetch(body.packages.flatMap((/** @type {any} */ one) => one.members));
    return body;
  }

  async list() {
    const rounds = await this.rounds();
    const rows = rounds.map((/** @type {any} */ item) => el("li", { class: "stacked", data: { seat: item.id } },
      button(item.name, () => guard(() => this.open(item.id)), { class: "plain link" }),
      el("span", { class: "note" }, `${t("packages.packages", { n: item.packages })} · ${named("round_state", item.state)} · ${day(item.changed_at)}`)));
    repaint(byId("rounds"), rows.length ? el("ul", { class: "left-out" }, ...rows) : el("p", { class: "body note" }, t("common.no_rows")));
    this.mark();
  }

  /** The round on the board stands out in the list. */
  mark() {
    for (const row of byId("rounds").querySelectorAll("li")) {
      const on = row.dataset.seat === String(this.id);
      row.classList.toggle("marked", on);
      row.querySelector("button")?.setAttribute("aria-current", String(on));
    }
  }

  /** @param {number} id */
  async open(id) {
    this.wanted = id;
    const answer = await getTagged(`${paths.rounds}/${id}`);
    // Another one was clicked meanwhile: the last click counts, whichever answer comes first.
    if (this.wanted !== id) return;
    byId("round-name", HTMLInputElement).value = answer.body.name;
    history.replaceState(null, "", `?round=${id}`);
    await this.put(answer.body, true);
  }

  /** @param {any} round @param {boolean} first */
  async put(round, first) {
    [this.id, this.etag, this.round] = [round.id, `"${round.version}"`, round];
    await this.on.opened(round, first);
    if (round.state === "draft" && this.desk.isOfficer) this.live.open(round);
    else this.live.close();
    this.tell();
  }

  /** The round as the service has it now, on the board, without a past. */
  async reload() {
    if (this.id === null) return;
    const { body } = await getTagged(`${paths.rounds}/${this.id}`);
    await this.put(body, false);
  }

  /** Where the round stands, under its name. */
  tell() {
    const place = byId("round-state");
    this.mark();
    place.hidden = !this.round;
    if (!this.round) return;
    fill(place, el("span", { class: this.isDraft ? "tag info" : "tag warn" }, named("round_state", this.round.state)),
      el("span", { class: "note grow" }, this.isDraft ? t("saved.live", { n: num(this.live.version || this.round.version) }) : t("saved.closed")),
      el("a", { class: "button small", href: `/rounds/${this.id}`, id: "to-round" }, t("saved.to_round")));
  }

  /** @param {import("./live.js").Change[]} changes */
  met(changes) {
    const n = changes.reduce((sum, change) => sum + (change.what.moves?.length ?? 0), 0);
    toast(t("saved.others", { who: [...new Set(changes.map((change) => change.actor))].join(t("packages.and_so")), n }));
    this.tell();
  }

  /** The name in the field, or one of the day. */
  named() {
    return byId("round-name", HTMLInputElement).value.trim() || t("packages.default_name", { date: day(this.desk.asOf) });
  }

  /** @param {string} [name] @returns {Record<string, any> | null} */
  draft(name = this.named()) {
    const rules = this.on.rules();
    const packages = this.desk.board.filled().map((lot) => ({ name: lot.name, units: lot.members, lots: lot.lots ?? [], ...keptOf(lot) }));
    return rules && { name, rules, packages, ...(this.round?.terms ? { terms: this.round.terms } : {}) };
  }

  async save() {
    this.desk.board.take();
    await this.live.queue;
    const draft = this.draft();
    if (!draft) return;
    try {
      const answer = this.id && this.isDraft
        ? await send("PUT", `${paths.rounds}/${this.id}`, draft, this.etag)
        : await send("POST", this.desk.at(paths.rounds), draft);
      await this.isSaved(answer.body);
    } catch (error) {
      // Who is refused for its members sees which of them are no more.
      if (error instanceof Problem && error.body.units) this.on.saved();
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      this.conflict(error.body, null);
    }
  }

  /** @param {any} round */
  async isSaved(round) {
    [this.id, this.etag, this.round] = [round.id, `"${round.version}"`, round];
    if (this.desk.isOfficer) this.live.open(round);
    byId("round-name", HTMLInputElement).value ||= round.name;
    toast(t("packages.saved"));
    history.replaceState(null, "", `?round=${this.id}`);
    this.tell();
    this.on.saved();
    await this.list();
  }

  /** Somebody was first. @param {Record<string, any>} problem @param {Patch | null} patch ours; null: the whole round */
  conflict(problem, patch) {
    this.mine = patch;
    this.theirs = problem.current;
    const { desk } = this;
    const said = (problem.changes ?? []).map((/** @type {import("./live.js").Change} */ change) => el("li", {}, t("common.pair", { name: `${change.actor} ${moment(change.at)}`, text: whatOf(change, desk.name) })));
    fill(byId("conflict-text"), t("saved.conflict_text", { who: problem.current?.changed_by ?? "", version: problem.current?.version ?? "" }));
    fill(byId("conflict-theirs"), ...said);
    fill(byId("conflict-mine"), ...(patch ? [...patch.units].map(([code, [, to]]) => el("li", {}, `${desk.name(code)} → ${desk.board.lots.find((lot) => lot.key === to)?.name ?? t("packages.left_package")}`)) : [el("li", {}, t("saved.whole"))]));
    byId("conflict", HTMLDialogElement).showModal();
  }

  async takeTheirs() {
    byId("conflict", HTMLDialogElement).close();
    await this.reload();
  }

  /** Our moves go on top of theirs; a whole save of ours replaces theirs. */
  async keepMine() {
    byId("conflict", HTMLDialogElement).close();
    const { board } = this.desk;
    const names = new Map(board.lots.map((lot) => [lot.key, lot.name]));
    const mine = this.mine && [...this.mine.units].map(([code, [, to]]) => ({ code, name: to === null ? null : names.get(to) ?? null }));
    if (!mine) {
      this.etag = `"${this.theirs.version}"`;
      return this.save();
    }
    await this.reload();
    for (const { code, name } of mine) {
      if (name !== null && !board.lots.some((lot) => lot.name === name)) board.add(name);
      board.move([code], name === null ? -1 : board.lots.findIndex((lot) => lot.name === name));
    }
    board.take();
    return this.on.saved();
  }

  /** Ours becomes a round of its own; theirs stays. */
  async saveAs() {
    byId("conflict", HTMLDialogElement).close();
    const draft = this.draft(t("saved.copy_of", { name: this.named() }).slice(0, 80));
    if (!draft) return;
    const { body } = await send("POST", this.desk.at(paths.rounds), draft);
    byId("round-name", HTMLInputElement).value = body.name;
    await this.isSaved(body);
  }
}

/** What a package has that this page does not change. @param {Lot} lot */
function keptOf({ kept, members }) {
  return { ...(kept?.ceiling_fen ? { ceiling_fen: kept.ceiling_fen } : {}), ...(kept?.hub && members.includes(kept.hub) ? { hub: kept.hub } : {}) };
}

/** @param {import("./live.js").Change} change @param {(code: string) => string} name */
function whatOf({ kind, what }, name) {
  const moves = (what.moves ?? []).slice(0, 4).map((move) => `${name(move.unit)} → ${move.to ?? t("packages.left_package")}`);
  if (kind !== "edit") return named("change", kind);
  return moves.join(t("rule.stop")) || named("change", what.renames ? "rename" : "lock");
}

/** The packages of a saved round as the board holds them; those whose members are all locked to them stay locked.
 * @param {any} round @returns {Omit<Lot, "key" | "place">[]} */
export function lotsOf(round) {
  return round.packages.map((/** @type {any} */ item) => {
    const members = item.members ?? [];
    const locked = members.length > 0 && members.every((/** @type {string} */ code) => round.rules.locks?.[code] === item.name);
    return { name: item.name, members, lots: item.lots ?? [], locked, kept: { number: item.number, hub: item.hub ?? null, ceiling_fen: item.ceiling_fen ?? null } };
  });
}
