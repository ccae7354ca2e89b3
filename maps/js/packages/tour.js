// From one open point to the next (巡查): units that lie nowhere, places where a package breaks a rule.

import { fit, mark } from "../map.js";
import { named, t } from "../words.js";

export class Tour {
  /** @param {import("./desk.js").Desk} desk @param {{locate: (unit: Feature) => void, choose: (index: number) => void, hint: (text: string) => void}} on */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.looked = -1;
    this.seen = -1;
  }

  /** U: the next unit that lies in no package. */
  loose() {
    const loose = this.desk.loose();
    if (!loose.length) return this.on.hint(t("stage.all_placed"));
    this.looked = (this.looked + 1) % loose.length;
    this.on.hint(t("stage.loose", { name: loose[this.looked].properties.name, n: this.looked + 1, all: loose.length }));
    return this.on.locate(loose[this.looked]);
  }

  /** P: where a package breaks a rule, cut-off pieces first. */
  broken() {
    const { board } = this.desk;
    const broken = this.desk.broken.filter((one) => one.package !== null || one.units.length);
    if (!broken.length) return this.on.hint(t("stage.none_broken"));
    this.seen = (this.seen + 1) % broken.length;
    const one = broken[this.seen];
    const at = board.lots.findIndex((lot) => lot.name === one.package);
    if (at >= 0) this.on.choose(at);
    const units = this.desk.features(one.units.length ? one.units : board.lots[at]?.members ?? []);
    fit(units, 140);
    mark(one.pieces.length > 1 ? this.desk.features(this.desk.faulty) : units);
    return this.on.hint(`⚠ ${one.package ?? ""} ${named("broken", one.rule)} — ${t("stage.n_of", { n: this.seen + 1, all: broken.length })}`);
  }
}
