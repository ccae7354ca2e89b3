// Drafts of one area side by side (并排比较): a small map and the figures of each.

import { get, paths } from "../api.js";
import { el, svg } from "../dom.js";
import { named, num, t } from "../words.js";
import { colourOf, sizeOf } from "./colours.js";
import { paths as rings } from "./snapping.js";

/** @param {number[]} ids @returns {Promise<HTMLElement[]>} */
export async function besides(ids) {
  const plans = await Promise.all(ids.map(async (id) => {
    const [plan, faults] = await Promise.all([get(`${paths.plans}/${id}`), get(`${paths.plans}/${id}/faults`)]);
    return { ...plan, faults };
  }));
  return plans.map(column);
}

/** @param {any} plan */
function column(plan) {
  const cells = /** @type {Feature[]} */ (plan.cells.features);
  const homes = cells.map((cell) => cell.properties.households).filter((value) => value !== null && value !== undefined);
  const within = cells.filter((cell) => ["within", "exempt"].includes(sizeOf(cell, plan.limits))).length;
  const changed = cells.filter((cell) => cell.properties.is_new || cell.properties.changed).length;
  const facts = /** @type {[string, string][]} */ ([
    [t("plans.state"), named("state", plan.state)],
    [t("plans.author"), plan.author_name ?? plan.author],
    [t("plans.steps"), num(plan.position)],
    [t("plans.cells"), num(cells.length)],
    [t("plans.households_span"), homes.length ? `${num(Math.min(...homes))} – ${num(Math.max(...homes))}` : "—"],
    [t("plans.within"), `${num(within)} / ${num(cells.length)}`],
    [t("plans.changed_here"), num(changed)],
    [t("plans.ended_cells"), num(plan.ended.length)],
    [t("plans.errors"), num(plan.faults?.errors)],
    [t("plans.warnings"), num(plan.faults?.warnings)],
  ]);
  return el("section", { class: "panel", data: { plan: plan.id } }, el("h3", {}, el("a", { href: `/plans/${plan.id}` }, plan.title)), thumb(cells, plan.limits), el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
}

/** The cells as a small picture, coloured by what the draft changed. @param {Feature[]} cells @param {any} limits */
function thumb(cells, limits) {
  const points = cells.flatMap((cell) => rings(cell.geometry).flat());
  if (!points.length) return el("div", { class: "thumb" });
  const [xs, ys] = [points.map((one) => one[0]), points.map((one) => one[1])];
  const [west, south, east, north] = [least(xs), least(ys), -least(xs.map((one) => -one)), -least(ys.map((one) => -one))];
  const squeeze = Math.cos((south * Math.PI) / 180);
  const scale = 1000 / Math.max((east - west) * squeeze, north - south);
  const place = (/** @type {number[]} */ [x, y]) => `${((x - west) * squeeze * scale).toFixed(1)},${((north - y) * scale).toFixed(1)}`;
  const shapes = cells.map((cell) => svg("path", { d: rings(cell.geometry).map((ring) => `M${ring.map(place).join("L")}Z`).join(""), fill: colourOf(cell, "change", limits), "fill-rule": "evenodd", stroke: "#2d5f74", "stroke-width": 4, "stroke-linejoin": "round" }));
  return svg("svg", { class: "thumb", viewBox: `-10 -10 ${(east - west) * squeeze * scale + 20} ${(north - south) * scale + 20}`, role: "img", "aria-label": t("plans.cells") }, ...shapes);
}

/** @param {number[]} values */
function least(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
