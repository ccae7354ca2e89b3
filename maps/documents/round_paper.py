"""A round (招标批次) as its papers take it: rules and days in Chinese words, figures as its money has them."""

from __future__ import annotations

from datetime import date
from typing import Final, cast, get_args

from geo.tender.paper_values import Paperwork, Placed
from geo.tender.rules import BundleRules
from geo.tender.terms import Terms
from maps.documents.papers import Ground, GroundKind, PaperPackage, PaperUnit, RoundPaper, number

_DAYS: Final = {
    "published_on": "发布日期",
    "bids_until": "投标截止",
    "opened_on": "开标日期",
    "awarded_on": "定标日期",
}
_BARRIERS: Final = {"river": "河流", "railway": "铁路", "arterial": "主干道", "street": "街道路"}
_STATES: Final = {"draft": "（草稿）", "submitted": "（送审稿）", "voided": "（已废标）"}


def round_paper(work: Paperwork, maker: str, made_on: date, review: str | None = None) -> RoundPaper:
    """Return a round as its papers tell it; one that is not published yet says so in its title.

    Fees and rates that the terms assume stand in for unknown ones, as in the money of the round, and it is said.
    """
    packages = tuple(
        PaperPackage(code, name, tuple(_unit(each) for each in units)) for code, name, units in work.packages
    )
    return RoundPaper(
        f"{work.name}{_STATES.get(work.state, '')}",
        work.area_name,
        packages,
        work.terms,
        work.start,
        work.as_of,
        made_on,
        maker,
        work.epsg,
        ground=tuple(
            Ground(cast("GroundKind", each.kind), each.shape, each.name)
            for each in work.around
            if each.kind in get_args(GroundKind)
        ),
        rules=(*_rules(work.rules), *_assumed(work.terms)),
        dates=tuple((_DAYS[name], when) for name, when in work.days),
        review=review,
    )


def _unit(unit: Placed) -> PaperUnit:
    return PaperUnit(
        unit.code,
        unit.name,
        unit.kind,
        unit.shape,
        unit.subdistrict,
        unit.households,
        unit.residents,
        unit.floor_area,
        unit.fee,
        unit.rate,
    )


def _rules(rules: BundleRules) -> list[tuple[str, str]]:
    """What was asked of the packages."""
    low, high = rules.households or (None, None)
    told = [("每包户数", "不限" if low is None or high is None else f"{low:,.0f}–{high:,.0f} 户")]
    if rules.floor_area is not None:
        told.append(("每包建筑面积", f"{rules.floor_area[0]:,.0f}–{rules.floor_area[1]:,.0f} 平方米"))
    told.append(("连片间距", f"不超过 {rules.gap:g} 米"))
    told.append(("跨街道", "不跨街道" if rules.within_subdistrict else "可以跨街道"))
    told.append(("不得跨过", "、".join(_BARRIERS[each] for each in rules.barriers) or "不限"))
    if rules.max_members is not None:
        told.append(("每包服务对象", f"不超过 {rules.max_members} 个"))
    return told


def _assumed(terms: Terms) -> list[tuple[str, str]]:
    told = []
    if terms.assumed_fee is not None:
        told.append(("物业费不明的按", f"{number(terms.assumed_fee, 2)} 元/㎡·月"))
    if terms.assumed_rate is not None:
        told.append(("收缴率不明的按", f"{number(terms.assumed_rate * 100, 1)} %"))
    return told
