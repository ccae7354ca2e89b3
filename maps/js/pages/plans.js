// The list of plans (网格规划), area by area; a new draft; several drafts of one area side by side.

import { all, get, paths, send } from "../api.js";
import { byId, el, fill, latest } from "../dom.js";
import { besides } from "../plans/beside.js";
import { guard, start, toast } from "../shell.js";
import { table } from "../table.js";
import { moment, named, num, t } from "../words.js";

const TONE = /** @type {Record<string, string>} */ ({ draft: "info", submitted: "warn", approved: "good", published: "good", returned: "bad" });
const STATES = ["draft", "submitted", "approved", "published", "returned", "withdrawn"];
/** @type {Map<number, any>} the plans that are ticked */
const ticked = new Map();
/** @type {any[]} */
let plans = [];

/** @typedef {import("../table.js").Column<any>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "tick", label: t("plans.tick"), value: () => "", cell: (row) => tick(row) },
  { key: "area_name", label: t("plans.area"), value: (row) => `${row.area} ${row.layer}`, cell: (row) => `${row.area_name ?? row.area} · ${named("layer", row.layer)}` },
  { key: "title", label: t("plans.name"), kind: "text wrap", value: (row) => row.title, cell: (row) => el("a", { href: `/plans/${row.id}` }, row.title) },
  { key: "state", label: t("plans.state"), value: (row) => row.state, cell: (row) => el("span", { class: `tag ${TONE[row.state] ?? ""}` }, named("state", row.state)) },
  { key: "changed_cells", label: t("plans.changed_cells"), kind: "num", value: (row) => (row.changed_cells ?? 0) + (row.new_cells ?? 0), cell: (row) => changes(row) },
  { key: "author", label: t("plans.author"), value: (row) => row.author_name ?? row.author },
  { key: "changed_at", label: t("plans.changed_at"), value: (row) => row.changed_at ?? row.created_at, cell: (row) => moment(row.changed_at ?? row.created_at) },
  { key: "valid_from", label: t("plan.publish_on"), value: (row) => row.valid_from, cell: (row) => row.valid_from ?? "—" },
]), { code: (row) => String(row.id), caption: t("plans.title"), empty: t("plans.none"), sort: "area_name" });

/** @param {any} row */
function changes(row) {
  return el("span", { title: `${t("plans.new_cells")} ${num(row.new_cells)} · ${t("plans.changed_cells")} ${num(row.changed_cells)} · ${t("plans.ended_cells")} ${num(row.ended_cells)}` }, `＋${num(row.new_cells)} ~${num(row.changed_cells)} −${num(row.ended_cells)}`);
}

/** @param {any} row */
function tick(row) {
  return el("input", {
    type: "checkbox", checked: ticked.has(row.id), "aria-label": t("plans.pick", { name: row.title }), data: { pick: row.id },
    on: { change: (/** @type {any} */ event) => {
      const [first] = ticked.values();
      if (event.target.checked && first && (first.area !== row.area || first.layer !== row.layer)) {
        event.target.checked = false;
        return toast(t("plans.other_area"), "error");
      }
      if (event.target.checked) ticked.set(row.id, row);
      else ticked.delete(row.id);
      byId("compare", HTMLButtonElement).disabled = ticked.size < 2;
      return undefined;
    } },
  });
}

start(async (me) => {
  fill(byId("list"), list.element);
  const state = byId("state", HTMLSelectElement);
  fill(state, el("option", { value: "" }, t("plans.any_state")), ...STATES.map((one) => el("option", { value: one }, named("state", one))));
  state.addEventListener("change", draw);
  byId("compare").addEventListener("click", () => guard(beside));
  byId("beside-close").addEventListener("click", () => (byId("beside-panel").hidden = true));
  ({ plans } = await get(paths.plans));
  draw();
  if (me.roles.includes("planner")) await offerNew(me);
});

function draw() {
  const state = byId("state", HTMLSelectElement).value;
  list.update(plans.filter((one) => !state || one.state === state));
}

const compared = latest();

async function beside() {
  const wanted = compared();
  const columns = await besides([...ticked.keys()]);
  if (!wanted()) return;
  fill(byId("beside"), ...columns);
  byId("beside-panel").hidden = false;
  byId("beside-panel").scrollIntoView({ block: "nearest" });
}

/** @param {Me} me */
async function offerNew(me) {
  const [subdistricts, neighbourhoods] = await Promise.all([
    all(paths.list("regions"), { level: "subdistrict" }),
    all(paths.list("regions"), { level: "neighbourhood" }),
  ]);
  const [upper, lower, layer] = [byId("subdistrict", HTMLSelectElement), byId("neighbourhood", HTMLSelectElement), byId("layer", HTMLSelectElement)];
  const title = byId("title", HTMLInputElement);
  const option = (/** @type {Feature} */ item) => el("option", { value: item.id }, item.properties.name);
  const district = me.areas.find((area) => area.level === "district");
  let suggested = title.value;
  const suggest = () => {
    if (title.value !== suggested) return; // the planner has another name for it
    const name = lower.value ? lower.selectedOptions[0]?.textContent : upper.selectedOptions[0]?.textContent;
    title.value = suggested = t("plans.default_name", { name: name ?? "", layer: named("layer", layer.value) });
  };
  const below = () => {
    const inside = neighbourhoods.filter((item) => item.id.startsWith(upper.value.slice(0, 9)));
    fill(lower, el("option", { value: "" }, t(upper.value === district?.code ? "plans.whole_district" : "plans.whole")), ...inside.map(option));
    suggest();
  };
  fill(upper, ...subdistricts.map(option), district ? el("option", { value: district.code }, t("plans.whole_district")) : null);
  upper.addEventListener("change", below);
  lower.addEventListener("change", suggest);
  layer.addEventListener("change", suggest);
  below();
  byId("new").addEventListener("submit", (event) => {
    event.preventDefault();
    guard(async () => {
      const made = await send("POST", paths.plans, { area: lower.value || upper.value, title: title.value, layer: layer.value });
      location.assign(`/plans/${made.body.id}`);
    });
  });
  byId("new-panel").hidden = false;
}
