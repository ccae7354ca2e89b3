// What waits for Enter or Esc: units chosen but not yet put anywhere, and moves not yet taken, with what they would change.

import { byId, fill } from "../dom.js";
import { named, num, t } from "../words.js";
import { total } from "./cards.js";

export class Stage {
  /** @param {import("./desk.js").Desk} desk @param {{take: () => void, drop: () => void}} on */
  constructor(desk, on) {
    this.desk = desk;
    byId("stage-take").addEventListener("click", on.take);
    byId("stage-drop").addEventListener("click", on.drop);
  }

  /** Shows what waits, if anything does. @param {number} [to] the package that chosen units go into, -1 for none: the active one */
  show(to = this.desk.board.active) {
    const { board, selected } = this.desk;
    const on = selected.size > 0 || board.staged.length > 0;
    byId("stage-bar").hidden = !on;
    if (!on) return;
    const lot = board.lots[to];
    fill(byId("stage-text"), selected.size ? this.chosen(lot) : this.moved());
    fill(byId("stage-take"), selected.size ? (lot ? t("stage.put", { name: lot.name }) : t("stage.put_new")) : t("stage.take"));
    const fresh = selected.size ? [] : this.desk.broken.filter((one) => !this.desk.brokenBefore.has(`${one.rule} ${one.package}`));
    const warning = byId("stage-warning");
    warning.hidden = !fresh.length;
    fill(warning, fresh.slice(0, 2).map((one) => `⚠ ${one.package ?? ""} ${named("broken", one.rule)}`).join(t("rule.stop")));
  }

  /** What is chosen, and what the package would hold with it. @param {import("./board.js").Lot | undefined} lot */
  chosen(lot) {
    const { desk } = this;
    const units = desk.features(desk.selected);
    const told = [t("stage.chosen", { n: units.length, households: num(total(units, "households")) })];
    if (lot) {
      const held = (/** @type {Iterable<string>} */ codes) => num(total(desk.features(codes), "households") ?? 0);
      told.push(t("stage.change", { name: lot.name, before: held(lot.members), after: held(new Set([...lot.members, ...desk.selected])) }));
    }
    return told.join(t("rule.stop"));
  }

  /** How many units move, and how each package's households change. */
  moved() {
    const { board } = this.desk;
    const before = new Map(board.before().map((lot) => [lot.key, lot.members]));
    const homes = (/** @type {string[]} */ codes) => total(this.desk.features(codes), "households") ?? 0;
    const touched = board.lots.filter((lot) => homes(lot.members) !== homes(before.get(lot.key) ?? []));
    const told = touched.slice(0, 3).map((lot) => t("stage.change", { name: lot.name, before: num(homes(before.get(lot.key) ?? [])), after: num(homes(lot.members)) }));
    const gone = [...board.waiting().lots.values()].filter(([, now]) => !now).length;
    if (gone) told.unshift(t("stage.gone", { n: gone }));
    const more = touched.length > 3 ? t("stage.more", { n: touched.length - 3 }) : "";
    return [t("stage.moves", { n: board.waiting().units.size }), ...told, more].filter(Boolean).join(t("rule.stop"));
  }
}
