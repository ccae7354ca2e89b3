// Finding a place by name or code (查询): a field with a list below it, walked by arrow keys.

import { get, paths } from "./api.js";
import { el, fill, later } from "./dom.js";
import { guard } from "./shell.js";
import { named, t } from "./words.js";

/** @typedef {{layer: string, code: string, name: string, kind: string | null, bbox: number[]}} Hit */

/** What kind of thing was found. @param {Hit} hit */
function layerName(hit) {
  if (hit.layer === "regions") return named("level", hit.kind);
  if (hit.layer === "communities") return named("kind", hit.kind);
  return t(hit.layer === "grids" ? "level.grid" : "status.stand_alone");
}

/** @param {Element} place @param {(hit: Hit) => void} pick @param {() => Record<string, any>} [params] */
export function search(place, pick, params = () => ({})) {
  const list = el("ul", { role: "listbox", id: "search-list", hidden: true, "aria-label": t("status.find_label") });
  const input = el("input", {
    type: "search", placeholder: t("status.find"), "aria-label": t("status.find_label"), autocomplete: "off",
    role: "combobox", "aria-expanded": "false", "aria-controls": "search-list", maxlength: 60,
  });
  /** @type {Hit[]} */
  let hits = [];
  let at = -1;
  let asked = "";
  /** Enter was pressed before the answer came. */
  let eager = false;

  const open = (/** @type {boolean} */ on) => {
    list.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
  };

  const ask = later(() => guard(async () => {
    const q = input.value.trim();
    asked = q;
    if (!q) return open(false);
    const answer = await get(paths.search, { q, ...params() });
    // The reader typed on, or went elsewhere.
    if (asked !== q || document.activeElement !== input) return undefined;
    hits = answer.results ?? [];
    at = -1;
    if (eager && hits.length === 1) choose(0);
    else show(q);
    return undefined;
  }), 250);

  /** What was found is of another question from now on. */
  function typed() {
    [hits, at, asked, eager] = [[], -1, "", false];
    ask();
  }

  /** @param {string} q */
  function show(q) {
    fill(list, ...hits.map((hit, i) => el("li", { role: "option", id: `hit-${i}`, "aria-selected": String(i === at), on: { mousedown: () => choose(i) } },
      hit.name, el("small", {}, [layerName(hit), hit.code].join(" · ")))));
    if (!hits.length) fill(list, el("li", { class: "note" }, t("status.nothing", { q })));
    if (at >= 0) input.setAttribute("aria-activedescendant", `hit-${at}`);
    open(true);
  }

  /** @param {number} i */
  function choose(i) {
    if (!hits[i]) return;
    open(false);
    pick(hits[i]);
  }

  input.addEventListener("input", (event) => {
    if (!(/** @type {InputEvent} */ (event).isComposing)) typed();
  });
  input.addEventListener("compositionend", typed);
  input.addEventListener("blur", () => open(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.code === "ArrowDown" || event.code === "ArrowUp") {
      event.preventDefault();
      at = Math.max(-1, Math.min(hits.length - 1, at + (event.code === "ArrowDown" ? 1 : -1)));
      show(asked);
    } else if (event.code === "Enter" || event.code === "NumpadEnter") {
      eager = true;
      choose(Math.max(at, 0));
    }
    else if (event.code === "Escape") open(false);
  });
  fill(place, input, list);
}
