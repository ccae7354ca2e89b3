// The status map of a city: painted from tiles, each place asked for when it is hovered or clicked, the list by region.

import { el, latest } from "../dom.js";
import { district, fitBox, hasBase, names as labelled } from "../map.js";
import { modeName, modeOf } from "../modes.js";
import { guard } from "../shell.js";
import { tileLayer } from "../tiles.js";
import { tellLost } from "../tiles/lost.js";
import { num, t } from "../words.js";
import { OWN_SHAPE, sumLevel, tileLooks, tileNames } from "./looks.js";
import { places } from "./places.js";

/** @typedef {import("./whole.js").Page} Page @typedef {import("./whole.js").View} View */
/** @typedef {{bounds: [number, number, number, number] | null, districts: number}} Census */

/** Below everything that is drawn above the tiles: what is picked, names. */
const PANE = "city";

/** @param {Page & {region: () => string, keep: (change: Record<string, string>) => void, retell: () => void}} page
 * @param {Census} census @returns {View & {rows: () => Promise<any[]>}} */
export function tiled(page, census) {
  const list = places(page, census);
  if (!district.getPane(PANE)) district.createPane(PANE).style.zIndex = "300";
  const plain = () => !hasBase();
  const tiles = tellLost(tileLayer((zoom) => tileNames(page.isOff, plain())(zoom), {
    minZoom: 0, pane: PANE, params: { as_of: page.asOf() }, looks: (zoom) => tileLooks(page.isOff, plain())(zoom),
  }), district);
  const tip = L.tooltip({ className: "tip", direction: "right", offset: [12, 0] });
  /** @type {import("leaflet").LayerGroup | null} */
  let named = null;
  let asked = "";
  /** @type {import("leaflet").LeafletMouseEvent | null} */
  let next = null;
  let looking = false;
  let level = "";
  let closed = false;
  const clicked = latest();

  /** @param {boolean} framed */
  async function open(framed) {
    if (!framed) fitBox(census.bounds);
    asked = asking();
    tiles.addTo(district);
    district.on({ mousemove: hover, mouseout: leave, click, moveend: moved, movestart: leave });
    district.on(/** @type {any} */ ({ basechange: draw }));
    level = sumLevel(zoomOfTiles());
    await Promise.all([list.open(page.region()), labels()]);
  }

  /** Names of sub-districts. */
  async function labels() {
    const rows = await list.rows("subdistrict", "");
    if (closed) return;
    named?.remove();
    named = page.isOff("subdistricts") ? null : labelled(rows.map((row) => ({ at: [row.at[1], row.at[0]], text: row.name }))).addTo(district);
  }

  /** The zoom of the tiles that are shown. */
  function zoomOfTiles() {
    return Math.round(district.getZoom());
  }

  /** What the tiles of this zoom are asked with. */
  function asking() {
    return tileNames(page.isOff, plain())(zoomOfTiles());
  }

  /** Other switches: other layers are fetched, other looks only painted. */
  function draw() {
    const now = asking();
    guard(async () => (now === asked ? tiles.restyle() : tiles.refresh()));
    asked = now;
    guard(labels);
  }

  function moved() {
    const { lat, lng } = district.getCenter();
    page.keep({ at: `${lat.toFixed(5)},${lng.toFixed(5)},${district.getZoom()}` });
    asked = asking();
    if (`${far()} ${sumLevel(zoomOfTiles())}` !== level) page.retell();
    level = `${far()} ${sumLevel(zoomOfTiles())}`;
  }

  const far = () => zoomOfTiles() < OWN_SHAPE;

  /** @param {import("leaflet").LeafletMouseEvent} event */
  function hover(event) {
    next = event;
    if (!looking) guard(look);
  }

  /** Asks for one place after another: of those that were passed meanwhile, only the last. */
  async function look() {
    looking = true;
    try {
      while (next && !closed) {
        const { latlng } = next;
        next = null;
        tell(latlng, await tiles.at(latlng));
      }
    } finally {
      looking = false;
    }
  }

  /** What the pointer is over. @param {import("leaflet").LatLng} at @param {Record<string, any> | null} hit */
  function tell(at, hit) {
    district.getContainer().classList.toggle("over-shape", hit !== null);
    if (hit && !closed) tip.setLatLng(at).setContent(el("span", {}, tipOf(hit))).addTo(district);
    else tip.remove();
  }

  function leave() {
    next = null;
    tip.remove();
  }

  /** @param {import("leaflet").LeafletMouseEvent} event */
  function click({ latlng }) {
    guard(async () => {
      const wanted = clicked();
      const hit = await tiles.at(latlng);
      if (hit && wanted() && !closed) page.show(hit.code, false);
    });
  }

  function close() {
    closed = true;
    tiles.remove();
    tip.remove();
    named?.remove();
    list.close();
    district.off({ mousemove: hover, mouseout: leave, click, moveend: moved, movestart: leave });
    district.off(/** @type {any} */ ({ basechange: draw }));
  }

  /** What was picked, in the list: its region is opened there. @param {string} code */
  function picked(code) {
    guard(() => list.reveal(code));
  }

  /** The regions that the sums on the map are by. */
  const rows = () => list.rows(sumLevel(zoomOfTiles()), "");

  return { open, draw, far, close, picked, rows };
}

/** What the pointer is over, in a line. @param {Record<string, any>} hit */
function tipOf(hit) {
  const name = hit.name ?? hit.code;
  if (hit.layer === "communities-by-region") return `${name}  ${sumsOf(hit)}`;
  if (hit.layer === "communities") return `${name}  ${modeName(modeOf(hit))}${hit.three_no ? ` · ${t("status.three_no")}` : ""}`;
  return name;
}

/** @param {Record<string, any>} sums */
export function sumsOf({ count, served, unserved, service_unknown, three_no }) {
  return t("status.sums", { n: num(count), served: num(served), unserved: num(unserved), unknown: num(service_unknown), three_no: num(three_no) });
}
