// Which unit lies in which package, with undo: plain values, no page and no map.

/** @typedef {{name: string, members: string[]}} Lot */

export const COLOURS = [
  "#4477aa", "#ccbb44", "#228833", "#aa3377", "#66ccee", "#ee6677", "#7f5aa8", "#8c6d31", "#3b9c8f", "#d97f2b", "#5b6b8c", "#a3b34c",
];

/** The colour of the package at a place in the list. @param {number} index */
export function colourOf(index) {
  return COLOURS[index % COLOURS.length];
}

export class Board {
  constructor() {
    /** @type {Lot[]} */
    this.lots = [];
    /** @type {Lot[][]} */
    this.past = [];
    /** @type {Lot[][]} */
    this.future = [];
    this.active = -1;
  }

  /** A fresh list, without a past. @param {Lot[]} lots */
  reset(lots) {
    this.lots = lots.map((lot) => ({ name: lot.name, members: [...lot.members] }));
    this.past = [];
    this.future = [];
    this.active = this.lots.length ? 0 : -1;
  }

  /** The place of the package that holds a unit, or -1. @param {string} code */
  place(code) {
    return this.lots.findIndex((lot) => lot.members.includes(code));
  }

  /** Moves a unit into the active package, or out of it when it is there already; returns where it lies now. @param {string} code */
  toggle(code) {
    const from = this.place(code);
    const to = from === this.active ? -1 : this.active;
    this.step();
    this.lots = this.lots.map((lot, i) => {
      const others = lot.members.filter((member) => member !== code);
      return { name: lot.name, members: i === to ? [...others, code] : others };
    });
    return to;
  }

  /** An empty package at the end, which becomes the active one. @param {string} name */
  add(name) {
    this.step();
    this.lots = [...this.lots, { name, members: [] }];
    this.active = this.lots.length - 1;
  }

  step() {
    this.past.push(this.lots);
    this.future = [];
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.future.push(this.lots);
    this.turnTo(before);
  }

  redo() {
    const after = this.future.pop();
    if (!after) return;
    this.past.push(this.lots);
    this.turnTo(after);
  }

  /** @param {Lot[]} lots */
  turnTo(lots) {
    this.lots = lots;
    this.active = Math.min(this.active, lots.length - 1);
  }

  /** The packages that hold something. */
  filled() {
    return this.lots.filter((lot) => lot.members.length);
  }
}
