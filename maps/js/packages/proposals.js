// Proposals (标包方案): asked for, one of them shown, what its rules cost; or why there is none.

import { get, paths, Problem } from "../api.js";
import { button, byId, el, fill } from "../dom.js";
import { guard, toast } from "../shell.js";
import { t } from "../words.js";
import { freshNames } from "./board.js";
import { repaint } from "./fresh.js";
import { refusal } from "./fixes.js";
import { askForPrices, pricesOf } from "./prices.js";
import { bounded, comparison, summary } from "./result.js";
import { sideBySide } from "./side.js";
import { ask, earlier, watch } from "./work.js";

/** @typedef {import("./result.js").Plan} Plan */

export class Proposals {
  /** @param {import("./desk.js").Desk} desk
   * @param {{shown: (kept: boolean) => void, keep: () => boolean, asked: (rules: Record<string, any>, asOf: string) => Promise<void>, fixed: (rules: Record<string, any>) => void, ended: () => void, rounds: import("./side.js").Rounds}} on
   *   a plan lies on the board, staged over what lay there or not; whether what lies there is to be kept until somebody agrees; the rules of a proposal that was made earlier; rules mended by a click; a run has ended; the saved rounds */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    /** The job that made the plans. @type {number | null} */
    this.job = null;
    /** @type {Plan[]} */
    this.plans = [];
    this.index = 0;
    /** A run is watched. */
    this.working = false;
    /** @type {Map<number, any>} what the rules of a plan cost, by its place */
    this.prices = new Map();
  }

  /** No proposal is shown any more. */
  clear() {
    this.plans = [];
    this.job = null;
    this.prices.clear();
    this.desk.why = new Map();
    this.showResult();
  }

  /** @param {Record<string, any>} rules */
  async make(rules) {
    if (!this.plans.length) this.showResult();
    await this.busy(async () => {
      const job = await ask(this.desk.at(paths.bundleJobs), rules);
      await this.take(job, rules);
    });
  }

  /** A proposal that was asked for before: the one of the address, or this person's that is still being made. Its rules are shown
   * at once, its plan when it is there. @param {number | null} wanted @param {number} [plan] @returns {Promise<() => Promise<void>>} the rest */
  async earlier(wanted, plan = 0) {
    const run = await earlier(wanted, this.desk.user);
    if (!run && wanted === null) return async () => undefined;
    if (run) await this.on.asked(run.rules, run.as_of);
    return () => this.busy(() => this.take(run?.id ?? Number(wanted), run?.rules ?? null, plan));
  }

  /** One of the runs in the list. @param {number} id */
  async resume(id) {
    if (this.working) return toast(t("work.one"));
    const rest = await this.earlier(id);
    return rest();
  }

  /** Waits for a proposal and puts one of its plans on the board. @param {number} job @param {Record<string, any> | null} rules null: those it was asked with
   * @param {number} [wanted] the plan; the best, where there is none of this place */
  async take(job, rules, wanted = 0) {
    try {
      const { alternatives, ...best } = await watch(job, { title: t("work.title"), stop: t("work.stop") });
      if (!rules) await this.on.asked(best.rules, best.as_of);
      this.prices.clear();
      this.job = job;
      this.plans = [best, ...bounded(best, alternatives)];
      const plan = this.plans[wanted] ? wanted : 0;
      await this.show(plan);
    } catch (error) {
      if (!(error instanceof Problem) || !error.body.conflict) throw error;
      this.plans = [];
      this.job = job;
      this.address(job);
      const result = byId("result");
      result.hidden = false;
      fill(result, refusal(rules ?? {}, error.body, this.desk.name, (fix) => this.on.fixed(fix.rules)));
      result.scrollIntoView({ block: "nearest" });
    }
  }

  /** A reload brings the proposal back, with the plan that was shown; where a saved round lies on the board, the round. @param {number} job @param {number} [plan] */
  address(job, plan = 0) {
    if (!this.on.rounds.id) history.replaceState(null, "", plan ? `?job=${job}&plan=${plan + 1}` : `?job=${job}`);
  }

  /** Nothing else is asked for meanwhile. @param {() => Promise<void>} act */
  async busy(act) {
    if (this.working) return toast(t("work.one"));
    this.working = true;
    const buttons = () => /** @type {HTMLButtonElement[]} */ ([byId("make"), document.getElementById("ask-prices")].filter((one) => one instanceof HTMLButtonElement));
    buttons().forEach((one) => (one.disabled = true));
    try {
      await act();
    } finally {
      this.working = false;
      buttons().forEach((one) => (one.disabled = !this.desk.mayEdit));
      this.on.ended();
    }
  }

  /** Puts one of the plans on the board. @param {number} index */
  async show(index) {
    const { desk } = this;
    const plan = this.plans[index];
    this.index = index;
    if (this.job !== null) this.address(this.job, index);
    desk.why = new Map(plan.left_out.map((unit) => [unit.code, unit.why]));
    const kept = this.lay(plan);
    desk.broken = [];
    await desk.fetch(plan.packages.flatMap((item) => item.members));
    this.showResult();
    this.on.shown(kept);
    await this.earlierPrices();
  }

  /** Lays a plan on the board. What a person made is not overwritten: the plan is staged over it, and each package keeps
   * its name where most of its units stay. @param {Plan} plan @returns {boolean} whether what lay there is kept until somebody agrees */
  lay(plan) {
    const { board } = this.desk;
    board.drop();
    const locked = new Map(board.lots.filter((lot) => lot.locked).map((lot) => [lot.name, lot]));
    if (!board.lots.length || !this.on.keep()) {
      this.desk.packageNames = freshNames(plan.packages, new Set(locked.keys()));
      board.reset(plan.packages.map((item) => ({ ...locked.get(item.id), name: this.desk.name(item.id), members: item.members, money: item.money, way: item.way })));
      return false;
    }
    const heirs = heirsOf(board.lots, plan.packages);
    const taken = new Set(board.lots.map((lot) => lot.name));
    const names = freshNames(plan.packages.filter((item) => !heirs.has(item.id)).map((item) => ({ id: `+${item.id}` })), taken);
    const lots = plan.packages.map((item) => {
      const heir = heirs.get(item.id);
      return heir ? { ...heir, members: item.members, money: item.money, way: item.way } : board.fresh({ name: names.get(`+${item.id}`) ?? item.id, members: item.members, money: item.money, way: item.way });
    });
    this.desk.packageNames = new Map(plan.packages.map((item, i) => [item.id, lots[i].name]));
    board.stage(lots);
    return true;
  }

  /** What the plan on the board is worth, the others beside it, and what its rules cost. */
  showResult() {
    const result = byId("result");
    result.hidden = !this.plans.length;
    if (!this.plans.length) return fill(result);
    const { plans, index, desk } = this;
    const others = plans.length > 1 ? comparison(plans, index, (at) => guard(() => this.show(at)), desk.name) : null;
    const side = plans[index].packages.length ? button(t("side.open"), () => this.compare(), { id: "side-open" }) : null;
    return repaint(result, others, side, summary(plans[index], desk.name), plans[index].packages.length ? this.costs() : null);
  }

  /** The proposals side by side, with what lies on the board. */
  compare() {
    sideBySide(this.desk, this.plans, this.index, (at) => guard(() => this.show(at)), this.on.rounds);
  }

  costs() {
    const found = this.prices.get(this.index);
    const content = found ? pricesOf(found, this.desk.name) : this.desk.mayEdit ? askForPrices(() => guard(() => this.price())) : null;
    return content && el("details", { class: "more", id: "prices", open: Boolean(found) }, el("summary", {}, t("price.title")), content);
  }

  async price() {
    const index = this.index;
    await this.busy(async () => {
      const job = await ask(`${paths.bundleJobs}/${this.job}/prices?plan=${index}`, undefined);
      await this.awaitPrices(index, job);
    });
  }

  /** @param {number} index @param {number} job */
  async awaitPrices(index, job) {
    const found = await watch(job, { title: t("work.pricing_title"), stop: t("work.stop_prices") });
    this.prices.set(index, found);
    if (index === this.index) this.showResult();
  }

  /** What was worked out for this plan before the page was opened. */
  async earlierPrices() {
    if (this.job === null || this.prices.has(this.index)) return;
    const [job, index] = [this.job, this.index];
    const { jobs } = await get(`${paths.bundleJobs}/${job}/prices`);
    const mine = jobs.find((/** @type {any} */ one) => one.plan === index && ["waiting", "doing", "done"].includes(one.state));
    if (mine && job === this.job) await this.awaitPrices(index, mine.id);
  }
}

/** For each package of a plan the package on the board that it follows: a locked one by name, else the one that it shares most with.
 * @param {import("./patch.js").Lot[]} lots @param {any[]} packages */
function heirsOf(lots, packages) {
  const heirs = new Map();
  const free = new Map(lots.map((lot) => [lot.key, lot]));
  const give = (/** @type {any} */ item, /** @type {import("./patch.js").Lot | undefined} */ lot) => lot && (heirs.set(item.id, lot), free.delete(lot.key));
  for (const item of packages) give(item, [...free.values()].find((lot) => lot.locked && lot.name === item.id));
  for (const item of packages) {
    if (heirs.has(item.id)) continue;
    const shared = [...free.values()].filter((lot) => !lot.locked).map((lot) => ({ lot, n: lot.members.filter((code) => item.members.includes(code)).length }));
    give(item, shared.filter((one) => one.n).sort((a, b) => b.n - a.n)[0]?.lot);
  }
  return heirs;
}
