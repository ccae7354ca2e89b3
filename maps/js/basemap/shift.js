// GCJ-02 (加偏坐标) of map providers: the same formulas as geo/crs_shifted.py, for pictures that lie under true data.

const AXIS = 6378245;
const ECCENTRICITY = 0.00669342162296594323;
const { PI, abs, cos, sin, sqrt } = Math;

/** Where GCJ-02 puts a place of WGS 84. @param {number} lon @param {number} lat degrees @returns {[number, number]} */
export function toGcj(lon, lat) {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const root = sqrt(abs(x));
  const short = ((20 * sin(6 * PI * x) + 20 * sin(2 * PI * x)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short;
  north += ((20 * sin(PI * y) + 40 * sin((PI / 3) * y)) * 2) / 3;
  north += ((160 * sin((PI / 12) * y) + 320 * sin((PI * y) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short;
  east += ((20 * sin(PI * x) + 40 * sin((PI / 3) * x)) * 2) / 3;
  east += ((150 * sin((PI / 12) * x) + 300 * sin((PI / 30) * x)) * 2) / 3;
  const angle = (lat * PI) / 180;
  const magic = 1 - ECCENTRICITY * sin(angle) ** 2;
  const latDegree = ((PI / 180) * AXIS * (1 - ECCENTRICITY)) / (magic * sqrt(magic));
  const lonDegree = ((PI / 180) * AXIS * cos(angle)) / sqrt(magic);
  return [lon + east / lonDegree, lat + north / latDegree];
}
