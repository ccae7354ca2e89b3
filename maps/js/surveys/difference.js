// The difference (摸底差异): every field that came back otherwise, old and new, ticked or not, by mouse and by key.

import { button, el, fill } from "../dom.js";
import { redraw } from "../redraw.js";
import { day, moment, named, t } from "../words.js";
import { header, keyOf, said } from "./values.js";

/** @typedef {import("./values.js").Unit} Unit */
/** @typedef {import("./values.js").Item} Item */
/** @typedef {{kind: string, place: string, field: string, text: string}} Filter */

const TONES = /** @type {Record<string, string>} */ ({ known: "good", changed: "info", unknown: "warn", conflict: "bad", elsewhere: "warn", unreadable: "bad", settled: "", same: "" });
/** Kinds that wait for somebody. */
export const OPEN = ["known", "changed", "unknown", "conflict", "elsewhere", "unreadable"];
const MOST = 600;

/**
 * The table; nothing can be ticked until `allow` says so.
 * @param {{mayEdit: boolean, ticked: () => void, settle: (unit: Unit, item: Item, text: string) => void}} about
 */
export function difference(about) {
  /** @type {Unit[]} */
  let units = [];
  /** @type {Map<string, boolean>} what was ticked or unticked by hand */
  let hand = new Map();
  /** @type {Filter} */
  let filter = { kind: "open", place: "", field: "", text: "" };
  let shown = 0;
  const body = el("tbody");
  const heads = ["", t("surveys.field"), t("surveys.sent"), t("surveys.came"), t("surveys.now"), t("surveys.kind"), t("surveys.why")];
  const element = el("table", { class: "list difference" }, el("caption", { class: "unseen" }, t("surveys.difference")),
    el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)))), body);
  body.addEventListener("keydown", onKey);

  /** @param {Unit} unit @param {Item} item */
  function isTicked(unit, item) {
    return item.writable && (hand.get(keyOf(unit, item)) ?? item.ticked);
  }

  /** @param {Unit} unit @returns {Item[]} */
  function wanted(unit) {
    const { kind, place, field, text } = filter;
    if (place && unit.neighbourhood !== place) return [];
    if (text && !`${unit.name}${unit.unit}${unit.surveyor ?? ""}`.includes(text)) return [];
    return unit.items.filter((item) => (!field || item.field === field) && (kind === "all" || (kind === "open" ? OPEN.includes(item.kind) : item.kind === kind)));
  }

  const draw = () => redraw(body, lay);

  function lay() {
    shown = 0;
    let left = 0;
    const rows = [];
    for (const unit of units) {
      const items = wanted(unit);
      const remark = !items.length && filter.kind === "open" && !filter.field && wantedPlace(unit) && (unit.note || unit.outcome === "unreachable");
      if (!items.length && !remark) continue;
      if (shown + items.length > MOST) { left += items.length; continue; }
      shown += items.length;
      rows.push(unitRow(unit, items), ...items.map((item) => itemRow(unit, item)));
    }
    fill(body, ...rows);
    if (!rows.length) fill(body, el("tr", {}, el("td", { colspan: heads.length, class: "none" }, t(units.length ? "surveys.none_shown" : "surveys.none_yet"))));
    if (left) body.append(el("tr", {}, el("td", { colspan: heads.length, class: "none" }, t("surveys.left_out", { n: left }))));
    about.ticked();
  }

  /** @param {Unit} unit */
  function wantedPlace(unit) {
    return (!filter.place || unit.neighbourhood === filter.place) && (!filter.text || unit.name.includes(filter.text));
  }

  /** @param {Unit} unit @param {Item[]} items */
  function unitRow(unit, items) {
    const writable = items.filter((item) => item.writable);
    const on = writable.filter((item) => isTicked(unit, item)).length;
    const all = el("input", { type: "checkbox", "aria-label": t("surveys.tick_unit", { name: unit.name }), disabled: !about.mayEdit || !writable.length,
      on: { change: (/** @type {any} */ event) => set(writable.map((item) => keyOf(unit, item)), event.target.checked) } });
    all.checked = on > 0 && on === writable.length;
    all.indeterminate = on > 0 && on < writable.length;
    const name = unit.unit_kind === "community" ? el("a", { href: `/communities/${unit.unit}` }, unit.name) : unit.name;
    const tags = [
      unit.outcome === "unreachable" && el("span", { class: "tag warn" }, t("surveys.unreachable")),
      unit.gone && el("span", { class: "tag bad" }, t("surveys.gone")),
      unit.contradiction && el("span", { class: "tag warn" }, t("surveys.contradiction")),
    ];
    const who = [unit.surveyor, unit.surveyed_on && day(unit.surveyed_on)].filter(Boolean).join(" ");
    return el("tr", { class: "unit", data: { unit: unit.unit } }, el("td", {}, all), el("td", { colspan: heads.length - 1 },
      el("span", { class: "row" }, el("strong", {}, name), el("code", {}, unit.unit), el("span", { class: "note" }, unit.place ?? unit.neighbourhood),
        who ? el("span", { class: "note" }, who) : null, ...tags, unit.note ? el("span", { class: "note" }, t("surveys.noted", { text: unit.note })) : null)));
  }

  /** @param {Unit} unit @param {Item} item */
  function itemRow(unit, item) {
    const key = keyOf(unit, item);
    const box = el("input", { type: "checkbox", tabindex: -1, "aria-label": `${unit.name} ${header(item.field)}`, disabled: !about.mayEdit || !item.writable,
      on: { change: (/** @type {any} */ event) => set([key], event.target.checked) } });
    box.checked = isTicked(unit, item);
    const row = el("tr", { class: `item ${item.kind} ${box.checked ? "ticked" : ""}`, tabindex: 0, data: { key } },
      el("td", {}, item.kind === "settled" ? "✓" : box),
      el("td", {}, header(item.field)),
      el("td", { class: "old" }, said(item.field, item.sent)),
      el("td", {}, ...cameBack(unit, item)),
      el("td", { class: "old" }, said(item.field, item.now)),
      el("td", {}, el("span", { class: `tag ${TONES[item.kind]}` }, t(`survey_kind.${item.kind}`))),
      el("td", { class: "note" }, why(unit, item)));
    return row;
  }

  /** @param {Unit} unit @param {Item} item */
  function cameBack(unit, item) {
    if (item.kind !== "unreadable") {
      const written = item.text && item.doubt ? el("span", { class: "note" }, t("surveys.written", { text: item.text })) : null;
      return [el("span", { class: "new" }, said(item.field, item.came)), written && " ", written];
    }
    const input = el("input", { maxlength: 200, "aria-label": t("surveys.meant", { field: header(item.field) }), placeholder: t("surveys.meant_hint") });
    const take = () => input.value.trim() && about.settle(unit, item, input.value);
    input.addEventListener("keydown", (event) => (event.key === "Enter" ? (event.preventDefault(), take()) : undefined));
    const ask = about.mayEdit && el("span", { class: "ask" }, input, button(t("surveys.take_it"), take));
    return [el("span", { class: "new" }, `“${item.text}”`), ask];
  }

  /** @param {Unit} unit @param {Item} item */
  function why(unit, item) {
    const parts = /** @type {(string | null)[]} */ ([item.place || null]);
    if (item.doubt) parts.push(t(`survey_doubt.${item.doubt}`));
    if ((item.kind === "conflict" || item.kind === "elsewhere") && item.field !== "mode" && unit.changed.by) {
      parts.push(t("surveys.changed_by", { who: unit.changed.by, at: moment(unit.changed.at), source: named("source", unit.changed.source) }));
    }
    if (item.field === "mode" && OPEN.includes(item.kind)) {
      parts.push(item.came === null ? t("surveys.no_mode") : unit.under_contract ? t("surveys.under_contract", { date: day(unit.under_contract) }) : null);
    }
    if (item.change_set) parts.push(t("surveys.in_set", { n: item.change_set }));
    return parts.filter(Boolean).join(" · ");
  }

  /** @param {string[]} keys @param {boolean} on */
  function set(keys, on) {
    const at = document.activeElement?.closest("tr")?.dataset.key;
    for (const key of keys) hand.set(key, on);
    draw();
    if (at) focus(at);
  }

  /** @param {string} key */
  function focus(key) {
    const row = [...body.querySelectorAll("tr.item")].find((one) => /** @type {HTMLElement} */ (one).dataset.key === key);
    if (row instanceof HTMLElement) row.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const at = event.target;
    if (!(at instanceof HTMLTableRowElement) || !at.classList.contains("item")) return;
    const rows = /** @type {HTMLElement[]} */ ([...body.querySelectorAll("tr.item")]);
    const next = rows[rows.indexOf(at) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0)];
    const box = at.querySelector("input[type=checkbox]");
    if (event.key.startsWith("Arrow")) next?.focus();
    else if (event.key === " " && box instanceof HTMLInputElement && !box.disabled) box.click();
    else if (event.key === "a" && about.mayEdit) tickShown(true);
    else if (event.key === "n" && about.mayEdit) tickShown(false);
    else return;
    event.preventDefault();
  }

  /** @param {boolean} on */
  function tickShown(on) {
    set(units.flatMap((unit) => wanted(unit).filter((item) => item.writable).map((item) => keyOf(unit, item))), on);
  }

  return {
    element,
    /** @param {Unit[]} given @param {boolean} [fresh] forget what was ticked by hand */
    update(given, fresh = false) {
      units = given;
      if (fresh) hand = new Map();
      draw();
    },
    /** @param {Filter} given */
    show(given) {
      filter = given;
      draw();
    },
    tickShown,
    /** @param {boolean} on */
    allow(on) {
      about.mayEdit = on;
    },
    usual() {
      hand = new Map();
      draw();
    },
    shown: () => shown,
    /** What is ticked, also where the filter hides it. @returns {{unit: Unit, item: Item}[]} */
    picked: () => units.flatMap((unit) => unit.items.filter((item) => isTicked(unit, item)).map((item) => ({ unit, item }))),
  };
}
