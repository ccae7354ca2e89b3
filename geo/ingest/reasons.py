"""Why a row was refused, repaired or found suspicious, in both languages, with the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["repaired", "refused", "suspicious"]
Place = tuple[float, float]

_TEXTS: dict[str, tuple[str, str]] = {
    "required": ("{field}为空或无法识别", "{field} is empty or cannot be read"),
    "cell": ("“{text}”不能识别为{field}，按未知处理", "'{text}' cannot be read as {field}; kept as unknown"),
    "range": ("“{text}”是一个范围，{field}按未知处理", "'{text}' is a range; {field} is kept as unknown"),
    "percent": ("收缴率 {text} 按百分数理解", "the rate {text} is taken as per cent"),
    "code": ("编码“{text}”不符合编码规则", "the code '{text}' does not follow the rule of codes"),
    "retired": ("编码已于 {text} 停用，不再使用", "the code was retired on {text} and is never used again"),
    "prefix": ("编码不以上级编码 {text} 开头", "the code does not begin with its parent's {text}"),
    "parent": ("上级 {text} 不存在", "its parent {text} does not exist"),
    "level_parent": ("上级编码与级别不符", "the parent does not fit the level"),
    "seat": ("支部须有所属网格或小区", "a branch needs its grid or its community"),
    "duplicate": ("与第 {text} 行编码相同", "the same code as row {text}"),
    "area": ("不在您的管辖范围内", "outside your area"),
    "no_shape": ("没有图形，且库中尚无此编码", "no shape, and the code is not yet in the store"),
    "empty": ("图形为空", "the shape is empty"),
    "type": ("图形类型为 {text}，需要面", "the shape is a {text}, an area is needed"),
    "number": ("坐标不是有限数", "a coordinate is not a finite number"),
    "vertices": ("顶点数 {text} 超过上限", "{text} vertices are over the limit"),
    "system": ("坐标不可能属于 {text}", "its coordinates cannot be in {text}"),
    "extent": ("位置超出允许范围", "the place lies outside the extent that is taken"),
    "repaired": ("图形无效（{text}），已修复", "the shape was invalid ({text}) and was repaired"),
    "invalid": ("图形无效（{text}），且不能修复", "the shape is invalid ({text}) and could not be repaired"),
    "fitted": ("{done}，面积 {before} → {after} ㎡", "{done}: {before} → {after} m²"),
    "fit_overlap": (
        "与第 {others} 行重叠 {area} ㎡（宽 {width} m）",
        "overlaps row {others} by {area} m² ({width} m wide)",
    ),
    "fit_hole": ("第 {rows} 行之间有 {area} ㎡ 无归属", "{area} m² between rows {rows} belong to none"),
    "fit_gap": (
        "第 {rows} 行之间有缝隙 {area} ㎡（宽 {width} m）",
        "a gap of {area} m² between rows {rows} ({width} m wide)",
    ),
    "fit_mismatch": (
        "边界与相邻不贴合，长 {length} m",
        "its border does not fit its neighbours' over {length} m",
    ),
    "fit_sliver": ("碎面 {area} ㎡（宽 {width} m）", "a sliver of {area} m² ({width} m wide)"),
    "fit_multi_part": ("由多个部分组成，最小的 {area} ㎡", "of several parts, the least {area} m²"),
    "fit_uncovered": ("上级 {codes} 有 {area} ㎡ 未被覆盖", "{area} m² of the parent {codes} belong to none"),
    "fit_over_known": (
        "与库中 {codes} 重叠 {area} ㎡（宽 {width} m）",
        "overlaps {codes} in the store by {area} m² ({width} m wide)",
    ),
    "outside": ("{text}% 的面积在上级范围以外", "{text} % of its area lies outside its parent"),
    "within": ("图形与另一行重叠：第 {text}", "its shape lies over that of row {text}"),
    "order": ("结束日期不晚于开始日期", "the end is not after the start"),
    "overlap": ("与同一对象的另一服务期重叠（{text}）", "overlaps another period of the same unit ({text})"),
    "nobody": ("方式为无物业，却填写了企业", "the mode is none, yet a firm is named"),
    "per_household": ("户均人口 {text} 不合常理", "{text} residents per household is unusual"),
    "per_floor_area": ("户均建筑面积 {text} ㎡ 不合常理", "{text} m² of floor per household is unusual"),
    "per_building": ("每栋 {text} 户不合常理", "{text} households per building is unusual"),
    "year": ("年份 {text} 不合常理", "the year {text} is unusual"),
    "floors": ("层数 {text} 不合常理", "{text} floors is unusual"),
    "negative": ("{field}为负数（{text}），按未知处理", "{field} is negative ({text}); kept as unknown"),
    "match_doubtful": (
        "没有编码，待确认：最相近的是 {text}",
        "no code, to be settled: the nearest is {text}",
    ),
    "match_none": ("没有编码，库中没有与“{text}”相近的小区", "no code, and no community comes near '{text}'"),
    "match_left": (
        "没有编码，“{text}”已确认不是库中的小区",
        "no code; '{text}' was found to be none that is there",
    ),
    "contract_cut": (
        "原有合同会被缩短或取代：{text}",
        "shortens or replaces the contract that is there: {text}",
    ),
    "double": ("可能与 {text} 重复", "perhaps there already: {text}"),
    "double_left": ("与 {text} 重复，已确认不导入", "there already as {text}: found not to be loaded"),
    "match_gone": ("确认的小区 {text} 不存在或不在管辖范围内", "the community {text} is not in your area"),
    "building_parent": ("楼栋须有所属楼栋群或小区", "a building needs its group or its community"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was noticed about one row (source row number, 1-based; 0 = all) of the file. `place` is lon, lat in degrees.

    `detail` holds sizes, the rows and codes that it is about, and the fix on offer.
    """

    row: int
    code: str | None
    severity: Severity
    key: str
    field: str | None = None
    text: str = ""
    header: str = ""
    place: Place | None = None
    detail: Mapping[str, Any] | None = None

    def reason(self, language: Literal["zh", "en"] = "zh") -> str:
        """Return the sentence in a language."""
        chinese, english = _TEXTS[self.key]
        template, name = (chinese, self.header or self.field) if language == "zh" else (english, self.field)
        text = _in_chinese(self.text) if language == "zh" else self.text
        return template.format(field=name, text=text, **self._sizes(language))

    def _sizes(self, language: str) -> dict[str, str]:
        """Return what a sentence may say of the detail."""
        if self.detail is None:
            return {}
        mark = "、" if language == "zh" else ", "
        rows = [str(row) for row in self.detail.get("rows", ())]
        named = {name: value for name, value in self.detail.items() if name.endswith(("_m2", "_m"))}
        return {
            "rows": mark.join(rows),
            "others": mark.join(rows[1:]),
            "codes": mark.join(self.detail.get("codes", ())),
            "done": str(self.detail.get("done", {}).get(language, "")),
            **{name.partition("_")[0]: _shown(value) for name, value in named.items()},
        }

    def as_json(self) -> dict[str, object]:
        """Return the finding as plain JSON values."""
        return {
            "row": self.row or None,
            "code": self.code,
            "field": self.field,
            "severity": self.severity,
            "key": self.key,
            "reason": {"zh": self.reason("zh"), "en": self.reason("en")},
            "place": (self.detail or {}).get("place") or (list(self.place) if self.place else None),
            **({"detail": dict(self.detail)} if self.detail else {}),
        }


_OF_GEOS = {
    "Self-intersection": "自相交", "Ring Self-intersection": "环自相交", "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞套洞", "Nested shells": "部件互相套叠", "Duplicate Rings": "环重复",
    "Interior is disconnected": "内部不连通", "Too few points in geometry component": "顶点太少",
    "Invalid Coordinate": "坐标无效", "Ring is not closed": "环未闭合",
}  # fmt: skip
"""What GEOS says of an invalid shape → the same in Chinese."""


def _in_chinese(text: str) -> str:
    """Return what a sentence quotes: a fault that GEOS names in Chinese, `5 by 12.0%` as row and share."""
    row, by, share = text.partition(" by ")
    return f"{row} 行，占本图形面积 {share}" if by and share.endswith("%") else _OF_GEOS.get(text, text)


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
