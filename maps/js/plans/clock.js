// The clock (时间): the grids of any day in history on the map, read only; the right end is the draft.

import { all, get, paths } from "../api.js";
import { button, byId, el, fill, later } from "../dom.js";
import { guard } from "../shell.js";
import { day, t } from "../words.js";

export class Clock {
  /** @param {import("./studio.js").Studio} studio @param {{show: (cells: Feature[] | null, date: string | null) => void}} on  null: the draft */
  constructor(studio, on) {
    this.studio = studio;
    this.on = on;
    /** @type {string[]} */
    this.dates = [];
    /** @type {string | null} */
    this.date = null;
    /** @type {Map<string, Feature[]>} */
    this.known = new Map();
  }

  /** Fetches the days on which something changed. */
  async load() {
    const { area } = this.studio.draft.plan;
    this.dates = (await get("/api/grids/dates", { region: area })).dates;
    this.known.clear();
    this.draw();
  }

  draw() {
    const box = byId("time");
    box.hidden = this.studio.draft.plan.layer !== "grids" || !this.dates.length;
    if (box.hidden) return;
    const last = this.dates.length;
    const at = this.date === null ? last : this.dates.filter((one) => one <= /** @type {string} */ (this.date)).length - 1;
    const slider = el("input", { type: "range", min: "0", max: String(last), step: "1", value: String(Math.max(0, at)), id: "as-of", "aria-label": t("plan.time_label"), "aria-valuetext": this.said(at) });
    const said = el("output", { for: "as-of", class: "note" }, this.date === null ? this.said(last) : day(this.date));
    const turn = later((/** @type {number} */ to) => guard(() => this.turn(to)), 120);
    slider.addEventListener("input", () => {
      fill(said, this.said(Number(slider.value)));
      slider.setAttribute("aria-valuetext", this.said(Number(slider.value)));
      turn(Number(slider.value));
    });
    const exact = el("input", { type: "date", value: this.date ?? "", "aria-label": t("plan.time_label"), id: "as-of-day", on: { change: (/** @type {any} */ event) => guard(() => this.to(event.target.value || null)) } });
    fill(box, el("div", { class: "row tight" }, el("label", { for: "as-of" }, t("plan.time")), said), slider, el("div", { class: "row tight", id: "time-row" }, exact, this.date === null ? null : this.back()));
  }

  /** @param {number} at */
  said(at) {
    return at >= this.dates.length ? t("plan.time_draft") : day(this.dates[at]);
  }

  /** @param {number} at a place on the slider */
  async turn(at) {
    await this.to(at >= this.dates.length ? null : this.dates[at]);
  }

  /** @param {string | null} date */
  async to(date) {
    this.date = date;
    if (date && !this.known.has(date)) this.known.set(date, await all(paths.list("grids"), { region: this.studio.draft.plan.area, as_of: date }));
    if (this.date !== date) return;
    this.on.show(date ? this.known.get(date) ?? [] : null, date);
    const slider = byId("time").querySelector("input[type=range]");
    if (document.activeElement !== slider) this.draw();
    else this.mark();
  }

  back() {
    return button(t("plan.time_back"), () => guard(() => this.to(null)), { id: "to-draft" });
  }

  /** The way back, without disturbing a slider that is being dragged. */
  mark() {
    document.getElementById("to-draft")?.remove();
    if (this.date !== null) byId("time-row").append(this.back());
  }
}
