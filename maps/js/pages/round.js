// One tender round (招标批次) from draft to contract: where it stands, what stops it, bids, award, contracts, money, papers.

import { get, getTagged, paths, Problem, send } from "../api.js";
import { byId, el, fill, inTurn } from "../dom.js";
import { award } from "../rounds/award.js";
import { Bids } from "../rounds/bids.js";
import { contracts } from "../rounds/contracts.js";
import { gate } from "../rounds/gate.js";
import { RoundMap } from "../rounds/ground.js";
import { lots } from "../rounds/lots.js";
import { money } from "../rounds/money.js";
import { papers } from "../rounds/papers.js";
import { history as trail, stepper } from "../rounds/stepper.js";
import { steps } from "../rounds/steps.js";
import { tabOf, tabs } from "../rounds/tabs.js";
import { failed, guard, start, toast } from "../shell.js";
import { day, named, num, t } from "../words.js";

const TABS = ["gate", "lots", "bids", "award", "contracts", "money", "papers", "trail"];
/** The tab that a state asks for. @type {Record<string, string>} */
const FIRST = { draft: "gate", submitted: "gate", published: "lots", opened: "bids", awarded: "contracts", contracted: "contracts", closed: "lots", voided: "trail" };

const number = Number(location.pathname.split("/").pop());
const at = `${paths.rounds}/${number}`;
const map = new RoundMap((lot) => show(lot));
const table = lots((lot) => show(lot));
/** @type {Bids} */
const bids = new Bids(byId("panel-bids"), { save: (given) => guard(() => change(() => write("PUT", "bids", { bids: given }).then(() => bids.saved()), t("bid.saved"))) });
/** @type {any} */
let round = null;
/** @type {any} */
let me = null;
let etag = "";
let tab = "";
/** @type {any} how bidding goes in the district */
let bidding = { least_days: 20, most_years: 3, trial_days: 180, least_bidders: 3 };
/** @type {any[]} */
let firms = [];

start(async (who) => {
  me = who;
  fill(byId("panel-lots"), table.element);
  await read();
  bidding = await get(paths.bidding(round.area.slice(0, 6) + "000000")).catch(() => bidding);
  await map.ground(round.as_of === me.business_date ? undefined : round.as_of);
  const choose = tabs(TABS, (name) => guard(() => open(name)));
  byId("show-all").addEventListener("click", () => map.all());
  await draw();
  map.all();
  choose(tabOf(TABS, FIRST[round.state] ?? "lots"));
  byId("loading").hidden = true;
});

async function read() {
  const answer = await getTagged(at);
  [round, etag] = [answer.body, answer.etag ?? ""];
}

/** Everything that speaks of the round as a whole. */
async function draw() {
  const [units, history] = await Promise.all([get(`${at}/units`), get(`${at}/history`)]);
  map.draw(units.features);
  fill(byId("round-name"), round.name);
  fill(byId("round-facts"), el("span", { class: "tag info" }, named("round_state", round.state)),
    el("span", { class: "note" }, t("round.facts", { packages: num(round.packages.length), units: num(units.features.length), households: num(sum("households")), day: day(round.as_of), version: round.version })),
    round.relet_of ? el("a", { href: `/rounds/${round.relet_of}` }, t("round.relet_of")) : null,
    round.remark && round.state === "draft" ? el("span", { class: "tag warn" }, t("round.returned", { remark: round.remark })) : null);
  const edit = byId("edit", HTMLAnchorElement);
  edit.hidden = round.state !== "draft" || !me.roles.includes("officer");
  edit.href = `/packages?round=${number}`;
  stepper(byId("stepper"), round, history.steps);
  trail(byId("panel-trail"), history.steps);
  steps(byId("actions"), round, me, step, bidding);
  table.update(round.packages);
  papers(byId("panel-papers"), round);
}

/** @param {string} key */
function sum(key) {
  return round.packages.reduce((/** @type {number} */ all, /** @type {any} */ one) => all + (one[key] ?? 0), 0);
}

/** @param {string} name of a tab */
async function open(name) {
  tab = name;
  const panel = byId(`panel-${name}`);
  try {
    await OPEN[name]?.(panel);
  } catch (error) {
    fill(panel, failed(error));
  }
}

/** What each tab reads when it is opened. @type {Record<string, (panel: Element) => Promise<void> | void>} */
const OPEN = {
  gate: async (panel) => {
    if (!["draft", "submitted"].includes(round.state)) return fill(panel, el("p", { class: "note" }, t("gate.past")));
    fill(panel, el("p", { class: "note busy" }, t("gate.checking")));
    const may = round.state === "draft" && me.roles.includes("officer");
    gate(panel, await get(`${at}/gate`), { show: (finding) => map.locate(finding), takeOut: may ? takeOut : null, vote: may ? vote : null, dissolve: may ? (lots) => takeOut(lots.flatMap((lot) => map.of(lot).map((unit) => unit.id)), lots) : null,
      edit: (finding) => `/packages?round=${number}&package=${encodeURIComponent(finding.package_name ?? "")}`, name: (code) => map.name(code) });
    return undefined;
  },
  bids: async () => {
    const before = ["draft", "submitted", "published"].includes(round.state);
    const [answer, bidders] = await Promise.all([before ? { bids: [] } : get(`${at}/bids`), firms.length ? { firms } : get(paths.bidders, { region: me.areas[0].code })]);
    firms = bidders.firms;
    const may = round.state === "opened" && !round.proposal && me.roles.includes("officer");
    bids.show({ packages: round.packages, firms, bids: answer.bids, open: may, from: round.published_on ?? "", today: round.bids_until ?? me.business_date, version: round.version, least: bidding.least_bidders });
    if (before) fill(byId("panel-bids"), el("p", { class: "note" }, t("bid.not_yet", { date: day(round.bids_until) })));
  },
  award: async (panel) => {
    const before = ["draft", "submitted", "published"].includes(round.state);
    award(panel, before ? null : await get(`${at}/award`), {
      round, me, show,
      propose: () => guard(() => change(() => write("POST", "award", {}), t("award.proposed"))),
      confirm: (hash, unproven) => guard(() => change(() => write("POST", "award/confirm", { hash, unproven }), t("award.confirmed"))),
      withdraw: () => guard(() => change(() => write("DELETE", "award", undefined), t("award.withdrawn"))),
    });
  },
  contracts: (panel) => contracts(panel, {
    round, me, years: Math.min(round.terms?.years ?? 3, bidding.most_years ?? 3), trialDays: bidding.trial_days ?? 180, show,
    sign: (body) => guard(() => change(() => write("POST", "contract", body), t("contract.signed"))),
    fail: (lot, remark) => guard(() => change(() => write("POST", "fail", { package: lot, remark }), t("contract.failed"))),
  }),
  money: async (panel) => money(panel, await get(`${at}/money`), { round, open: round.state === "draft" && me.roles.includes("officer"), save: (given) => guard(() => saveTerms(given)) .then(() => undefined), show }),
};

/** @param {string} method @param {string} way @param {any} body */
function write(method, way, body) {
  return send(method, `${at}/${way}`, body, etag);
}

const turn = inTurn();

/** A change of the round, then everything anew; a conflict reads the round again. @param {() => Promise<any>} act @param {string} said */
function change(act, said) {
  return turn(async () => {
    let done = true;
    try {
      await act();
      toast(said);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      toast(t("round.stale", { who: error.body.current?.changed_by ?? "" }), "error");
      done = false;
    } finally {
      await read();
      await draw();
    }
    await open(tab);
    return done;
  });
}

/** @param {string} name @param {any} body */
async function step(name, body) {
  try {
    const answer = await send("POST", `${at}/${name}`, body, name === "relet" ? null : etag);
    if (name === "relet") return location.assign(`/packages?round=${answer.body.id}`);
    toast(t("round.step_done", { step: named("round_step", name) }));
  } catch (error) {
    if (error instanceof Problem && error.body.gate) toTab("gate");
    if (error instanceof Problem && error.status === 412) (await read(), await draw());
    throw error;
  }
  await read();
  await draw();
  return toTab(FIRST[round.state] ?? tab);
}

/** Units leave their packages and locks; packages that are left empty go. @param {string[]} units @param {number[]} [lots] that go in any case */
function takeOut(units, lots = []) {
  const gone = new Set(units);
  const drop = round.packages.filter((/** @type {any} */ one) => lots.includes(one.number) || one.members.every((/** @type {string} */ code) => gone.has(code))).map((/** @type {any} */ one) => one.name);
  const locked = units.filter((code) => code in (round.rules.locks ?? {}));
  const body = { moves: units.map((unit) => ({ unit, to: null })), renames: {}, locks: Object.fromEntries(locked.map((code) => [code, null])), drop };
  guard(() => change(() => send("POST", `${at}/moves`, body, etag), t("gate.taken_out", { n: units.length })));
}

/** Owners' votes, recorded one by one: each unit has its own version. @param {Record<string, string>} votes */
function vote(votes) {
  guard(async () => {
    for (const [code, said] of Object.entries(votes)) {
      const stance = await getTagged(paths.stance(code));
      await send("PUT", paths.stance(code), { willing: said === "passed" ? true : stance.body.willing.value, vote: said, anchor: stance.body.anchor.value }, stance.etag);
    }
    toast(t("gate.votes_saved", { n: Object.keys(votes).length }));
    await open(tab);
  });
}

/** @param {string} name */
function toTab(name) {
  byId(`tab-${name}`).click();
}

/** @param {number} lot */
function show(lot) {
  map.show(lot);
  table.mark([String(lot)], true);
}

/** Terms or ceilings, saved with the packages as they are. @param {{terms?: any, ceilings?: Record<number, number | null>}} given */
async function saveTerms({ terms, ceilings = {} }) {
  const packages = () => round.packages.map((/** @type {any} */ one) => ({
    name: one.name, units: one.members, hub: one.hub, lots: one.lots ?? [],
    ceiling_fen: one.number in ceilings ? ceilings[one.number] : one.ceiling_fen ?? null,
  }));
  await change(() => send("PUT", at, { name: round.name, rules: round.rules, packages: packages(), terms: terms ?? round.terms }, etag), t("packages.saved"));
}
