// The map of the import page: where a finding is, and where a control point is picked. It sits beside what it is needed for.

import { byId, el, fill } from "../dom.js";
import { district, fit, ground } from "../map.js";
import { guard } from "../shell.js";
import { tileLayer } from "../tiles.js";
import { tellLost } from "../tiles/lost.js";
import { num, t } from "../words.js";

/** @typedef {[number, number]} Place longitude, latitude in degrees */
/** @typedef {{label: string, at: Place, tone?: string, name: string, open?: () => void}} Pin */

const NEAR = 17;
const MOST = 300;
const MARKS = /** @type {[string, import("../tiles.js").TileOptions][]} */ ([
  ["buildings", { fill: "#d5dbe2", line: "#77838f", width: 0.7, minZoom: 15 }],
  ["communities", { fill: null, line: "#8a6d3b", width: 1.2, minZoom: 14 }],
  ["grids", { fill: null, line: "#2f7d6b", width: 1, minZoom: 14 }],
]);

/** Above the ground, below the pins. */
const PANE = "around";
district.createPane(PANE).style.zIndex = "300";

const stage = byId("places");
const how = byId("places-how");
const pinned = L.layerGroup();
let begun = false;
/** @type {{n: number, then: (at: Place | null) => void} | null} who waits for a place */
let waiting = null;

/** Puts the map into an element, drawn when it is first needed. @param {Element} host */
export function sit(host) {
  host.append(stage);
  stage.hidden = false;
  district.invalidateSize({ animate: false });
  if (!begun) guard(begin);
}

/** Takes the map away. */
export function leave() {
  give(null);
  stage.remove();
}

async function begin() {
  begun = true;
  fit(await ground());
  for (const [name, look] of MARKS) tellLost(tileLayer(name, { ...look, pane: PANE }), district).addTo(district);
  pinned.addTo(district);
  if (pinned.getLayers().length) frame();
  district.on("click", ({ latlng }) => give([latlng.lng, latlng.lat]));
  district.on("zoomend moveend", tell);
  district.getContainer().addEventListener("keydown", (event) => {
    if (!waiting) return;
    const { lng, lat } = district.getCenter();
    if (event.code === "Enter" && !event.isComposing) (event.preventDefault(), give([lng, lat]));
    else if (event.code === "Escape") give(null);
  });
}

/** Numbered pins in place of those shown. @param {Pin[]} pins @param {boolean} [framed] the view goes to them */
export function pins(pins, framed = false) {
  pinned.clearLayers();
  for (const { label, at, tone = "", name, open } of pins.slice(0, MOST)) {
    const icon = L.divIcon({ html: el("span", { class: tone }, label), className: "import-pin", iconSize: [22, 22], iconAnchor: [11, 11] });
    const pin = L.marker([at[1], at[0]], { icon, title: name, alt: name, interactive: Boolean(open), keyboard: false });
    if (open) pin.on("click", open);
    pin.addTo(pinned);
  }
  if (framed && begun && pins.length) frame();
}

function frame() {
  const places = pinned.getLayers().map((pin) => /** @type {import("leaflet").Marker} */ (pin).getLatLng());
  district.fitBounds(L.latLngBounds(places).pad(0.2), { maxZoom: NEAR, animate: false });
}

/** Goes to a place. @param {Place} at */
export function go([lon, lat]) {
  district.setView([lat, lon], Math.max(district.getZoom(), NEAR), { animate: false });
}

/** The next click on the map, or Enter for its middle, is a place; null: it was called off.
 * @param {number} n what is picked, for the words @param {(at: Place | null) => void} then */
export function ask(n, then) {
  give(null);
  waiting = { n, then };
  tell();
  district.getContainer().focus({ preventScroll: false });
}

/** @param {Place | null} at */
function give(at) {
  const before = waiting;
  waiting = null;
  tell();
  before?.then(at);
}

/** What a click means now, and how exact one is. */
function tell() {
  stage.classList.toggle("picking", waiting !== null);
  const metres = (156543.03392 * Math.cos((district.getCenter().lat * Math.PI) / 180)) / 2 ** district.getZoom();
  fill(how, waiting ? t("imports.control_picking", { n: waiting.n, metres: num(metres, metres < 1 ? 2 : 0) }) : "");
}
