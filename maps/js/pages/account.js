// One's own account (账号): who one is, and changing the password.

import { paths, send, useToken } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { facts } from "../details.js";
import { reason, start, toast } from "../shell.js";
import { t } from "../words.js";

const problem = byId("problem");
const field = (/** @type {string} */ id) => byId(id, HTMLInputElement);

start((me) => {
  const areas = me.areas.map((area) => `${area.name}（${area.code}）`).join("、");
  fill(byId("me"), facts([
    [t("people.display_name"), me.name],
    [t("people.name"), el("code", {}, me.username)],
    [t("account.roles"), me.roles.map((role) => t(`role.${role}`)).join("、")],
    [t("account.areas"), areas],
  ]));
  field("login").value = me.username;
  if (me.must_change_password) complain(t("account.must"));
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void change();
  });
});

/** @param {string} text */
function complain(text) {
  fill(problem, text);
  problem.hidden = false;
}

async function change() {
  problem.hidden = true;
  if (field("new").value !== field("again").value) return complain(t("account.differ"));
  try {
    const answer = await send("POST", paths.password, { current: field("old").value, password: field("new").value }, null, true);
    useToken(answer.body?.csrf ?? "");
    byId("form", HTMLFormElement).reset();
    toast(t("account.done"));
  } catch (error) {
    complain(reason(error));
  }
}
