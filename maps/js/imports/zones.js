// Zones of CGCS2000 (高斯-克吕格投影带) in words: an EPSG number alone tells an office nothing.

import { get, paths } from "../api.js";
import { t } from "../words.js";

/** Meridians of the zones of three degrees over China. */
export const MERIDIANS = Array.from({ length: 21 }, (_, n) => 75 + 3 * n);

/** The meridian of the zone of three degrees that the reader's area lies in; 0 while nobody knows. */
let here = 0;
export const nearest = () => here;

/** Asks where the reader's area lies. */
export async function locate() {
  const { bounds } = await get(paths.census).catch(() => ({ bounds: null }));
  if (bounds) here = Math.round((bounds[0] + bounds[2]) / 6) * 3;
}

/** A zone of three degrees without its number in the eastings. @param {number} meridian degrees */
export const zone = (meridian) => `EPSG:${4534 + (meridian - 75) / 3}`;

/** The width, the meridian and whether eastings begin with the zone's number; null for what is no zone. @param {string} name
 * @returns {{width: number, meridian: number, number: number | null} | null} */
function zoneOf(name) {
  const code = Number(/^EPSG:(\d{4})$/.exec(name)?.[1] ?? 0);
  if (code >= 4513 && code <= 4533) return { width: 3, meridian: 3 * (code - 4488), number: code - 4488 };
  if (code >= 4534 && code <= 4554) return { width: 3, meridian: 3 * (code - 4509), number: null };
  if (code >= 4491 && code <= 4501) return { width: 6, meridian: 6 * (code - 4478) - 3, number: code - 4478 };
  if (code >= 4502 && code <= 4512) return { width: 6, meridian: 6 * (code - 4489) - 3, number: null };
  return null;
}

/** A system's zone in words, "" for what is no zone. @param {string} name */
export function zoneTitle(name) {
  const found = zoneOf(name);
  if (!found) return "";
  const { width, meridian, number } = found;
  return t(number === null ? "imports.zone" : "imports.zone_numbered", { width, meridian, code: name, number: number ?? 0 });
}

/** Whether a zone is the one that the reader's area lies in. @param {string} name */
export function isHere(name) {
  const found = zoneOf(name);
  return found !== null && here > 0 && Math.abs(found.meridian - here) <= (found.width - 3) / 2;
}
