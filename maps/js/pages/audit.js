// The audit (审计日志), newest first, for the auditor: read only.

import { address, get, paths } from "../api.js";
import { byId, el, fill, latest } from "../dom.js";
import { guard, start } from "../shell.js";
import { table } from "../table.js";
import { moment, num, t } from "../words.js";

/** @typedef {import("../table.js").Column<any>} Column */
const list = table(/** @type {Column[]} */ ([
  { key: "id", label: t("common.number"), kind: "num", value: (row) => row.id },
  { key: "at", label: t("audit.at"), value: (row) => row.at, cell: (row) => moment(row.at) },
  { key: "actor", label: t("audit.user"), value: (row) => row.actor },
  { key: "action", label: t("audit.action"), value: (row) => row.action },
  { key: "object", label: t("audit.object"), value: (row) => row.object },
  { key: "success", label: t("audit.success"), value: (row) => Number(row.success), cell: (row) => el("span", { class: row.success ? "tag good" : "tag bad" }, t(row.success ? "audit.ok" : "audit.no")) },
  { key: "source", label: t("audit.source"), value: (row) => row.source },
  { key: "request", label: t("audit.request"), value: (row) => row.request_id, cell: (row) => el("code", { title: row.request_id ?? "" }, String(row.request_id ?? "").slice(0, 8)) },
]), { code: (row) => String(row.id), caption: t("audit.title") });

/** @type {any[]} */
let rows = [];
/** @type {string | null} */
let next = null;

start(async () => {
  fill(byId("list"), list.element);
  byId("filters").addEventListener("submit", (event) => (event.preventDefault(), guard(search)));
  byId("more").addEventListener("click", () => guard(more));
  byId("verify").addEventListener("click", () => guard(verify));
  await search();
});

async function search() {
  const value = (/** @type {string} */ id) => byId(id, HTMLInputElement).value.trim();
  rows = [];
  next = address(paths.audit, {
    limit: 100, who: value("actor"), action: value("action"), since: value("since"), until: value("until"),
    success: byId("failed", HTMLInputElement).checked ? "false" : "",
  });
  await more();
}

const asked = latest();

async function more() {
  if (!next) return;
  const wanted = asked();
  const page = await get(next);
  if (!wanted()) return;
  rows = [...rows, ...page.rows];
  next = (page.links ?? []).find((/** @type {any} */ item) => item.rel === "next")?.href ?? null;
  list.update(rows);
  byId("more").hidden = !next;
}

async function verify() {
  const answer = await get(`${paths.audit}/verify`);
  const box = byId("verified");
  box.hidden = false;
  box.className = answer.intact ? "alert good" : "alert";
  fill(box, answer.intact ? t("audit.intact", { n: num(answer.rows) }) : t("audit.broken", { id: answer.first_broken.id }));
}
