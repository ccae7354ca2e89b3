// The local journal (本地日志): an unfinished line and the locks outlive a closed tab.  Steps are saved by the service; only
// what is not sent lies here, for one plan and one person.

/** @typedef {{tool: string, cells: string[], points: [number, number][], version: number, at: string}} Entry */

export class Journal {
  /** @param {number} plan @param {string} user @param {Storage} [store] */
  constructor(plan, user, store = window.localStorage) {
    this.key = `wangge.plan.${plan}.${user}`;
    this.store = store;
  }

  /** What was left unfinished, or null; what cannot be read is forgotten. @returns {Entry | null} */
  read() {
    try {
      const found = JSON.parse(this.store.getItem(this.key) ?? "null");
      return found && Array.isArray(found.points) && found.points.every(isPoint) && Array.isArray(found.cells) ? found : null;
    } catch {
      return null;
    }
  }

  /** @param {Entry} entry */
  write(entry) {
    try {
      if (entry.points.length) this.store.setItem(this.key, JSON.stringify(entry));
      else this.store.removeItem(this.key);
    } catch {
      // A full or forbidden store costs the recovery, never the work at hand.
    }
  }

  /** Cells that were locked in this draft, by whoever sits here. @returns {string[]} */
  locks() {
    try {
      const found = JSON.parse(this.store.getItem(`${this.key}.locks`) ?? "[]");
      return Array.isArray(found) ? found.filter((code) => typeof code === "string") : [];
    } catch {
      return [];
    }
  }

  /** @param {string[]} codes */
  lock(codes) {
    try {
      if (codes.length) this.store.setItem(`${this.key}.locks`, JSON.stringify(codes));
      else this.store.removeItem(`${this.key}.locks`);
    } catch {
      // The locks hold as long as the page is open.
    }
  }

  forget() {
    this.write({ tool: "", cells: [], points: [], version: 0, at: "" });
  }
}

/** @param {any} pair */
function isPoint(pair) {
  return Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite);
}
