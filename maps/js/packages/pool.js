// The pool for tender (待招标池): its table, the filter by mode, and one unit in detail.

import { get, paths } from "../api.js";
import { byId, fill } from "../dom.js";
import { fit, mark } from "../map.js";
import { guard, reason, toast } from "../shell.js";
import { table } from "../table.js";
import { num, t } from "../words.js";
import { detail, fillFilter, modeTag } from "./outlook.js";

/** @typedef {import("../table.js").Column<Feature>} Column */

export class Pool {
  /** @param {import("./desk.js").Desk} desk @param {() => void} changed after the pool was read
   * @param {() => void} chosen after units were chosen or let go by keyboard */
  constructor(desk, changed, chosen) {
    this.desk = desk;
    this.changed = changed;
    /** How often the pool was asked for: only the last answer counts. */
    this.asked = 0;
    /** @type {{ready: number, modes: Record<string, number>}} */
    this.counts = { ready: 0, modes: {} };
    const mode = (/** @type {Feature} */ row) => desk.judged.get(row.id)?.suggestion.mode;
    this.list = table(/** @type {Column[]} */ ([
      { key: "name", label: t("status.name"), value: (row) => row.properties.name },
      { key: "households", label: t("status.households"), kind: "num", value: (row) => row.properties.households, cell: (row) => num(row.properties.households) },
      { key: "mode", label: t("outlook.mode"), value: (row) => mode(row) ?? "", cell: (row) => (mode(row) ? modeTag(mode(row)) : null) },
    ]), { code: (row) => row.id, caption: t("packages.pool"), pick: (row) => this.open(row), sort: "name", empty: t("packages.no_pool") });
    fill(byId("pool"), this.list.element);
    byId("standalone").addEventListener("change", () => guard(() => this.load()));
    byId("mode-filter").addEventListener("change", () => this.show());
    // Space on a row is what a lasso is on the map: the keyboard's way to choose.
    this.list.element.addEventListener("keydown", (event) => {
      const code = event.code === "Space" && event.target instanceof HTMLTableRowElement ? event.target.dataset.code : undefined;
      if (code === undefined || !desk.mayEdit) return;
      event.preventDefault();
      if (!desk.selected.delete(code)) desk.selected.add(code);
      chosen();
    });
  }

  async load() {
    const { desk } = this;
    const mine = (this.asked += 1);
    const standalone = byId("standalone", HTMLInputElement).checked;
    const [answer, opinion] = await Promise.all([
      get(paths.pool, { standalone, as_of: desk.day }), get(paths.judged, { region: desk.area, standalone, as_of: desk.day }),
    ]);
    if (mine !== this.asked) return;
    desk.pool = new Set();
    for (const feature of answer.features) {
      desk.pool.add(feature.id);
      desk.units.set(feature.id, feature);
    }
    desk.judged = new Map(opinion.units.map((/** @type {any} */ unit) => [unit.code, unit]));
    this.counts = opinion;
    this.show();
    this.changed();
  }

  /** The table, of the chosen mode. */
  show() {
    const { desk } = this;
    const box = byId("mode-filter", HTMLSelectElement);
    fillFilter(box, this.counts.modes, this.counts.ready);
    const fits = (/** @type {any} */ unit) => !box.value || (box.value === "ready" ? unit?.ready : unit?.suggestion.mode === box.value);
    const shown = desk.features([...desk.pool].filter((code) => fits(desk.judged.get(code))));
    this.list.update(shown);
    fill(byId("pool-count"), t("common.rows", { n: num(shown.length) }));
  }

  /** One unit: on the map, and what is known of its letting. @param {Feature} unit */
  open(unit) {
    this.locate(unit);
    const found = this.desk.judged.get(unit.id);
    byId("unit").hidden = !found;
    if (!found) return;
    const saved = () => guard(async () => {
      await this.load();
      this.open(unit);
      toast(t("packages.saved"));
    });
    fill(byId("unit"), detail(found, this.desk.mayEdit && !this.desk.day, saved, (error) => toast(reason(error), "error")));
    byId("unit").scrollIntoView({ block: "nearest" });
  }

  /** @param {Feature} unit */
  locate(unit) {
    fit([unit], 240);
    mark([unit]);
  }
}
