// Colours (着色) of cells: by households against the limits, or by what the draft changed.

export const SIZE = { below: "#9ec3e6", within: "#dcebd9", above: "#f2b57c", exempt: "#e4dff0", unknown: "#e3e6ea" };
export const CHANGE = { kept: "#e2e8ee", changed: "#f6dd9a", fresh: "#f2b8a0" };

/** How a cell stands to the limits of households. @param {Feature} cell @param {any} limits @returns {keyof typeof SIZE} */
export function sizeOf(cell, limits) {
  const { households, kind } = cell.properties;
  if (limits?.exempt?.includes(kind)) return "exempt";
  if (households === null || households === undefined) return "unknown";
  if (!limits) return "within";
  return households < limits.min ? "below" : households > limits.max ? "above" : "within";
}

/** @param {Feature} cell @returns {keyof typeof CHANGE} */
export function changeOf(cell) {
  return cell.properties.is_new ? "fresh" : cell.properties.changed ? "changed" : "kept";
}

/** @param {Feature} cell @param {string} by size or change @param {any} limits */
export function colourOf(cell, by, limits) {
  return by === "change" ? CHANGE[changeOf(cell)] : SIZE[sizeOf(cell, limits)];
}
