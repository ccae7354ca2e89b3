// What lies on the tender officer's desk: the pool of a day, the packages being made of it, and who looks at them.

import { get, paths, Problem } from "../api.js";
import { Board } from "./board.js";

/** @typedef {import("./reasons.js").Reason} Reason */
/** @typedef {{rule: string, package: string | null, text: string, units: string[], pieces: string[][]}} Violation */

export class Desk {
  constructor() {
    this.board = new Board();
    /** @type {Map<string, Feature>} every unit we can draw: the pool, and members of a saved round */
    this.units = new Map();
    /** @type {Set<string>} */
    this.pool = new Set();
    /** @type {Map<string, any>} what is missing and which mode fits, by unit */
    this.judged = new Map();
    /** @type {Map<string, Reason>} why a unit lies in no package, as the engine said */
    this.why = new Map();
    /** @type {Map<string, string>} the engine's P01 → the name on its card */
    this.packageNames = new Map();
    /** What units are called that there are no more. @type {Map<string, string>} */
    this.lastNames = new Map();
    /** @type {Violation[]} */
    this.broken = [];
    /** What was broken before the staged changes, as "rule package". @type {Set<string>} */
    this.brokenBefore = new Set();
    /** Units chosen on the map, not yet put anywhere. @type {Set<string>} */
    this.selected = new Set();
    this.area = "";
    this.today = "";
    /** The day that the pool is of. */
    this.asOf = "";
    this.isOfficer = false;
    /** An officer, and what lies here may be changed. */
    this.mayEdit = false;
    this.user = "";
    this.name = this.name.bind(this);
  }

  /** Units of staged moves. @returns {Set<string>} */
  get waiting() {
    return this.board.staged.length ? new Set(this.board.waiting().units.keys()) : new Set();
  }

  /** Units that are cut off from the largest piece of their package. @returns {Set<string>} */
  get faulty() {
    const cut = this.broken.filter((one) => one.pieces.length > 1);
    return new Set(cut.flatMap((one) => [...one.pieces].sort((a, b) => b.length - a.length).slice(1).flat()));
  }

  /** The day for an address, where it is not today's. */
  get day() {
    return this.asOf === this.today ? undefined : this.asOf;
  }

  /** An address with the day in it. @param {string} path */
  at(path) {
    return this.day ? `${path}?as_of=${this.day}` : path;
  }

  /** The name of a unit, or of a package as the proposal numbers it. @param {string} code */
  name(code) {
    return this.units.get(code)?.properties.name ?? this.packageNames.get(code) ?? this.lastNames.get(code) ?? code;
  }

  /** @param {Iterable<string>} codes @returns {Feature[]} those of them that can be drawn */
  features(codes) {
    return [...codes].map((code) => this.units.get(code)).filter((unit) => unit !== undefined);
  }

  /** Every unit that lies in a package. */
  placed() {
    return this.board.lots.flatMap((lot) => lot.members);
  }

  /** The pool's units that lie in no package. */
  loose() {
    return this.features([...this.pool].filter((code) => this.board.place(code) < 0));
  }

  /** Fetches units that are not in the pool (any more); one that is no more cannot be drawn, the others can. @param {string[]} codes */
  async fetch(codes) {
    const wanted = codes.filter((code) => !this.units.has(code));
    await Promise.all(wanted.map(async (code) => {
      const kind = /S\d{3}$/.test(code) ? "building-groups" : "communities";
      const found = await get(paths.one(kind, code), { as_of: this.day }).catch((error) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      });
      if (found) this.units.set(code, found);
    }));
  }
}
