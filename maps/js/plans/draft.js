// A draft (方案草稿) in hand: every cell as drafted, its version and its steps.  The service does the topology; what it answers
// is taken over cell by cell.

import { get, getTagged, paths, send } from "../api.js";

/** @typedef {import("./tools.js").Operation} Operation */
/** @typedef {{version: number, position: number, operation: string, changed: Feature[], gone: string[], grown: string[],
 *   before: Record<string, any>, line?: any, left?: any[], faults: any[]}} Answer */

export class Draft {
  /** @param {number} id */
  constructor(id) {
    this.id = id;
    this.here = `${paths.plans}/${id}`;
    /** @type {any} the plan as it was read, without its cells */
    this.plan = null;
    /** @type {Map<string, Feature>} */
    this.cells = new Map();
    /** @type {any[]} */
    this.steps = [];
    this.position = 0;
    /** @type {string | null} */
    this.etag = null;
    /** @type {any} the whole list of faults, once it is there */
    this.faults = null;
  }

  async load() {
    const { body, etag } = await getTagged(this.here);
    const { cells, steps, ...plan } = body;
    // Limits of households are of grids; communities and building groups have none.
    this.plan = { ...plan, limits: plan.layer === "grids" ? plan.limits : null };
    this.etag = etag;
    this.steps = steps;
    this.position = body.position;
    this.cells = new Map(cells.features.map((/** @type {Feature} */ cell) => [cell.id, cell]));
    this.faults = null;
  }

  /** @param {string} what of `may` @returns {boolean} */
  may(what) {
    if (what === "undo") return this.may("edit") && this.position > 0;
    // Of a plan that was read before its first step, `may` does not name submission yet.
    if (what === "submit" && this.may("edit")) return this.position > 0;
    if (what === "redo") return this.may("edit") && this.steps.some((step) => step.undone);
    return this.plan?.may.includes(what) ?? false;
  }

  /** Cells of these codes that are there. @param {Iterable<string>} codes @returns {Feature[]} */
  features(codes) {
    return [...codes].map((code) => this.cells.get(code)).filter((cell) => cell !== undefined);
  }

  /** @param {string} code */
  name(code) {
    const known = this.cells.get(code)?.properties.name ?? this.plan?.base?.[code]?.name;
    return known || code.slice(-3);
  }

  /** What an operation would do; nothing is written. @param {Operation} operation @returns {Promise<Answer>} */
  async preview(operation) {
    return (await send("POST", `${this.here}/${route(operation)}`, body(operation, true))).body;
  }

  /** @param {Operation} operation @returns {Promise<Answer>} */
  async apply(operation) {
    const { body: answer, etag } = await send("POST", `${this.here}/${route(operation)}`, body(operation, false), this.etag);
    return this.take(answer, etag);
  }

  /** undo or redo, `to` a position. @param {"undo" | "redo"} way @param {number} [to] */
  async travel(way, to) {
    const { body: answer, etag } = await send("POST", `${this.here}/${way}${to === undefined ? "" : `?to=${to}`}`, {}, this.etag);
    return this.take(answer, etag);
  }

  /** A move of the plan itself (submit, approve …), read anew after it. @param {string} step @param {any} [given] */
  async decide(step, given = {}) {
    const answer = (await send("POST", `${this.here}/${step}`, given, this.etag)).body;
    await this.load();
    return answer;
  }

  /** Takes over what a step changed. @param {Answer} answer @param {string | null} etag */
  take(answer, etag) {
    for (const code of answer.gone) this.cells.delete(code);
    for (const cell of answer.changed) this.cells.set(cell.id, cell);
    this.etag = etag;
    this.note(answer);
    return answer;
  }

  /** The list of steps after an answer: a new one cuts off what was undone. @param {Answer} answer */
  note(answer) {
    const known = this.steps.find((step) => step.number === answer.position);
    const travelled = ["undo", "redo"].includes(answer.operation);
    if (!travelled && !(known && !known.undone)) {
      this.steps = this.steps.filter((step) => step.number < answer.position);
      this.steps.push({ number: answer.position, operation: answer.operation, cells: answer.changed.map((cell) => cell.id).filter((code) => !answer.grown.includes(code)), summary: {}, at: new Date().toISOString(), by: null });
    }
    this.position = answer.position;
    this.plan.version = answer.version;
    this.steps = this.steps.map((step) => ({ ...step, undone: step.number > answer.position }));
  }

  async check() {
    const at = this.etag;
    const found = await get(`${this.here}/faults`);
    if (at === this.etag) this.faults = found;
    return found;
  }
}

/** A fix and an adoption have addresses of their own. @param {Operation} operation */
function route({ operation }) {
  return operation === "fix" ? "fixes" : operation === "adopt" ? "adopt" : operation === "rebase" ? "rebase" : "operations";
}

/** @param {Operation} given @param {boolean} preview */
function body({ operation, ...rest }, preview) {
  const bare = ["fix", "adopt", "rebase"].includes(operation);
  return { ...(bare ? {} : { operation }), ...rest, ...(operation === "rebase" ? {} : { preview }) };
}
