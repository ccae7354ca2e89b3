// The table of bids (投标登记): typed, walked by keys, or pasted from a worksheet; a wrong cell is told where it stands.

import { button, el, fill, select } from "../dom.js";
import { redraw } from "../redraw.js";
import { num, t } from "../words.js";
import { fromFen, toFen } from "./say.js";

/** @typedef {{package: number | null, firm: string, price: string, score: string, received: string}} Line  as typed */
/** @typedef {{code: string, name: string, grade: string | null, standing?: any[]}} Firm */

const COLUMNS = ["package", "firm", "price", "score", "received"];

export class Bids {
  /** @param {Element} place @param {{save: (bids: any[]) => Promise<void>}} on */
  constructor(place, on) {
    this.place = place;
    this.on = on;
    /** @type {Line[]} */
    this.lines = [];
    this.open = false;
    this.changed = false;
    /** The lines as they were sent last. */
    this.sent = "";
    this.version = 0;
  }

  /** What was sent is on record; what was typed since is not. */
  saved() {
    this.changed = JSON.stringify(this.lines) !== this.sent;
  }

  /** What was typed and not saved stays: as it is while nobody changed the round, else with what others wrote down.
   * @param {{packages: any[], firms: Firm[], bids: any[], open: boolean, from: string, today: string, version: number, least: number}} given `from`, `today`: the first and the last day for bids */
  show({ packages, firms, bids, open, from, today, version, least }) {
    this.least = least;
    const typed = open && this.changed ? this.lines.filter((line) => line.firm || line.price) : [];
    const same = version === this.version;
    this.version = version;
    Object.assign(this, { packages, firms, open, today });
    this.packages = packages;
    this.firms = firms;
    this.from = from;
    this.today = today;
    this.changed = typed.length > 0;
    const known = bids.map((bid) => ({ package: bid.package, firm: bid.firm, price: (bid.price_fen / 100).toFixed(2), score: String(bid.score ?? ""), received: chinaTime(bid.received_at) }));
    const mine = new Set(typed.map((line) => `${line.package} ${line.firm}`));
    this.lines = typed.length ? [...(same ? [] : known.filter((line) => !mine.has(`${line.package} ${line.firm}`))), ...typed] : known;
    if (open && !this.lines.length) this.lines = packages.slice(0, 1).map((one) => this.blank(one.number));
    this.draw();
  }

  /** @param {number | null} number @returns {Line} */
  blank(number) {
    return { package: number, firm: "", price: "", score: "", received: `${this.today}T09:00` };
  }

  draw() {
    const head = el("tr", {}, ...COLUMNS.map((name) => el("th", { scope: "col" }, el("span", { class: "sort" }, t(`bid.${name}`)))), el("th", {}));
    const body = el("tbody", {}, ...this.lines.map((line, i) => this.row(line, i)));
    const table = el("table", { class: "list bids" }, el("thead", {}, head), body);
    table.addEventListener("paste", (event) => this.paste(event));
    table.addEventListener("keydown", (event) => this.walk(event));
    this.error = el("p", { class: "field-error", role: "alert" });
    const save = button(t("bid.save"), () => this.save(), { class: "main", id: "bids-save" });
    const rows = this.open ? [el("p", { class: "note" }, t("bid.about")), table,
      el("div", { class: "row" }, button(`＋ ${t("bid.add")}`, () => this.add(), { id: "bid-add" }), save, this.error)] : [this.lines.length ? table : el("p", { class: "note" }, t("bid.none"))];
    redraw(this.place, () => fill(this.place, this.counts(), ...rows), false);
  }

  /** Bidders of each package against the least there must be. */
  counts() {
    const chips = (this.packages ?? []).map((one) => {
      const n = new Set(this.lines.filter((line) => line.package === one.number && line.firm).map((line) => line.firm)).size;
      return el("span", { class: n >= (this.least ?? 3) ? "tag good" : n ? "tag warn" : "tag" }, `${one.name} ${n}`);
    });
    return el("div", { class: "row chips-line", "aria-label": t("bid.counts") }, el("span", { class: "note" }, t("bid.counts")), ...chips);
  }

  /** @param {Line} line @param {number} index */
  row(line, index) {
    const name = (/** @type {string} */ code) => this.firms?.find((firm) => firm.code === code);
    if (!this.open) {
      const firm = name(line.firm);
      const lot = this.packages?.find((one) => one.number === line.package);
      return el("tr", {}, el("td", {}, lot?.name ?? line.package), el("td", { class: "wrap" }, firm?.name ?? line.firm, firm?.grade ? el("span", { class: "tag" }, firm.grade) : null),
        el("td", { class: "num" }, fromFen(toFen(line.price))), el("td", { class: "num" }, line.score), el("td", {}, line.received.replace("T", " ")), el("td"));
    }
    const lots = (this.packages ?? []).map((one) => /** @type {[string, string]} */ ([String(one.number), one.name]));
    const firms = (this.firms ?? []).map((firm) => /** @type {[string, string]} */ ([firm.code, `${firm.name}${firm.grade ? ` (${firm.grade})` : ""}${firm.standing?.length ? " ⚠" : ""}`]));
    const cell = (/** @type {string} */ key, /** @type {HTMLElement} */ input) => {
      input.dataset.key = key;
      input.setAttribute("aria-label", `${t(`bid.${key}`)} ${index + 1}`);
      input.addEventListener("input", () => this.typed(index, key, /** @type {HTMLInputElement} */ (input).value));
      return el("td", {}, input);
    };
    return el("tr", { data: { row: index } },
      cell("package", select([["", "—"], ...lots], String(line.package ?? ""))), cell("firm", select([["", t("bid.choose")], ...firms], line.firm)),
      cell("price", el("input", { value: line.price, inputmode: "decimal", class: "num" })), cell("score", el("input", { value: line.score, inputmode: "decimal", class: "num short" })),
      cell("received", el("input", { type: "datetime-local", value: line.received })),
      el("td", {}, button("×", () => (this.lines.splice(index, 1), (this.changed = true), this.draw()), { class: "plain", "aria-label": t("bid.remove", { n: index + 1 }) })));
  }

  /** @param {number} index @param {string} key @param {string} value */
  typed(index, key, value) {
    this.changed = true;
    Object.assign(this.lines[index], { [key]: key === "package" ? Number(value) || null : value.trim() });
    this.place.firstElementChild?.replaceWith(this.counts());
  }

  add() {
    const last = this.lines[this.lines.length - 1];
    this.lines.push(this.blank(last?.package ?? this.packages?.[0]?.number ?? null));
    this.draw();
    /** @type {HTMLElement | null} */ (this.place.querySelector("tbody tr:last-child select[data-key=firm]"))?.focus();
  }

  /** Enter goes down a column, and makes a row at its end. @param {KeyboardEvent} event */
  walk(event) {
    const at = event.target;
    if (!(at instanceof HTMLInputElement) || event.code !== "Enter" || event.isComposing) return;
    event.preventDefault();
    this.typed(Number(at.closest("tr")?.dataset.row), at.dataset.key ?? "", at.value);
    const next = at.closest("tr")?.nextElementSibling?.querySelector(`[data-key=${at.dataset.key}]`);
    if (next instanceof HTMLElement) next.focus();
    else this.add();
  }

  /** Rows from a worksheet: package, firm, price, score, day. @param {ClipboardEvent} event */
  paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!text.includes("\t") && !text.includes("\n")) return;
    event.preventDefault();
    const found = parse(text, this.packages ?? [], this.firms ?? [], this.today ?? "");
    this.lines = [...this.lines.filter((line) => line.firm || line.price), ...found.lines];
    this.changed = true;
    this.draw();
    if (this.error) fill(this.error, found.unknown.length ? t("bid.unknown", { what: found.unknown.slice(0, 5).join("、") }) : t("bid.pasted", { n: num(found.lines.length) }));
  }

  async save() {
    const wrong = this.wrong();
    if (this.error) fill(this.error, wrong);
    if (wrong) return;
    this.sent = JSON.stringify(this.lines);
    await this.on.save(this.lines.map((line) => ({ package: line.package, firm: line.firm, price_fen: toFen(line.price), score: line.score, received_at: `${line.received}:00+08:00` })));
  }

  /** The first thing that cannot be saved, in words. */
  wrong() {
    const seen = new Set();
    for (const [i, line] of this.lines.entries()) {
      const n = { n: i + 1 };
      if (line.package === null) return t("bid.no_package", n);
      if (!line.firm) return t("bid.no_firm", n);
      if (!toFen(line.price)) return t("bid.no_price", n);
      if (!/^\d{1,3}(\.\d{1,4})?$/.test(line.score) || Number(line.score) > 100) return t("bid.no_score", n);
      if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(line.received)) return t("bid.no_time", n);
      const on = line.received.slice(0, 10);
      if ((this.from && on < this.from) || (this.today && on > this.today)) return t("bid.out_of_days", { ...n, from: this.from ?? "", until: this.today ?? "" });
      if (seen.has(`${line.package} ${line.firm}`)) return t("bid.twice", n);
      seen.add(`${line.package} ${line.firm}`);
    }
    return "";
  }
}

/** Lines of a worksheet; a head line is left out. @param {string} text @param {any[]} packages @param {Firm[]} firms @param {string} today */
export function parse(text, packages, firms, today) {
  const same = (/** @type {string} */ a, /** @type {string} */ b) => a.trim().toUpperCase() === String(b).trim().toUpperCase();
  /** @type {string[]} */
  const unknown = [];
  const lines = text.split(/\r?\n/).map((line) => line.split("\t").map((part) => part.trim())).filter((cells) => cells.some(Boolean) && cells.some((one) => toFen(one) !== null));
  const read = lines.map(([lot = "", firm = "", price = "", score = "", received = ""]) => {
    const where = packages.find((one) => same(lot, one.name) || same(lot, one.id) || same(lot, one.number));
    const who = firms.find((one) => same(firm, one.code) || same(firm, one.name));
    if (!where) unknown.push(lot);
    if (!who) unknown.push(firm);
    const when = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*T?(\d{1,2}):(\d{2}))?/.exec(received);
    const two = (/** @type {string | undefined} */ part, /** @type {string} */ otherwise) => (part ?? otherwise).padStart(2, "0");
    return {
      package: where?.number ?? null, firm: who?.code ?? "", price: price.replace(/[,，]/g, ""), score,
      received: when ? `${when[1]}-${two(when[2], "")}-${two(when[3], "")}T${two(when[4], "09")}:${two(when[5], "00")}` : `${today}T09:00`,
    };
  });
  return { lines: read, unknown: [...new Set(unknown)] };
}

/** A moment in China's time, as a field takes it. @param {string} iso */
function chinaTime(iso) {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? "" : new Date(at + 8 * 3600 * 1000).toISOString().slice(0, 16);
}
