// Which unit lies in which package: changes are staged, then taken or dropped; undo and redo without limit.
// Plain values, no page and no map.

import { t } from "../words.js";
import { apply, diff, hubsOf, isEmpty, turned } from "./patch.js";

/** @typedef {import("./patch.js").Lot} Lot */
/** @typedef {import("./patch.js").Patch} Patch */

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
    /** Taken changes, the newest last. @type {Patch[]} */
    this.past = [];
    /** @type {Patch[]} */
    this.future = [];
    /** Changes that wait for Enter or Esc. @type {Patch[]} */
    this.staged = [];
    this.active = -1;
    this.nextKey = 1;
    /** Hears every change that is taken, undone or redone. @type {(patch: Patch) => void} */
    this.taken = () => undefined;
  }

  /** A fresh list, without a past. @param {Omit<Lot, "key" | "place">[]} lots */
  reset(lots) {
    this.lots = lots.map((lot) => this.fresh(lot));
    [this.past, this.future, this.staged] = [[], [], []];
    this.active = this.lots.length ? Math.max(0, Math.min(this.active, this.lots.length - 1)) : -1;
  }

  /** @param {Omit<Lot, "key" | "place">} lot @returns {Lot} */
  fresh(lot) {
    const key = this.nextKey++;
    return { ...lot, members: [...lot.members], key, place: key };
  }

  /** The place of the package that holds a unit, or -1. @param {string} code */
  place(code) {
    return this.lots.findIndex((lot) => lot.members.includes(code));
  }

  /** Whether a unit lies in a package that is locked. @param {string} code */
  isLocked(code) {
    return Boolean(this.lots[this.place(code)]?.locked);
  }

  /** Stages a move of units into the package at a place, or out of all (-1); those that are locked stay.
   * @param {string[]} codes @param {number} to @returns {string[]} the units that move */
  move(codes, to) {
    const moving = codes.filter((code) => this.place(code) !== to && !this.isLocked(code));
    if (!moving.length || this.lots[to]?.locked) return [];
    const gone = new Set(moving);
    this.stage(this.lots.map((lot, i) => {
      const rest = lot.members.filter((member) => !gone.has(member));
      return { ...lot, members: i === to ? [...rest, ...moving] : rest };
    }));
    return moving;
  }

  /** Stages a move of a unit into the active package, or out of it when it is there already; returns where it lies now. @param {string} code */
  toggle(code) {
    const to = this.place(code) === this.active ? -1 : this.active;
    this.move([code], to);
    return this.place(code);
  }

  /** @param {Lot[]} lots the packages as they would be */
  stage(lots) {
    const patch = diff(this.lots, lots);
    if (isEmpty(patch)) return;
    this.staged.push(patch);
    this.lots = apply(this.lots, patch);
  }

  /** The staged changes as one. @returns {Patch} */
  waiting() {
    return diff(this.before(), this.lots);
  }

  /** The packages as they are without what is staged. */
  before() {
    return [...this.staged].reverse().reduce((lots, patch) => apply(lots, turned(patch)), this.lots);
  }

  /** Takes what is staged; false when that is nothing. */
  take() {
    const [patch, before] = [this.waiting(), this.before()];
    this.staged = [];
    if (isEmpty(patch)) return false;
    patch.hubs = hubsOf(patch, before);
    this.past.push(patch);
    this.future = [];
    this.taken(patch);
    return true;
  }

  /** Drops what is staged. */
  drop() {
    this.lots = this.before();
    this.staged = [];
    this.active = Math.min(this.active, this.lots.length - 1);
  }

  /** Changes the packages at once, with what is staged. @param {(lots: Lot[]) => Lot[]} act */
  change(act) {
    this.stage(act(this.lots));
    this.take();
    this.active = Math.min(this.active, this.lots.length - 1);
  }

  /** Changes what a package says of itself; its members stay. @param {number} index @param {Partial<Lot>} said */
  amend(index, said) {
    this.change((lots) => lots.map((lot, i) => (i === index ? { ...lot, ...said } : lot)));
  }

  /** Unit → package it must stay in, of the packages that are locked. @returns {Record<string, string>} */
  locks() {
    return Object.fromEntries(this.lots.filter((lot) => lot.locked).flatMap((lot) => lot.members.map((code) => [code, lot.name])));
  }

  /** A package at the end, which becomes the active one. @param {string} name @param {string[]} [members] taken out of theirs */
  add(name, members = []) {
    const gone = new Set(members);
    this.change((lots) => [...lots.map((lot) => ({ ...lot, members: lot.members.filter((code) => !gone.has(code)) })), this.fresh({ name, members })]);
    this.active = this.lots.length - 1;
  }

  /** All of a package goes into another, and it is no more. @param {number} from @param {number} into */
  merge(from, into) {
    const { key, members } = this.lots[from];
    const kept = this.lots[into].key;
    this.change((lots) => lots.filter((lot) => lot.key !== key).map((lot) => (lot.key === kept ? { ...lot, members: [...lot.members, ...members] } : lot)));
    this.active = this.lots.findIndex((lot) => lot.key === kept);
  }

  /** The newest change is taken back: one that is staged first. */
  undo() {
    const waiting = this.staged.pop();
    if (waiting) return this.turn(turned(waiting));
    const patch = this.past.pop();
    if (!patch) return undefined;
    this.future.push(patch);
    this.turn(turned(patch));
    return this.taken(turned(patch));
  }

  redo() {
    const patch = this.staged.length ? undefined : this.future.pop();
    if (!patch) return;
    this.past.push(patch);
    this.turn(patch);
    this.taken(patch);
  }

  /** Changes the packages without a trace: an undone step, or what somebody else did. @param {Patch} patch */
  turn(patch) {
    this.lots = apply(this.lots, patch);
    this.active = Math.min(this.active, this.lots.length - 1);
  }

  /** The packages that hold something. */
  filled() {
    return this.lots.filter((lot) => lot.members.length);
  }

  /** A name that no package has. */
  freeName() {
    const names = new Set(this.lots.map((lot) => lot.name));
    let n = this.lots.length + 1;
    while (names.has(t("packages.package", { n }))) n += 1;
    return t("packages.package", { n });
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
