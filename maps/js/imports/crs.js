// Which coordinate system a file is in (坐标系): the evidence as rates, and the choice.

import { el } from "../dom.js";
import { pct, t } from "../words.js";
import { said } from "./report.js";
import { isHere, zoneTitle } from "./zones.js";

/** @typedef {import("./items.js").Choices} Choices */

const SHIFTED = ["EPSG:4326", "GCJ-02", "BD-09"];
const TITLE = /** @type {Record<string, string>} */ ({ "EPSG:4490": "CGCS2000 (EPSG:4490)", "EPSG:4326": "WGS 84 / CGCS2000", "GCJ-02": "GCJ-02", "BD-09": "BD-09" });

/**
 * The choices with what speaks for each.  `control` is the table of control points, shown where they are chosen.
 * Without a report the system itself was refused.
 * @param {import("./report.js").Report | null} report @param {Choices} choices @param {HTMLElement} control @param {() => void} changed
 */
export function crsBox(report, choices, control, changed) {
  const asked = report?.questions.find((question) => question.about === "crs");
  const rates = report?.rates?.by_system ?? {};
  const open = [...new Set([...(asked?.choices ?? []), ...(report?.rates ? SHIFTED : [])])];
  const listed = [...open.filter(isHere), ...open.filter((name) => !isHere(name))];
  const typed = choices.crs && !listed.includes(choices.crs) ? choices.crs : "";
  const other = el("input", { id: "crs", list: "crs-known", maxlength: 40, value: typed, placeholder: "EPSG:4527", "aria-label": t("imports.crs_other") });
  control.hidden = !choices.fitted;
  const pick = (/** @type {string} */ crs, /** @type {boolean} */ fitted) => {
    Object.assign(choices, { crs, fitted });
    control.hidden = !fitted;
    if (fitted) control.dispatchEvent(new Event("shown"));
    changed();
  };
  /** @param {string} value @param {import("../dom.js").Child[]} what @param {boolean} on @param {() => void} act */
  const choice = (value, what, on, act) => el("label", { class: "choice" },
    el("input", { type: "radio", name: "crs", value, checked: on, on: { change: act } }), ...what);
  const otherChoice = choice("other", [el("strong", {}, t("imports.crs_other")), other], !choices.fitted && typed !== "", () => (other.focus(), pick(other.value.trim(), false)));
  other.addEventListener("input", () => {
    /** @type {HTMLInputElement} */ (otherChoice.firstElementChild).checked = true;
    pick(other.value.trim(), false);
  });
  return el("fieldset", { class: "choices", id: "systems" }, el("legend", {}, t("imports.crs")),
    asked ? el("p", { class: "question" }, said(asked.text)) : null,
    ...(report?.crs?.evidence ?? []).map((sentence) => el("p", { class: "note" }, said(sentence))),
    asked ? null : choice("", [el("strong", {}, t("imports.crs_auto")), el("span", { class: "note" }, report?.crs?.name ?? "")], !choices.crs && !choices.fitted, () => pick("", false)),
    ...listed.map((name) => choice(name, [el("strong", {}, TITLE[name] ?? (zoneTitle(name) || name)), isHere(name) ? el("span", { class: "tag good" }, t("imports.zone_here")) : null, rate(rates[name])], !choices.fitted && choices.crs === name, () => pick(name, false))),
    otherChoice,
    choice("control", [el("strong", {}, t("imports.control")), el("span", { class: "note" }, t("imports.control_why"))], choices.fitted, () => pick("", true)),
    control);
}

/** How much of the file's ground agrees with the loaded regions. @param {number | undefined} share */
function rate(share) {
  if (share === undefined) return null;
  return el("span", { class: "rate" }, el("meter", { min: 0, max: 1, value: share }), pct(share));
}
