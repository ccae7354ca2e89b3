// Which unit lies in which package, with undo: plain values, no page and no map.

import { t } from "../words.js";

/** @typedef {{name: string, services: string[]}} ServiceLot */
/** @typedef {{name: string, members: string[], lots?: ServiceLot[], locked?: boolean, money?: any}} Lot */

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
    this.lots = lots.map((lot) => ({ ...lot, members: [...lot.members] }));
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
      return { ...lot, members: i === to ? [...others, code] : others };
    });
    return to;
  }

  /** Changes what a package says of itself; its members stay. @param {number} index @param {Partial<Lot>} said */
  amend(index, said) {
    this.step();
    this.lots = this.lots.map((lot, i) => (i === index ? { ...lot, ...said } : lot));
  }

  /** Unit → package it must stay in, of the packages that are locked. @returns {Record<string, string>} */
  locks() {
    return Object.fromEntries(this.lots.filter((lot) => lot.locked).flatMap((lot) => lot.members.map((code) => [code, lot.name])));
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

/** A name for each package: a locked one keeps its own. @param {any[]} packages @param {Set<string>} taken */
export function freshNames(packages, taken) {
  let n = 0;
  const next = () => {
    do n += 1;
    while (taken.has(t("packages.package", { n })));
    return t("packages.package", { n });
  };
  return new Map(packages.map((item) => [item.id, taken.has(item.id) ? item.id : next()]));
}
