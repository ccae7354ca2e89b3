// The tree of cells (单元目录) with its search: neighbourhoods, and the cells in each; the keyboard's way to every cell.

import { byId, el, fill, later } from "../dom.js";
import { redraw } from "../redraw.js";
import { num, t } from "../words.js";
import { sizeOf } from "./colours.js";

/** So many cells are shown open from the start. */
const OPEN = 200;

export class Tree {
  /** @param {import("./studio.js").Studio} studio @param {{choose: (code: string, more: boolean) => void, hover: (code: string | null) => void}} on */
  constructor(studio, on) {
    this.studio = studio;
    this.on = on;
    /** @type {Map<string, boolean>} what the reader opened or closed */
    this.open = new Map();
    byId("find").addEventListener("input", later(() => this.draw(), 150));
  }

  /** Cells that match the search, by neighbourhood. @returns {Map<string, Feature[]>} */
  groups() {
    const wanted = byId("find", HTMLInputElement).value.trim().toLowerCase();
    /** @type {Map<string, Feature[]>} */
    const found = new Map();
    for (const cell of this.studio.draft.cells.values()) {
      const { name, neighbourhood } = cell.properties;
      if (wanted && !cell.id.toLowerCase().includes(wanted) && !String(name ?? "").toLowerCase().includes(wanted)) continue;
      const home = neighbourhood ?? cell.id.slice(0, 12);
      found.set(home, [...(found.get(home) ?? []), cell]);
    }
    return new Map([...found].sort().map(([home, cells]) => [home, cells.sort((a, b) => (a.id < b.id ? -1 : 1))]));
  }

  draw() {
    const groups = this.groups();
    const count = [...groups.values()].reduce((sum, cells) => sum + cells.length, 0);
    fill(byId("cell-count"), t("plan.n_cells", { n: num(count) }));
    const many = count > OPEN;
    const rows = count ? [...groups].map(([home, cells]) => this.group(home, cells, !many)) : [el("p", { class: "note body" }, t("common.no_rows"))];
    redraw(byId("tree"), () => fill(byId("tree"), ...rows));
  }

  /** @param {string} home @param {Feature[]} cells @param {boolean} open */
  group(home, cells, open) {
    const chosen = cells.some((cell) => this.studio.tools.cells.includes(cell.id));
    const name = this.studio.draft.plan.frame?.features.find((/** @type {Feature} */ one) => (one.properties.code ?? one.id) === home)?.properties.name ?? (home === this.studio.draft.plan.area ? this.studio.draft.plan.area_name : home);
    const shown = this.open.get(home) ?? (open || chosen || byId("find", HTMLInputElement).value !== "");
    const rows = el("div", {}, ...(shown ? cells.map((cell) => this.row(cell)) : []));
    const made = el("details", { open: shown, data: { home } }, el("summary", {}, name, el("span", { class: "note" }, num(cells.length))), rows);
    made.addEventListener("toggle", () => {
      this.open.set(home, made.open);
      if (made.open && !rows.childElementCount) fill(rows, ...cells.map((cell) => this.row(cell)));
    });
    return made;
  }

  /** @param {Feature} cell */
  row(cell) {
    const { name, households, is_new: fresh, changed } = cell.properties;
    const size = sizeOf(cell, this.studio.draft.plan.limits);
    const mark = fresh ? t("plan.new") : changed ? t("plan.changed") : "";
    return el("button", {
      type: "button", data: { code: cell.id }, title: cell.id, "aria-pressed": String(this.studio.tools.cells.includes(cell.id)),
      on: {
        click: (/** @type {MouseEvent} */ event) => this.on.choose(cell.id, event.shiftKey || event.ctrlKey),
        mouseenter: () => this.on.hover(cell.id), mouseleave: () => this.on.hover(null), keydown: step,
      },
    }, el("code", {}, cell.id.slice(-3)), el("span", {}, name ?? "", " ", mark ? el("span", { class: "mark" }, mark) : null), el("span", { class: `num ${size}` }, num(households)));
  }

  /** Marks the chosen ones and brings the first into view. */
  mark() {
    const { cells } = this.studio.tools;
    const home = cells.length ? this.studio.draft.cells.get(cells[0])?.properties.neighbourhood : null;
    if (home && !byId("tree").querySelector(`[data-code="${CSS.escape(cells[0])}"]`)) {
      this.open.set(home, true);
      this.draw();
    }
    for (const row of byId("tree").querySelectorAll("button")) {
      const on = cells.includes(row.dataset.code ?? "");
      row.setAttribute("aria-pressed", String(on));
      if (on && row.dataset.code === cells[0]) row.scrollIntoView({ block: "nearest" });
    }
  }
}

/** Up and down between the rows. @param {KeyboardEvent} event */
function step(event) {
  const to = { ArrowDown: 1, ArrowUp: -1 }[event.code];
  if (!to) return;
  event.preventDefault();
  const rows = [...byId("tree").querySelectorAll("button")];
  rows[rows.indexOf(/** @type {any} */ (event.currentTarget)) + to]?.focus();
}
