// Control points (控制点): a table to type or paste into; the fit and every residual before anything is imported.

import { paths, Problem, send } from "../api.js";
import { button, el, fill, later, latest } from "../dom.js";
import { reason } from "../shell.js";
import { num, t } from "../words.js";
import { complete } from "./items.js";
import { ask, pins, sit } from "./placing.js";

/** @typedef {{zone: string, scale: number, turn_seconds: number, rms_m: number, residuals_m: number[], good: boolean, suspect: number | null}} Fit */

const LEAST = 3;
const COLUMNS = ["x", "y", "lon", "lat"];

/**
 * @param {import("./items.js").Choices} choices its `control` holds the rows as typed @param {() => void} changed
 */
export function controlTable(choices, changed) {
  const rows = choices.control;
  while (rows.length < LEAST) rows.push(["", "", "", ""]);
  /** @type {string[]} the rows before each step */
  const steps = [];
  const undo = button(t("imports.control_undo"), back, { class: "small", id: "control-undo", disabled: true });
  const map = el("div", { class: "control-map" });
  const body = el("tbody");
  const verdict = el("p", { class: "note", role: "status", id: "fit" });
  const element = el("div", { class: "stack", id: "control" },
    el("p", { class: "note" }, t("imports.control_how")),
    el("table", { class: "list control" }, el("thead", {}, el("tr", {}, el("th", {}, el("span", { class: "sort" }, t("common.number"))),
      ...COLUMNS.map((name) => el("th", { scope: "col" }, el("span", { class: "sort" }, t(`imports.control_${name}`)))),
      el("th", { scope: "col" }, el("span", { class: "sort" }, t("imports.residual"))), el("th"))), body),
    el("div", { class: "row" }, button(t("imports.add_row"), () => step(() => rows.push(["", "", "", ""])), { class: "small", id: "control-add" }), undo), verdict, map);
  element.addEventListener("keydown", (event) => {
    if (event.code !== "KeyZ" || !(event.ctrlKey || event.metaKey) || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    back();
  });

  /** Does something to the rows that can be taken back. @param {() => void} act */
  function step(act) {
    steps.push(JSON.stringify(rows));
    act();
    draw();
    touched();
  }

  function back() {
    const before = steps.pop();
    if (!before) return;
    rows.splice(0, rows.length, ...JSON.parse(before));
    draw();
    touched();
  }

  /** The place of a row's mark is picked on the map. @param {number} at */
  function pick(at) {
    sit(map);
    ask(at + 1, (place) => {
      if (place) step(() => (rows[at].splice(2, 2, place[0].toFixed(8), place[1].toFixed(8))));
      /** @type {HTMLElement | null} */ (body.querySelector(`[data-pick="${at}"]`))?.focus({ preventScroll: true });
    });
  }

  /** Points whose place is known stand on the map. @param {number | null} spoils the row that spoils the fit */
  function showPins(spoils) {
    if (!choices.fitted) return;
    const known = rows.flatMap((row, at) => {
      const place = /** @type {[number, number]} */ ([Number(row[2]), Number(row[3])]);
      const ok = row[2].trim() && row[3].trim() && place.every(Number.isFinite) && Math.abs(place[1]) < 90 && Math.abs(place[0]) <= 180;
      return ok ? [{ label: String(at + 1), at: place, tone: at === spoils ? "bad" : "", name: t("imports.control_n", { n: at + 1 }) }] : [];
    });
    pins(known);
  }

  function draw() {
    undo.disabled = !steps.length;
    showPins(null);
    fill(body, ...rows.map((row, at) => el("tr", {}, el("td", { class: "num" }, at + 1),
      ...COLUMNS.map((name, column) => el("td", {}, cell(row, at, column, name))),
      el("td", { class: "num residual" }), el("td", {}, el("span", { class: "row" },
        button(t("imports.control_pick"), () => pick(at), { class: "small", data: { pick: at }, "aria-label": t("imports.control_pick_n", { n: at + 1 }) }),
        rows.length > LEAST ? button("×", () => step(() => rows.splice(at, 1)), { class: "plain remove", "aria-label": t("imports.remove_row", { n: at + 1 }) }) : null)))));
  }

  /** @param {string[]} row @param {number} at @param {number} column @param {string} name */
  function cell(row, at, column, name) {
    const input = el("input", { value: row[column], inputmode: "decimal", maxlength: 30, "aria-label": `${at + 1} ${t(`imports.control_${name}`)}`, data: { at: `${at}-${column}` } });
    let held = "";
    input.addEventListener("focus", () => (held = JSON.stringify(rows)));
    input.addEventListener("change", () => (steps.push(held), (held = JSON.stringify(rows)), (undo.disabled = false)));
    input.addEventListener("input", () => (row[column] = input.value, touched()));
    input.addEventListener("paste", (event) => {
      const pasted = cells(event.clipboardData?.getData("text/plain") ?? "");
      if (pasted.length === 1 && pasted[0].length === 1) return;
      event.preventDefault();
      put(pasted, at, column);
    });
    return input;
  }

  /** Lays a pasted block over the table from a cell on. @param {string[][]} pasted @param {number} at @param {number} column */
  function put(pasted, at, column) {
    step(() => pasted.forEach((line, down) => {
      while (rows.length <= at + down) rows.push(["", "", "", ""]);
      line.slice(0, COLUMNS.length - column).forEach((text, right) => (rows[at + down][column + right] = text));
    }));
  }

  const judged = latest();
  const judge = later(async () => {
    const wanted = judged();
    const full = complete(rows);
    for (const one of body.children) one.classList.remove("spoils");
    for (const one of body.querySelectorAll(".residual")) fill(one);
    if (full.length < LEAST) return fill(verdict, t("imports.control_more", { n: LEAST - full.length }));
    try {
      const { body: fit } = await send("POST", paths.controlPoints, { points: full.map((row) => row.map(Number)) });
      if (wanted()) show(fit, full);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (wanted()) fill(verdict, el("span", { class: "tag bad" }, reason(error)));
    }
    return undefined;
  }, 300);

  /** @param {Fit} fit @param {string[][]} full the rows that were sent */
  function show(fit, full) {
    full.forEach((row, sent) => {
      const line = body.children[rows.indexOf(row)];
      if (!line) return;
      line.classList.toggle("spoils", fit.suspect === sent);
      fill(/** @type {Element} */ (line.querySelector(".residual")), num(fit.residuals_m[sent], 3));
    });
    showPins(fit.suspect === null ? null : rows.indexOf(full[fit.suspect]));
    const number = fit.suspect === null ? 0 : rows.indexOf(full[fit.suspect]) + 1;
    const text = fit.good ? t("imports.fit_good", { rms: num(fit.rms_m, 3), n: full.length })
      : number ? t("imports.fit_spoilt", { rms: num(fit.rms_m, 3), n: number }) : t("imports.fit_bad", { rms: num(fit.rms_m, 3) });
    fill(verdict, el("span", { class: `tag ${fit.good ? "good" : "bad"}` }, text));
  }

  function touched() {
    changed();
    judge();
  }

  draw();
  judge();
  element.addEventListener("shown", () => (sit(map), showPins(null)));
  return element;
}

/** A block copied from a spreadsheet: lines of cells between tabs, commas, semicolons or blanks; a header is left out. @param {string} text */
function cells(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const split = lines.map((line) => line.trim().split(/\s*[\t,;，]\s*|\s+/));
  return split.length > 1 && split[0].every((cell) => !Number.isFinite(Number(cell))) ? split.slice(1) : split;
}
