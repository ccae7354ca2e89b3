// Tender rounds (招标批次), contracts that end soon, and trials: what runs, and what is about to.

import { get, paths } from "../api.js";
import { byId, el, fill, latest } from "../dom.js";
import { tabOf, tabs } from "../rounds/tabs.js";
import { blank, failed, guard, start } from "../shell.js";
import { table } from "../table.js";
import { day, named, num, t } from "../words.js";

/** @typedef {import("../table.js").Column<any>[]} Columns */

let area = "";
const TABS = ["rounds", "expiring", "trials"];
const TONES = /** @type {Record<string, string>} */ ({ draft: "", submitted: "info", published: "info", opened: "warn", awarded: "warn", contracted: "good", closed: "good", voided: "bad" });

const rounds = table(/** @type {Columns} */ ([
  { key: "id", label: t("round.number"), kind: "num", value: (row) => row.id },
  { key: "name", label: t("packages.name"), kind: "text wrap", value: (row) => row.name, cell: (row) => el("a", { href: `/rounds/${row.id}` }, row.name) },
  { key: "state", label: t("round.state"), value: (row) => row.state, cell: (row) => el("span", { class: `tag ${TONES[row.state] ?? ""}` }, named("round_state", row.state)) },
  { key: "packages", label: t("round.packages"), kind: "num", value: (row) => row.packages },
  { key: "units", label: t("round.units"), kind: "num", value: (row) => row.units },
  { key: "failed", label: t("rounds.failed"), kind: "num", value: (row) => row.failed ?? null, cell: (row) => (row.failed ? el("span", { class: "tag bad" }, num(row.failed)) : "—") },
  { key: "until", label: t("rounds.until"), value: (row) => row.bids_until ?? "", cell: (row) => day(row.bids_until) },
  { key: "changed", label: t("rounds.changed"), value: (row) => row.changed_at, cell: (row) => `${day(row.changed_at)} ${row.changed_by}` },
]), { code: (row) => String(row.id), caption: t("page.rounds"), pick: (row) => location.assign(`/rounds/${row.id}`), sort: "id", down: true, empty: t("rounds.none") });

const expiring = table(/** @type {Columns} */ ([
  { key: "name", label: t("status.name"), kind: "text wrap", value: (row) => row.name },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.households, cell: (row) => num(row.households) },
  { key: "firm", label: t("status.firm"), kind: "text wrap", value: (row) => row.firm_name ?? "", cell: (row) => row.firm_name ?? named("mode", row.mode) },
  { key: "end", label: t("rounds.end"), value: (row) => row.end, cell: (row) => day(row.end) },
  { key: "days", label: t("rounds.days_left"), kind: "num", value: (row) => row.days, cell: (row) => el("span", { class: row.days <= 30 ? "tag bad" : row.days <= 60 ? "tag warn" : "tag" }, num(row.days)) },
  { key: "next", label: t("rounds.next"), kind: "text wrap", value: (row) => String(row.risk), cell: (row) => successor(row) },
]), { code: (row) => row.unit, caption: t("rounds.tab_expiring"), sort: "days", empty: t("rounds.none_expiring") });

const trials = table(/** @type {Columns} */ ([
  { key: "package", label: t("round.package"), kind: "text wrap", value: (row) => row.package_name, cell: (row) => el("a", { href: `/rounds/${row.round}?tab=contracts` }, `${row.round_name} · ${row.package_name}`) },
  { key: "firm", label: t("status.firm"), kind: "text wrap", value: (row) => row.firm_name ?? row.firm },
  { key: "households", label: t("status.households"), kind: "num", value: (row) => row.households, cell: (row) => num(row.households) },
  { key: "end", label: t("rounds.end"), value: (row) => row.end, cell: (row) => day(row.end) },
  { key: "days", label: t("rounds.days_left"), kind: "num", value: (row) => row.days_left, cell: (row) => num(row.days_left) },
  { key: "state", label: t("round.state"), value: (row) => row.state, cell: (row) => el("span", { class: `tag ${{ due: "warn", lapsed: "bad", converted: "good" }[/** @type {string} */ (row.state)] ?? "info"}` }, named("trial_state", row.state)) },
]), { code: (row) => `${row.round}-${row.package}`, caption: t("rounds.tab_trials"), sort: "days", empty: t("rounds.none_trials") });

/** @param {any} row */
function successor(row) {
  if (row.successor) return el("span", { class: "tag good" }, t("rounds.followed"));
  if (row.round) return el("a", { href: `/rounds/${row.round}` }, row.round_name);
  return el("span", { class: "tag bad" }, t("rounds.risk"));
}

start(async (me) => {
  if (!me.areas.length) return void fill(byId("main"), blank(t("error.no_area"), t("error.no_area_about")));
  area = me.areas[0].code;
  fill(byId("rounds-list"), rounds.element);
  fill(byId("expiring-list"), expiring.element);
  fill(byId("trials-list"), trials.element);
  byId("new-round").hidden = !me.roles.includes("officer");
  const choose = tabs(TABS, (name) => guard(() => open(name)));
  byId("days").addEventListener("change", () => guard(() => open("expiring")));
  return void choose(tabOf(TABS, "rounds"));
});

const asked = latest();

/** @param {string} name */
async function open(name) {
  try {
    if (name === "rounds") return rounds.update((await get(paths.rounds)).rounds);
    if (name === "trials") return trials.update((await get(paths.trials, { region: area })).trials);
    const wanted = asked();
    const answer = await get(paths.expiring, { region: area, days: byId("days", HTMLSelectElement).value });
    if (!wanted()) return undefined;
    expiring.update(answer.contracts);
    return fill(byId("expiring-note"), t("rounds.expiring_note", { n: num(answer.contracts.length), risks: num(answer.risks) }));
  } catch (error) {
    return fill(byId(`${name}-list`), failed(error));
  }
}
