// The strip over the map: where we are, the state, the other drafts of the area, copies and exports.

import { get, paths } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { district } from "../map.js";
import { printed } from "../print.js";
import { guard, toast } from "../shell.js";
import { named, t } from "../words.js";
import { copyOf } from "./conflict.js";

const TONE = /** @type {Record<string, string>} */ ({ draft: "info", submitted: "warn", approved: "good", published: "good", returned: "bad" });
const FORMATS = ["gpkg", "geojson", "dxf", "pdf", "xlsx"];
/** @type {Record<string, string>} */
const FORMAT_WORDS = { gpkg: "plan.export_gpkg", geojson: "plan.export_geojson", dxf: "plan.export_dxf", pdf: "plan.export_pdf", xlsx: "plan.export_xlsx" };

/** @param {import("./editor.js").Editor} editor */
export async function title(editor) {
  const { plan, id } = editor.studio.draft;
  fill(byId("title"), plan.title);
  byId("title").title = `${plan.area_name ?? plan.area} · ${plan.title}`;
  fill(byId("area-name"), `${plan.area_name ?? plan.area} · ${named("layer", plan.layer)}`);
  fill(byId("state"), named("state", plan.state));
  byId("state").className = `tag ${TONE[plan.state] ?? ""}`;
  byId("state").title = plan.remark ? t("plan.returned_because", { text: plan.remark }) : "";
  exports(editor);
  const beside = await siblings(plan);
  const drafts = byId("drafts", HTMLSelectElement);
  fill(drafts, ...beside.map((one) => el("option", { value: one.id }, `${one.title} · ${named("state", one.state)}`)));
  drafts.value = String(id);
  drafts.onchange = () => location.assign(`/plans/${drafts.value}`);
  const copy = byId("copy");
  copy.hidden = !editor.me.roles.includes("planner");
  copy.onclick = () => guard(async () => {
    const made = await copyOf(editor.studio.draft);
    toast(t("plan.copied"));
    location.assign(`/plans/${made}`);
  });
}

/** The drafts of the same area. @param {{area: string, layer: string}} plan @returns {Promise<any[]>} */
async function siblings({ area, layer }) {
  const { plans } = await get(paths.plans, { area, layer });
  return plans.filter((/** @type {any} */ one) => one.area === area && one.layer === layer);
}

/** @param {import("./editor.js").Editor} editor */
function exports(editor) {
  const list = byId("export", HTMLSelectElement);
  fill(list, el("option", { value: "" }, `${t("plan.export")}…`), ...FORMATS.map((format) => el("option", { value: format }, t(FORMAT_WORDS[format]))), el("option", { value: "print" }, t("plan.print")));
  list.onchange = () => {
    const format = list.value;
    list.value = "";
    if (format === "print") guard(() => printed(district));
    else if (format) location.assign(`${editor.studio.draft.here}/export?format=${format}`);
  };
}
