// A package on the map: a tint around its members, and its number.

import { hull, labels, still } from "../map.js";
import { colourOf } from "./board.js";

/** A package as a whole: a tint around its members, and its number. @param {Feature[]} members @param {number} index */
export function outline(members, index) {
  const around = members.length > 1 ? hull(members) : null;
  const style = { color: colourOf(index), weight: 1.5, opacity: 0.8, fillColor: colourOf(index), fillOpacity: 0.16 };
  return [around ? still([around], style, "ground") : null, numberOf(members, index + 1)].filter((part) => part !== null);
}

/** The number of a package on its largest member. @param {Feature[]} members @param {number} number */
function numberOf(members, number) {
  const found = [...members].sort((a, b) => (b.properties.households ?? 0) - (a.properties.households ?? 0));
  return found.length ? labels(found.slice(0, 1), () => String(number)) : null;
}
