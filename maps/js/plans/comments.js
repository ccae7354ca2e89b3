// 批注: what people say about the draft: about a cell, a place on the map, or the whole.

import { get, send } from "../api.js";
import { button, el, fill, latest } from "../dom.js";
import { redraw } from "../redraw.js";
import { guard } from "../shell.js";
import { moment, t } from "../words.js";

/** @typedef {import("./line.js").Point} Point */
/** @typedef {{pins: import("./pins.js").Pins, cell: (code: string) => void, place: (at: Point) => void}} Look where a comment may lead */

const asked = latest();
/** The form of a place stays while comments come and go: what is typed, and the point that it speaks of. @type {WeakMap<HTMLElement, HTMLFormElement>} */
const forms = new WeakMap();

/** @param {HTMLElement} box @param {import("./studio.js").Studio} studio @param {Look} look */
export async function showComments(box, studio, look) {
  const wanted = asked();
  if (!box.firstChild) fill(box, el("p", { class: "note busy" }, t("common.loading")));
  const { comments } = await get(`${studio.draft.here}/comments`);
  if (!wanted() || !box.isConnected) return;
  const placed = comments.filter((/** @type {any} */ one) => one.place);
  look.pins.show(placed.map((/** @type {any} */ one, /** @type {number} */ i) => ({ label: String(i + 1), at: one.place, name: one.text, open: () => byNumber(box, one.id) })));
  const rows = comments.map((/** @type {any} */ one) => said(one, placed.indexOf(one) + 1, look));
  redraw(box, () => fill(box, el("div", { class: "stack" }, ...(rows.length ? rows : [el("p", { class: "note" }, t("plan.comment_none"))]), studio.draft.may("comment") ? forms.get(box) ?? form(box, studio, look) : null)));
}

/** A comment; `pin` is the number of its pin, 0 where it has none. @param {any} one @param {number} pin @param {Look} look */
function said(one, pin, look) {
  const to = pin ? button(t("plan.comment_pin", { n: pin }), () => look.place(one.place), { class: "plain link" })
    : one.cell ? button(one.cell.slice(-3), () => look.cell(one.cell), { class: "plain link", title: one.cell }) : null;
  return el("div", { class: "step-item", tabindex: "-1", "data-comment": String(one.id) },
    el("div", { class: "row tight" }, el("strong", {}, one.author_name ?? one.author), el("span", { class: "note" }, moment(one.at)), to), el("div", {}, one.text));
}

/** @param {HTMLElement} box @param {number} id */
function byNumber(box, id) {
  /** @type {HTMLElement | null} */ (box.querySelector(`[data-comment="${id}"]`))?.focus();
}

/** @param {HTMLElement} box @param {import("./studio.js").Studio} studio @param {Look} look */
function form(box, studio, look) {
  /** @type {Point | null} */
  let place = null;
  const about = el("span", { class: "note" });
  const follow = () => {
    const cell = place ? undefined : studio.tools.cells[0];
    fill(about, place ? t("plan.comment_at") : cell ? t("plan.comment_here", { name: studio.draft.name(cell) }) : t("plan.comment_plan"));
    return cell;
  };
  const text = el("textarea", { rows: "3", maxlength: "2000", required: true, "aria-label": t("plan.comment_text"), placeholder: t("plan.comment_text"), id: "comment-text" });
  const point = button(t("plan.comment_point"), () => {
    point.setAttribute("aria-pressed", "true");
    look.pins.ask((at) => {
      point.setAttribute("aria-pressed", "false");
      place = at;
      follow();
      if (at) text.focus();
    });
  }, { id: "comment-point", title: t("plan.comment_point_title"), "aria-pressed": "false" });
  follow();
  const made = el("form", { class: "stack tight" }, text, el("div", { class: "row tight" }, about, el("span", { class: "push" }), point, el("button", { type: "submit" }, t("plan.comment_add"))));
  made.addEventListener("focusin", follow);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const cell = follow();
    guard(async () => {
      const said = text.value;
      await send("POST", `${studio.draft.here}/comments`, { text: said, ...(cell ? { cell } : {}), ...(place ? { place } : {}) });
      if (text.value === said) {
        [text.value, place] = ["", null];
        follow();
      }
      await showComments(box, studio, look);
    });
  });
  forms.set(box, made);
  return made;
}
