// The split line (分割线): points by click or by typing, and a first look whether it can cut a grid in two.

/** @typedef {[number, number]} Point longitude, latitude in degrees */

/** Points from text, one "lon,lat" a line; null when a line cannot be read. @param {string} text @returns {Point[] | null} */
export function parsePoints(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const points = lines.map((line) => line.split(/[\s,，]+/).map(Number));
  const ok = points.every((pair) => pair.length === 2 && Math.abs(pair[0]) <= 180 && Math.abs(pair[1]) <= 90);
  return ok ? /** @type {Point[]} */ (points) : null;
}

/** @param {Point[]} points */
export function pointsText(points) {
  return points.map(([lon, lat]) => `${lon.toFixed(7)},${lat.toFixed(7)}`).join("\n");
}

/** Outer rings of a polygon or multipolygon. @param {any} geometry @returns {Point[][]} */
function rings(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((/** @type {Point[][]} */ polygon) => polygon[0]);
}

/** Even-odd rule. @param {Point} point @param {any} geometry */
export function inside([x, y], geometry) {
  let odd = false;
  for (const ring of rings(geometry)) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [ax, ay] = ring[i];
      const [bx, by] = ring[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
  }
  return odd;
}

/** How often a line crosses the edge of a shape. @param {Point[]} line @param {any} geometry */
export function crossings(line, geometry) {
  let count = 0;
  for (let k = 1; k < line.length; k += 1) {
    for (const ring of rings(geometry)) {
      for (let i = 1; i < ring.length; i += 1) if (cross(line[k - 1], line[k], ring[i - 1], ring[i])) count += 1;
    }
  }
  return count;
}

/** Which side of a→b the point c is on. @param {Point} a @param {Point} b @param {Point} c */
function side(a, b, c) {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

/** @param {Point} a @param {Point} b @param {Point} c @param {Point} d */
function cross(a, b, c, d) {
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/**
 * Why a line cannot cut the shape in two, as the key of a word, or null when the service should be asked.  It only
 * spares questions with a sure answer: whether a cut is valid is decided by the service.
 * @param {Point[]} line @param {any} geometry
 */
export function fault(line, geometry) {
  if (line.length < 2) return "plan.two_points";
  if (inside(line[0], geometry) || inside(line[line.length - 1], geometry)) return "plan.ends_inside";
  const count = crossings(line, geometry);
  if (count < 2) return "plan.does_not_cross";
  return count > 2 ? "plan.crosses_often" : null;
}
