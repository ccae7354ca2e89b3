// A table that can be sorted, walked by keyboard and marked by code: the keyboard's way to every shape.

import { el, fill } from "./dom.js";
import { redraw } from "./redraw.js";
import { t } from "./words.js";

/**
 * @template Row
 * @typedef {{key: string, label: string, kind?: "num" | "text" | "text wrap", value: (row: Row) => any,
 *   cell?: (row: Row) => import("./dom.js").Child}} Column  `value` sorts, `cell` is shown (value when absent)
 */

/**
 * @template Row
 * @param {Column<Row>[]} columns
 * @param {{code: (row: Row) => string, pick?: (row: Row) => void, hover?: (row: Row | null) => void, caption: string,
 *   empty?: string, sort?: string, down?: boolean}} options
 */
export function table(columns, options) {
  let rows = /** @type {Row[]} */ ([]);
  let sort = options.sort ?? "";
  let down = options.down ?? false;
  const head = el("tr");
  const body = el("tbody");
  const caption = el("caption", { class: "unseen" }, options.caption);
  const element = el("table", { class: options.pick ? "list pickable" : "list" }, caption, el("thead", {}, head), body);

  function drawHead() {
    fill(head, ...columns.map((column) => {
      const order = column.key === sort ? (down ? "descending" : "ascending") : "none";
      const turn = el("button", { type: "button", class: "sort", on: { click: () => by(column) } }, column.label);
      return el("th", { scope: "col", class: column.kind ?? "text", "aria-sort": order }, turn);
    }));
  }

  /** @param {Column<Row>} column */
  function by(column) {
    down = column.key === sort ? !down : column.kind === "num";
    sort = column.key;
    draw();
  }

  const draw = () => redraw(element, lay, false);

  function lay() {
    drawHead();
    const column = columns.find((item) => item.key === sort);
    const shown = column ? [...rows].sort((a, b) => compare(column.value(a), column.value(b), down)) : rows;
    fill(body, ...shown.map(line));
    if (!rows.length) {
      const text = options.empty ?? t("common.no_rows");
      fill(body, el("tr", {}, el("td", { colspan: columns.length, class: "none" }, text)));
    }
  }

  /** @param {Row} row */
  function line(row) {
    const cells = columns.map((column) => el("td", { class: column.kind ?? "text" }, cellOf(column, row)));
    const made = el("tr", { data: { code: options.code(row) }, tabindex: options.pick ? 0 : null }, ...cells);
    if (options.pick) {
      made.addEventListener("click", () => options.pick?.(row));
      made.addEventListener("keydown", (event) => onKey(event, row));
    }
    if (options.hover) {
      for (const name of ["mouseenter", "focus"]) made.addEventListener(name, () => options.hover?.(row));
      for (const name of ["mouseleave", "blur"]) made.addEventListener(name, () => options.hover?.(null));
    }
    return made;
  }

  /** @param {KeyboardEvent} event @param {Row} row */
  function onKey(event, row) {
    const at = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.target !== at) return;
    const step = { ArrowDown: at.nextElementSibling, ArrowUp: at.previousElementSibling }[event.code];
    if (event.code === "Enter") options.pick?.(row);
    else if (step instanceof HTMLElement) step.focus();
    else return;
    event.preventDefault();
  }

  return {
    element,
    /** @param {Row[]} given */
    update(given) {
      rows = given;
      draw();
    },
    /** Marks the rows of these codes and brings the first into view. @param {string[]} codes @param {boolean} [scroll] */
    mark(codes, scroll = false) {
      for (const item of body.querySelectorAll("tr")) {
        const on = codes.includes(item.dataset.code ?? "");
        item.classList.toggle("marked", on);
        if (on && scroll) item.scrollIntoView({ block: "nearest" });
      }
    },
  };
}

/** @template Row @param {Column<Row>} column @param {Row} row */
function cellOf(column, row) {
  return column.cell ? column.cell(row) : column.value(row);
}

/** Unknown values go last, whichever way the table is sorted. @param {any} a @param {any} b @param {boolean} down */
function compare(a, b, down) {
  const none = (/** @type {any} */ value) => value === null || value === undefined || value === "";
  if (none(a) || none(b)) return Number(none(a)) - Number(none(b));
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "zh-CN");
  return down ? -order : order;
}
