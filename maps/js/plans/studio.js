// The planner's studio (工作台): the draft, the tool in hand and what it would do.  Every panel looks here; nothing is drawn here.

import { Problem } from "../api.js";
import { Asker } from "./asker.js";
import { Draft } from "./draft.js";
import { Tools } from "./tools.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {import("./tools.js").Operation} Operation */
/** @typedef {import("./draft.js").Answer} Answer */
/** @typedef {{operation: Operation, answer: Answer | null, problem: Problem | null, waiting: boolean}} Outlook what an operation would do, or why it cannot */

export class Studio {
  /** @param {number} id @param {{changed: () => void, foreseen: () => void}} on
   *   the draft or the choice is another one; what is foreseen is another thing */
  constructor(id, on) {
    this.on = on;
    this.draft = new Draft(id);
    this.tools = new Tools();
    /** @type {Outlook | null} */
    this.outlook = null;
    /** @type {Operation | null} an operation that no tool made: a fix, an alternative */
    this.offered = null;
    /** @type {Set<string>} cells that no operation may change */
    this.locked = new Set();
    /** @type {Asker<Operation, Answer>} */
    this.asker = new Asker((operation) => this.draft.preview(operation), (operation, answer, error) => this.heard(operation, answer, error));
  }

  get mayEdit() {
    return this.draft.may("edit");
  }

  /** The operation that lies ready. */
  get operation() {
    return this.offered ?? (this.mayEdit ? this.tools.operation() : null);
  }

  /** Looks ahead at the operation of the tool, with the pointer as its last point where there is one. @param {Point | null} [pointer] */
  foresee(pointer = null) {
    const operation = this.offered ?? (this.mayEdit ? this.tools.operation(pointer) : null);
    if (!operation) {
      this.asker.drop();
      this.outlook = null;
    } else if (!this.outlook || !same(this.outlook.operation, operation)) {
      this.outlook = { operation, answer: this.outlook?.answer ?? null, problem: null, waiting: true };
      this.asker.ask(operation);
    }
    this.on.foreseen();
  }

  /** @param {Operation} operation @param {Answer | null} answer @param {unknown} error */
  heard(operation, answer, error) {
    const problem = error ? (error instanceof Problem ? error : new Problem(0, { detail: String(error) })) : null;
    const held = answer && this.held(answer);
    this.outlook = { operation, answer: held ? null : answer, problem: held ? new Problem(422, { reason: "locked", cells: held }) : problem, waiting: false };
    this.on.foreseen();
  }

  /** Locked cells that would get another shape, or null. @param {Answer} answer */
  held(answer) {
    const moved = [...answer.gone, ...answer.changed.map((cell) => cell.id).filter((code) => !answer.grown.includes(code))];
    const held = moved.filter((code) => this.locked.has(code));
    return held.length ? held : null;
  }

  /** The operation is ready and known to succeed. */
  get valid() {
    const { outlook, operation } = this;
    return Boolean(outlook && operation && !outlook.waiting && outlook.answer && same(outlook.operation, operation));
  }

  /** An operation that no tool made is looked at before it is applied. @param {Operation | null} operation */
  offer(operation) {
    this.tools.drop();
    this.offered = operation;
    this.foresee();
  }

  /** Applies what was foreseen; false when it is not valid. */
  async apply() {
    this.foresee();
    await this.asker.idle();
    const { operation } = this;
    return operation && this.valid ? this.write(operation) : false;
  }

  /** Applies an operation as it is. @param {Operation} operation */
  async write(operation) {
    const held = this.tools.held();
    this.settle(await this.draft.apply(operation), held);
    return true;
  }

  /** After a step: nothing is under way, and what is new is chosen; what the hand took up since the step was sent stays.
   * @param {Answer} answer @param {import("./tools.js").Held} [held] what it held then */
  settle(answer, held) {
    const since = held && this.tools.since(held);
    this.reset();
    if (since) {
      Object.assign(this.tools, since);
      this.tools.keep((code) => this.draft.cells.has(code));
      return this.on.changed();
    }
    const fresh = answer.changed.map((cell) => cell.id).filter((code) => !answer.grown.includes(code));
    this.tools.cells = this.tools.tool === "split" ? [] : fresh.slice(0, 1);
    return this.on.changed();
  }

  /** Nothing is under way any more. */
  reset() {
    this.asker.drop();
    this.offered = null;
    this.outlook = null;
    this.tools.drop();
    this.tools.keep((code) => this.draft.cells.has(code));
  }

  /** @param {"undo" | "redo"} way @param {number} [to] */
  async travel(way, to) {
    const answer = await this.draft.travel(way, to);
    this.reset();
    this.on.changed();
    return answer;
  }
}

/** @param {Operation} one @param {Operation} other */
function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
