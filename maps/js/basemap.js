// Base maps (底图) below every map, where the installation has chosen any: a switch, remembered and in the address. Where
// a provider does not answer, the plain ground stays and a word says so. Data are never moved; pictures are.

import { get, paths } from "./api.js";
import { vectorBase } from "./basemap/vector.js";
import { warped } from "./basemap/warped.js";
import { el, fill, select } from "./dom.js";
import { t } from "./words.js";

/**
 * @typedef {import("./basemap/warped.js").Source & {name: string, max_zoom: number, credit: string, approval: string, vector: boolean}} BaseMap
 */

const NONE = "none";
const KEPT = "wangge_base";

/** Offers the base maps on a map; fires `basechange` on it where the ground below changes. @param {import("leaflet").Map} map */
export async function offerBaseMaps(map) {
  /** @type {{basemaps: BaseMap[]}} */
  const { basemaps = [] } = await get(paths.basemaps).catch(() => ({ basemaps: [] }));
  if (!basemaps.length) return;
  const note = el("span", { class: "base-note", role: "status" });
  const options = /** @type {[string, string][]} */ ([[NONE, t("map.base_none")], ...basemaps.map(({ name }) => [name, t(`map.base_${name}`)])]);
  const choice = select(options, NONE, { "aria-label": t("map.base") });
  const control = new L.Control({ position: "bottomright" });
  control.onAdd = () => {
    const box = el("label", { class: "base-switch" }, el("span", {}, t("map.base")), choice, note);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
  const maker = new L.Control({ position: "bottomright" });
  const credit = el("div", { class: "leaflet-control-attribution base-credit" });
  maker.onAdd = () => credit;
  maker.addTo(map);
  const put = layers(map, note, credit);
  choice.addEventListener("change", () => {
    keep(choice.value);
    put(basemaps.find(({ name }) => name === choice.value) ?? null);
  });
  const first = wanted(basemaps);
  choice.value = first?.name ?? NONE;
  if (first) put(first);
}

/** What the address says, else what was chosen last. @param {BaseMap[]} basemaps */
function wanted(basemaps) {
  const name = new URLSearchParams(location.search).get("base") ?? remembered();
  return basemaps.find((each) => each.name === name) ?? null;
}

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** @param {string} name */
function keep(name) {
  const url = new URL(location.href);
  url.searchParams.set("base", name);
  history.replaceState(history.state, "", url);
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // the address has it
  }
}

/** Puts a base map below, and looks whether it comes. @param {import("leaflet").Map} map @param {HTMLElement} note
 * @param {HTMLElement} credit */
function layers(map, note, credit) {
  /** @type {import("leaflet").GridLayer[]} */
  let laid = [];

  /** @param {boolean} on */
  function stands(on) {
    if (map.getContainer().classList.toggle("with-base", on) !== on) return;
    map.fire("basechange");
  }

  /** @param {BaseMap | null} base */
  return function put(base) {
    for (const layer of laid) layer.remove();
    fill(note);
    const mine = base ? drawn(base) : [];
    laid = mine;
    fill(credit, base ? creditOf(base) : "");
    stands(base !== null);
    let [came, failed] = [0, 0];
    const judge = () => {
      // What was asked for before says nothing of what was chosen since.
      if (laid !== mine) return;
      fill(note, came || !failed ? "" : t("map.base_unreachable"));
      stands(came > 0 || failed === 0);
    };
    for (const layer of laid) {
      layer.on("loading", () => ([came, failed] = [0, 0]));
      layer.on("tileload", () => ((came += 1), judge()));
      layer.on("tileerror", () => ((failed += 1), judge()));
      layer.addTo(map);
    }
  };
}

/** @param {BaseMap} base @returns {import("leaflet").GridLayer[]} */
function drawn(base) {
  const options = { pane: "tilePane", maxNativeZoom: base.max_zoom, maxZoom: 22, className: "base-tiles" };
  if (base.vector) return [vectorBase(base.urls[0], options)];
  if (base.shifted || base.matrix === "c") return [warped(base, { ...options, minZoom: base.matrix === "c" ? 1 : 0 })];
  const subdomains = base.servers ? base.servers.split(",") : "abc";
  return base.urls.map((url) => L.tileLayer(url, { ...options, subdomains, referrerPolicy: "origin" }));
}

/** Who made it, and its review number (审图号), as text. @param {BaseMap} base */
function creditOf(base) {
  const reviewed = /^(tianditu|amap)/.test(base.name);
  const approval = base.approval ? t("map.approval", { number: base.approval }) : reviewed ? t("map.approval_missing") : "";
  return [base.credit, approval].filter(Boolean).join(" · ");
}
