// 问题: every fault of the draft; a click goes there, a fix is looked at before it is applied.

import { button, el, fill } from "../dom.js";
import { language, named, num, squareMetres, t } from "../words.js";

/** So many rows are drawn at a time. */
const PAGE = 60;

/** @typedef {{id: string, kind: string, severity: string, cells: string[], place: [number, number] | null, geometry: any, area_m2?: number | null,
 *   width_m?: number | null, length_m?: number | null, text?: string, building?: string | null, fix: {action: string, needs: string | null} | null}} Fault */

export class Faults {
  /** @param {import("./studio.js").Studio} studio @param {{look: (fault: Fault | null) => void, fix: (fault: Fault, to: string | null) => void, check: () => void}} on */
  constructor(studio, on) {
    this.studio = studio;
    this.on = on;
    /** @type {string | null} */
    this.active = null;
    this.limit = PAGE;
  }

  /** The label of the tab: the number is red while there are errors. */
  label() {
    const found = this.studio.draft.faults;
    const n = found ? found.errors + found.warnings : null;
    return [t("plan.faults"), n === null ? "" : el("span", { class: found.errors ? "count" : "" }, ` (${num(n)})`)];
  }

  /** @param {HTMLElement} place */
  draw(place) {
    const found = this.studio.draft.faults;
    if (!found) return fill(place, el("p", { class: "note busy" }, t("plan.checking")));
    const rules = found.rules ?? {};
    const head = el("div", { class: "row" }, el("span", {}, t("plan.checked", { errors: num(found.errors), warnings: num(found.warnings) })), el("span", { class: "push" }), button(t("plan.check_again"), this.on.check));
    const list = found.faults.slice(0, this.limit).map((/** @type {Fault} */ fault) => this.row(fault));
    const more = found.faults.length > this.limit ? button(t("plan.more", { n: num(Math.min(PAGE, found.faults.length - this.limit)) }), () => {
      this.limit += PAGE;
      this.draw(place);
    }) : null;
    const note = rules.sliver_area_m2 === undefined ? null : el("p", { class: "note" }, t("plan.fault_rules", { area: rules.sliver_area_m2, width: rules.sliver_width_m, tolerance: rules.building_tolerance_m2 ?? "—" }));
    return fill(place, el("div", { class: "stack tight" }, head, list.length ? null : el("p", { class: "note" }, t("plan.no_faults")), ...list, more, note));
  }

  /** @param {Fault} fault */
  row(fault) {
    const on = fault.id === this.active;
    const size = [fault.area_m2 != null ? squareMetres(Math.round(fault.area_m2 * 100) / 100) : "", fault.length_m != null ? `${num(fault.length_m, 1)} ${t("plan.unit_m")}` : ""].filter(Boolean).join(" · ");
    const cells = fault.cells.map((code) => this.studio.draft.name(code)).join("、");
    const look = () => {
      this.active = fault.id;
      this.on.look(fault);
    };
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (event.code !== "Enter" || event.target !== event.currentTarget) return;
      event.preventDefault();
      look();
    };
    return el("div", { class: `fault ${fault.severity}${on ? " active" : ""}`, tabindex: 0, role: "button", data: { fault: fault.id, kind: fault.kind }, on: { click: look, keydown: press } },
      el("div", { class: "row" }, el("strong", {}, named("fault", fault.kind)), el("span", { class: "note" }, cells), el("span", { class: "push note" }, size)),
      on ? this.mend(fault) : null);
  }

  /** @param {Fault} fault */
  mend(fault) {
    // The service's own sentence is English; in Chinese the kind, the cells and the building say it.
    const text = language === "en" ? fault.text : fault.building;
    const said = text ? el("p", { class: "note" }, text) : null;
    if (!fault.fix || !this.studio.mayEdit) return said;
    const { action, needs } = fault.fix;
    const to = needs === "to" ? el("select", { "aria-label": t("plan.fix_to"), on: { click: (/** @type {Event} */ event) => event.stopPropagation() } }, ...fault.cells.map((code) => el("option", { value: code }, `${code.slice(-3)} ${this.studio.draft.name(code)}`))) : null;
    const go = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.on.fix(fault, to && to.value);
    };
    return el("div", { class: "stack tight" }, said, el("div", { class: "row tight" }, to ? el("span", { class: "note" }, t("plan.fix_to")) : null, to,
      el("button", { type: "button", class: "fix", on: { click: go } }, `${needs === "line" ? "" : `${t("plan.preview_fix")}：`}${named("fault_fix", action)}`)));
  }
}
