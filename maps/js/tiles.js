// Layers too large to hold as shapes: vector tiles, decoded and painted beside the page by a worker, shown as pictures.
// The page's own thread only fetches and puts a finished picture in its place, so panning never waits for a shape.

import { address, Problem } from "./api.js";

/**
 * How the shapes of one layer of a tile look; a list of looks is painted from the lowest to the highest.
 * `layer`: the layer's name, any when absent. `only`, `without`: property → values that are drawn, or not; unknown is
 * "unknown". `by`, `fills`: a fill by a property. `share`: a fill by the share of one number in a sum of others.
 * `still`: the pointer passes through. `text`: names are written, by the first of these properties that is there.
 * @typedef {string | {ground: string, line: string}} Fill a CSS colour, or a hatch
 * @typedef {{part: string, of: string[], breaks: number[], fills: Fill[], none: Fill}} Share
 * @typedef {{layer?: string, only?: Record<string, any[]>, without?: Record<string, any[]>, fill?: Fill | null, by?: string,
 *   fills?: Record<string, Fill>, share?: Share, line?: string | null, width?: number, dash?: number[], opacity?: number,
 *   still?: boolean, text?: string[], size?: number}} Look
 * A whole layer has one look, or a list by zoom. `skip`: codes; a feature whose code begins with one of them is not
 * drawn. `params`: as_of and the like. `from`: the address of tiles that are not our own layers', with {z}, {x}, {y}.
 * @typedef {Look & {looks?: (zoom: number) => Look[], minZoom?: number, pane?: string, params?: Record<string, any>,
 *   skip?: string[], from?: string, maxNativeZoom?: number, className?: string, maxZoom?: number}} TileOptions
 */

/** The finest tiles there is a need for: nearer, they are drawn larger from the same shapes. */
const FINEST = 18;
const SIDE = 256;
/** Pixels of a canvas, at most. */
const LARGEST = 2048;

/** @type {Worker | null} */
let painter = null;
let asked = 0;
/** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
const waiting = new Map();

/** Asks the worker, which is started by the first question. @param {Record<string, any>} question @param {Transferable[]} [given]
 * @returns {Promise<any>} */
function ask(question, given = []) {
  if (!painter) {
    painter = new Worker("/static/js/tiles/worker.js");
    painter.onmessage = ({ data }) => {
      waiting.get(data.number)?.resolve(data);
      waiting.delete(data.number);
    };
    painter.onerror = failed;
  }
  asked += 1;
  const number = asked;
  painter.postMessage({ ...question, number }, given);
  return new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
}

/** The worker did not come, or broke: nobody waits for it any longer, and the next question starts another. */
function failed() {
  painter?.terminate();
  painter = null;
  for (const { reject } of waiting.values()) reject(new Error("the painter of tiles failed"));
  waiting.clear();
}

/** Forgets shapes in the worker. @param {string} tile */
function drop(tile) {
  painter?.postMessage({ drop: tile });
}

let layers = 0;

const Tiles = L.GridLayer.extend({
  /** @param {(zoom: number) => string} names @param {TileOptions} options */
  initialize(names, options) {
    layers += 1;
    this.names = names;
    this.number = layers;
    /** How often the looks were changed. */
    this.worn = 0;
    /** @type {Map<string, AbortController>} */
    this.loading = new Map();
    /** Tiles on the map that did not come. @type {Map<string, {coords: any, canvas: HTMLCanvasElement}>} */
    this.lost = new Map();
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
    if (this.lost.delete(id)) this.fire("lost");
  },

  /** @param {any} coords @param {(error: any, tile: HTMLElement) => void} done */
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = this.sideOf(coords.z);
    this.bring(coords, canvas, (/** @type {any} */ error) => done(error, canvas));
    return canvas;
  },

  /** How much larger than made the tiles of a zoom are shown. @param {number} z */
  beyond(z) {
    return this._map ? 2 ** Math.max(0, Math.round(this._map.getZoom()) - z) : 1;
  },

  /** Pixels of a tile: nearer than the finest, the same shapes are painted larger, not a picture stretched. @param {number} z */
  sideOf(z) {
    return Math.min(Math.round(SIDE * this.beyond(z) * Math.min(window.devicePixelRatio || 1, 2)), LARGEST);
  },

  getEvents() {
    return { ...L.GridLayer.prototype.getEvents?.call(this), zoomend: () => this.resize() };
  },

  /** Paints anew what is shown at another size than it was painted at. */
  resize() {
    const there = /** @type {{coords: any, el: HTMLCanvasElement}[]} */ (Object.values(this._tiles ?? {}));
    if (there.some(({ coords, el }) => coords.z === this._tileZoom && el.width !== this.sideOf(coords.z))) {
      this.restyle().catch(() => undefined); // a picture that is stretched is better than none
    }
  },

  /** Fetches and paints a tile, and keeps in mind whether it came. @param {any} coords @param {HTMLCanvasElement} canvas
   * @param {(error: any) => void} done */
  async bring(coords, canvas, done) {
    const [id, stop] = [this.idOf(coords), new AbortController()];
    this.loading.set(id, stop);
    const error = await this.paint(coords, canvas, canvas.width, stop).then(() => null, (/** @type {any} */ reason) => reason);
    // What was given up is no error, and the place may have a newer tile by now.
    if (stop.signal.aborted) return;
    this.loading.delete(id);
    const changed = error ? Boolean(this.lost.set(id, { coords, canvas })) : this.lost.delete(id);
    done(error);
    if (changed) this.fire("lost");
  },

  /** Asks again for the tiles that did not come. */
  retry() {
    for (const { coords, canvas } of [...this.lost.values()].filter((tile) => !this.loading.has(this.idOf(tile.coords)))) {
      this.bring(coords, canvas, (/** @type {any} */ error) => error || canvas.classList.add("leaflet-tile-loaded"));
    }
  },

  /** @param {any} coords @param {HTMLCanvasElement} canvas @param {number} side px @param {AbortController} stop */
  async paint(coords, canvas, side, stop) {
    const { z, x, y } = coords;
    const url = this.options.from ? L.Util.template(this.options.from, { z, x, y }) : address(`/api/tiles/${this.names(z)}/${z}/${x}/${y}.mvt`, this.options.params);
    const answer = await fetch(url, { signal: stop.signal, credentials: "same-origin" });
    if (!answer.ok) throw new Problem(answer.status, {});
    const data = await answer.arrayBuffer();
    let worn = this.worn;
    let picture = await this.picture(coords, side, data);
    while (worn !== this.worn && !stop.signal.aborted) {
      worn = this.worn;
      picture = await this.picture(coords, canvas.width = canvas.height = this.sideOf(z));
    }
    if (stop.signal.aborted) return picture?.close();
    show(canvas, picture);
  },

  /** A tile painted by the worker, from its bytes or from what the worker has. @param {any} coords @param {number} side
   * @param {ArrayBuffer} [data] @returns {Promise<ImageBitmap | null>} */
  async picture({ z, x, y }, side, data) {
    const { looks, fill, line, width, by, fills, skip } = this.options;
    const worn = looks ? looks(z) : [{ fill, line, width, by, fills }];
    const pixel = side / (SIDE * this.beyond(z));
    const question = { paint: this.idOf({ z, x, y }), data, side, pixel, x, y, looks: worn, skip: skip ?? [] };
    return (await ask(question, data ? [data] : [])).picture;
  },

  /** Draws anew, with other parameters or other codes left out. @param {Partial<TileOptions>} [changed] */
  refresh(changed = {}) {
    L.Util.setOptions(this, changed);
    this.redraw();
  },

  /** Paints what is there in other looks, without asking for it again. */
  async restyle() {
    this.worn += 1;
    const there = /** @type {{coords: any, el: HTMLCanvasElement}[]} */ (Object.values(this._tiles ?? {}));
    const painted = (/** @type {any} */ coords) => !this.loading.has(this.idOf(coords)) && !this.lost.has(this.idOf(coords));
    await Promise.all(there.filter(({ coords }) => painted(coords)).map(async ({ coords, el: canvas }) => {
      const side = this.sideOf(coords.z);
      const picture = await this.picture(coords, side);
      canvas.width = canvas.height = side;
      show(canvas, picture);
    }));
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

/** @param {HTMLCanvasElement} canvas @param {ImageBitmap | null} picture */
function show(canvas, picture) {
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(picture);
}

/**
 * A layer of tiles that the pointer passes through: buildings, other areas' grids, a whole status map.
 * It fires `lost` where tiles did not come, and where they came after all; `lost` holds them, `retry` asks again.
 * @typedef {import("leaflet").GridLayer & {refresh(changed?: Partial<TileOptions>): void, restyle(): Promise<void>,
 *   lost: Map<string, any>, retry(): void,
 *   at(place: import("leaflet").LatLng): Promise<Record<string, any> | null>}} TileLayer
 * @param {string | ((zoom: number) => string)} names regions, grids, communities, building-groups, buildings,
 *   base-features; several with commas between, the lowest first; by zoom where that differs
 * @param {TileOptions} options
 * @returns {TileLayer}
 */
export function tileLayer(names, options) {
  return new /** @type {any} */ (Tiles)(typeof names === "string" ? () => names : names, options);
}
