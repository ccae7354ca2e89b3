// A saved draft edited live: every taken change goes to the service at once, what others do comes back in seconds, and
// where two changed the same units, both are kept until somebody decides.

import { get, paths, Problem, send } from "../api.js";
import { asMoves, diff, keep } from "./patch.js";

/** @typedef {import("./patch.js").Lot} Lot */
/** @typedef {import("./patch.js").Patch} Patch */
/** @typedef {{version: number, actor: string, at: string, kind: string, what: {moves?: {unit: string, from: string | null, to: string | null}[], renames?: any, locks?: any, drop?: string[], made?: string[], step?: string}}} Change */

const EVERY = 4000;

/** Whether a change is more than moved units. @param {Change} change */
function saysMore({ kind, what }) {
  return kind !== "edit" || [what.renames, what.locks, what.drop, what.made].some((said) => Object.keys(said ?? {}).length > 0);
}

export class Live {
  /**
   * @param {import("./board.js").Board} board
   * @param {{weighed: (answer: any, ms: number) => void, others: (changes: Change[], units: string[]) => void, reload: () => Promise<void>,
   *   conflict: (problem: Record<string, any>, patch: Patch) => void, failed: (error: unknown) => void, tag: (version: number) => void}} on
   */
  constructor(board, on) {
    this.board = board;
    this.on = on;
    /** @type {number | null} */
    this.round = null;
    this.version = 0;
    /** Packages that the service knows. @type {Set<string>} */
    this.known = new Set();
    /** @type {Promise<void>} */
    this.queue = Promise.resolve();
    this.sending = 0;
    this.timer = 0;
  }

  /** @param {{id: number, version: number, packages: any[]}} round as the service has it */
  open({ id, version, packages }) {
    [this.round, this.version] = [id, version];
    this.known = new Set(packages.map((one) => one.name));
    keep(this.board.lots, packages);
    clearInterval(this.timer);
    this.timer = window.setInterval(() => this.look(), EVERY);
  }

  close() {
    this.round = null;
    clearInterval(this.timer);
  }

  /** Sends a change that was taken on the board. @param {Patch} patch */
  send(patch) {
    if (this.round === null) return;
    const body = asMoves(patch, this.board.lots, (name) => this.known.has(name));
    if (![body.moves, body.drop, body.renames, body.locks, body.made].some((said) => Object.keys(said).length)) return;
    for (const [old, now] of Object.entries(body.renames)) (this.known.delete(old), this.known.add(String(now)));
    for (const { to } of body.moves) if (to) this.known.add(to);
    for (const name of Object.keys(body.made)) this.known.add(name);
    for (const name of body.drop) this.known.delete(String(name));
    this.sending += 1;
    this.queue = this.queue.then(() => this.deliver(body, patch)).finally(() => (this.sending -= 1));
  }

  /** @param {Record<string, any>} body @param {Patch} patch */
  async deliver(body, patch) {
    if (this.round === null) return;
    const began = performance.now();
    try {
      const answer = (await send("POST", `${paths.rounds}/${this.round}/moves`, body, `"${this.version}"`)).body;
      this.step(answer.version);
      keep(this.board.lots, answer.packages);
      this.on.weighed(answer, performance.now() - began);
    } catch (error) {
      if (error instanceof Problem && error.status === 412) await this.settle(error.body, body, patch);
      else this.on.failed(error);
    }
  }

  /** Somebody was first: their change is taken in where it touches other units, else a person decides.
   * @param {Record<string, any>} problem @param {Record<string, any>} body @param {Patch} patch */
  async settle(problem, body, patch) {
    const changes = /** @type {Change[]} */ (problem.changes ?? []);
    if (!changes.length || changes.some((change) => change.kind !== "edit" || this.meets(change, patch))) return this.on.conflict(problem, patch);
    this.adopt(changes);
    this.step(problem.current.version);
    return this.deliver(body, patch);
  }

  /** Whether somebody's change touches what a change of ours touches. @param {Change} change @param {Patch} patch */
  meets(change, patch) {
    const ours = new Set(this.board.lots.filter((lot) => patch.lots.has(lot.key)).map((lot) => lot.name));
    const { moves = [], renames = {}, locks = {}, drop = [], made = [] } = change.what;
    return moves.some((move) => patch.units.has(move.unit) || ours.has(move.to ?? "") || ours.has(move.from ?? ""))
      || Object.keys(renames).length > 0 || [...drop, ...made].some((name) => ours.has(name)) || Object.keys(locks).some((unit) => patch.units.has(unit));
  }

  /** What others did, every few seconds. */
  async look() {
    if (this.round === null || this.sending || document.hidden) return;
    const [round, since] = [this.round, this.version];
    try {
      const answer = await get(`${paths.rounds}/${round}/changes`, { since });
      if (round !== this.round || since !== this.version || this.sending || answer.version === since) return;
      if (answer.state !== "draft" || answer.changes.some(saysMore)) await this.on.reload();
      else this.adopt(answer.changes);
      this.step(answer.version);
    } catch {
      // The next look says more; a page that is left alone must not fill with the same message.
    }
  }

  /** Others' moves, on our board. @param {Change[]} changes */
  adopt(changes) {
    const { board } = this;
    const units = [];
    let lots = board.lots;
    for (const { unit, to } of changes.flatMap((change) => change.what.moves ?? [])) {
      units.push(unit);
      if (to !== null && !lots.some((lot) => lot.name === to)) lots = [...lots, board.fresh({ name: to, members: [] })];
      lots = lots.map((lot) => ({ ...lot, members: [...lot.members.filter((code) => code !== unit), ...(lot.name === to ? [unit] : [])] }));
      if (to) this.known.add(to);
    }
    board.turn(diff(board.lots, lots));
    this.on.others(changes, units);
  }

  /** @param {number} version */
  step(version) {
    this.version = version;
    this.on.tag(version);
  }
}
