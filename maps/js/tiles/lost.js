// Tiles that did not come, said on the map itself with the way to ask again, for as long as any is missing.

import { get, paths } from "../api.js";
import { button, el } from "../dom.js";
import { guard } from "../shell.js";
import { num, t } from "../words.js";

/** @typedef {import("../tiles.js").TileLayer} TileLayer */

/** @type {Set<TileLayer>} layers that lack tiles */
const lacking = new Set();
/** @type {import("leaflet").Control | null} */
let box = null;

/** Says so on the map where tiles of a layer do not come. @param {TileLayer} layer @param {import("leaflet").Map} map */
export function tellLost(layer, map) {
  const look = () => {
    if (map.hasLayer(layer) && layer.lost.size) lacking.add(layer);
    else lacking.delete(layer);
    show(map);
  };
  layer.on(/** @type {any} */ ({ lost: look, remove: look }));
  return layer;
}

/** @param {import("leaflet").Map} map */
function show(map) {
  const missing = [...lacking].reduce((sum, layer) => sum + layer.lost.size, 0);
  if (!missing) {
    box?.remove();
    box = null;
    return;
  }
  if (!box) box = made(map);
  const told = box.getContainer()?.firstElementChild;
  if (told) told.textContent = t("map.tiles_lost", { n: num(missing) });
}

/** @param {import("leaflet").Map} map */
function made(map) {
  const control = new L.Control({ position: "bottomright" });
  control.onAdd = () => {
    const made = el("div", { class: "tiles-lost", role: "alert" }, el("span"), button(t("map.retry"), () => void guard(again)));
    L.DomEvent.disableClickPropagation(made);
    return made;
  };
  return control.addTo(map);
}

/** Whoever has signed out is led to sign in; others have every missing tile asked for anew. */
async function again() {
  await get(paths.me);
  for (const layer of [...lacking]) layer.retry();
}
