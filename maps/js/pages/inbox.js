// What waits for this person (待办): each with the way to where it is done; what was read steps back until it is news again.

import { get, paths, send } from "../api.js";
import { button, byId, el, fill, latest } from "../dom.js";
import { redraw } from "../redraw.js";
import { told } from "../rounds/say.js";
import { blank, guard, showUnread, start } from "../shell.js";
import { day, named, num, t } from "../words.js";

const TONES = /** @type {Record<string, string>} */ ({ round_returned: "bad", plan_returned: "bad", packages_failed: "bad", round_voided: "bad", award_returned: "bad", firm_barred: "bad", winner_barred: "bad", survey_overdue: "bad", draft_taken: "warn", trials_due: "warn", expiring: "warn", round_published: "" });
const here = new URL(location.href);
const asked = latest();
/** @type {any[]} what is shown here, and what the filter hides */
let known = [];

start(async () => {
  const only = byId("unread-only", HTMLInputElement);
  only.checked = here.searchParams.get("show") === "unread";
  only.addEventListener("change", () => {
    if (only.checked) here.searchParams.set("show", "unread");
    else here.searchParams.delete("show");
    history.replaceState(null, "", here);
    void guard(show);
  });
  byId("all-read").addEventListener("click", () => guard(() => mark(known.map((item) => item.key), true)));
  await show();
});

async function show() {
  const wanted = asked();
  const { items, unread } = await get(paths.inbox);
  if (!wanted()) return;
  known = items;
  const only = byId("unread-only", HTMLInputElement).checked;
  const shown = items.filter((/** @type {any} */ item) => !only || !item.read_at);
  showUnread(unread);
  fill(byId("inbox-note"), t("inbox.count", { n: num(items.length), unread: num(unread) }));
  byId("all-read", HTMLButtonElement).disabled = !unread;
  const made = !items.length ? blank(t("inbox.nothing"), t("inbox.nothing_about"))
    : !shown.length ? blank(t("inbox.all_read"), t("inbox.all_read_about", { n: num(items.length) })) : el("ul", { class: "inbox" }, ...shown.map(line));
  redraw(byId("inbox"), () => fill(byId("inbox"), made));
}

/** @param {any} item */
function line(item) {
  const read = Boolean(item.read_at);
  return el("li", { class: read ? "read" : "", data: { key: item.key } },
    el("a", { href: item.link }, el("span", { class: `tag ${read ? "" : (TONES[item.kind] ?? "info")}` }, named("inbox_kind", item.kind)), el("strong", {}, told(item)),
      el("span", { class: "note push" }, item.due ? t("inbox.due", { date: day(item.due) }) : item.since ? day(item.since) : ""), el("span", { "aria-hidden": "true" }, "›")),
    button(t(read ? "inbox.mark_unread" : "inbox.mark_read"), () => guard(() => mark([item.key], !read)), { class: "small", data: { act: "mark" }, "aria-label": `${t(read ? "inbox.mark_unread" : "inbox.mark_read")}: ${told(item)}` }));
}

/** @param {string[]} keys @param {boolean} read */
async function mark(keys, read) {
  await send("POST", paths.inboxRead, { keys, read });
  await show();
}
