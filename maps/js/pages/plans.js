// The list of grid plans (网格规划方案), and a new draft for a neighbourhood.

import { all, get, paths, send } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { guard, start } from "../shell.js";
import { table } from "../table.js";
import { day, named, num, t } from "../words.js";

const TONE = /** @type {Record<string, string>} */ ({ draft: "info", submitted: "warn", published: "good", returned: "bad" });

/** @typedef {import("../table.js").Column<any>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "id", label: t("common.number"), kind: "num", value: (row) => row.id },
  { key: "title", label: t("plans.name"), value: (row) => row.title, cell: (row) => el("a", { href: `/plans/${row.id}` }, row.title) },
  { key: "area_name", label: t("plans.neighbourhood"), value: (row) => row.area_name ?? row.area },
  { key: "state", label: t("plans.state"), value: (row) => row.state, cell: (row) => el("span", { class: `tag ${TONE[row.state] ?? ""}` }, named("state", row.state)) },
  { key: "new_cells", label: t("plans.new_cells"), kind: "num", value: (row) => row.new_cells, cell: (row) => num(row.new_cells) },
  { key: "author", label: t("plans.author"), value: (row) => row.author },
  { key: "created_at", label: t("plans.created"), value: (row) => row.created_at, cell: (row) => day(row.created_at) },
  { key: "valid_from", label: t("plan.publish_on"), value: (row) => row.valid_from, cell: (row) => day(row.valid_from) },
]), { code: (row) => String(row.id), caption: t("plans.title"), empty: t("plans.none"), pick: (row) => location.assign(`/plans/${row.id}`) });

start(async (me) => {
  fill(byId("list"), list.element);
  list.update((await get(paths.plans)).plans);
  if (me.roles.includes("planner")) await offerNew();
});

async function offerNew() {
  const [subdistricts, neighbourhoods] = await Promise.all([
    all(paths.list("regions"), { level: "subdistrict" }),
    all(paths.list("regions"), { level: "neighbourhood" }),
  ]);
  const upper = byId("subdistrict", HTMLSelectElement);
  const lower = byId("neighbourhood", HTMLSelectElement);
  const title = byId("title", HTMLInputElement);
  const option = (/** @type {Feature} */ item) => el("option", { value: item.id }, item.properties.name);
  const below = () => {
    fill(lower, ...neighbourhoods.filter((item) => item.id.startsWith(upper.value.slice(0, 9))).map(option));
    suggest();
  };
  const suggest = () => {
    title.value = t("plans.default_name", { name: lower.selectedOptions[0]?.textContent ?? "" });
  };
  fill(upper, ...(subdistricts.length ? subdistricts : neighbourhoods.slice(0, 1)).map(option));
  upper.addEventListener("change", below);
  lower.addEventListener("change", suggest);
  below();
  byId("new").addEventListener("submit", (event) => {
    event.preventDefault();
    guard(async () => {
      const made = await send("POST", paths.plans, { area: lower.value, title: title.value });
      location.assign(`/plans/${made.body.id}`);
    });
  });
  byId("new-panel").hidden = false;
}
