"""What a survey may ask (摸底内容): fields of the importer, with what the sheet says about each and what it admits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from geo.errors import BadInput
from geo.ingest.fields import KINDS, Field, words_of

UNCLEAR: Final = "不清楚"
"""The word of the drop-downs for what nobody could find out: unknown stays unknown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked: the importer's field, its limits, what it means (含义) and whose rule that is (依据).

    `everywhere` holds for stand-alone buildings (单体楼) too; the others are asked of communities only.
    """

    field: Field
    meaning: str
    rule: str
    least: float = 0.0
    most: float = 0.0
    everywhere: bool = False

    @property
    def name(self) -> str:
        """The canonical name."""
        return self.field.name

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its drop-down, unknown last; none where it is typed."""
        if self.field.type == "flag":
            return ("有", "无", UNCLEAR)
        if self.field.type == "choice":
            return (*dict.fromkeys(words_of(self.field.choices).values()), UNCLEAR)
        return ()

    def admits(self, value: object) -> bool:
        """Whether a value that was read lies within the limits."""
        if isinstance(value, str):
            return len(value) <= self.most if self.field.type == "text" else True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return self.least <= value <= self.most


def _of(kind: str, name: str) -> Field:
    return KINDS[kind].field(name)


def _home(name: str, meaning: str, rule: str, most: float = 0.0, least: float = 0.0) -> Asked:
    return Asked(_of("communities", name), meaning, rule, least, most)


def _any(name: str, meaning: str, rule: str, most: float = 0.0) -> Asked:
    return Asked(_of("communities", name), meaning, rule, most=most, everywhere=True)


_LEDGER: Final = "小区台账"
_COUNT: Final = 2_000_000

ASKED: Final[dict[str, Asked]] = {
    one.name: one
    for one in (
        _home("no_managing_unit", "有没有主管单位（产权单位或明确的管理单位）", "三无之一：无主管单位；口径由本区设定"),
        _home("no_property_service", "有没有物业服务（不论哪种方式）", "三无之一：无物业服务；口径由本区设定"),
        _home("no_security", "有没有人防（门卫、巡逻）、物防（围墙、门禁）、技防（监控）",
              "三无之一：无人防物防技防；口径由本区设定"),
        Asked(_of("service-periods", "mode"), "现在由谁、以什么方式管", "服务期台账；变更后原企业不再沿用，请另行登记",
              everywhere=True),
        _any("households", "实有户数，整数", _LEDGER, _COUNT),
        _any("residents", "常住人口，整数", "人口台账", _COUNT),
        _any("building_count", "楼栋数，整数", _LEDGER, _COUNT),
        _any("floor_area", "总建筑面积，平方米", "不动产或房屋普查", 1e8),
        _any("address", "门牌地址", "标准地址", 200),
        _home("kind", "商品房、安置房或老旧小区", "老旧小区：2000 年底前建成（以竣工验收年份为准）"),
        _home("built_year", "竣工验收年份，四位数", "竣工验收备案", 2200, least=1800),
        _home("fee", "物业费标准，元/平方米·月", "物业服务合同或公示", 1000),
        _home("collection_rate", "物业费收缴率，百分数", "企业或社区收费台账", 1),
        _any("willing", "业主是否愿意一起招标（有=愿意，无=不愿意）", "入户或楼长征询"),
        _any("anchor", "能不能带动周边小区（大带小）", "街道判断；留空按打包规则"),
        _any("vote", "业主大会表决结果", "民法典第 278 条"),
    )
}  # fmt: skip
"""Everything that may be asked, by name, in the order of the sheet."""

DEFAULT: Final = ("no_managing_unit", "no_property_service", "no_security", "mode", "households")
"""What a survey of 三防 asks unless told otherwise."""


def chosen(names: Sequence[str]) -> list[Asked]:
    """Return what is asked, in the order of the sheet. Raises BadInput for an unknown name, or none."""
    unknown = [name for name in names if name not in ASKED]
    if unknown:
        raise BadInput(
            f"nothing that a survey asks: {unknown[0]}; it asks {', '.join(ASKED)}", field="fields"
        )
    if not names:
        raise BadInput("a survey asks at least one thing", field="fields")
    return [one for one in ASKED.values() if one.name in names]


def applies(asked: Asked, unit_kind: str) -> bool:
    """Whether a thing is asked of this kind of unit.

    >>> applies(ASKED["no_security"], "building_group"), applies(ASKED["households"], "building_group")
    (False, True)
    """
    return asked.everywhere or unit_kind == "community"
