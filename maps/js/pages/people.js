// People and rights (人员与权限), for the security administrator.

import { get, paths, send } from "../api.js";
import { button, byId, el, fill, latest } from "../dom.js";
import { guard, reason, start, toast } from "../shell.js";
import { table } from "../table.js";
import { day, named, t } from "../words.js";

/** @typedef {{username: string, name: string, roles: string[], areas: string[], locked: boolean, disabled: boolean, has_password: boolean, created_at: string}} Person */

/** @type {Person | null} the person being edited; null for a new one */
let edited = null;
let own = "";

/** @typedef {import("../table.js").Column<Person>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "name", label: t("people.display_name"), value: (row) => row.name },
  { key: "username", label: t("people.name"), value: (row) => row.username, cell: (row) => el("code", {}, row.username) },
  { key: "roles", label: t("people.roles"), value: (row) => row.roles.join(), cell: (row) => row.roles.map((role) => named("role", role)).join("、") },
  { key: "areas", label: t("people.areas"), value: (row) => row.areas.join(), cell: (row) => el("code", {}, row.areas.join(" ")) },
  { key: "state", label: t("people.active"), value: (row) => stateOf(row), cell: stateTag },
  { key: "created", label: t("people.created"), value: (row) => row.created_at, cell: (row) => day(row.created_at) },
  { key: "act", label: t("people.act"), value: () => "", cell: actions },
]), { code: (row) => row.username, caption: t("people.title"), sort: "username" });

/** @param {Person} row */
function stateOf(row) {
  return row.disabled ? "disabled" : row.locked ? "locked" : "enabled";
}

/** @param {Person} row */
function stateTag(row) {
  const state = stateOf(row);
  return el("span", { class: `tag ${state === "enabled" ? "good" : state === "locked" ? "warn" : "bad"}` }, t(`people.${state}`));
}

/** @param {Person} row */
function actions(row) {
  if (row.username === own) return el("span", { class: "note" }, t("people.self"));
  return el("span", { class: "row" }, button(t("people.edit"), () => edit(row)),
    row.locked ? button(t("people.unlock"), () => guard(() => unlock(row))) : null,
    button(t("people.make_link"), () => guard(() => link(row))));
}

start(async (me) => {
  own = me.username;
  fill(byId("list"), list.element);
  byId("new").addEventListener("click", () => edit(null));
  byId("cancel").addEventListener("click", () => byId("editor", HTMLDialogElement).close());
  byId("link-close").addEventListener("click", () => byId("link-box", HTMLDialogElement).close());
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void guard(save);
  });
  await reload();
});

async function reload() {
  /** @type {Person[]} */
  const people = [];
  /** @type {string | undefined} */
  let next = `${paths.people}?limit=1000`;
  while (next) {
    const page = await get(next);
    people.push(...page.people);
    next = (page.links ?? []).find((/** @type {any} */ item) => item.rel === "next")?.href;
  }
  list.update(people);
}

const field = (/** @type {string} */ id) => byId(id, HTMLInputElement);
const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#roles input")]);

const opened = latest();

/** @param {Person | null} person */
function edit(person) {
  opened();
  edited = person;
  fill(byId("editor-title"), person ? `${t("people.edit")} · ${person.name}` : t("people.new"));
  field("username").value = person?.username ?? "";
  field("username").readOnly = person !== null;
  field("name").value = person?.name ?? "";
  field("areas").value = (person?.areas ?? []).join(", ");
  field("disabled").checked = person?.disabled ?? false;
  byId("disabled-field").hidden = person === null;
  for (const box of boxes()) box.checked = person?.roles.includes(box.value) ?? false;
  byId("problem").hidden = true;
  byId("editor", HTMLDialogElement).showModal();
}

async function save() {
  const same = opened();
  const body = {
    name: field("name").value.trim(),
    roles: boxes().filter((box) => box.checked).map((box) => box.value),
    areas: field("areas").value.split(/[\s,，、]+/).filter(Boolean),
  };
  try {
    if (edited) await send("PATCH", `${paths.people}/${edited.username}`, { ...body, disabled: field("disabled").checked });
    else await send("POST", paths.people, { ...body, username: field("username").value.trim() });
    if (same()) byId("editor", HTMLDialogElement).close();
    toast(t("people.saved"));
    await reload();
  } catch (error) {
    if (!same()) throw error;
    fill(byId("problem"), reason(error));
    byId("problem").hidden = false;
  }
}

/** @param {Person} person */
async function unlock(person) {
  await send("POST", `${paths.people}/${person.username}/unlock`);
  toast(t("people.unlocked"));
  await reload();
}

/** @param {Person} person */
async function link(person) {
  const answer = await send("POST", `${paths.people}/${person.username}/link`);
  field("link").value = new URL(answer.body.path, location.origin).href;
  byId("link-box", HTMLDialogElement).showModal();
  field("link").select();
}
