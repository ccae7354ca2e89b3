// What a page shows stands in its address, so that it can be sent, reloaded and gone back to.

/**
 * Values of the address for the keys of `defaults`.
 * @template {Record<string, string>} T
 * @param {T} defaults
 * @returns {T}
 */
export function readState(defaults) {
  const query = new URLSearchParams(location.search);
  return /** @type {T} */ (
    Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, taken(key, query.get(key)) ?? value]))
  );
}

/** A value as it stands in the address, or null: a day that is none is nobody's wish. @param {string} key @param {string | null} value */
function taken(key, value) {
  return key === "as_of" && value && !(/^\d{4}-\d\d-\d\d$/.test(value) && Number.isFinite(Date.parse(value))) ? null : value;
}

/** Writes the values that differ from the defaults. @param {Record<string, string>} state
 * @param {Record<string, string>} defaults @param {boolean} [push] a new step for the Back button */
export function writeState(state, defaults, push = false) {
  const kept = Object.entries(state).filter(([key, value]) => value !== "" && value !== defaults[key]);
  // Which base map lies below is no page's own, and is kept by all.
  const base = new URLSearchParams(location.search).get("base");
  const query = new URLSearchParams(base === null ? kept : [...kept, ["base", base]]).toString();
  const url = location.pathname + (query ? `?${query}` : "");
  if (push) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
