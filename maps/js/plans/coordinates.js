// The coordinate box (坐标): the line or the moved point as text, in place of the mouse.

import { byId, fill, later } from "../dom.js";
import { t } from "../words.js";
import { parsePoints, pointsText } from "./line.js";

export class Coordinates {
  /** @param {import("./studio.js").Studio} studio @param {() => void} changed */
  constructor(studio, changed) {
    this.studio = studio;
    this.changed = changed;
    byId("coordinates").addEventListener("click", () => this.toggle());
    byId("points").addEventListener("input", later(() => this.typed(), 300));
    byId("back-point").addEventListener("click", () => studio.tools.back() && changed());
  }

  get field() {
    return byId("points", HTMLTextAreaElement);
  }

  toggle() {
    const box = byId("coordinate-box");
    box.hidden = !box.hidden;
    byId("coordinates").setAttribute("aria-expanded", String(!box.hidden));
    this.show();
    if (!box.hidden) this.field.focus();
  }

  /** The text follows the line, unless it is being typed. */
  show() {
    const { tools, mayEdit } = this.studio;
    const usable = mayEdit && (tools.draws || tools.tool === "edge");
    this.field.disabled = !usable;
    fill(byId("points-label"), t(tools.tool === "edge" ? "plan.points_edge" : "plan.points"));
    if (document.activeElement === this.field) return;
    this.field.value = pointsText(tools.typed());
    fill(byId("points-error"));
  }

  typed() {
    const points = parsePoints(this.field.value);
    fill(byId("points-error"), points ? "" : t("plan.bad_coordinates"));
    if (!points) return;
    this.studio.tools.type(points);
    this.changed();
  }
}
