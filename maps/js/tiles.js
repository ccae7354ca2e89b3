// Layers too large to hold as shapes: vector tiles, decoded and painted beside the page by a worker, shown as pictures.
// The page's own thread only fetches and puts a finished picture in its place, so panning never waits for a shape.

import { address } from "./api.js";

/**
 * How features look: one fill, or a fill by a property. `line` and `fill` are CSS colours, null draws none.
 * @typedef {{fill?: string | null, line?: string | null, width?: number, by?: string, fills?: Record<string, string>}} Look
 * `skip`: codes; a feature whose code begins with one of them is not drawn. `params`: as_of and the like.
 * @typedef {Look & {minZoom?: number, pane?: string, params?: Record<string, any>, skip?: string[], opacity?: number}} TileOptions
 */

/** The finest tiles there is a need for: nearer, they are drawn larger from the same shapes. */
const FINEST = 18;
const SIDE = 256;

/** @type {Worker | null} */
let painter = null;
let asked = 0;
/** @type {Map<number, (answer: any) => void>} */
const waiting = new Map();

/** Asks the worker, which is started by the first question. @param {Record<string, any>} question @param {Transferable[]} [given]
 * @returns {Promise<any>} */
function ask(question, given = []) {
  if (!painter) {
    painter = new Worker("/static/js/tiles/worker.js");
    painter.onmessage = ({ data }) => {
      waiting.get(data.number)?.(data);
      waiting.delete(data.number);
    };
  }
  asked += 1;
  const number = asked;
  painter.postMessage({ ...question, number }, given);
  return new Promise((resolve) => waiting.set(number, resolve));
}

/** Forgets shapes in the worker. @param {string} tile */
function drop(tile) {
  painter?.postMessage({ drop: tile });
}

let layers = 0;

const Tiles = L.GridLayer.extend({
  /** @param {string} name @param {TileOptions} options */
  initialize(name, options) {
    layers += 1;
    this.name = name;
    this.number = layers;
    /** @type {Map<string, AbortController>} */
    this.loading = new Map();
    L.Util.setOptions(this, { minZoom: 14, maxNativeZoom: FINEST, updateWhenZooming: false, keepBuffer: 1, ...options });
    this.on("tileunload", (/** @type {any} */ event) => this.forget(event.coords));
  },

  /** @param {any} coords */
  idOf(coords) {
    return `${this.number}/${coords.z}/${coords.x}/${coords.y}`;
  },

  /** @param {any} coords */
  forget(coords) {
    const id = this.idOf(coords);
    this.loading.get(id)?.abort();
    this.loading.delete(id);
    drop(id);
  },

  /** @param {any} coords @param {(error: any, tile: HTMLElement) => void} done */
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const side = Math.round(SIDE * Math.min(window.devicePixelRatio || 1, 2));
    canvas.width = canvas.height = side;
    this.paint(coords, canvas, side).then(
      () => done(null, canvas),
      (/** @type {any} */ error) => done(error, canvas),
    );
    return canvas;
  },

  /** @param {any} coords @param {HTMLCanvasElement} canvas @param {number} side px */
  async paint(coords, canvas, side) {
    const id = this.idOf(coords);
    const stop = new AbortController();
    this.loading.set(id, stop);
    const { z, x, y } = coords;
    const url = address(`/api/tiles/${this.name}/${z}/${x}/${y}.mvt`, this.options.params);
    const answer = await fetch(url, { signal: stop.signal, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const data = await answer.arrayBuffer();
    const { fill, line, width, by, fills, skip } = this.options;
    const { picture } = await ask({ paint: id, data, side, look: { fill, line, width, by, fills }, skip: skip ?? [] }, [data]);
    if (stop.signal.aborted) return picture?.close(), drop(id);
    if (picture) canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(picture);
    this.loading.delete(id);
  },

  /** Draws anew, with other parameters or other codes left out. @param {Partial<TileOptions>} [changed] */
  refresh(changed = {}) {
    L.Util.setOptions(this, changed);
    this.redraw();
  },

  /** What lies at a place, from the tiles that are shown: its properties, or null. @param {import("leaflet").LatLng} place */
  async at(place) {
    const zoom = this._tileZoom;
    if (zoom === undefined) return null;
    const point = this._map.project(place, zoom).divideBy(SIDE);
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    const within = { at: this.idOf({ z: zoom, x, y }), x: point.x - x, y: point.y - y };
    return (await ask(within)).properties ?? null;
  },
});

/**
 * A layer of tiles that the pointer passes through: buildings, other areas' grids.
 * @typedef {import("leaflet").GridLayer & {refresh(changed?: Partial<TileOptions>): void, at(place: import("leaflet").LatLng): Promise<Record<string, any> | null>}} TileLayer
 * @param {string} name regions, grids, communities, building-groups, buildings, base-features
 * @param {TileOptions} options
 * @returns {TileLayer}
 */
export function tileLayer(name, options) {
  return new /** @type {any} */ (Tiles)(name, options);
}
