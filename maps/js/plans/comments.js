// 批注: what people say about the draft, about a cell or the whole.

import { get, send } from "../api.js";
import { button, el, fill } from "../dom.js";
import { guard } from "../shell.js";
import { moment, t } from "../words.js";

/** @param {HTMLElement} place @param {import("./studio.js").Studio} studio @param {(cell: string) => void} look */
export async function showComments(place, studio, look) {
  fill(place, el("p", { class: "note busy" }, t("common.loading")));
  const { comments } = await get(`${studio.draft.here}/comments`);
  if (!place.querySelector(".busy")) return;
  const rows = comments.map((/** @type {any} */ one) => el("div", { class: "step-item" },
    el("div", { class: "row tight" }, el("strong", {}, one.author_name ?? one.author), el("span", { class: "note" }, moment(one.at)), one.cell ? button(one.cell.slice(-3), () => look(one.cell), { class: "plain link", title: one.cell }) : null), el("div", {}, one.text)));
  fill(place, el("div", { class: "stack" }, ...(rows.length ? rows : [el("p", { class: "note" }, t("plan.comment_none"))]), studio.draft.may("comment") ? form(place, studio, look) : null));
}

/** @param {HTMLElement} place @param {import("./studio.js").Studio} studio @param {(cell: string) => void} look */
function form(place, studio, look) {
  const about = el("span", { class: "note" });
  const follow = () => {
    const [cell] = studio.tools.cells;
    fill(about, cell ? t("plan.comment_here", { name: studio.draft.name(cell) }) : t("plan.comment_plan"));
    return cell;
  };
  follow();
  const text = el("textarea", { rows: "3", maxlength: "2000", required: true, "aria-label": t("plan.comment_text"), placeholder: t("plan.comment_text"), id: "comment-text" });
  const made = el("form", { class: "stack tight" }, text, el("div", { class: "row tight" }, about, el("span", { class: "push" }), el("button", { type: "submit" }, t("plan.comment_add"))));
  made.addEventListener("focusin", follow);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const cell = follow();
    guard(async () => {
      await send("POST", `${studio.draft.here}/comments`, { text: text.value, ...(cell ? { cell } : {}) });
      await showComments(place, studio, look);
    });
  });
  return made;
}
