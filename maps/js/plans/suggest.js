// 自动建议: grids proposed by the engine: asked for with limits, watched, compared on the map, adopted as one step.

import { send } from "../api.js";
import { button, byId, el, fill, select } from "../dom.js";
import { watch } from "../packages/work.js";
import { redraw } from "../redraw.js";
import { guard, toast } from "../shell.js";
import { constants, num, pct, t } from "../words.js";

/** @typedef {{number: number, cells: {features: Feature[]}, figures: Record<string, any>, reasons?: any[], better_at?: any[], moved?: any, conflicts?: any[]}} Alternative */

export class Suggest {
  /** @param {import("./studio.js").Studio} studio
   * @param {{show: (cells: Feature[] | null, beside: Feature[]) => void, near: (cells: Feature[]) => void, open: () => void, close: () => void, adopt: (job: number, alternative: number) => void}} on
   *   cells of an alternative on the map with the draft's beside them, null: those of the draft; a place to look at; there is something to show; nothing any more; one is to be adopted */
  constructor(studio, on) {
    this.studio = studio;
    this.on = on;
    /** @type {number | null} */
    this.job = null;
    /** @type {Alternative[]} */
    this.alternatives = [];
    this.shown = -1;
    byId("suggest").addEventListener("click", () => this.ask());
  }

  /** The form. */
  ask() {
    const { plan } = this.studio.draft;
    const dialog = byId("dialog", HTMLDialogElement);
    const kind = select(["rebalance", "partition", "merge_layers"].map((one) => [one, t(`suggest.${one}`)]), "rebalance", { id: "suggest-kind" });
    const number = (/** @type {string} */ id, /** @type {number} */ value) => el("input", { type: "number", id, min: "0", max: "100000", step: "1", value: String(value), required: true });
    const [least, most] = [number("suggest-min", plan.limits?.min ?? 300), number("suggest-max", plan.limits?.max ?? 500)];
    const homes = [...new Set([...this.studio.draft.cells.values()].map((cell) => cell.properties.neighbourhood))].sort();
    const names = new Map((plan.frame?.features ?? []).map((/** @type {Feature} */ one) => [one.properties.code ?? one.id, one.properties.name]));
    const [chosen] = this.studio.draft.features(this.studio.tools.cells);
    const where = select([["", t("suggest.everywhere")], ...homes.map((code) => /** @type {[string, string]} */ ([code, names.get(code) ?? code]))], homes.length > 1 ? chosen?.properties.neighbourhood ?? "" : "", { id: "suggest-where" });
    const alternatives = select(["1", "2", "3", "4", "5"].map((one) => [one, one]), "3", { id: "suggest-count" });
    const roads = el("input", { type: "checkbox", checked: true });
    const files = el("input", { type: "file", multiple: true, accept: ".geojson,.json,application/geo+json", id: "suggest-files" });
    const fileField = field("suggest-files", t("suggest.files"), files);
    const follow = () => (fileField.hidden = kind.value !== "merge_layers");
    kind.addEventListener("change", follow);
    follow();
    const error = el("p", { class: "field-error", role: "alert" });
    const form = el("form", {}, el("h2", { id: "dialog-title" }, t("suggest.title")),
      el("div", { class: "row" }, field("suggest-kind", t("suggest.kind"), kind), homes.length > 1 ? field("suggest-where", t("suggest.where"), where) : null),
      el("div", { class: "row" }, field("suggest-min", t("suggest.min"), least), field("suggest-max", t("suggest.max"), most), field("suggest-count", t("suggest.alternatives"), alternatives)),
      el("label", { class: "check" }, roads, t("suggest.roads")), fileField, error,
      el("div", { class: "row" }, el("button", { type: "submit", class: "main", id: "suggest-go" }, t("suggest.go")), button(t("common.cancel"), () => dialog.close())));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (Number(least.value) > Number(most.value)) return fill(error, t("suggest.contradiction"));
      return guard(async () => {
        const layers = kind.value === "merge_layers" ? await layersOf(files.files) : null;
        dialog.close();
        await this.make({ kind: kind.value, limits: { min: Number(least.value), max: Number(most.value) }, alternatives: Number(alternatives.value), roads: roads.checked, ...(where.value ? { neighbourhoods: [where.value] } : {}), ...(layers ? { layers } : {}) });
      });
    });
    fill(dialog, form);
    dialog.showModal();
  }

  /** @param {any} asked */
  async make(asked) {
    const go = byId("suggest", HTMLButtonElement);
    go.disabled = true;
    try {
      const { body } = await send("POST", `${this.studio.draft.here}/suggest`, asked);
      const result = await watch(body.job, { title: t("suggest.title_work"), stop: t("work.stop") });
      this.job = body.job;
      this.alternatives = result.alternatives ?? [];
      if (!this.alternatives.length) return toast(t("suggest.none"), "error");
      this.show(0);
      this.on.near(this.alternatives[0].cells.features);
      return this.on.open();
    } finally {
      go.disabled = false;
    }
  }

  /** @param {number} index of an alternative, or -1 for the draft as it is */
  show(index) {
    this.shown = index;
    if (index < 0) return this.on.show(null, []);
    const { features } = this.alternatives[index].cells;
    const homes = new Set(features.map((cell) => cell.properties.neighbourhood));
    return this.on.show(this.whole(features), [...this.studio.draft.cells.values()].filter((cell) => homes.has(cell.properties.neighbourhood)));
  }

  /** The proposed cells, and those of the draft in neighbourhoods that the proposal leaves alone. @param {Feature[]} features */
  whole(features) {
    const homes = new Set(features.map((cell) => cell.properties.neighbourhood));
    const rest = [...this.studio.draft.cells.values()].filter((cell) => !homes.has(cell.properties.neighbourhood));
    const proposed = features.map((cell, i) => {
      const { code, neighbourhood, number } = cell.properties;
      return { ...cell, id: code ?? `${neighbourhood}~${String(number ?? i + 1).padStart(2, "0")}`, properties: { ...cell.properties, is_new: !code } };
    });
    return [...rest, ...proposed];
  }

  close() {
    this.alternatives = [];
    this.job = null;
    this.show(-1);
    this.on.close();
  }

  /** @param {HTMLElement} place */
  draw(place) {
    const draft = el("section", { class: `panel${this.shown < 0 ? " active" : ""}` }, el("div", { class: "row tight" }, el("h3", {}, t("suggest.published")), el("span", { class: "push" }), button(t("suggest.show"), () => (this.show(-1), this.draw(place)))));
    const cards = this.alternatives.map((one, i) => this.card(one, i, place));
    redraw(place, () => fill(place, el("div", { class: "stack alternatives" }, ...cards, draft, button(t("suggest.back"), () => this.close(), { id: "suggest-close" }))));
  }

  /** @param {Alternative} one @param {number} i @param {HTMLElement} place */
  card(one, i, place) {
    const facts = factsOf(one).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
    const notes = counted([...(one.better_at ?? []), ...(one.reasons ?? [])].map(said).filter(Boolean));
    return el("section", { class: `panel${this.shown === i ? " active" : ""}`, data: { alternative: one.number } },
      el("div", { class: "row tight" }, el("h3", {}, t("suggest.alternative", { n: one.number })), el("span", { class: "push" }), button(t("suggest.show"), () => (this.show(i), this.draw(place))),
        this.job !== null ? button(t("suggest.adopt"), () => this.on.adopt(/** @type {number} */ (this.job), one.number), { class: "main adopt" }) : null),
      el("dl", { class: "facts" }, ...facts), notes.length ? el("details", { class: "more", open: notes.length < 4 }, el("summary", {}, t("suggest.reasons")), el("ul", { class: "cmp" }, ...notes.map((text) => el("li", {}, text)))) : null);
  }
}

/** @param {string} id @param {string} label @param {HTMLElement} control */
function field(id, label, control) {
  return el("div", { class: "field" }, el("label", { for: id }, label), control);
}

/** What an alternative is worth. @param {Alternative} one @returns {[string, string][]} */
function factsOf(one) {
  const { figures } = one;
  const made = one.cells.features.filter((cell) => cell.properties.number !== null); // dedicated grids are shown, not suggested
  const homes = made.map((cell) => cell.properties.households).filter((value) => value !== null && value !== undefined);
  const rows = /** @type {[string, string | null][]} */ ([
    [t("suggest.cells"), num(made.length)],
    [t("suggest.least_most"), homes.length ? `${num(Math.min(...homes))} – ${num(Math.max(...homes))}` : null],
    [t("suggest.outside"), figures.outside === undefined ? null : num(figures.outside)],
    [t("suggest.compact"), figures.compactness === undefined ? null : num(figures.compactness, 2)],
    [t("suggest.on_roads"), figures.on_roads === undefined || figures.on_roads === null ? null : pct(figures.on_roads)],
    [t("suggest.spread"), figures.spread === undefined ? null : num(figures.spread, 2)],
    [t("suggest.moved"), one.moved === undefined || one.moved === null ? null : num(one.moved.households ?? one.moved)],
  ]);
  const shown = rows.filter((row) => row[1] !== null);
  if (one.conflicts?.length) shown.push(["", t("suggest.conflicts", { n: one.conflicts.length })]);
  return /** @type {[string, string][]} */ (shown);
}

/** A reason in the reader's words, else the engine's own English. @param {any} note @returns {string} */
function said(note) {
  const values = Object.fromEntries(Object.entries(note.figures ?? {}).map(([key, value]) => [key, typeof value === "number" ? num(value) : String(value)]));
  const text = constants.words.advice?.[note.code] ? t(`advice.${note.code}`, values) : "";
  return text && !/\{\w+\}/.test(text) ? text : note.text ?? "";
}

/** The same thing is said once, with how often. @param {string[]} notes */
function counted(notes) {
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const note of notes) times.set(note, (times.get(note) ?? 0) + 1);
  return [...times].map(([text, n]) => (n > 1 ? t("suggest.note", { n, text }) : text));
}

/** @param {FileList | null} files */
async function layersOf(files) {
  return Promise.all([...(files ?? [])].map(async (file) => {
    const name = file.name.replace(/\.\w+$/, "");
    try {
      const features = JSON.parse(await file.text());
      if (features.type === "FeatureCollection") return { name, features };
    } catch {
      // told below, by the name of the file
    }
    throw new Error(t("suggest.file_bad", { name: file.name }));
  }));
}

