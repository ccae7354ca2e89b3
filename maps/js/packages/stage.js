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

  /** Shows what waits, if anything does. */
  show() {
    const { board, selected } = this.desk;
    const on = selected.size > 0 || board.staged.length > 0;
    byId("stage-bar").hidden = !on;
    if (!on) return;
    const lot = board.lots[board.active];
    fill(byId("stage-text"), selected.size ? this.chosen() : this.moved());
    fill(byId("stage-take"), selected.size ? (lot ? t("stage.put", { name: lot.name }) : t("stage.put_new")) : t("stage.take"));
    const fresh = selected.size ? [] : this.desk.broken.filter((one) => !this.desk.brokenBefore.has(`${one.rule} ${one.package}`));
    const warning = byId("stage-warning");
    warning.hidden = !fresh.length;
    fill(warning, fresh.slice(0, 2).map((one) => `⚠ ${one.package ?? ""} ${named("broken", one.rule)}`).join("；"));
  }

  chosen() {
    const units = this.desk.features(this.desk.selected);
    return t("stage.chosen", { n: units.length, households: num(total(units, "households")) });
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
    return [t("stage.moves", { n: board.waiting().units.size }), ...told, more].filter(Boolean).join("；");
  }
}
