// Colours of the ways of service (服务方式), apart for colour-blind readers and by lightness in grey print.

import { named } from "./words.js";

/** @type {Record<string, string>} */
export const MODES = {
  market: "#4477aa",
  backstop: "#66ccee",
  neighbourhood: "#228833",
  benefit: "#7fbf7b",
  village: "#b5a642",
  mobile: "#aa7744",
  shared: "#aa3377",
  self: "#c7a6d8",
  custody: "#8c8cc9",
  trustee: "#5b6b8c",
  none: "#e0603a",
};

export const UNKNOWN = "unknown";

/** The mode of a unit today: what is written, or unknown; a contract that has run out is no service.
 * @param {Record<string, any>} properties */
export function modeOf(properties) {
  if (properties.served === null || properties.served === undefined) return UNKNOWN;
  return properties.served ? properties.mode : "none";
}

/** @param {string} mode */
export function modeName(mode) {
  return named("mode", mode);
}
