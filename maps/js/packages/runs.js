// Proposals that were asked for before (算过的方案): by which rules and what they came to; a click brings one back.

import { get, paths } from "../api.js";
import { button, byId, el } from "../dom.js";
import { guard } from "../shell.js";
import { moment, named, num, t } from "../words.js";
import { repaint } from "./fresh.js";

/** How many are listed. */
const LAST = 12;

/** @typedef {{id: number, actor: string, state: string, created_at: string, as_of: string, rules: Record<string, any>,
 *   came_to: {packages: number, left_out: number | null, plans: number, gap: number | null, proven: boolean | null} | null}} Run */

export class Runs {
  /** @param {(id: number) => Promise<void>} open brings the plans of a run back */
  constructor(open) {
    this.open = open;
    /** The run whose plans are shown. @type {number | null} */
    this.current = null;
  }

  /** @param {number | null} [current] the run whose plans are shown */
  async list(current = this.current) {
    this.current = current;
    const { jobs } = await get(paths.bundleJobs, { limit: LAST });
    repaint(byId("runs"), jobs.length ? el("ul", { class: "left-out" }, ...jobs.map((/** @type {Run} */ run) => this.row(run))) : el("p", { class: "body note" }, t("runs.none")));
  }

  /** @param {Run} run */
  row(run) {
    return el("li", { class: run.id === this.current ? "stacked marked" : "stacked", data: { seat: run.id } },
      button(`${moment(run.created_at)} · ${outcome(run)}`, () => guard(() => this.open(run.id)), { class: "plain link", "aria-current": run.id === this.current ? "true" : null }),
      el("span", { class: "note" }, brief(run.rules)));
  }
}

/** What a run came to. @param {Run} run */
function outcome({ state, came_to: found }) {
  if (!found) return state === "failed" ? t("runs.no_plan") : named("runs", state);
  const said = t("runs.came_to", { packages: num(found.packages), out: num(found.left_out) });
  return state === "cancelled" ? `${said} · ${t("runs.cut_short")}` : said;
}

/** The rules in one line: bounds, and what is not as it stands at first. @param {Record<string, any>} rules */
export function brief(rules) {
  const span = (/** @type {number[]} */ [low, high]) => `${num(low)}–${num(high)}`;
  const count = typeof rules.packages === "number" ? num(rules.packages) : rules.packages && span(rules.packages);
  const single = ["links_added", "links_cut", "together", "apart", "added", "centres"].reduce((sum, name) => sum + (rules[name]?.length ?? 0), 0);
  return [
    rules.households ? t("runs.households", { span: span(rules.households) }) : "", t("links.metres", { n: num(rules.gap) }),
    count ? t("packages.packages", { n: count }) : "", rules.within_subdistrict ? t("packages.within") : t("runs.across"),
    rules.standalone ? t("packages.standalone") : "", rules.anchors ? t("rule.anchors_on") : "", rules.money ? t("rule.money_on") : "",
    rules.leave_out_price === null ? t("rule.out_never") : "", single ? t("runs.single", { n: num(single) }) : "",
    Object.keys(rules.locks ?? {}).length ? t("runs.locked", { n: num(Object.keys(rules.locks).length) }) : "",
  ].filter(Boolean).join(t("packages.and_so"));
}
