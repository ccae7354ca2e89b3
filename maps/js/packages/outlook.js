// How a unit of the pool could be served (共享+): what is missing, which mode fits, and what its owners think.

import { getTagged, paths, send } from "../api.js";
import { button, el, fill, select } from "../dom.js";
import { named, num, t } from "../words.js";

export const MODES = ["let", "joint", "self", "undecided"];

/** Figures as text: 1,216 rather than 1216. @param {Record<string, any>} figures @returns {Record<string, string>} */
export function spoken(figures) {
  return Object.fromEntries(Object.entries(figures ?? {}).map(([name, value]) => [name, typeof value === "number" ? num(value, Number.isInteger(value) ? 0 : 2) : String(value ?? "")]));
}

/** @param {string} mode */
export function modeTag(mode) {
  return el("span", { class: `tag mode-${mode}` }, named("outlook", mode));
}

/** The reason of a suggestion in words. @param {{code: string, figures: any}} suggestion */
export function because(suggestion) {
  return t(`outlook.because_${suggestion.code}`, spoken(suggestion.figures));
}

/** One unit: suggested mode, what is missing, what its owners think.
 * @param {any} unit @param {boolean} open whether it may be edited @param {() => void} saved @param {(error: unknown) => void} failed */
export function detail(unit, open, saved, failed) {
  const missing = unit.missing.map((/** @type {any} */ one) => el("li", { class: one.blocks ? "blocks" : "" }, t(`outlook.missing_${one.code}`, spoken(one.figures))));
  const others = unit.others.map((/** @type {any} */ one) => el("p", { class: "note" }, `${t("outlook.or")} `, modeTag(one.mode), ` ${because(one)}`));
  return el("section", { class: "stack unit-outlook" },
    el("h3", {}, unit.name),
    el("p", {}, modeTag(unit.suggestion.mode), ` ${because(unit.suggestion)}`), ...others,
    el("h4", {}, t(unit.ready ? "outlook.ready" : "outlook.not_ready")),
    missing.length ? el("ul", { class: "missing" }, ...missing) : null,
    stance(unit, open, saved, failed));
}

/** @param {any} unit @param {boolean} open @param {() => void} saved @param {(error: unknown) => void} failed */
function stance(unit, open, saved, failed) {
  const flag = (/** @type {boolean | null} */ value) => (value === null ? "" : String(value));
  const willing = select([["", t("outlook.unknown")], ["true", t("outlook.willing_yes")], ["false", t("outlook.willing_no")]], flag(unit.willing), { disabled: !open, id: "stance-willing" });
  const vote = select([["", t("outlook.unknown")], ["passed", t("outlook.vote_passed")], ["failed", t("outlook.vote_failed")]], unit.vote ?? "", { disabled: !open, id: "stance-vote" });
  const anchor = select([["", t("outlook.by_rule")], ["true", t("common.yes")], ["false", t("common.no")]], flag(unit.anchor), { disabled: !open, id: "stance-anchor" });
  const told = (/** @type {HTMLSelectElement} */ box) => (box.value === "" ? null : box.value === "true");
  const save = button(t("outlook.save"), async () => {
    save.disabled = true;
    try {
      const address = paths.stance(unit.code);
      const { etag } = await getTagged(address);
      await send("PUT", address, { willing: told(willing), vote: vote.value || null, anchor: told(anchor) }, etag);
      saved();
    } catch (error) {
      failed(error);
      save.disabled = false;
    }
  }, { id: "stance-save" });
  const row = (/** @type {string} */ word, /** @type {HTMLSelectElement} */ box) => el("div", { class: "field" }, el("label", { for: box.id }, t(`outlook.${word}`)), box);
  return el("div", { class: "row" }, row("willing", willing), row("vote", vote), row("anchor", anchor), open ? save : null);
}

/** The filter above the pool. @param {HTMLSelectElement} box @param {Record<string, number>} counts @param {number} ready */
export function fillFilter(box, counts, ready) {
  const chosen = box.value;
  const all = Object.values(counts).reduce((sum, value) => sum + value, 0);
  const modes = MODES.filter((mode) => counts[mode]).map((mode) => [mode, `${named("outlook", mode)} (${counts[mode]})`]);
  const choices = [["", `${t("outlook.all")} (${all})`], ...modes, ["ready", `${t("outlook.only_ready")} (${ready})`]];
  fill(box, ...choices.map(([value, text]) => el("option", { value }, text)));
  box.value = choices.some(([value]) => value === chosen) ? chosen : "";
}
