// How the cells of a file fit (拼接检查): the settings, what was mended, and what else can be mended when somebody says so.

import { el } from "../dom.js";
import { num, t } from "../words.js";
import { said } from "./report.js";

/** @typedef {import("./items.js").Choices} Choices */
/** @typedef {import("./report.js").Finding} Finding */

const SHOWN = 30;

/**
 * What is left of each kind, and the fixes on offer: of all of a kind, or of one fault.
 * @param {import("./report.js").Report} report @param {Choices} choices @param {() => void} changed
 */
export function faultsBox(report, choices, changed) {
  const checks = report.checks;
  if (!checks) return null;
  const kinds = Object.entries(checks.left);
  return el("fieldset", { class: "choices", id: "faults" }, el("legend", {}, t("imports.fit")),
    el("p", { class: "note" }, t("imports.fit_settings", { cells: num(checks.cells), area: checks.rules.sliver_area_m2, width: checks.rules.sliver_width_m })),
    el("p", {}, t("imports.fit_mended", { n: num(checks.mended) }), kinds.length ? "" : ` ${t("imports.fit_fine")}`),
    checks.unchecked ? el("p", { class: "alert" }, t("imports.fit_unchecked", { n: num(checks.unchecked) })) : null,
    ...kinds.map(([kind, count]) => kindRow(kind, count, report, choices, changed)));
}

/**
 * @param {string} kind @param {number} count @param {import("./report.js").Report} report @param {Choices} choices @param {() => void} changed
 */
function kindRow(kind, count, report, choices, changed) {
  const named = said(report.checks?.kinds[kind] ?? { zh: t("imports.fit_over_known"), en: t("imports.fit_over_known") });
  const found = report.findings.filter((one) => (one.detail?.kind ?? one.key) === kind);
  const fix = found[0]?.detail?.fix ?? (kind === "outside" ? "clip" : "");
  const offered = (report.checks?.offered[kind] ?? 0) > 0;
  const way = t(fix === "cut" ? "imports.fit_cut" : fix === "clip" ? "imports.fit_clip" : "imports.fit_give");
  return el("details", { class: "fault" },
    el("summary", {}, el("strong", {}, `${named} ${num(count)}`), " ", offered ? box(kind, way, choices, changed) : el("span", { class: "note" }, t("imports.fit_by_hand"))),
    el("ul", {}, ...found.slice(0, SHOWN).map((one) => el("li", {}, one.row ? `${t("imports.row")} ${one.row} ` : "", said(one.reason), " ",
      offered && one.detail?.id ? box(one.detail.id, way, choices, changed) : null))),
    count > SHOWN ? el("p", { class: "note" }, t("imports.left_out", { n: num(count - SHOWN) })) : null);
}

/** @param {string} what a kind or the id of one fault @param {string} way @param {Choices} choices @param {() => void} changed */
function box(what, way, choices, changed) {
  const tick = el("input", { type: "checkbox", checked: choices.repair.includes(what), "aria-label": `${what}: ${way}` });
  tick.addEventListener("change", () => {
    choices.repair = choices.repair.filter((one) => one !== what);
    if (tick.checked) choices.repair.push(what);
    changed();
  });
  return el("label", { class: "check" }, tick, way);
}
