// Signing in (登录); and what a one-time link opens: appointing the first administrator, or choosing a password.

import { get, paths, Problem, send } from "../api.js";
import { byId, fill } from "../dom.js";
import { ready, reason, watchLanguage } from "../shell.js";
import { t } from "../words.js";

const problem = byId("problem");
const field = (/** @type {string} */ id) => byId(id, HTMLInputElement);

/** What this browser may do now: sign in, appoint the first administrator, or set a password. */
let step = "sign-in";

/** Where to go afterwards: only a path of this host. */
function next() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  const url = new URL(wanted, location.origin);
  return url.origin === location.origin ? url.pathname + url.search : "/";
}

/** @param {string} text */
function complain(text) {
  fill(problem, text);
  problem.hidden = false;
}

/** Which step the link that was followed opens. */
async function prepare() {
  const query = new URLSearchParams(location.search);
  if (query.get("link") === "used") complain(t("signin.link_used"));
  if (!query.get("step")) return;
  const what = await get(paths.session);
  if (what.step !== "appoint" && what.step !== "password") return;
  step = what.step;
  byId("again-field").hidden = false;
  byId("name-field").hidden = step !== "appoint";
  field("password").autocomplete = "new-password";
  fill(byId("box-title"), t(step === "appoint" ? "signin.appoint" : "signin.set_password"));
  fill(byId("go"), t("common.save"));
  if (step === "password") {
    field("username").value = what.username ?? "";
    field("username").readOnly = true;
  }
}

/** The body of the question, or null when something is missing. */
function body() {
  const username = field("username").value.trim();
  const password = field("password").value;
  if (!username || !password) return complain(t("signin.missing")), null;
  if (step !== "sign-in" && password !== field("again").value) return complain(t("account.differ")), null;
  if (step === "password") return { password };
  return step === "appoint" ? { username, name: field("name").value.trim(), password } : { username, password };
}

async function go() {
  problem.hidden = true;
  const given = body();
  if (!given) return;
  byId("go", HTMLButtonElement).disabled = true;
  try {
    await send("POST", step === "appoint" ? paths.appoint : step === "password" ? paths.setPassword : paths.session, given, null, true);
    location.assign(next());
  } catch (error) {
    complain(said(error));
    field("password").select();
  } finally {
    byId("go", HTMLButtonElement).disabled = false;
  }
}

/** @param {unknown} error */
function said(error) {
  if (!(error instanceof Problem)) return reason(error);
  if (error.status === 401) return step === "sign-in" ? t("signin.wrong") : t("signin.link_used");
  return error.message;
}

watchLanguage();
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void go();
});
prepare().catch((error) => complain(reason(error))).finally(() => {
  ready();
  field(field("username").readOnly ? "password" : "username").focus();
});
