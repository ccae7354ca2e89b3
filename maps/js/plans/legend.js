// The legend (图例) of the cells, with how many there are of each colour.

import { byId, el, fill } from "../dom.js";
import { num, t } from "../words.js";
import { CHANGE, changeOf, SIZE, sizeOf } from "./colours.js";
import { sizeText } from "./properties.js";

/** @param {import("./editor.js").Editor} editor */
export function legend(editor) {
  const { by } = editor.sheet;
  const { limits } = editor.studio.draft.plan;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const cell of editor.sheet.cells.values()) {
    const name = by === "change" ? changeOf(cell) : sizeOf(cell, limits);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = by === "change" ? Object.entries(CHANGE).map(([name, colour]) => row(colour, t({ kept: "plan.kept", changed: "plan.changed", fresh: "plan.new" }[name] ?? name), counts.get(name)))
    : Object.entries(SIZE).map(([name, colour]) => row(colour, sizeText(name, limits), counts.get(name), name === "unknown"));
  fill(byId("legend"), ...rows.filter((one) => one !== null));
}

/** @param {string} colour @param {string} text @param {number | undefined} count @param {boolean} [hatched] */
function row(colour, text, count, hatched = false) {
  if (!count) return null;
  return el("li", {}, el("span", { class: hatched ? "chip hatched" : "chip", style: hatched ? null : `background:${colour}` }), text, el("span", { class: "legend-count" }, num(count)));
}
