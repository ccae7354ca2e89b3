// The list beside the map of a city: regions with their sums, one level at a time, down to the communities of one
// neighbourhood. It is the keyboard's way to every shape.

import { get, paths } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { load } from "../map.js";
import { guard } from "../shell.js";
import { table } from "../table.js";
import { num, pct, t } from "../words.js";

/** @typedef {{code: string, name: string, at: [number, number], area_m2: number, count: number, served: number,
 *   unserved: number, service_unknown: number, three_no: number}} Sums */

const BELOW = /** @type {Record<number, string>} */ ({ 6: "subdistrict", 9: "neighbourhood", 12: "community" });

/** Digits of a region's code that say something. @param {string} code */
const prefixOf = (code) => code.slice(0, 12).replace(/(000)+$/, "");

/** @param {Sums} row */
const shareOf = (row) => (row.served + row.unserved ? row.served / (row.served + row.unserved) : null);

/** @param {import("./whole.js").Page & {keep: (change: Record<string, string>) => void}} page @param {{districts: number}} census */
export function places(page, census) {
  const nav = el("nav", { class: "crumbs", "aria-label": t("overview.where") });
  const top = census.districts > 1 ? "district" : "subdistrict";
  /** @type {Map<string, Promise<Sums[]>>} */
  const asked = new Map();
  let here = "";
  let closed = false;
  byId("list").before(nav);

  const regions = table(/** @type {import("../table.js").Column<Sums>[]} */ ([
    { key: "name", label: t("status.name"), value: (row) => row.name },
    { key: "count", label: t("status.all"), kind: "num", value: (row) => row.count, cell: (row) => num(row.count) },
    { key: "share", label: t("status.share_served"), kind: "num", value: shareOf, cell: (row) => pct(shareOf(row)) },
    { key: "unserved", label: t("status.unserved"), kind: "num", value: (row) => row.unserved, cell: (row) => num(row.unserved) },
    { key: "three_no", label: t("status.is_three_no"), kind: "num", value: (row) => row.three_no, cell: (row) => num(row.three_no) },
  ]), { code: (row) => row.code, caption: t("status.by_region"), sort: "share", pick: (row) => page.show(row.code, true) });

  /** Regions of a level below a region, with their sums; asked for once. @param {string} level @param {string} region */
  function rows(level, region) {
    const key = `${level} ${region}`;
    const ready = asked.get(key) ?? get(paths.census, { level, region, as_of: page.asOf() }).then((answer) => /** @type {Sums[]} */ (answer.rows));
    asked.set(key, ready);
    ready.catch(() => asked.delete(key));
    return ready;
  }

  /** Lists what lies in a region; "" is the whole area. @param {string} region */
  async function open(region) {
    here = region;
    page.keep({ region });
    const level = region ? BELOW[prefixOf(region).length] : top;
    const trail = await trailTo(region);
    const known = level && (!region || trail[trail.length - 1]?.code === region);
    const units = level === "community";
    const [inside, below] = !known ? [[], []] : await Promise.all([
      units ? load("communities", { region, as_of: page.asOf() }) : [], units ? [] : rows(level, region),
    ]);
    if (closed || here !== region) return;
    crumbs(trail);
    if (!known) return unknown(region);
    if (units) return communities(inside);
    regions.update(below);
    tell(regions.element, t(`level.${level}`), below.length);
  }

  /** @param {Sums[]} trail */
  function crumbs(trail) {
    const step = (/** @type {string} */ code, /** @type {string} */ name, /** @type {boolean} */ last) =>
      button(name, () => (code ? page.show(code, true) : guard(() => open(""))), { disabled: last, "aria-current": last ? "location" : null });
    fill(nav, step("", t("status.whole_area"), !trail.length), ...trail.flatMap(({ code, name }, i) => [el("span", {}, "›"), step(code, name, i === trail.length - 1)]));
  }

  /** An address names a region that is none, or is not the reader's. @param {string} region */
  function unknown(region) {
    const back = button(t("status.whole_area"), () => guard(() => open("")), { class: "main" });
    tell(el("div", { class: "blank", role: "alert" }, el("strong", {}, t("status.no_region", { code: region.slice(0, 40) })), el("p", {}, t("status.no_region_how")), back), "", 0);
  }

  /** @param {Feature[]} found of one neighbourhood */
  function communities(found) {
    for (const feature of found) page.found.set(feature.id, { feature, kind: "communities" });
    page.rows(found);
  }

  /** @param {Element} element @param {string} title @param {number} n */
  function tell(element, title, n) {
    fill(byId("list"), element);
    fill(byId("list-title"), title ? t("status.by_level", { level: title }) : t("status.by_region"));
    fill(byId("row-count"), t("common.rows", { n: num(n) }));
  }

  /** The regions from the top down to one. @param {string} region */
  async function trailTo(region) {
    const prefix = /^\d{12}$/.test(region) ? prefixOf(region) : "";
    const found = [];
    let above = "";
    for (const [digits, level] of /** @type {[number, string][]} */ ([[6, "district"], [9, "subdistrict"], [12, "neighbourhood"]])) {
      if (digits > prefix.length || (level === "district" && top !== "district")) continue;
      const code = prefix.slice(0, digits).padEnd(12, "0");
      const row = (await rows(level, above)).find((each) => each.code === code);
      if (!row) break;
      found.push(row);
      above = code;
    }
    return found;
  }

  /** Opens the list where something is found: a region itself, a unit in its neighbourhood. @param {string} code */
  async function reveal(code) {
    const region = /^\d{12}$/.test(code) ? code : code.slice(0, 12);
    if (region !== here) await open(region);
  }

  /** Takes the list's head away again. */
  function close() {
    closed = true;
    nav.remove();
  }

  return { open, rows, reveal, close };
}
