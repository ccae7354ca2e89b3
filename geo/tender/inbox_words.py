"""What the inbox (待办) says, in both languages."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "round_returned": ("批次“{name}”被退回：{remark}", "round {name} was returned: {remark}"),
    "round_publish": ("批次“{name}”待审核发布", "round {name} waits to be reviewed and published"),
    "round_published": ("批次“{name}”已发布，正在投标", "round {name} is published; bids are being taken"),
    "round_open": ("批次“{name}”投标已截止，待开标", "bidding for round {name} is over; open the bids"),
    "round_bids": ("批次“{name}”已开标，待录入投标并拟定标", "round {name} is open: write down bids, propose an award"),
    "award_confirm": ("批次“{name}”的拟定标待确认", "the award proposed for round {name} waits to be confirmed"),
    "award_returned": (
        "批次“{name}”的拟定标被 {who} 撤回，待更正后重新拟定",
        "the award proposed for round {name} was taken back by {who}: mend it and propose again",
    ),
    "round_contract": (
        "批次“{name}”有 {count} 个标包待签约",
        "{count:package|packages} of round {name} waiting for a contract",
    ),
    "round_close": ("批次“{name}”合同均已开始，可以办结", "every contract of round {name} has begun; close it"),
    "packages_failed": (
        "批次“{name}”有 {count} 个标包流标，待重新招标",
        "{count:package|packages} of round {name} failed",
    ),
    "round_voided": (
        "批次“{name}”已废标：{remark}；有 {count} 个标包可重新招标",
        "round {name} was voided: {remark}; {count:package|packages} may be let again",
    ),
    "draft_taken": (
        "草稿“{name}”里有 {count} 个小区已进入别的批次，须先移出",
        "draft {name}: {count:unit is|units are} in another round by now, to be taken out",
    ),
    "firm_barred": (
        "批次“{name}”的投标企业已不能投标：{firms}",
        "bidders of round {name} may not bid any more: {firms}",
    ),
    "winner_barred": (
        "批次“{name}”待签约的中标企业已不能投标：{firms}",
        "firms that wait for a contract of round {name} may not bid any more: {firms}",
    ),
    "expiring": (
        "{count} 份合同在 {days} 天内到期且没有后续，有反弹风险",
        "{count:contract ends|contracts end} within {days:day|days} with nothing to follow: rebounds to come",
    ),
    "trials_due": ("{count} 个标包的试用期将满或已满，待转正", "{count:trial is|trials are} about to end or over"),
    "survey_confirm": (
        "摸底“{name}”（第 {number} 号）已收回，有 {units} 个小区 {count} 项差异待确认",
        "survey {name} (no. {number}) came back: {count:difference waits|differences wait} to be confirmed"
        " in {units:unit|units}",
    ),
    "survey_overdue": (
        "摸底“{name}”（第 {number} 号）已过收回期限，还有 {count} 个小区没有收回",
        "survey {name} (no. {number}) is overdue: {count:unit has|units have} not come back",
    ),
    "plan_approve": ("网格方案“{name}”待审核", "grid plan {name} waits for review"),
    "plan_publish": ("网格方案“{name}”已审核通过，待发布", "grid plan {name} is approved and waits to be published"),
    "plan_returned": ("网格方案“{name}”被退回：{remark}", "grid plan {name} was returned: {remark}"),
}  # fmt: skip
"""Kind → Chinese, English."""


class _Counted(int):
    """A number that brings its word along: `{count:package|packages}`."""

    def __format__(self, words: str) -> str:
        one, _, several = words.partition("|")
        return f"{int(self):,} {one if self == 1 else several}" if words else f"{int(self):,}"


def said(kind: str, **words: object) -> tuple[str, str]:
    """Return what an item says in both languages.

    >>> said("round_publish", name="一轮")[0]
    '批次“一轮”待审核发布'
    >>> said("packages_failed", name="甲", count=1)[1], said("packages_failed", name="甲", count=2)[1]
    ('1 package of round 甲 failed', '2 packages of round 甲 failed')
    """
    zh, en = TEXTS[kind]
    told = {name: _Counted(value) if isinstance(value, int) else value for name, value in words.items()}
    return zh.format_map(told), en.format_map(told)
