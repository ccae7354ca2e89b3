// The map on paper: as it stands on the screen, once every picture of it has come, with north, scale, makers and date.

import { button, el, fill, svg } from "./dom.js";
import { guard } from "./shell.js";
import { t } from "./words.js";

/** Pixels of an upright A4 page between its margins: what is wider is drawn smaller, never cut off. */
const PAPER = 700;
/** How long a picture is waited for, in milliseconds; what has not come by then is said on the map. */
const PATIENCE = 15_000;
const FADE = 300;

/** A way to print, by button and by the usual keys. @param {import("leaflet").Map} map */
export function offerPrint(map) {
  const control = new L.Control({ position: "topright" });
  control.onAdd = () => {
    const box = el("div", { class: "leaflet-bar print-switch" }, button(t("map.print"), () => void guard(() => printed(map)), { title: t("map.print_how") }));
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
  const north = new L.Control({ position: "topright" });
  north.onAdd = () => el("div", { class: "on-paper north", role: "img", "aria-label": t("map.north") },
    svg("svg", { viewBox: "0 0 24 36", width: 24, height: 36 }, svg("path", { d: "M12 1 20 24 12 19 4 24Z", fill: "#14324f" })), el("span", {}, t("map.north")));
  north.addTo(map);
  const foot = new L.Control({ position: "topleft" });
  const said = el("div", { class: "on-paper paper-foot" });
  foot.onAdd = () => said;
  foot.addTo(map);
  window.addEventListener("beforeprint", () => (fill(said, footer()), hold(map)));
  window.addEventListener("afterprint", () => release(map));
  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyP" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    guard(() => printed(map));
  });
}

/** Prints once the map has settled. @param {import("leaflet").Map} map */
export async function printed(map) {
  await settled(map);
  window.print();
}

/** Every picture under way has come, or was waited for long enough. @param {import("leaflet").Map} map */
async function settled(map) {
  /** @type {Promise<void>[]} */
  const coming = [];
  map.eachLayer((layer) => {
    const grid = /** @type {any} */ (layer);
    if (layer instanceof L.GridLayer && grid.isLoading()) coming.push(new Promise((done) => grid.once("load remove", done)));
  });
  if (!coming.length) return;
  await Promise.race([Promise.all(coming), new Promise((done) => setTimeout(done, PATIENCE))]);
  await new Promise((done) => setTimeout(done, FADE));
}

/** Who printed, and which day the data speak of. */
function footer() {
  const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent ?? "";
  const day = document.getElementById("as-of");
  return [text("area"), day instanceof HTMLInputElement ? `${t("common.as_of")} ${day.value}` : text("demo-date") || text("business-date"),
    t("map.printed_by", { who: text("who") })].filter(Boolean).join(" · ");
}

/** The map keeps its pixels while paper has another shape. @param {import("leaflet").Map} map */
function hold(map) {
  const stage = map.getContainer().closest(".stage");
  if (!(stage instanceof HTMLElement)) return;
  const { offsetWidth: width, offsetHeight: height } = stage;
  const scale = Math.min(1, PAPER / width);
  Object.assign(stage.style, {
    width: `${width}px`, height: `${height}px`, transform: `scale(${scale})`, transformOrigin: "0 0",
    marginBottom: `${(scale - 1) * height}px`, marginRight: `${(scale - 1) * width}px`,
  });
}

/** @param {import("leaflet").Map} map */
function release(map) {
  const stage = map.getContainer().closest(".stage");
  if (stage instanceof HTMLElement) stage.removeAttribute("style");
}
