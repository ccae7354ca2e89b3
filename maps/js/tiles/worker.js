// The painter of vector tiles, a worker: reads a tile (Mapbox Vector Tile 2.1), paints it off screen, tells what lies
// at a place. A classic script without imports: what it may load is decided by its own answer's policy, which is none.

/** @typedef {{layer: string, type: number, geometry: Uint32Array, tags: Record<string, any>}} Shape */
/** @typedef {{extent: number, shapes: Shape[]}} Tile */

const POLYGON = 3;
const MOVE = 1;
const LINE = 2;

/** Tiles that are on the map, so that a place can be asked for. @type {Map<string, {tile: Tile, looks: Look[]}>} */
const shown = new Map();
const text = new TextDecoder();

/** A reader of protocol buffers. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** A number of up to 53 bits. */
  varint() {
    let [value, scale, byte] = [0, 1, 128];
    while (byte >= 128) {
      byte = this.bytes[this.at];
      this.at += 1;
      value += (byte & 127) * scale;
      scale *= 128;
    }
    return value;
  }

  /** The bytes of a message or a string. */
  block() {
    const length = this.varint();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Goes through the fields of a message; what `take` does not read (returns false) is passed over.
   * @param {(field: number, reader: Reader) => boolean} take */
  fields(take) {
    while (this.at < this.bytes.length) {
      const key = this.varint();
      if (!take(key >> 3, this)) this.pass(key & 7);
    }
  }

  /** @param {number} kind of wire */
  pass(kind) {
    if (kind === 0) this.varint();
    else if (kind === 2) this.block();
    else this.at += kind === 1 ? 8 : 4;
  }
}

/** @param {Uint8Array} bytes packed numbers */
function numbers(bytes) {
  const reader = new Reader(bytes);
  const found = new Uint32Array(bytes.length);
  let count = 0;
  while (reader.at < bytes.length) {
    found[count] = reader.varint();
    count += 1;
  }
  return found.subarray(0, count);
}

/** @param {number} value zigzag */
const signed = (value) => (value >>> 1) ^ -(value & 1);

/** @param {Uint8Array} bytes of a Value message */
function valueOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  /** @type {any} */
  let value = null;
  new Reader(bytes).fields((field, reader) => {
    if (field === 1) value = text.decode(reader.block());
    else if (field === 2 || field === 3) {
      value = field === 2 ? view.getFloat32(reader.at, true) : view.getFloat64(reader.at, true);
      reader.at += field === 2 ? 4 : 8;
    } else {
      const number = reader.varint();
      value = field === 7 ? number === 1 : field === 6 ? signed(number) : number;
    }
    return true;
  });
  return value;
}

/** @param {Uint8Array} bytes of a whole tile @returns {Tile} */
function read(bytes) {
  /** @type {Tile} */
  const tile = { extent: 4096, shapes: [] };
  new Reader(bytes).fields((field, reader) => field === 3 && (readLayer(reader.block(), tile), true));
  return tile;
}

/** @param {Uint8Array} bytes @param {Tile} tile */
function readLayer(bytes, tile) {
  let layer = "";
  /** @type {Uint8Array[]} */
  const features = [];
  /** @type {string[]} */
  const keys = [];
  /** @type {any[]} */
  const values = [];
  new Reader(bytes).fields((field, reader) => {
    if (field === 1) layer = text.decode(reader.block());
    else if (field === 2) features.push(reader.block());
    else if (field === 3) keys.push(text.decode(reader.block()));
    else if (field === 4) values.push(valueOf(reader.block()));
    else if (field === 5) tile.extent = reader.varint();
    else return false;
    return true;
  });
  for (const each of features) tile.shapes.push(readFeature(each, layer, keys, values));
}

/** @param {Uint8Array} bytes @param {string} layer @param {string[]} keys @param {any[]} values @returns {Shape} */
function readFeature(bytes, layer, keys, values) {
  /** @type {Shape} */
  const shape = { layer, type: 0, geometry: new Uint32Array(0), tags: {} };
  new Reader(bytes).fields((field, reader) => {
    if (field === 2) {
      const pairs = numbers(reader.block());
      for (let i = 0; i + 1 < pairs.length; i += 2) shape.tags[keys[pairs[i]]] = values[pairs[i + 1]];
    } else if (field === 3) shape.type = reader.varint();
    else if (field === 4) shape.geometry = numbers(reader.block());
    else return false;
    return true;
  });
  return shape;
}

/** Draws a shape into a path. @param {Shape} shape @param {Path2D} path @param {number} scale px for a unit */
function trace(shape, path, scale) {
  const codes = shape.geometry;
  let [x, y, i] = [0, 0, 0];
  while (i < codes.length) {
    const [command, count] = [codes[i] & 7, codes[i] >> 3];
    i += 1;
    if (command !== MOVE && command !== LINE) {
      path.closePath();
      continue;
    }
    for (let n = 0; n < count; n += 1) {
      x += signed(codes[i]);
      y += signed(codes[i + 1]);
      i += 2;
      if (command === MOVE) path.moveTo(x * scale, y * scale);
      else path.lineTo(x * scale, y * scale);
    }
  }
}

/** @typedef {import("../tiles.js").Look} Look @typedef {import("../tiles.js").Fill} Fill @typedef {import("../tiles.js").Share} Share */

/** @param {Shape} shape @param {string} name */
const valueIn = (shape, name) => shape.tags[name] ?? "unknown";

/** @param {Shape} shape @param {Look} look */
function wears(shape, look) {
  if (look.layer !== undefined && shape.layer !== look.layer) return false;
  for (const [name, values] of Object.entries(look.only ?? {})) if (!values.includes(valueIn(shape, name))) return false;
  for (const [name, values] of Object.entries(look.without ?? {})) if (values.includes(valueIn(shape, name))) return false;
  return true;
}

/** The fill of a shape, null for none. @param {Shape} shape @param {Look} look @returns {Fill | null} */
function fillOf(shape, look) {
  if (shape.type !== POLYGON) return null;
  if (look.share) return shareOf(shape, look.share);
  const own = look.by === undefined ? undefined : look.fills?.[String(valueIn(shape, look.by))];
  return own ?? look.fill ?? null;
}

/** @param {Shape} shape @param {Share} share */
function shareOf(shape, { part, of, breaks, fills, none }) {
  const sum = of.reduce((total, name) => total + (shape.tags[name] ?? 0), 0);
  if (!sum) return none;
  const value = (shape.tags[part] ?? 0) / sum;
  return fills[breaks.filter((limit) => value >= limit).length];
}

/** A fill as a pen takes it. A hatch goes on over the edge of a tile as if there were none.
 * @param {any} pen @param {Fill} fill @param {{side: number, x: number, y: number}} question */
function inkOf(pen, fill, { side, x, y }) {
  if (typeof fill === "string") return fill;
  const [step, scale] = [7, side / 256];
  const cell = new OffscreenCanvas(step * 4, step * 4);
  const ink = /** @type {any} */ (cell.getContext("2d"));
  ink.scale(4, 4);
  ink.fillStyle = fill.ground;
  ink.fillRect(0, 0, step, step);
  ink.strokeStyle = fill.line;
  ink.lineWidth = 1.4;
  ink.beginPath();
  for (const shift of [-step, 0, step]) {
    ink.moveTo(shift - 1, step + 1);
    ink.lineTo(shift + step + 1, -1);
  }
  ink.stroke();
  const made = pen.createPattern(cell, "repeat");
  const shift = (/** @type {number} */ tile) => -((tile * 256) % step) * scale;
  made.setTransform({ a: scale / 4, b: 0, c: 0, d: scale / 4, e: shift(x), f: shift(y) });
  return made;
}

/** Paints a tile, look by look. @param {Tile} tile @param {any} question */
function paint(tile, question) {
  const canvas = new OffscreenCanvas(question.side, question.side);
  const pen = /** @type {any} */ (canvas.getContext("2d"));
  pen.lineJoin = "round";
  const skip = /** @type {string[]} */ (question.skip);
  const shapes = tile.shapes.filter((shape) => !skip.some((each) => String(shape.tags.code ?? "").startsWith(each)));
  /** @type {Box[]} where names stand already */
  const taken = [];
  for (const look of question.looks) {
    const dressed = shapes.filter((shape) => wears(shape, look));
    if (look.text) letter(pen, dressed, look, tile.extent, question, taken);
    else dress(pen, dressed, look, tile.extent, question);
  }
  return canvas.transferToImageBitmap();
}

/** Paints the shapes of a look: all of one fill as one path, which winding keeps right.
 * @param {any} pen @param {Shape[]} shapes @param {Look} look @param {number} extent @param {any} question */
function dress(pen, shapes, look, extent, question) {
  const scale = question.pixel;
  /** @type {Map<Fill | null, Path2D>} */
  const paths = new Map();
  for (const shape of shapes) {
    const fill = fillOf(shape, look);
    const path = paths.get(fill) ?? new Path2D();
    paths.set(fill, path);
    trace(shape, path, question.side / extent);
  }
  pen.lineWidth = (look.width ?? 1) * scale;
  pen.setLineDash((look.dash ?? []).map((length) => length * scale));
  for (const [fill, path] of paths) {
    pen.globalAlpha = look.opacity ?? 1;
    if (fill !== null) (pen.fillStyle = inkOf(pen, fill, question)), pen.fill(path);
    pen.globalAlpha = 1;
    if (look.line) (pen.strokeStyle = look.line), pen.stroke(path);
  }
}

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** Writes the names of shapes: at points, and at the middle of lines; inside the tile, each name once, none over another.
 * @param {any} pen @param {Shape[]} shapes @param {Look} look @param {number} extent @param {any} question @param {Box[]} taken */
function letter(pen, shapes, look, extent, { side, pixel }, taken) {
  const high = (look.size ?? 12) * pixel;
  pen.font = `600 ${high}px sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const written = new Set();
  for (const shape of shapes) {
    const name = String((look.text ?? []).map((key) => shape.tags[key]).find(Boolean) ?? "");
    const at = name && !written.has(name) ? seat(shape, extent) : null;
    if (!at) continue;
    const half = pen.measureText(name).width / 2 + 2 * pixel;
    if (2 * half > side) continue;
    const x = Math.min(Math.max((at[0] / extent) * side, half), side - half);
    const y = Math.min(Math.max((at[1] / extent) * side, high), side - high);
    const box = { left: x - half, top: y - high * 0.7, right: x + half, bottom: y + high * 0.7 };
    if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)) continue;
    taken.push(box);
    written.add(name);
    pen.strokeStyle = "rgba(255,255,255,.9)";
    pen.lineWidth = 3 * pixel;
    pen.setLineDash([]);
    pen.strokeText(name, x, y);
    pen.fillStyle = look.line ?? "#4a5560";
    pen.fillText(name, x, y);
  }
}

/** Where a name stands: a point itself, the middle of a line; null outside the tile, whose neighbour writes it.
 * @param {Shape} shape @param {number} extent @returns {[number, number] | null} */
function seat(shape, extent) {
  /** @type {[number, number][]} */
  const points = [];
  const codes = shape.geometry;
  let [x, y, i] = [0, 0, 0];
  while (i < codes.length) {
    const [command, count] = [codes[i] & 7, codes[i] >> 3];
    i += 1;
    if (command !== MOVE && command !== LINE) continue;
    for (let n = 0; n < count; n += 1, i += 2) points.push([(x += signed(codes[i])), (y += signed(codes[i + 1]))]);
  }
  const at = points[Math.floor(points.length / 2)];
  return at && at[0] >= 0 && at[1] >= 0 && at[0] < extent && at[1] < extent ? at : null;
}

/** The topmost polygon at a place that the pointer does not pass through.
 * @param {{tile: Tile, looks: Look[]} | undefined} known @param {number} x share of the tile's side @param {number} y */
function find(known, x, y) {
  if (!known) return null;
  const pen = /** @type {any} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  const { tile, looks } = known;
  for (const look of [...looks].reverse()) {
    if (look.still) continue;
    for (const shape of [...tile.shapes].reverse()) {
      if (shape.type !== POLYGON || !wears(shape, look)) continue;
      const path = new Path2D();
      trace(shape, path, 1);
      if (pen.isPointInPath(path, x * tile.extent, y * tile.extent)) return { layer: shape.layer, ...shape.tags };
    }
  }
  return null;
}

/** A tile painted, from its bytes or, in other looks, from what is known of it. @param {any} question */
function painted(question) {
  const tile = question.data ? read(new Uint8Array(question.data)) : shown.get(question.paint)?.tile;
  if (!tile) return null;
  shown.set(question.paint, { tile, looks: question.looks });
  return tile.shapes.length ? paint(tile, question) : null;
}

const page = /** @type {any} */ (self);
page.onmessage = (/** @type {MessageEvent} */ { data: question }) => {
  if (question.drop) {
    shown.delete(question.drop);
  } else if (question.paint) {
    const picture = painted(question);
    page.postMessage({ number: question.number, picture }, picture ? [picture] : []);
  } else {
    page.postMessage({ number: question.number, properties: find(shown.get(question.at), question.x, question.y) });
  }
};
