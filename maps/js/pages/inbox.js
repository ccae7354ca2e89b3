// What waits for this person (待办): each with the way to where it is done.

import { get, paths } from "../api.js";
import { byId, el, fill } from "../dom.js";
import { told } from "../rounds/say.js";
import { blank, start } from "../shell.js";
import { day, named, num, t } from "../words.js";

const TONES = /** @type {Record<string, string>} */ ({ round_returned: "bad", plan_returned: "bad", packages_failed: "bad", round_voided: "bad", award_returned: "bad", firm_barred: "bad", winner_barred: "bad", draft_taken: "warn", trials_due: "warn", expiring: "warn", round_published: "" });

start(async () => {
  const { items } = await get(paths.inbox);
  fill(byId("inbox-note"), t("inbox.count", { n: num(items.length) }));
  if (!items.length) return fill(byId("inbox"), blank(t("inbox.nothing"), t("inbox.nothing_about")));
  return fill(byId("inbox"), el("ul", { class: "inbox" }, ...items.map((/** @type {any} */ item) => el("li", {},
    el("a", { href: item.link }, el("span", { class: `tag ${TONES[item.kind] ?? "info"}` }, named("inbox_kind", item.kind)), el("strong", {}, told(item)),
      el("span", { class: "note push" }, item.due ? t("inbox.due", { date: day(item.due) }) : item.since ? day(item.since) : ""), el("span", { "aria-hidden": "true" }, "›"))))));
});
