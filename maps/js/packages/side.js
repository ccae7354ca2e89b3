// Alternatives side by side (方案并排): what lies on the board and each proposal, with map, figures, money and difference.

import { button, byId, el, fill, select, svg } from "../dom.js";
import { guard } from "../shell.js";
import { MISSING, num, pct, t } from "../words.js";
import { colourOf } from "./board.js";
import { meanOf, total, yuan } from "./cards.js";
import { better } from "./reasons.js";
import { above, meanWay, quality } from "./result.js";

/** @typedef {import("./result.js").Plan} Plan */
/** @typedef {{title: string, groups: string[][], money: any[] | null, way?: number | null, plan: Plan | null, current: boolean, take: (() => void) | null}} Side */
/** @typedef {{id?: number | null, rounds: () => Promise<any[]>, read: (id: number) => Promise<any>}} Rounds  saved rounds, to be laid beside */

const WIDE = 260;
const HIGH = 220;

/** Opens the comparison. @param {import("./desk.js").Desk} desk @param {Plan[]} plans @param {number} shown @param {(index: number) => void} take @param {Rounds} rounds */
export function sideBySide(desk, plans, shown, take, rounds) {
  const dialog = byId("side", HTMLDialogElement);
  const { board } = desk;
  const changed = board.past.length > 0 || board.staged.length > 0;
  const now = board.before().filter((lot) => lot.members.length).map((lot) => lot.members);
  const same = plans.findIndex((plan) => plan.packages.length === now.length && !moved(now, plan.packages.map((one) => one.members)));
  /** @type {Side[]} */
  const sides = plans.map((plan, index) => ({
    title: t("result.plan_n", { n: index + 1 }), groups: plan.packages.map((one) => one.members), money: plan.packages.map((one) => one.money),
    plan, current: changed ? index === same : index === shown, take: () => (dialog.close(), take(index)),
  }));
  if (changed ? same < 0 : !plans.length) sides.unshift({ title: t("side.now"), groups: now, money: board.lots.map((lot) => lot.money), way: meanOf(board.lots, (codes) => desk.features(codes)), plan: null, current: true, take: null });
  const base = sides.find((side) => side.current) ?? sides[0];
  const show = () => fill(byId("side-columns"), ...sides.map((side) => column(desk, side, base)));
  show();
  guard(() => offerRounds(rounds, (round) => {
    sides.push({ title: round.name, groups: round.packages.map((/** @type {any} */ one) => one.members), money: null, plan: null, current: false, take: null });
    show();
    byId("side-columns").lastElementChild?.scrollIntoView({ inline: "end", block: "nearest" });
  }));
  dialog.showModal();
}

/** A choice of saved rounds (已保存的轮次): the one chosen is laid beside the others. @param {Rounds} rounds @param {(round: any) => void} add */
async function offerRounds(rounds, add) {
  const place = byId("side-rounds");
  fill(place);
  const listed = (await rounds.rounds()).filter((one) => one.id !== rounds.id && one.packages > 0);
  if (!listed.length) return;
  const box = select([["", t("side.add_round")], ...listed.map((one) => /** @type {[string, string]} */ ([String(one.id), one.name]))], "", { "aria-label": t("side.add_round"), id: "side-round" });
  box.addEventListener("change", () => {
    const chosen = box.value;
    if (!chosen) return;
    box.querySelector(`option[value="${chosen}"]`)?.remove();
    box.value = "";
    guard(async () => add(await rounds.read(Number(chosen))));
  });
  fill(place, box);
}

/** @param {import("./desk.js").Desk} desk @param {Side} side @param {Side} base */
function column(desk, side, base) {
  const sizes = side.groups.map((codes) => total(desk.features(codes), "households")).filter((one) => one !== null);
  const placed = side.groups.flat().length;
  const row = (/** @type {string} */ word, /** @type {string} */ value) => [el("dt", {}, t(`side.${word}`)), el("dd", {}, value)];
  const strong = side.plan?.better_at.map((one) => better(one, desk.name)).join(t("rule.stop"));
  return el("section", { class: side.current ? "side-column current" : "side-column" },
    el("h3", {}, side.title, side.current ? el("span", { class: "tag info" }, t("side.on_board")) : null),
    picture(desk, side.groups),
    el("p", { class: "quality" }, side.plan ? quality(side.plan) : t(side.current ? "side.by_hand" : "side.saved_round")),
    el("dl", { class: "facts" },
      ...row("packages", num(side.groups.length)), ...row("units", t("side.units_of", { n: num(placed), all: num(desk.pool.size) })),
      ...row("sizes", sizes.length ? `${num(Math.min(...sizes))}–${num(Math.max(...sizes))}` : "—"),
      ...row("way", side.plan || typeof side.way === "number" ? t("result.metres", { n: num(side.plan ? meanWay(side.plan) : side.way) }) : MISSING),
      ...row("uneven", side.plan ? t("packages.households", { n: num(side.plan.parts.imbalance) }) : "—"),
      ...row("gap", side.plan ? pct(above(side.plan)) : "—"), ...row("money", side.plan || side.current ? balance(side.money) : MISSING),
      ...row("differs", side === base ? "—" : t("side.differs_by", { n: num(moved(base.groups, side.groups)) }))),
    strong ? el("p", { class: "note" }, strong) : null,
    side.take && !side.current ? button(t("side.take"), side.take, { class: "main" }) : null);
}

/** What a year leaves in all packages together, and how many fall short. @param {any[] | null} money */
function balance(money) {
  const known = (money ?? []).filter(Boolean);
  if (!known.length) return t("side.no_money");
  const short = known.filter((one) => one.balance < 0).length;
  const sum = known.reduce((all, one) => all + one.balance, 0);
  return [t(sum < 0 ? "packages.short" : "packages.left_over", { n: yuan(Math.abs(sum)) }), short ? t("side.short_packages", { n: short }) : ""].filter(Boolean).join(t("rule.stop"));
}

/** How many units lie with other neighbours: packages are matched by what they share most.
 * @param {string[][]} before @param {string[][]} after */
export function moved(before, after) {
  const from = new Map(before.flatMap((codes, i) => codes.map((code) => /** @type {[string, number]} */ ([code, i]))));
  const used = new Set();
  let stays = 0;
  for (const codes of [...after].sort((a, b) => b.length - a.length)) {
    const counts = new Map();
    for (const code of codes) if (from.has(code)) counts.set(from.get(code), (counts.get(from.get(code)) ?? 0) + 1);
    const [best] = [...counts].filter(([key]) => !used.has(key)).sort((a, b) => b[1] - a[1]);
    if (best) (used.add(best[0]), (stays += best[1]));
  }
  return new Set([...from.keys(), ...after.flat()]).size - stays;
}

/** A small map of packages. @param {import("./desk.js").Desk} desk @param {string[][]} groups */
function picture(desk, groups) {
  const place = new Map(groups.flatMap((codes, i) => codes.map((code) => /** @type {[string, number]} */ ([code, i]))));
  const units = desk.features(new Set([...desk.pool, ...place.keys()]));
  const box = L.geoJSON(/** @type {any} */ ({ type: "FeatureCollection", features: units })).getBounds();
  const drawn = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "side-map", role: "img", "aria-label": t("side.map", { n: groups.length }) });
  if (!box.isValid()) return drawn;
  const squeeze = Math.cos((box.getCenter().lat * Math.PI) / 180);
  const scale = Math.min((WIDE - 12) / ((box.getEast() - box.getWest()) * squeeze), (HIGH - 12) / (box.getNorth() - box.getSouth()));
  const spot = (/** @type {number[]} */ [x, y]) => `${(6 + (x - box.getWest()) * squeeze * scale).toFixed(1)} ${(6 + (box.getNorth() - y) * scale).toFixed(1)}`;
  for (const unit of units) {
    const at = place.get(unit.id);
    const path = ringsOf(unit.geometry).map((ring) => `M${ring.map(spot).join("L")}Z`).join("");
    const colour = at === undefined ? "#c3cbd4" : colourOf(at);
    // A community is a few pixels wide here: the stroke in its own colour makes it seen.
    drawn.append(svg("path", { d: path, fill: colour, stroke: colour, "stroke-width": at === undefined ? 1 : 3.5, "stroke-linejoin": "round" }));
  }
  return drawn;
}

/** @param {any} geometry @returns {number[][][]} the outer rings */
function ringsOf(geometry) {
  return (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).map((/** @type {number[][][]} */ polygon) => polygon[0]);
}
