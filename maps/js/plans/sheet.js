// A sheet (图纸) over the map: one canvas that a painter fills.  While the map is dragged it only slides along; it is painted
// anew when the map has come to rest, from paths that were projected once.

import { district } from "../map.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {{pen: CanvasRenderingContext2D, zoom: number, place: (at: Point) => {x: number, y: number}, across: (draw: (px: number) => void) => void,
 *   box: [number, number, number, number]}} Easel
 *   a pen in pixels of the sheet; `across` draws in the units of `pathOf`, told how long a pixel is there; `box`: what is seen */

/** The zoom whose pixels are the units of `pathOf`: finer than any zoom of a screen. */
const FINE = 22;
/** How much of the map's size is painted beyond each side of it. */
const MARGIN = 0.25;

/** @type {{x: number, y: number} | null} */
let origin = null;

/** A place in fine units, counted from the first place ever asked for. @param {Point} at */
function fine(at) {
  const found = district.project([at[1], at[0]], FINE);
  origin ??= { x: found.x, y: found.y };
  return { x: found.x - origin.x, y: found.y - origin.y };
}

/** Rings as a path in fine units. @param {Point[][]} rings @param {boolean} [open] lines, not rings */
export function pathOf(rings, open = false) {
  const made = new Path2D();
  for (const ring of rings) {
    ring.forEach((at, i) => {
      const { x, y } = fine(at);
      if (i) made.lineTo(x, y);
      else made.moveTo(x, y);
    });
    if (!open) made.closePath();
  }
  return made;
}

/** Leaflet's renderer keeps a canvas in place while the map moves and zooms; its private names are those of 1.9. */
const Renderer = /** @type {any} */ (L.Renderer);

export class Sheet extends Renderer {
  /** @param {string} pane @param {(easel: Easel) => void} painter */
  constructor(pane, painter) {
    super({ pane, padding: MARGIN });
    this.painter = painter;
    this.asked = 0;
    /** @type {any} */
    this._container = undefined;
  }

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.className = "sheet-canvas";
  }

  _destroyContainer() {
    this._container.remove();
    this._container = undefined;
  }

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const sharp = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    // A canvas of the same size keeps its memory; setting its size would clear and allocate it.
    if (this._container.width !== Math.round(size.x * sharp) || this._container.height !== Math.round(size.y * sharp)) {
      this._container.width = Math.round(size.x * sharp);
      this._container.height = Math.round(size.y * sharp);
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
    }
    this.paint();
  }

  /** Paints before the next frame, once, however often it is asked. */
  repaint() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    if (!this._bounds || !this._map) return;
    const pen = /** @type {CanvasRenderingContext2D} */ (this._container.getContext("2d"));
    const sharp = window.devicePixelRatio || 1;
    const { min, max } = this._bounds;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this._container.width, this._container.height);
    pen.setTransform(sharp, 0, 0, sharp, -min.x * sharp, -min.y * sharp);
    this.painter(easel(pen, sharp, min, max));
  }
}

/** @param {CanvasRenderingContext2D} pen @param {number} sharp @param {{x: number, y: number}} min @param {{x: number, y: number}} max @returns {Easel} */
function easel(pen, sharp, min, max) {
  const zoom = district.getZoom();
  const [low, high] = [district.layerPointToLatLng([min.x, max.y]), district.layerPointToLatLng([max.x, min.y])];
  const across = (/** @type {(px: number) => void} */ draw) => {
    origin ??= district.project(district.getCenter(), FINE);
    const scale = district.getZoomScale(zoom, FINE);
    const corner = district.latLngToLayerPoint(district.unproject([origin.x, origin.y], FINE));
    pen.save();
    pen.setTransform(sharp * scale, 0, 0, sharp * scale, (corner.x - min.x) * sharp, (corner.y - min.y) * sharp);
    draw(1 / scale);
    pen.restore();
  };
  return {
    pen, zoom, across, box: [low.lng, low.lat, high.lng, high.lat],
    place: (at) => district.latLngToLayerPoint([at[1], at[0]]),
  };
}
