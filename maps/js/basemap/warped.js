// Base maps that do not lie as our map does: pictures in degrees (EPSG:4490), or shifted (GCJ-02). Each tile of ours is
// pieced together from the pictures below it, so that data stay where they truly are.

import { toGcj } from "./shift.js";

/** @typedef {{urls: string[], servers: string, matrix: "w" | "c", shifted: boolean}} Source */

const SIDE = 256;
/** Pieces along a tile's side: in each, place and picture agree by a straight line to a small part of a pixel. */
const PIECES = 8;

/** Where a place lies in the pictures of a zoom, in pixels from their upper left corner.
 * @param {Source} source @param {number} zoom @param {number} lon @param {number} lat @returns {[number, number]} */
export function pixelOf(source, zoom, lon, lat) {
  const [x, y] = source.shifted ? toGcj(lon, lat) : [lon, lat];
  const whole = SIDE * 2 ** zoom;
  if (source.matrix === "c") return [((x + 180) / 360) * whole, ((90 - y) / 360) * whole];
  const angle = (y * Math.PI) / 180;
  return [((x + 180) / 360) * whole, ((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * whole];
}

/** The place of a pixel of our own map. @param {number} zoom @param {number} x @param {number} y @returns {[number, number]} */
function placeOf(zoom, x, y) {
  const whole = SIDE * 2 ** zoom;
  return [(x / whole) * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / whole))) * 180) / Math.PI];
}

/** @param {string} url @param {string} servers @param {number} z @param {number} x @param {number} y */
export function addressOf(url, servers, z, x, y) {
  const list = servers.split(",");
  const values = /** @type {Record<string, any>} */ ({ z, x, y, s: list[Math.abs(x + y) % list.length] });
  return url.replace(/\{([zxys])\}/g, (_, name) => String(values[name]));
}

/** @param {string} url @returns {Promise<HTMLImageElement | null>} null where it does not come */
function picture(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.referrerPolicy = "origin";
    image.onload = () => resolve(image);
    image.onerror = () => resolve(null);
    image.src = url;
  });
}

/** The corners of the pieces of a tile, as pixels of the pictures. @param {Source} source @param {any} coords */
function corners(source, { z, x, y }) {
  return Array.from({ length: PIECES + 1 }, (_, row) => Array.from({ length: PIECES + 1 }, (_, column) => {
    const [lon, lat] = placeOf(z, (x + column / PIECES) * SIDE, (y + row / PIECES) * SIDE);
    return pixelOf(source, z, lon, lat);
  }));
}

/** Paints a tile of ours. @param {Source} source @param {any} coords @param {HTMLCanvasElement} canvas */
async function paint(source, coords, canvas) {
  const grid = corners(source, coords);
  const flat = grid.flat();
  const low = [0, 1].map((axis) => Math.floor(Math.min(...flat.map((point) => point[axis])) / SIDE));
  const high = [0, 1].map((axis) => Math.floor((Math.max(...flat.map((point) => point[axis])) - 1e-6) / SIDE));
  const mosaic = document.createElement("canvas");
  mosaic.width = (high[0] - low[0] + 1) * SIDE;
  mosaic.height = (high[1] - low[1] + 1) * SIDE;
  const ground = /** @type {CanvasRenderingContext2D} */ (mosaic.getContext("2d"));
  let came = 0;
  for (const url of source.urls) {
    const wanted = [];
    for (let x = low[0]; x <= high[0]; x += 1) {
      for (let y = low[1]; y <= high[1]; y += 1) {
        wanted.push(picture(addressOf(url, source.servers, coords.z, x, y)).then((image) => /** @type {const} */ ([image, x, y])));
      }
    }
    for (const [image, x, y] of await Promise.all(wanted)) {
      if (image) ground.drawImage(image, (x - low[0]) * SIDE, (y - low[1]) * SIDE, SIDE, SIDE);
      came += image ? 1 : 0;
    }
  }
  if (!came) throw new Error("no picture came");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const step = SIDE / PIECES;
  for (let row = 0; row < PIECES; row += 1) {
    for (let column = 0; column < PIECES; column += 1) {
      const [[left, top], [right, bottom]] = [grid[row][column], grid[row + 1][column + 1]];
      pen.drawImage(mosaic, left - low[0] * SIDE, top - low[1] * SIDE, right - left, bottom - top, column * step, row * step, step, step);
    }
  }
}

const Warped = L.GridLayer.extend({
  /** @param {Source} source @param {any} options */
  initialize(source, options) {
    this.source = source;
    L.Util.setOptions(this, options);
  },

  /** @param {any} coords @param {(error: any, tile: HTMLElement) => void} done */
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    paint(this.source, coords, canvas).then(() => done(null, canvas), (error) => done(error, canvas));
    return canvas;
  },
});

/** A base map whose pictures are moved under ours. @param {Source} source @param {any} options @returns {import("leaflet").GridLayer} */
export function warped(source, options) {
  return new /** @type {any} */ (Warped)(source, options);
}
