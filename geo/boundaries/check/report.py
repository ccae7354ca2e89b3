"""What a check reports: the rules it held the cells against, and one finding for each fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from shapely.geometry.base import BaseGeometry

Severity = Literal["error", "warning"]
Plane = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Brings x and y (n, 2) of the cells into metres of a plane."""

KINDS: Final[Mapping[str, tuple[Severity, str, str]]] = {
    "crs": ("error", "坐标系问题", "coordinate system missing or wrong"),
    "missing": ("error", "无图形", "no shape"),
    "invalid": ("error", "图形无效", "invalid ring"),
    "overlap": ("error", "重叠", "two cells overlap"),
    "inside": ("error", "套叠", "a cell lies inside another"),
    "hole": ("warning", "空洞", "land within the outline that no cell has"),
    "gap": ("error", "缝隙", "a gap: a hole below the settings' area or width"),
    "mismatch": ("error", "边界不贴合", "borders that do not share their vertices"),
    "sliver": ("warning", "碎面", "a cell, or part of one, below the settings' area or width"),
    "multi_part": ("warning", "多部件", "a cell of several parts"),
    "outside": ("error", "越界", "beyond the parent"),
    "uncovered": ("error", "未覆盖", "land of the parent that no cell has"),
    "building_cut": ("error", "切割房屋", "a building in two cells"),
    "building_out": ("error", "房屋无归属", "a building in no cell"),
    "too_few_households": ("warning", "户数偏少", "fewer households than the profile"),
    "too_many_households": ("warning", "户数偏多", "more households than the profile"),
    "code_missing": ("error", "缺编码", "no code"),
    "code_form": ("error", "编码格式", "the code does not follow the scheme"),
    "code_prefix": ("error", "编码前缀", "the code does not begin with the parent's"),
    "code_duplicate": ("error", "编码重复", "a code is given twice"),
    "code_reused": ("error", "编码复用", "a retired code is given again"),
    "code_order": ("warning", "编号次序", "not numbered west to east, north to south"),
}
"""Every kind of fault: severity, and what it is called in Chinese and English."""

FIXES: Final[Mapping[str, tuple[str, str]]] = {
    "make_valid": ("修复图形", "make the ring valid"),
    "stitch": ("缝合边界", "give both cells the same vertices"),
    "give": ("并入相邻", "give it to the neighbour with the longest border"),
    "decide": ("人工确定", "decide whose it is"),
    "clip": ("裁剪至上级边界", "cut it off at the parent's border"),
    "rehome": ("调整房屋归属", "lead the border round the building"),
    "split": ("分割", "split the cell"),
    "merge": ("合并", "merge it with a neighbour"),
    "renumber": ("重新编号", "number anew"),
    "declare": ("指定坐标系", "say the coordinate system"),
}
"""Every fix on offer. `make_valid`, `stitch` and `give` are safe below the settings, the rest needs a person."""


class CheckRules(BaseModel):
    """What a check holds cells against; printed beside every count, since slivers and holes are told apart by it."""

    model_config = ConfigDict(frozen=True)

    sliver_area_m2: float = Field(default=0.5, ge=0)
    """Land with less area is a sliver, not a hole or an overlap that somebody has to decide about."""
    sliver_width_m: float = Field(default=0.05, ge=0)
    """So is what is narrower: width = 2 × area ÷ perimeter."""
    building_tolerance_m2: float = Field(default=0.5, ge=0)
    noise_m2: float = Field(default=1e-4, ge=0)
    """What two layers that were not noded together differ by through rounding."""
    households: tuple[float, float] = (300, 500)
    """Profile of a basic grid. Others by kind of grid; None is exempt."""
    profiles: Mapping[str, tuple[float, float] | None] = {
        "dedicated": None, "专属网格": None, "special": (100, 300), "老旧小区": (100, 300),
    }  # fmt: skip
    code_digits: int | None = Field(default=None, ge=1)
    """Length of a code; None: not looked at."""
    number_digits: int = Field(default=3, ge=1)
    """Digits of the number at a code's end; what stands before is the parent's code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: what, of which cells, where (in the cells' coordinates), how much, and the fix on offer."""

    kind: str
    cells: tuple[str, ...]
    shape: BaseGeometry | None
    area_m2: float | None = None
    width_m: float | None = None
    length_m: float | None = None
    fix: str | None = None
    safe: bool = False
    """Whether `repair` does it by itself."""
    text: str = ""

    @property
    def severity(self) -> Severity:
        """Error or warning, by kind."""
        return KINDS[self.kind][0]

    def row(self) -> dict[str, Any]:
        """Return plain JSON members but for the shape."""
        place = None if self.shape is None or self.shape.is_empty else self.shape.representative_point()
        return {
            "kind": self.kind, "kind_zh": KINDS[self.kind][1], "severity": self.severity, "cells": list(self.cells),
            "area_m2": _round(self.area_m2), "width_m": _round(self.width_m), "length_m": _round(self.length_m),
            "fix": self.fix, "safe": self.safe, "text": self.text,
            "x": None if place is None else place.x, "y": None if place is None else place.y,
        }  # fmt: skip


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, errors first, with the rules they rest on."""

    findings: tuple[Finding, ...]
    rules: CheckRules
    cells: int
    notes: tuple[str, ...] = field(default=())

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of the kinds."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings errors first, by kind, the largest first."""
    kinds = list(KINDS)
    return tuple(
        sorted(
            findings,
            key=lambda one: (
                one.severity,
                kinds.index(one.kind),
                -(one.area_m2 or one.length_m or 0),
                one.cells,
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Measure:
    """Measures shapes of the cells' coordinates in square metres and metres."""

    plane: Plane

    def flat(self, shapes: Any) -> NDArray[np.object_]:
        """Return shapes in the plane."""
        found = np.array([*shapes, None], dtype=object)[:-1]
        if not len(found):
            return found
        flat: NDArray[np.object_] = shapely.transform(found, self.plane)
        return flat

    def areas_widths(self, shapes: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return area in m² and mean width in m (2 × area ÷ perimeter) of each shape."""
        flat = self.flat(shapes)
        area, length = shapely.area(flat), shapely.length(flat)
        return area, np.divide(2 * area, length, out=np.zeros_like(area), where=length > 0)

    def lengths(self, shapes: Any) -> NDArray[np.float64]:
        """Return length in m of each shape."""
        found: NDArray[np.float64] = shapely.length(self.flat(shapes))
        return found
