// What is known of one thing on the map, as text.

import { el } from "./dom.js";
import { modeName, modeOf } from "./modes.js";
import { day, MISSING, named, num, squareMetres, t, yesNo } from "./words.js";

/** @param {[string, import("./dom.js").Child][]} rows */
export function facts(rows) {
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value ?? MISSING)]));
}

/** The state of service as a tag. @param {Record<string, any>} properties */
export function modeTag(properties) {
  const mode = modeOf(properties);
  const kind = mode === "unknown" ? "warn" : mode === "none" ? "bad" : "good";
  return el("span", { class: `tag ${kind}` }, modeName(mode));
}

/** @param {Feature} feature @param {string} kind the list it came from */
export function details(feature, kind) {
  const p = feature.properties;
  const title = el("h3", {}, p.name ?? feature.id);
  const rows = kind === "communities" || kind === "building-groups" ? unit(p) : kind === "grids" ? grid(p) : other(p, kind);
  const code = /** @type {[string, import("./dom.js").Child]} */ ([t("status.code"), el("code", {}, feature.id)]);
  const link = kind === "communities" ? el("a", { class: "button", href: `/communities/${encodeURIComponent(feature.id)}` }, t("status.open_community")) : null;
  return el("div", { class: "stack" }, title, facts([code, ...rows]), link);
}

/** @param {Record<string, any>} p @returns {[string, import("./dom.js").Child][]} */
function unit(p) {
  return [
    [t("status.mode"), modeTag(p)],
    [t("status.kind"), p.kind ? named("kind", p.kind) : t("status.stand_alone")],
    [t("status.is_three_no"), yesNo(p.three_no)],
    [t("status.firm"), p.firm_name],
    [t("status.service_end"), day(p.service_end)],
    [t("status.households"), num(p.households)],
    [t("status.residents"), num(p.residents)],
    [t("status.floor_area"), squareMetres(p.floor_area)],
    [t("status.building_count"), num(p.building_count)],
    [t("status.built_year"), p.built_year],
    [t("status.fee"), num(p.fee, 2)],
    [t("status.address"), p.address],
  ];
}

/** @param {Record<string, any>} p @returns {[string, import("./dom.js").Child][]} */
function grid(p) {
  const team = Object.entries(p.team ?? {}).filter(([, name]) => name).map(([duty, name]) => `${duty} ${name}`);
  return [
    [t("status.kind"), named("kind", p.kind)],
    [t("status.households"), num(p.households)],
    [t("status.area_m2"), squareMetres(p.area_m2)],
    [t("status.responsible"), p.responsible],
    [t("status.team"), team.length ? team.join("、") : MISSING],
    [t("status.neighbourhood"), el("code", {}, p.neighbourhood)],
  ];
}

/** @param {Record<string, any>} p @param {string} kind @returns {[string, import("./dom.js").Child][]} */
function other(p, kind) {
  if (kind === "buildings") {
    return [
      [t("status.floors"), num(p.floors)],
      [t("status.units"), num(p.units)],
      [t("status.households"), num(p.households)],
    ];
  }
  return [[t("status.level"), named("level", p.level)], [t("status.area_m2"), squareMetres(p.area_m2)]];
}
