"""What a problem says in Chinese (出错时的中文): the service words it in English, pages of Chinese readers show this.

`problems.json` holds the English sentences with {} for what varies, and the Chinese with {0}, {1} in its place; a test
holds it against every sentence that the service can say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

_LONGEST: Final = 500
"""A longer sentence repeats what was sent; it is not looked through."""
_STATES: Final = {
    "draft": "草稿", "submitted": "已送审", "published": "已发布", "opened": "已开标", "awarded": "已定标",
    "contracted": "已签约", "closed": "已办结", "voided": "已废标", "returned": "已退回", "approved": "已审核",
    "withdrawn": "已撤回", "planned": "待定标", "failed": "未成", "waiting": "排队中", "doing": "进行中",
    "done": "已完成", "cancelled": "已取消", "regular": "正式", "trial": "试用", "submit": "送审", "return": "退回",
    "publish": "发布",
    "open": "开标", "bids": "录入投标", "propose": "拟定标", "confirm": "确认定标", "contract": "签约", "fail": "流标",
    "close": "办结", "void": "废标", "relet": "重新招标", "unreadable": "读不出", "same": "库中已是",
    "settled": "已确认", "elsewhere": "他人改过", "unknown": "不清楚",
}  # fmt: skip
"""Words of the service's own that stand in its sentences."""


_FIELDS: Final = {
    "price_fen": "报价", "score": "评分", "firm": "企业", "package": "标包", "received_at": "收到时间", "name": "名称",
    "remark": "理由", "households": "户数", "floor_area": "建筑面积", "capacity": "承接能力", "ceiling_fen": "最高限价",
    "subsidy": "补贴标准", "budgets": "预算", "start": "起始日", "end": "结束日", "bids_until": "投标截止日",
    "price_budget_fen": "价款预算", "cost_per_m2": "每平方米成本", "cost_per_household": "每户成本", "years": "年数",
    "assumed_fee": "假定物业费", "assumed_rate": "假定收缴率", "grade": "信用等级", "graded_on": "评级日期",
    "barred_until": "禁投至", "least_bidders": "最少投标家数", "least_days": "公开招标最少天数", "bonus": "等级加分",
    "max_packages": "每家最多中标包数", "most_years": "合同最长年数", "trial_days": "试用期天数", "gap": "连片间距",
    "alternatives": "方案数", "packages": "标包", "units": "小区", "max_members": "每包最多小区数", "title": "名称",
    "mode": "服务方式", "no_managing_unit": "主管单位", "no_property_service": "物业服务",
    "no_security": "人防物防技防",
    "built_year": "建成年份", "building_count": "楼栋数", "residents": "常住人口", "fee": "物业费", "vote": "表决情况",
    "collection_rate": "收缴率", "willing": "招标意愿", "address": "地址", "from_date": "生效日期", "due": "收回期限",
    "certain": "自动匹配分", "doubtful": "待确认分", "lead": "领先分", "contact": "联系人", "phone": "联系电话",
}  # fmt: skip


def _field(path: str) -> str:
    """A field of a body as its reader knows it: the last part that has a word, and which row it stands in."""
    parts = [part for part in path.split(".") if part != "[key]"]
    word = next((_FIELDS[part] for part in reversed(parts) if part in _FIELDS), path)
    row = next((int(part) + 1 for part in parts if part.isdigit() and len(part) < 4), None)
    return word if row is None else f"第 {row} 行{word}"


@cache
def sentences() -> dict[str, str]:
    """Return English template → Chinese."""
    text = resources.files(__package__).joinpath("problems.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The most telling template first: the one with most words of its own."""
    ordered = sorted(sentences().items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return [
        (re.compile("(.+?)".join(re.escape(part) for part in template.split("{}")), re.S), chinese)
        for template, chinese in ordered
    ]


def in_chinese(sentence: str) -> str | None:
    """Return a sentence of the service in Chinese; None for one that is not in the table.

    >>> in_chinese("a round that is published allows no submit")
    '批次处于“已发布”状态，不能送审'
    """
    if len(sentence) > _LONGEST:
        return None
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return chinese.format(*(_word(each) for each in found.groups()))
    return None


def _word(value: str) -> str:
    """A word of the service in Chinese, a name or a number as it is."""
    length = re.fullmatch(r"(\d+) (days|years)", value)
    if length is not None:
        return f"{length[1]} {'天' if length[2] == 'days' else '年'}"
    return _STATES.get(value) or _FIELDS.get(value, value)


def with_chinese(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem document with `zh`, where its sentence is known in Chinese; some say theirs themselves."""
    if problem.get("zh"):
        return dict(problem)
    told: Iterable[Any] = problem.get("gate") or ()
    first = next((each.get("zh") for each in told if isinstance(each, dict)), None)
    detail = str(problem.get("detail", ""))
    zh = in_chinese(detail) or (str(first) if first else None)
    if zh is not None and problem.get("errors"):
        zh = f"{_field(str(problem.get('field', '')))}：{zh}"
    return dict(problem) if zh is None else {**problem, "zh": zh}
