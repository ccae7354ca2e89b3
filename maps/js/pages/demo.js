// The demo's chooser (选择演示人员): one named person for each role.

import { get, paths, send } from "../api.js";
import { byId, fill } from "../dom.js";
import { ready, reason, watchLanguage } from "../shell.js";
import { t } from "../words.js";

const problem = byId("problem");

/** @param {string} text */
function complain(text) {
  fill(problem, text);
  problem.hidden = false;
}

/** @param {string} username */
async function choose(username) {
  try {
    await send("POST", paths.choose, { username }, null, true);
    location.assign("/");
  } catch (error) {
    complain(reason(error));
  }
}

async function showNames() {
  const what = await get(paths.session);
  byId("demo-strip").hidden = !what.demo;
  if (!what.people) complain(t("demo.no_link"));
  const names = new Map((what.people ?? []).map((/** @type {any} */ person) => [person.username, person.name]));
  for (const card of document.querySelectorAll(".person")) {
    if (!(card instanceof HTMLButtonElement)) continue;
    const username = card.dataset.user ?? "";
    fill(/** @type {Element} */ (card.querySelector("em")), names.get(username) ?? "");
    card.disabled = !names.has(username);
    card.addEventListener("click", () => void choose(username));
  }
}

watchLanguage();
showNames().catch((error) => complain(reason(error))).finally(ready);
