// Snapping (吸附) while drawing: the vertex or edge near the pointer.  A help for the eye; the service decides what a line means.

/** @typedef {import("./line.js").Point} Point */
/** @typedef {{at: Point, kind: string, corner: boolean}} Catch what was caught: a place on a kind of line, at a corner of it */

/** Degrees of a bucket: some 50 to 60 m. */
const SIZE = 0.0005;

export class Snapper {
  constructor() {
    /** @type {Map<string, {a: Point, b: Point, kind: string}[]>} */
    this.buckets = new Map();
    /** @type {Map<string, Set<string>>} group → its buckets, so that a group can be taken out */
    this.groups = new Map();
  }

  /** Takes the lines of a group in, in place of what it had. @param {string} group @param {string} kind @param {Iterable<any>} geometries */
  put(group, kind, geometries) {
    this.drop(group);
    const mine = new Set();
    for (const geometry of geometries) {
      for (const path of paths(geometry)) for (let i = 1; i < path.length; i += 1) this.add({ a: path[i - 1], b: path[i], kind, group }, mine);
    }
    this.groups.set(group, mine);
  }

  /** @param {string} group */
  drop(group) {
    for (const key of this.groups.get(group) ?? []) {
      const left = (this.buckets.get(key) ?? []).filter((/** @type {any} */ edge) => edge.group !== group);
      if (left.length) this.buckets.set(key, left);
      else this.buckets.delete(key);
    }
    this.groups.delete(group);
  }

  /** @param {any} edge @param {Set<string>} mine */
  add(edge, mine) {
    for (const key of along(edge.a, edge.b)) {
      const list = this.buckets.get(key);
      if (list) list.push(edge);
      else this.buckets.set(key, [edge]);
      mine.add(key);
    }
  }

  /**
   * What lies within reach of a place: a corner before a line, the nearer before the farther.
   * @param {Point} at @param {number} reach degrees of latitude
   * @returns {Catch | null}
   */
  find(at, reach) {
    const squeeze = Math.cos((at[1] * Math.PI) / 180);
    /** @type {{value: Catch, far: number} | null} */
    let best = null;
    for (const edge of this.near(at, reach / squeeze)) {
      for (const { value, far } of catches(edge, at, squeeze)) {
        // A corner wins over a line unless it is clearly farther away.
        const cost = value.corner ? far * 0.6 : far;
        if (far <= reach && (!best || cost < best.far)) best = { value, far: cost };
      }
    }
    return best ? best.value : null;
  }

  /** @param {Point} at @param {number} reach */
  near([x, y], reach) {
    const found = new Set();
    for (let i = Math.floor((x - reach) / SIZE); i <= Math.floor((x + reach) / SIZE); i += 1) {
      for (let j = Math.floor((y - reach) / SIZE); j <= Math.floor((y + reach) / SIZE); j += 1) {
        for (const edge of this.buckets.get(`${i} ${j}`) ?? []) found.add(edge);
      }
    }
    return found;
  }
}

/** @param {{a: Point, b: Point, kind: string}} edge @param {Point} at @param {number} squeeze @returns {{value: Catch, far: number}[]} */
function catches({ a, b, kind }, at, squeeze) {
  const [dx, dy] = [(b[0] - a[0]) * squeeze, b[1] - a[1]];
  const along = Math.max(0, Math.min(1, ((at[0] - a[0]) * squeeze * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  const foot = /** @type {Point} */ ([a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along]);
  const far = (/** @type {Point} */ place) => Math.hypot((place[0] - at[0]) * squeeze, place[1] - at[1]);
  return [
    { value: { at: a, kind, corner: true }, far: far(a) },
    { value: { at: b, kind, corner: true }, far: far(b) },
    { value: { at: foot, kind, corner: false }, far: far(foot) },
  ];
}

/** Buckets along an edge. @param {Point} a @param {Point} b */
function along(a, b) {
  const steps = Math.ceil(Math.max(Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])) / SIZE) * 2 + 1;
  const found = new Set();
  for (let i = 0; i <= steps; i += 1) {
    const [x, y] = [a[0] + ((b[0] - a[0]) * i) / steps, a[1] + ((b[1] - a[1]) * i) / steps];
    found.add(`${Math.floor(x / SIZE)} ${Math.floor(y / SIZE)}`);
  }
  return found;
}

/** Every line and ring of a geometry. @param {any} geometry @returns {Point[][]} */
export function paths(geometry) {
  if (!geometry) return [];
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(paths);
  return nested(geometry.coordinates);
}

/** @param {any[]} list @returns {Point[][]} */
function nested(list) {
  if (!list.length || typeof list[0] === "number") return [];
  return typeof list[0][0] === "number" ? [/** @type {Point[]} */ (list)] : list.flatMap(nested);
}
