// Survey sheets (摸底表): send one for an area, and see how far each is.

import { all, get, paths, send } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { reason, start } from "../shell.js";
import { header } from "../surveys/values.js";
import { table } from "../table.js";
import { day, named, num, pct, t } from "../words.js";

/** @typedef {import("../table.js").Column<any>[]} Columns */
const list = table(/** @type {Columns} */ ([
  { key: "id", label: t("common.number"), kind: "num", value: (row) => row.id },
  { key: "title", label: t("surveys.name"), kind: "text wrap", value: (row) => row.title, cell: (row) => el("a", { href: `/surveys/${row.id}` }, row.title) },
  { key: "area", label: t("surveys.area"), value: (row) => row.area, cell: (row) => row.area_name ?? row.area },
  { key: "chosen", label: t("surveys.which"), value: (row) => row.chosen, cell: (row) => named("survey_chosen", row.chosen) },
  { key: "as_of", label: t("common.as_of"), value: (row) => row.as_of, cell: (row) => day(row.as_of) },
  { key: "sent", label: t("surveys.units"), kind: "num", value: (row) => row.sent, cell: (row) => num(row.sent) },
  { key: "done", label: t("surveys.done"), kind: "num", value: (row) => row.done / (row.sent || 1), cell: (row) => `${num(row.done)} · ${pct(row.sent ? row.done / row.sent : null)}` },
  { key: "unreachable", label: t("surveys.unreachable"), kind: "num", value: (row) => row.unreachable, cell: (row) => num(row.unreachable) },
  { key: "due", label: t("surveys.due"), value: (row) => row.due ?? "", cell: (row) => (late(row) ? el("span", { class: "tag bad" }, `${day(row.due)} · ${t("surveys.overdue")}`) : day(row.due)) },
  { key: "author", label: t("plans.author"), value: (row) => row.author },
]), { code: (row) => String(row.id), caption: t("surveys.list"), pick: (row) => location.assign(`/surveys/${row.id}`), sort: "id", down: true, empty: t("surveys.none") });

let today = "";

/** Whether a survey should have come back by now. @param {any} row */
function late(row) {
  return Boolean(row.due) && row.due < today && row.sent > row.done + row.unreachable;
}

start(async (me) => {
  today = me.business_date;
  fill(byId("list"), list.element);
  const { surveys, fields } = await get(paths.surveys);
  list.update(surveys);
  if (me.roles.some((role) => role === "planner" || role === "officer")) await offerNew(me, fields);
});

/** @param {Me} me @param {{name: string, header: string, usual: boolean}[]} fields */
async function offerNew(me, fields) {
  byId("date", HTMLInputElement).value = byId("date", HTMLInputElement).max = me.business_date;
  byId("due", HTMLInputElement).min = me.business_date;
  fill(byId("fields"), ...fields.map((one) => el("label", { class: "check" }, el("input", { type: "checkbox", name: "field", value: one.name, checked: one.usual }), header(one.name))));
  await offerAreas(me);
  byId("new").addEventListener("submit", (event) => (event.preventDefault(), void begin()));
  byId("new-panel").hidden = false;
}

/** @param {Me} me */
async function offerAreas(me) {
  const [subdistricts, neighbourhoods] = await Promise.all(["subdistrict", "neighbourhood"].map((level) => all(paths.list("regions"), { level })));
  const [upper, lower] = [byId("subdistrict", HTMLSelectElement), byId("neighbourhood", HTMLSelectElement)];
  const option = (/** @type {{id: string, properties: any}} */ one) => el("option", { value: one.id }, one.properties.name);
  const wholes = me.areas.filter((area) => area.level === "district" || area.level === "city");
  const below = () => {
    const inside = neighbourhoods.filter((one) => one.id.startsWith(upper.value.slice(0, 9)));
    fill(lower, el("option", { value: "" }, t("surveys.whole")), ...inside.map(option));
    lower.disabled = !inside.length;
  };
  fill(upper, ...wholes.map((area) => el("option", { value: area.code }, t("surveys.whole_of", { name: area.name }))), ...subdistricts.map(option));
  if (!upper.options.length) fill(upper, ...me.areas.map((area) => el("option", { value: area.code }, area.name)));
  const first = subdistricts[0]?.id;
  if (first) upper.value = first;
  upper.addEventListener("change", below);
  below();
}

async function begin() {
  const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value;
  const fields = [...document.querySelectorAll("#fields input:checked")].map((one) => /** @type {HTMLInputElement} */ (one).value);
  const body = {
    area: value("neighbourhood") || value("subdistrict"), chosen: value("chosen"), layout: value("layout"), as_of: value("date"), title: value("name"), fields,
    due: value("due") || null, standalone: byId("standalone", HTMLInputElement).checked,
  };
  complain("");
  if (!fields.length) return complain(t("surveys.no_field"));
  byId("send", HTMLButtonElement).disabled = true;
  try {
    const made = await send("POST", paths.surveys, body);
    location.assign(`/surveys/${made.body.id}`);
  } catch (error) {
    complain(reason(error));
  } finally {
    byId("send", HTMLButtonElement).disabled = false;
  }
  return undefined;
}

/** @param {string} text */
function complain(text) {
  fill(byId("problem"), text);
  byId("problem").hidden = !text;
}

