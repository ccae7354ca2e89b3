// The chosen cells (属性): what is known of them, their name, and the sum of several.

import { button, el, fill } from "../dom.js";
import { named, num, squareMetres, t } from "../words.js";
import { sizeOf } from "./colours.js";
import { hectares } from "./figures.js";

/**
 * @param {HTMLElement} place @param {import("./studio.js").Studio} studio
 * @param {{rename: (code: string, name: string) => void, options: HTMLElement | null}} on  `options`: settings of the tool in hand
 */
export function showProperties(place, studio, on) {
  const { draft, tools, locked } = studio;
  const cells = draft.features(tools.cells);
  const body = !cells.length ? el("p", { class: "note" }, t("plan.none_chosen")) : cells.length > 1 ? several(cells) : one(cells[0], studio, on.rename);
  fill(place, el("div", { class: "stack" }, on.options, body, locked.size ? el("p", { class: "note" }, t("plan.locked", { n: locked.size })) : ""));
}

/** @param {Feature} cell @param {import("./studio.js").Studio} studio @param {(code: string, name: string) => void} rename */
function one(cell, studio, rename) {
  const { properties: said } = cell;
  const { limits } = studio.draft.plan;
  const size = sizeOf(cell, limits);
  const facts = /** @type {[string, import("../dom.js").Child][]} */ ([
    [t("plan.code"), el("code", {}, cell.id)],
    [t("plan.kind"), named("kind", said.kind)],
    [t("plan.households_h"), el("span", {}, num(said.households), " ", limits ? el("span", { class: `tag ${size === "within" ? "good" : size === "exempt" ? "" : "warn"}` }, sizeText(size, limits)) : null)],
    [t("plan.residents_h"), num(said.residents)],
    [t("plan.buildings_h"), num(said.buildings) + (said.unknown ? `（${t("plan.unknown_homes", { n: num(said.unknown) })}）` : "")],
    [t("plan.area"), squareMetres(said.area_m2)],
    [t("plan.responsible"), said.responsible || "—"],
    [t("plan.came_from"), (said.came_from ?? []).map((/** @type {string} */ code) => code.slice(-3)).join("、") || "—"],
  ]);
  const list = el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  return el("div", { class: "stack" }, el("h3", {}, said.name || cell.id, " ", marks(cell, studio)), list, studio.mayEdit ? nameForm(cell, rename) : null);
}

/** @param {Feature} cell @param {import("./studio.js").Studio} studio */
function marks(cell, { locked }) {
  const { is_new: fresh, changed } = cell.properties;
  return el("span", {}, fresh ? el("span", { class: "tag info" }, t("plan.new")) : changed ? el("span", { class: "tag warn" }, t("plan.changed")) : null,
    " ", locked.has(cell.id) ? el("span", { class: "tag" }, `🔒 ${t("plan.locked_tag")}`) : null);
}

/** @param {Feature} cell @param {(code: string, name: string) => void} rename */
function nameForm(cell, rename) {
  const field = el("input", { id: "cell-name", value: cell.properties.name ?? "", maxlength: "80", "aria-label": t("plan.new_name"), style: "flex:1;min-width:0" });
  const form = el("form", { class: "row tight", data: { code: cell.id } }, field, el("button", { type: "submit" }, t("plan.rename")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name && name !== cell.properties.name) rename(cell.id, name);
  });
  return form;
}

/** @param {string} size @param {any} limits */
export function sizeText(size, limits) {
  if (size === "below") return t("plan.below", { n: num(limits.min) });
  if (size === "above") return t("plan.above", { n: num(limits.max) });
  if (size === "within" && limits) return t("plan.within", { min: num(limits.min), max: num(limits.max) });
  if (size === "within") return t("plan.known");
  return t(size === "exempt" ? "plan.exempt" : "plan.unknown");
}

/** @param {Feature[]} cells */
function several(cells) {
  const sum = (/** @type {string} */ what) => cells.reduce((/** @type {number | null} */ all, cell) => (all === null || cell.properties[what] === null ? null : all + cell.properties[what]), 0);
  const row = (/** @type {Feature} */ cell) => el("tr", {}, el("td", {}, el("code", {}, cell.id.slice(-3)), ` ${cell.properties.name ?? ""}`), el("td", {}, num(cell.properties.households)), el("td", {}, num(cell.properties.residents)), el("td", {}, hectares(cell.properties.area_m2)));
  const head = [t("plan.chosen_n", { n: cells.length }), t("plan.households_h"), t("plan.residents_h"), t("plan.area_unit")];
  return el("table", { class: "figures" }, el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...cells.map(row), el("tr", {}, el("td", {}, el("strong", {}, t("plan.total"))), ...["households", "residents"].map((what) => el("td", {}, num(sum(what)))), el("td", {}, hectares(sum("area_m2"))))));
}

/** Settings of snapping. @param {import("./studio.js").Studio} studio @param {() => void} changed */
export function snapOptions(studio, changed) {
  const { snapping } = studio.tools;
  const target = (/** @type {string} */ name, /** @type {string} */ text) => el("label", { class: "check" }, el("input", {
    type: "checkbox", checked: snapping.to.includes(name),
    on: { change: (/** @type {any} */ event) => {
      snapping.to = event.target.checked ? [...snapping.to, name] : snapping.to.filter((one) => one !== name);
      changed();
    } },
  }), text);
  const reach = el("input", { type: "number", min: "0.1", max: "50", step: "any", value: String(snapping.tolerance), style: "width:5em", "aria-label": t("plan.tolerance"), on: { change: (/** @type {any} */ event) => {
    snapping.tolerance = Number(event.target.value);
    changed();
  } } });
  const all = button(t(snapping.all ? "plan.snap_all" : "plan.snap_chosen"), () => {
    snapping.all = !snapping.all;
    changed();
  }, { "aria-pressed": String(snapping.all) });
  return el("fieldset", {}, el("legend", {}, t("plan.snap_to")), el("div", { class: "row tight" }, target("roads", t("plan.snap_roads")), target("buildings", t("plan.snap_buildings")), target("parent", t("plan.snap_parent"))),
    el("div", { class: "row tight" }, t("plan.tolerance"), reach, t("plan.unit_m"), all));
}
