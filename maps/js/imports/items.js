// The files of this page (导入队列): each its own upload, job, answers and report, kept over a reload of the page.

/**
 * @typedef {{kind: string, layer: string, encoding: string, crs: string, fitted: boolean, control: string[][], codes: "" | "place" | "below",
 *   below: string, validFrom: string, strict: boolean, map: Record<string, string>, repair: string[]}} Choices  what a person said about a file
 * @typedef {{detail: string, field?: string}} Trouble
 * @typedef {"uploading" | "waiting" | "doing" | "asks" | "checked" | "loaded" | "failed" | "cancelled" | "lost"} State
 * @typedef {{key: string, name: string, parts: File[], job: number, state: State, share: number, note: string,
 *   report: import("./report.js").Report | null, choices: Choices, stale: boolean, trouble: Trouble | null}} Item
 */

const STORE = "wangge.imports";
const PARTS = /\.(shp|shx|dbf|prj|cpg|sbn|sbx|qix|shp\.xml)$/i;
export const BUSY = /** @type {State[]} */ (["uploading", "waiting", "doing"]);

/** @returns {Choices} */
export function untouched() {
  return { kind: "", layer: "", encoding: "", crs: "", fitted: false, control: [], codes: "", below: "", validFrom: "", strict: false, map: {}, repair: [] };
}

/**
 * Files as they were chosen, the parts of a shapefile as one: .shp .dbf .shx .prj .cpg of the same name.
 * @param {File[]} files @returns {{name: string, parts: File[]}[]}
 */
export function together(files) {
  /** @type {Map<string, {name: string, parts: File[]}>} */
  const found = new Map();
  for (const file of files) {
    const stem = file.name.replace(PARTS, "");
    const key = stem === file.name ? file.name : `${stem.toLowerCase()}/`;
    const known = found.get(key) ?? { name: stem === file.name ? file.name : `${stem}.shp`, parts: [] };
    known.parts.push(file);
    found.set(key, known);
  }
  return [...found.values()];
}

let made = 0;

/** @param {string} name @param {File[]} parts @param {Choices} [choices] @returns {Item} */
export function item(name, parts, choices = untouched()) {
  made += 1;
  return { key: `${Date.now()}-${made}`, name, parts, job: 0, state: "uploading", share: 0, note: "", report: null, choices, stale: false, trouble: null };
}

/** Keeps what was typed, and where each file's job stands, for this window. @param {Item[]} items */
export function keep(items) {
  const kept = items.map(({ key, name, job, state, choices, stale, trouble }) => ({ key, name, job, state, choices, stale, trouble }));
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // A full or forbidden store costs the page nothing but its memory of a reload.
  }
}

/** @returns {Item[]} */
export function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
    return found.map((/** @type {any} */ one) => ({ ...item(one.name, []), ...one, choices: { ...untouched(), ...one.choices }, state: one.job ? one.state : "lost" }));
  } catch {
    return [];
  }
}

/**
 * What is sent with a file: the file itself, or the job whose upload is still there.
 * @param {Item} one @param {boolean} dry
 */
export function form(one, dry) {
  const body = new FormData();
  if (one.job) body.append("again", String(one.job));
  else for (const part of one.parts) body.append("file", part, part.name);
  body.append("dry_run", String(dry));
  body.append("match", "true");
  const { kind, layer, encoding, crs, fitted, control, codes, below, validFrom, strict, map } = one.choices;
  const given = {
    kind, layer, encoding, crs: fitted ? "" : crs, valid_from: validFrom, strict: strict ? "true" : "",
    provisional: codes === "place" ? "place" : codes === "below" ? below.trim() : "",
    control: fitted ? complete(control).map((row) => row.join(",")).join("\n") : "",
  };
  for (const [name, text] of Object.entries(given)) if (text) body.append(name, text);
  for (const fault of one.choices.repair) body.append("repair", fault);
  if (Object.keys(map).length) body.append("map", JSON.stringify(map));
  return body;
}

/** The rows of a table of control points in which every cell is a number. @param {string[][]} rows */
export function complete(rows) {
  return rows.filter((row) => row.length === 4 && row.every((cell) => cell.trim() !== "" && Number.isFinite(Number(cell))));
}

/** Parents before children: the order in which files are loaded. @param {Item[]} items @param {string[]} kinds */
export function inOrder(items, kinds) {
  const at = (/** @type {Item} */ one) => kinds.indexOf(one.report?.kind ?? "");
  return [...items].sort((a, b) => at(a) - at(b));
}
