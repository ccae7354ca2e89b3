// What may be done to a whole package: renamed, cut in two, joined with another, locked (改名、拆分、合并、锁定).

import { button, byId, el, fill, select } from "../dom.js";
import { t } from "../words.js";

/** The row of acts on the active package.
 * @param {import("./desk.js").Desk} desk @param {number} index @param {{said: (text: string) => void}} on */
export function acts(desk, index, on) {
  const { board } = desk;
  const lot = board.lots[index];
  const chosen = [...desk.selected].filter((code) => lot.members.includes(code));
  const part = chosen.length && chosen.length < lot.members.length ? chosen : null;
  const split = button(t("edit.split"), () => divide(desk, index, part, on.said), { class: "small", disabled: lot.members.length < 2 || lot.locked, title: t(part ? "edit.split_chosen" : "edit.split_pieces") });
  const made = el("div", { class: "row acts" }, button(t("edit.rename"), () => rename(desk, index), { class: "small" }), split, join(desk, index),
    lot.members.length ? null : button(t("edit.remove"), () => board.change((lots) => lots.filter((_, i) => i !== index)), { class: "small" }));
  made.addEventListener("click", (event) => event.stopPropagation());
  made.addEventListener("keydown", (event) => event.stopPropagation());
  return made;
}

/** The units that are chosen become a package of their own; without any, the pieces that do not hang together do.
 * @param {import("./desk.js").Desk} desk @param {number} index @param {string[] | null} part @param {(text: string) => void} said */
function divide(desk, index, part, said) {
  const lot = desk.board.lots[index];
  const apart = desk.broken.find((one) => one.package === lot.name && one.pieces.length > 1)?.pieces;
  const cut = part ?? (apart ? [...apart].sort((a, b) => a.length - b.length)[0] : null);
  if (!cut) return said(t("edit.split_how"));
  desk.selected.clear();
  desk.board.add(desk.board.freeName(), cut);
  return said(t("edit.split_done", { name: lot.name, fresh: desk.board.lots[desk.board.active].name }));
}

/** @param {import("./desk.js").Desk} desk @param {number} index */
function join(desk, index) {
  const { board } = desk;
  const others = board.lots.map((lot, i) => /** @type {[string, string]} */ ([String(i), lot.name])).filter(([i]) => Number(i) !== index && !board.lots[Number(i)].locked);
  const box = select([["", t("edit.join")], ...others], "", { "aria-label": t("edit.join"), class: "small", disabled: !others.length || board.lots[index].locked });
  box.addEventListener("change", () => box.value && board.merge(index, Number(box.value)));
  return box;
}

/** @param {import("./desk.js").Desk} desk @param {number} index */
export function rename(desk, index) {
  const lot = desk.board.lots[index];
  const dialog = byId("rename", HTMLDialogElement);
  const field = byId("rename-name", HTMLInputElement);
  field.value = lot.name;
  fill(byId("rename-error"));
  byId("rename-form").onsubmit = (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (!name || desk.board.lots.some((other, i) => i !== index && other.name === name)) return fill(byId("rename-error"), t(name ? "edit.name_taken" : "edit.name_empty"));
    dialog.close();
    if (name !== lot.name) desk.board.amend(index, { name });
    return undefined;
  };
  byId("rename-cancel").onclick = () => dialog.close();
  dialog.showModal();
  field.select();
}
