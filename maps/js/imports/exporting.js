// Files out (导出): the format and the system are chosen first, and what a file of them cannot hold is said before one is made.

import { address, paths } from "../api.js";
import { byId, el, fill, select } from "../dom.js";
import { constants, language, named, t } from "../words.js";
import { MERIDIANS, nearest, zone, zoneTitle } from "./zones.js";

/**
 * @typedef {{zh: string, en: string}} Said
 * @typedef {{name: string, tables: boolean, degrees: boolean, shapes: boolean, losses: Said[]}} Format
 */

const FILE = /** @type {Record<string, string>} */ ({
  gpkg: "GeoPackage (.gpkg)", geojson: "GeoJSON (.geojson)", xlsx: "Excel (.xlsx)", csv: "CSV (.csv)", zip: "Shapefile (.zip)",
  fgb: "FlatGeobuf (.fgb)", kml: "KML (.kml)", gml: "GML (.gml)", topojson: "TopoJSON (.topojson)", parquet: "GeoParquet (.parquet)",
});
const PLAIN = "EPSG:4490";
const SHIFTED = ["GCJ-02", "BD-09"];
/** @param {Said} one */
const inWords = (one) => one[language === "zh" ? "zh" : "en"];

/** @param {() => string} date what day is exported @returns {{show: () => void}} */
export function exporting(date) {
  const formats = /** @type {Format[]} */ (constants.formats ?? []);
  const format = select(formats.map(({ name }) => /** @type {[string, string]} */ ([name, FILE[name] ?? name])), formats[0].name, { id: "export-format" });
  const system = el("select", { id: "export-crs" });
  const losses = el("div", { id: "export-losses", role: "status" });
  const field = (/** @type {HTMLElement} */ control, /** @type {string} */ word) => el("div", { class: "field" }, el("label", { for: control.id }, t(word)), control);
  fill(byId("export-choice"), el("div", { class: "row" }, field(format, "imports.export_format"), field(system, "imports.crs")), losses);
  format.addEventListener("change", () => show());
  system.addEventListener("change", () => show());

  /** @returns {[string, string][]} */
  function systems() {
    const plane = (/** @type {number} */ each) => /** @type {[string, string]} */ ([zone(each), zoneTitle(zone(each))]);
    const near = nearest();
    const first = MERIDIANS.includes(near) ? [plane(near)] : [];
    return [[PLAIN, t("imports.export_degrees")], ["EPSG:4326", "WGS 84 (EPSG:4326)"], ...first,
      ...MERIDIANS.filter((each) => each !== near).map(plane), ...SHIFTED.map((name) => /** @type {[string, string]} */ ([name, name]))];
  }

  /** What the choice means: the systems that are open, what is lost, and a way to each kind. */
  function show() {
    const chosen = /** @type {Format} */ (formats.find(({ name }) => name === format.value));
    const open = chosen.degrees ? systems().slice(0, 2) : systems();
    const before = open.some(([name]) => name === system.value) ? system.value : PLAIN;
    fill(system, ...open.map(([name, text]) => el("option", { value: name }, text)));
    system.value = before;
    system.disabled = !chosen.shapes;
    const lost = [...chosen.losses, ...(chosen.shapes && SHIFTED.includes(before) && constants.unnamed ? [constants.unnamed] : [])];
    fill(losses, lost.length ? el("strong", {}, t("imports.export_loses", { format: FILE[chosen.name] })) : el("span", { class: "tag good" }, t("imports.export_keeps")),
      lost.length ? el("ul", {}, ...lost.map((one) => el("li", {}, inWords(one)))) : null);
    fill(byId("exports"), ...Object.keys(constants.kinds ?? {}).map((kind) => row(kind, chosen, chosen.shapes ? before : PLAIN)));
  }

  /** @param {string} kind @param {Format} chosen @param {string} crs */
  function row(kind, chosen, crs) {
    const can = chosen.tables || !constants.shapeless?.includes(kind);
    const name = named("import_kind", kind);
    const way = address(paths.exported(kind), { format: chosen.name, as_of: date(), crs: crs === PLAIN ? "" : crs });
    return el("tr", {}, el("td", {}, name),
      el("td", {}, can ? el("a", { href: way, download: true, "aria-label": `${t("imports.download")} ${name}` }, t("imports.download")) : el("span", { class: "note" }, t("imports.export_no_shapes"))),
      el("td", {}, el("a", { href: `/api/templates/${kind}.xlsx`, download: true, "aria-label": `${t("imports.template")} ${name}` }, "XLSX")));
  }

  show();
  return { show };
}
