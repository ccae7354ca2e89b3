// The editor as a whole: the studio in the middle, the map and the panels around it, each told when something changed.

import { Problem } from "../api.js";
import { byId, el, fill, inTurn, later, latest } from "../dom.js";
import { district, ground, still } from "../map.js";
import { guard, toast } from "../shell.js";
import { day, named, num, t } from "../words.js";
import { CellSheet } from "./cells.js";
import { Clock } from "./clock.js";
import { Commands } from "./commands.js";
import { showComments } from "./comments.js";
import { Comparing } from "./comparing.js";
import { settleConflict } from "./conflict.js";
import { Context } from "./context.js";
import { Coordinates } from "./coordinates.js";
import { showDecisions } from "./deciding.js";
import { Faults } from "./faults.js";
import { Hand } from "./hand.js";
import { offerRecovery, showStale } from "./interruptions.js";
import { Journal } from "./journal.js";
import { legend } from "./legend.js";
import { showOutlook, why } from "./outlook.js";
import { Tabs } from "./panels.js";
import { Pins } from "./pins.js";
import { showProperties, snapOptions } from "./properties.js";
import { Sketch } from "./sketch.js";
import { showSteps } from "./steps.js";
import { Studio } from "./studio.js";
import { Suggest } from "./suggest.js";
import { switches } from "./switches.js";
import { title } from "./title.js";
import { Tree } from "./tree.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {import("./tools.js").Operation} Operation */

export class Editor {
  /** @param {number} id @param {Me} me */
  constructor(id, me) {
    this.me = me;
    this.studio = new Studio(id, { changed: () => this.changed(), foreseen: () => this.foreseen() });
    this.journal = new Journal(id, me.username);
    this.sheet = new CellSheet();
    for (const code of this.journal.locks()) this.studio.locked.add(code);
    this.sheet.locked = this.studio.locked;
    this.sketch = new Sketch(this.studio);
    this.context = new Context();
    this.pins = new Pins();
    this.hand = new Hand(this.studio, this.sketch, this.sheet, this.context.snapper, { pointed: (at) => this.pins.give(at), changed: () => this.touched(), building: (at) => guard(() => this.takeBuilding(at)) });
    this.tree = new Tree(this.studio, { choose: (code, more) => this.choose(code, more), hover: (code) => this.hover(code) });
    this.faults = new Faults(this.studio, { look: (fault) => this.look(fault), fix: (fault, to) => this.mend(fault, to), check: () => this.check() });
    this.comparing = new Comparing(this.studio, { look: (codes) => this.goTo(codes), colour: () => this.colour("change"), saved: () => this.changed() });
    this.clock = new Clock(this.studio, { show: (cells, date) => this.showOther(cells, date, [...this.cells.values()]) });
    this.suggest = new Suggest(this.studio, { show: (cells, beside) => this.showOther(cells, null, beside), near: (cells) => this.fit(cells, 60), open: () => this.openSuggest(), close: () => this.closeSuggest(), adopt: (job, alternative) => this.adopt(job, alternative) });
    this.coordinates = new Coordinates(this.studio, () => this.touched());
    this.commands = new Commands(this);
    this.tabs = new Tabs({
      properties: { label: () => [t("plan.properties")], draw: (place) => this.drawProperties(place) },
      faults: { label: () => this.faults.label(), draw: (place) => this.faults.draw(place) },
      steps: { label: () => [t("plan.steps"), ` (${num(this.studio.draft.position)})`], draw: (place) => showSteps(place, this.studio, (to) => guard(() => this.travel(to < this.studio.draft.position ? "undo" : "redo", to))) },
      compare: { label: () => [t("plan.compare")], draw: (place) => this.comparing.draw(place) },
      comments: { label: () => [t("plan.comments")], draw: (place) => guard(() => showComments(place, this.studio, { pins: this.pins, cell: (cell) => this.goTo([cell]), place: (at) => this.centre(at) })) },
    }, (name) => this.turned(name));
    this.check = later(() => guard(() => this.checkNow()), 350);
    this.recovered = this.journal.read();
    /** Cells of what is published, to be drawn dashed. @type {Feature[] | null} */
    this.published = null;
    /** Cells of another day or of a proposal are on the map, and may not be edited. @type {string | null} */
    this.elsewhere = null;
    /** What was done last. */
    this.told = "";
    /** Steps go to the service one after the other, however fast the keys are. */
    this.turn = inTurn();
    this.asked = latest();
  }

  async open() {
    await Promise.all([ground(), this.studio.draft.load()]);
    this.sheet.roads = (await this.context.start(this.studio.draft.plan)).filter((one) => one.properties.kind !== "river");
    // What a cell may lie in: with communities and groups much of it is free.
    still(this.frame, { fill: false, color: "#6f4a9b", weight: 1.4, dashArray: "7 5" }, "ground").addTo(district);
    this.fit([...this.cells.values(), ...this.frame], 16);
    switches(this);
    this.commands.start();
    const { limits } = this.studio.draft.plan;
    if (!this.studio.mayEdit) this.tabs.shown = "compare";
    if (!this.studio.mayEdit || !limits) this.startWith("change");
    await title(this);
    this.moved(false);
    offerRecovery(this);
    byId("loading").hidden = true;
    guard(() => this.clock.load());
  }

  /** Who may not edit comes to see what changed. @param {string} by */
  startWith(by) {
    this.sheet.by = by;
    byId("colour-by", HTMLSelectElement).value = by;
  }

  get cells() {
    return this.studio.draft.cells;
  }

  /** @returns {Feature[]} outlines of the parents */
  get frame() {
    return this.studio.draft.plan.frame?.features ?? [];
  }

  /** The plan was read anew: everything follows. @param {boolean} [again] */
  async moved(again = true) {
    if (again) await title(this);
    byId("toolbar").hidden = !this.studio.mayEdit;
    byId("suggest").hidden = !this.studio.mayEdit || this.studio.draft.plan.layer !== "grids";
    byId("coordinates").hidden = !this.studio.mayEdit;
    showStale(this);
    if (again) guard(() => this.clock.load());
    this.changed();
  }

  /** The draft changed: cells, tree, tabs, faults. */
  changed() {
    if (!this.elsewhere) this.sheet.show(this.cells, this.studio.draft.plan.limits);
    showDecisions(this.studio, this.me, { moved: () => this.moved(), blocked: () => (this.check(), this.tabs.show("faults")) });
    this.context.follow(this.cells);
    this.tree.draw();
    this.studio.draft.faults = null;
    this.sketch.fault = null;
    this.faults.active = null;
    this.check();
    legend(this);
    this.touched();
    this.tabs.show();
  }

  /** The tool, the choice or the line changed. */
  touched() {
    const { studio } = this;
    this.told = "";
    studio.offered = null;
    this.sketch.held = studio.tools.grip ? this.sketch.held : null;
    this.hand.layHandles();
    this.tree.mark();
    this.commands.mark();
    this.coordinates.show();
    district.getContainer().classList.toggle("drawing", studio.tools.draws || studio.tools.tool === "rehome");
    // Only these speak of the choice; the others would be fetched again at every click.
    if (["properties", "steps"].includes(this.tabs.shown)) this.tabs.show();
    this.remember();
    studio.foresee();
  }

  /** What would be is another thing: the table, the message, the ghost. */
  foreseen() {
    showOutlook(this.studio, { apply: () => this.apply(), cancel: () => this.cancel(), into: (code) => this.keepCode(code), go: (at) => this.centre(at) });
    this.sheet.hide(this.studio.outlook?.answer ?? null);
    this.say();
    this.sketch.draw();
  }

  /** Says in the message line what was done; the next click says something else. @param {string} text */
  tell(text) {
    this.told = text;
    this.say();
  }

  say() {
    const { outlook, tools, valid, mayEdit, draft } = this.studio;
    const box = byId("message");
    const bad = Boolean(outlook?.problem);
    box.classList.toggle("bad", bad);
    box.classList.toggle("good", valid);
    const text = this.elsewhere ?? (!mayEdit ? t("plan.read_only", { state: named("state", draft.plan.state) }) : outlook?.problem ? why(outlook.problem) : valid ? t("plan.valid_enter") : outlook?.waiting && !outlook.answer ? t("plan.asking") : this.told || t(tools.hint()));
    if (byId("hint").textContent !== text) fill(byId("hint"), text);
    fill(byId("saved"), tools.points.length ? t("plan.unsaved") : t("plan.saved", { n: num(draft.position) }));
    byId("undo", HTMLButtonElement).disabled = !(draft.may("undo") || tools.busy);
    byId("redo", HTMLButtonElement).disabled = !draft.may("redo");
  }

  /** Another tab: what only the list of faults points at goes. @param {string} name */
  turned(name) {
    this.pins.hide();
    if (name === "faults" || !this.sketch.fault) return;
    this.sketch.fault = null;
    this.faults.active = null;
    this.sketch.draw();
  }

  /** @param {HTMLElement} place */
  drawProperties(place) {
    const { tools } = this.studio;
    const options = tools.tool === "snap" && this.studio.mayEdit ? snapOptions(this.studio, () => this.touched()) : tools.building ? el("p", {}, t("plan.building_home", { name: tools.building.name, home: tools.building.home ? this.studio.draft.name(tools.building.home) : "—" })) : null;
    showProperties(place, this.studio, { rename: (code, name) => this.doNow({ operation: "rename", cell: code, name }), options });
  }

  /** Moves the view onto shapes, clear of the tools over the map. @param {Feature[]} features @param {number} padding px */
  fit(features, padding) {
    const box = L.geoJSON(/** @type {any} */ (features.filter((one) => one.geometry))).getBounds();
    district.invalidateSize({ animate: false });
    if (box.isValid()) district.fitBounds(box, { paddingTopLeft: [padding + 112, padding + 40], paddingBottomRight: [padding, padding + 34], animate: false, maxZoom: 19.5 });
  }

  // ---- what the planner does --------------------------------------------------------------------------------------

  /** @param {string} code @param {boolean} more */
  choose(code, more) {
    const { tools } = this.studio;
    if (tools.tool === "rehome" && tools.building) tools.click([0, 0], code);
    else tools.choose(code, more || tools.tool === "merge");
    this.show([code], false);
    this.touched();
  }

  /** @param {string | null} code */
  hover(code) {
    this.sketch.hover = code;
    this.sketch.draw();
  }

  /** @param {string} tool */
  pick(tool) {
    this.studio.tools.pick(tool);
    this.sketch.pointer = null;
    if (this.tabs.shown !== "properties" && tool === "snap") this.tabs.shown = "properties";
    this.touched();
    district.getContainer().focus({ preventScroll: true });
  }

  /** Applies what was foreseen. */
  async apply() {
    const operation = this.studio.operation;
    await this.write(operation, () => this.studio.apply());
  }

  /** An operation that needs no look ahead. @param {Operation} operation */
  async doNow(operation) {
    await this.write(operation, () => this.studio.write(operation));
  }

  /** @param {"undo" | "redo"} way @param {number} [to] */
  async travel(way, to) {
    await this.write(null, async () => {
      if (!this.studio.draft.may(way)) return false;
      await this.studio.travel(way, to);
      this.tell(t(way === "undo" ? "plan.undone" : "plan.redone", { n: num(this.studio.draft.position) }));
      return false;
    });
  }

  /** Writes to the service, and settles it when somebody was first. @param {Operation | null} operation @param {() => Promise<boolean>} act */
  async write(operation, act) {
    await guard(() => this.turn(async () => {
      try {
        if ((await act()) && operation) this.tell(t("plan.applied", { what: named("op", operation.operation), n: num(this.studio.draft.position) }));
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 412) throw error;
        await settleConflict(this.studio, operation, { moved: () => this.moved() });
        return false;
      }
      return true;
    }));
  }

  cancel() {
    this.studio.offered = null;
    this.studio.tools.drop();
    if (this.studio.tools.tool === "merge") this.studio.tools.cells = [];
    this.touched();
  }

  /** @param {string | null} code */
  keepCode(code) {
    this.studio.tools.to = code;
    this.touched();
  }

  lock() {
    const { tools, locked } = this.studio;
    const on = tools.cells.some((code) => !locked.has(code));
    for (const code of tools.cells) if (on) locked.add(code); else locked.delete(code);
    const said = t(on ? "plan.locked" : "plan.unlocked", { n: tools.cells.length });
    this.journal.lock([...locked]);
    this.sheet.repaint();
    this.touched();
    this.tell(said);
  }

  zoom() {
    const { draft, tools } = this.studio;
    this.fit(tools.cells.length ? draft.features(tools.cells) : [...this.cells.values(), ...this.frame], 50);
  }

  /** Brings cells into view when they are not. @param {string[]} codes @param {boolean} near also closer */
  show(codes, near) {
    const features = this.studio.draft.features(codes);
    if (!features.length) return;
    const box = L.geoJSON(/** @type {any} */ (features)).getBounds();
    if (near || !district.getBounds().intersects(box)) this.fit(features, 80);
  }

  /** @param {Point} at */
  centre(at) {
    district.setView([at[1], at[0]], Math.max(district.getZoom(), 17), { animate: false });
  }

  /** @param {string[]} codes */
  goTo(codes) {
    const known = codes.filter((code) => this.cells.has(code));
    if (!known.length) return;
    this.studio.tools.cells = known.slice(0, 1);
    this.show(known, true);
    this.touched();
  }

  /** @param {Point} at */
  async takeBuilding(at) {
    const wanted = this.asked();
    const found = await this.context.buildingAt(at);
    if (!wanted() || this.studio.tools.tool !== "rehome") return undefined;
    if (!found) return toast(t("plan.building_none"), "error");
    const centre = L.geoJSON(found.geometry).getBounds().getCenter();
    this.studio.tools.building = { code: found.id, name: found.properties.name ?? found.id, home: this.sheet.at([centre.lng, centre.lat]) };
    this.tabs.shown = "properties";
    return this.touched();
  }

  // ---- faults, suggestions, other days -----------------------------------------------------------------------------

  async checkNow() {
    await this.studio.draft.check();
    const open = this.faults.active && this.studio.draft.faults?.faults.find((/** @type {any} */ one) => one.id === this.faults.active);
    if (!open) this.faults.active = null;
    this.tabs[this.tabs.shown === "faults" ? "show" : "label"]();
  }

  /** @param {import("./faults.js").Fault | null} fault */
  look(fault) {
    this.sketch.fault = fault;
    const whole = fault && /households|^code_|multi_part/.test(fault.kind);
    if (whole) this.show(fault.cells, true);
    else if (fault?.geometry) this.fit([{ type: "Feature", id: "", properties: {}, geometry: fault.geometry }], 130);
    else if (fault?.place) district.setView([fault.place[1], fault.place[0]], Math.max(17, district.getZoom()));
    this.tabs.show();
    this.sketch.draw();
  }

  /** @param {import("./faults.js").Fault} fault @param {string | null} to */
  mend(fault, to) {
    if (fault.fix?.needs === "line") {
      this.studio.tools.pick("split");
      this.studio.tools.cells = fault.cells.slice(0, 1);
      return this.touched();
    }
    return this.studio.offer({ operation: "fix", fault: fault.id, ...(to ? { to } : {}) });
  }

  /** @param {number} job @param {number} alternative */
  adopt(job, alternative) {
    this.showOther(null, null);
    this.studio.offer({ operation: "adopt", job, alternative });
  }

  openSuggest() {
    this.tabs.tabs.suggest = { label: () => [t("plan.suggest")], draw: (place) => this.suggest.draw(place) };
    this.tabs.show("suggest");
  }

  closeSuggest() {
    delete this.tabs.tabs.suggest;
    this.tabs.show("properties");
  }

  /** Cells of another day, or of a proposal, on the map with the draft's borders dashed; null: the draft.
   * @param {Feature[] | null} cells @param {string | null} date @param {Feature[]} [beside] */
  showOther(cells, date, beside = []) {
    this.elsewhere = cells && date ? t("plan.time_at", { date: day(date), n: num(cells.length) }) : null;
    this.sketch.other = cells ? beside : this.published ?? [];
    this.sheet.show(cells ? new Map(cells.map((cell) => [cell.id, cell])) : this.cells, this.studio.draft.plan.limits);
    legend(this);
    this.say();
    this.sketch.draw();
  }

  /** @param {string} by */
  colour(by) {
    this.sheet.by = by;
    this.sheet.repaint();
    legend(this);
  }

  remember() {
    const { tools, draft } = this.studio;
    // What an earlier tab left stays until it is taken up or dropped.
    if (this.recovered && !tools.points.length) return;
    this.journal.write({ tool: tools.tool, cells: tools.cells, points: tools.points, version: draft.plan.version, at: new Date().toISOString() });
  }
}
