// 对比: the draft beside what is published, cell by cell; lineage and what hangs on cells that end, for the planner to confirm.

import { get, send } from "../api.js";
import { button, el, fill, select } from "../dom.js";
import { redraw } from "../redraw.js";
import { guard, toast } from "../shell.js";
import { named, num, squareMetres, t } from "../words.js";
import { hectares } from "./figures.js";

export class Comparing {
  /** @param {import("./studio.js").Studio} studio @param {{look: (codes: string[]) => void, colour: () => void, saved: () => void}} on */
  constructor(studio, on) {
    this.studio = studio;
    this.on = on;
    /** @type {any} */
    this.found = null;
    /** @type {string | null} the version that was compared */
    this.of = null;
    this.all = false;
  }

  /** @param {HTMLElement} place */
  draw(place) {
    const { draft } = this.studio;
    if (this.of === draft.etag && this.found) return this.fill(place);
    if (!place.firstChild) fill(place, el("p", { class: "note busy" }, t("common.loading")));
    place.setAttribute("aria-busy", "true");
    return guard(async () => {
      const of = draft.etag;
      const found = await get(`${draft.here}/compare`);
      // Another step was taken meanwhile, and asks for itself.
      if (of !== draft.etag) return;
      [this.found, this.of] = [found, of];
      place.removeAttribute("aria-busy");
      if (place.isConnected) redraw(place, () => this.fill(place));
    });
  }

  /** @param {HTMLElement} place */
  fill(place) {
    const { cells, totals, branches = [], teams = [] } = this.found;
    const changed = cells.filter((/** @type {any} */ one) => one.fate !== "unchanged");
    if (!changed.length) return fill(place, el("p", { class: "note" }, t("plan.cmp_none")));
    const shown = this.all ? cells : changed;
    const total = totals ? el("p", {}, t("plan.cmp_moved", { area: squareMetres(totals.area_m2), buildings: num(totals.buildings), households: num(totals.households) })) : null;
    const all = el("label", { class: "check" }, el("input", { type: "checkbox", checked: this.all, on: { change: () => {
      this.all = !this.all;
      this.fill(place);
    } } }), t("plan.cmp_all"));
    return fill(place, el("div", { class: "stack" }, total, el("div", { class: "row tight" }, button(t("plan.cmp_map"), this.on.colour), all), this.table(shown), this.lineage(changed),
      this.list(t("plan.cmp_branches"), branches.map((/** @type {any} */ one) => this.branch(one))),
      this.list(t("plan.cmp_teams"), teams.map((/** @type {any} */ one) => `${short([one.grid])} → ${short(one.to?.length ? one.to : one.heirs ?? [])}${one.responsible ? ` · ${one.responsible}` : ""}`))));
  }

  /** @param {any[]} cells */
  table(cells) {
    const head = [t("plan.cells"), t("plan.cmp_fate"), t("plan.households_h"), t("plan.area_unit")];
    const row = (/** @type {any} */ one) => el("tr", { tabindex: 0, style: "cursor:pointer", data: { code: one.code }, on: { click: () => this.on.look([one.code, ...(one.heirs ?? []), ...(one.came_from ?? [])]) } },
      el("td", {}, el("code", { title: one.code }, one.code.slice(-3)), one.came_from?.length ? el("span", { class: "was" }, `← ${short(one.came_from)}`) : null),
      el("td", {}, named("fate", one.fate)), pair(one, "households", num), pair(one, "area_m2", hectares));
    return el("table", { class: "figures" }, el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, ...cells.map(row)));
  }

  /** Where each new cell came from, to be confirmed or put right. @param {any[]} changed */
  lineage(changed) {
    const { lineage = {}, confirmed } = this.found;
    const codes = Object.keys(lineage);
    if (!codes.length || !changed.length) return null;
    const prefix = codes[0].slice(0, 12);
    const full = (/** @type {string} */ text) => (text.length <= 3 ? prefix + text.padStart(3, "0") : text);
    const fields = codes.map((code) => el("input", { value: short(lineage[code], ","), data: { code }, "aria-label": `${code} ${t("plan.cmp_edit")}`, title: lineage[code].join(", "), style: "width:9em", disabled: !this.studio.mayEdit }));
    const confirm = () => guard(() => {
      const said = Object.fromEntries(fields.map((field, i) => {
        const same = field.value === short(lineage[codes[i]], ",");
        return [codes[i], same ? lineage[codes[i]] : field.value.split(/[,，、\s]+/).filter(Boolean).map(full)];
      }));
      return this.confirm(said);
    });
    return el("details", { class: "more", open: !confirmed }, el("summary", {}, `${t("plan.cmp_lineage")}${confirmed ? ` · ${t("plan.cmp_confirmed")}` : ""}`),
      el("div", { class: "stack tight" }, ...fields.map((field, i) => el("div", { class: "row tight" }, el("code", { title: codes[i] }, codes[i].slice(-3)), "←", field)),
        this.studio.mayEdit ? button(t("plan.cmp_confirm"), confirm, { id: "confirm-lineage" }) : null));
  }

  /** Where a branch goes: to the only heir, or to the one that the planner names. @param {any} one */
  branch(one) {
    const heirs = /** @type {string[]} */ (one.heirs ?? []);
    if (heirs.length < 2 || !this.studio.mayEdit) return `${one.name}：${short([one.grid])} → ${one.to ? short([one.to]) : `${t("plan.cmp_undecided")}（${short(heirs)}）`}`;
    const settle = (/** @type {any} */ event) => guard(async () => {
      if (!event.target.value) return;
      await this.confirm(this.found.lineage, { [one.code]: event.target.value });
    });
    const options = /** @type {[string, string][]} */ ([["", t("plan.cmp_undecided")], ...heirs.map((code) => [code, code.slice(-3)])]);
    return el("span", { class: "row tight" }, `${one.name}：${short([one.grid])} →`, select(options, one.to ?? "", { "aria-label": one.name, data: { branch: one.code }, on: { change: settle } }));
  }

  /** Says what holds, whole: what is left out would be forgotten. @param {Record<string, string[]>} lineage @param {Record<string, string>} [branches] */
  async confirm(lineage, branches = {}) {
    const { draft } = this.studio;
    const known = (this.found.branches ?? []).filter((/** @type {any} */ one) => one.to && (one.heirs ?? []).length > 1);
    const said = { ...Object.fromEntries(known.map((/** @type {any} */ one) => [one.code, one.to])), ...branches };
    const answer = await send("PUT", `${draft.here}/lineage`, { lineage, branches: said }, draft.etag);
    draft.etag = answer.etag;
    this.of = null;
    toast(t("plan.cmp_confirmed"));
    this.on.saved();
  }

  /** @param {string} title @param {import("../dom.js").Child[]} rows */
  list(title, rows) {
    return rows.length ? el("section", {}, el("h3", {}, title), el("ul", { class: "cmp" }, ...rows.map((text) => el("li", {}, text)))) : null;
  }
}

/** @param {string[]} codes @param {string} [between] */
function short(codes, between = "、") {
  return codes.map((code) => code.slice(-3)).join(between);
}

/** @param {any} one @param {string} what @param {(value: number | null | undefined) => string} said */
function pair(one, what, said) {
  const [before, after] = [one.before && said(one.before[what]), one.after && said(one.after[what])];
  return el("td", {}, after ?? "—", before !== after ? el("span", { class: "was" }, `${t("plan.before")} ${before ?? "—"}`) : null);
}
