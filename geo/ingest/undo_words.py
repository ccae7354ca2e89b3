"""What stands in the way of an undo (撤销受阻), in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_KINDS: Final = {
    "import": ("导入", "import"), "undo": ("撤销", "undo"), "change": ("变更", "change"),
    "correction": ("更正", "correction"), "contract": ("签约", "contract"), "plan": ("网格方案", "grid plan"),
}  # fmt: skip
_CHILDREN: Final = {
    "region": ("行政区划", "regions"), "grid": ("网格", "grids"), "community": ("小区", "communities"),
    "building_group": ("楼栋群", "building groups"), "building": ("楼栋", "buildings"), "firm": ("企业", "firms"),
    "branch": ("党支部", "branches"), "service_period": ("服务期", "service periods"),
    "package_unit": ("标包", "packages"),
}  # fmt: skip


def in_the_way(how: str, first: Mapping[str, Any]) -> tuple[str, str]:
    """Say why something cannot be undone, by its first example.

    `how`: `changed` since, what was replaced would stand `beside` something newer, or its code is `used`.

    >>> made = {"change_set": 12, "kind": "import", "source": "b.xlsx"}
    >>> in_the_way("changed", {"code": "C1", "source_row": 5, **made})[1]
    'later work stands on this import: C1 (row 5) was changed by import 12 (b.xlsx); undo that first'
    """
    code, (zh, en) = first["code"], _maker(first)
    if how == "used":
        child = _CHILDREN.get(first["used_by"], (first["used_by"], first["used_by"]))
        times = first["times"]
        since = (f"（{zh}）", f", brought by {en}") if first["change_set"] else ("", "")
        return (
            f"后来的工作以这次导入为基础：{code} 已被 {times} 条{child[0]}记录引用{since[0]}，请先处理",
            f"later work stands on this import: {code} is used by {times} of the {child[1]}{since[1]}; settle that"
            " first",
        )
    row = first.get("source_row")
    if how == "beside":
        at = (f"第 {row} 行", f"row {row} of ") if row else ("", "")
        return (
            f"后来的工作以这次导入为基础：{code} 撤销后恢复的内容，与{zh}{at[0]}所写的同一时期重叠，请先撤销后者",
            f"later work stands on this import: what would be known of {code} again overlaps with what {at[1]}{en}"
            " says of the same days; undo that first",
        )
    at = (f"（第 {row} 行）", f" (row {row})") if row else ("", "")
    return (
        f"后来的工作以这次导入为基础：{code}{at[0]}已被{zh}改动，请先撤销它",
        f"later work stands on this import: {code}{at[1]} was changed by {en}; undo that first",
    )


def _maker(first: Mapping[str, Any]) -> tuple[str, str]:
    """Return whose change set it is: its kind, number, and file or author."""
    zh, en = _KINDS.get(first.get("kind") or "", ("变更", "change"))
    told = first.get("source") or first.get("by")
    return (
        f"{zh} {first['change_set']} 号" + (f"（{told}）" if told else ""),
        f"{en} {first['change_set']}" + (f" ({told})" if told else ""),
    )
