"""Cells of an import that should fit (拼接检查): what is wrong by row and place, safe fixes done, others on offer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geo.boundaries.check import FIXES, KINDS, CheckRules
from geo.boundaries.codes import region_prefix
from geo.crs import CGCS2000, zones
from geo.errors import BadInput
from geo.ingest.reading import ChildFailed, own_folder, run_child
from geo.ingest.reasons import Finding
from geo.ingest.repairs.ground import FITTING, Ground
from geo.ingest.repairs.settling import NONE, OFFERED
from geo.ingest.repairs.work import pack, unpack
from geo.ingest.rings import oriented
from geo.ingest.tables import ParsedTable

Transform = Callable[[np.ndarray], np.ndarray]

MOST_CELLS: Final = 100_000
"""Cells of one level that are looked at together; of more, nothing is said of their fit."""
_ID = re.compile(r"(overlap|hole|inside)-\d{1,6}")
_DONE: Final = {
    "made valid": ("图形已修复", "made valid"),
    "stitched": ("边界已缝合", "border stitched"),
    "sliver given or taken": ("碎面已归并", "sliver given or taken"),
    "gained a vertex": ("已补顶点", "gained a vertex"),
    "settled": ("按要求归并", "land given as asked"),
    "clipped": ("按要求裁剪", "cut as asked"),
}


def parse_repairs(words: Iterable[str]) -> tuple[str, ...]:
    """Return kinds of faults, or findings by their id, that somebody wants mended; `none` leaves the safe fixes out.

    Raises BadInput for a word that is neither.

    >>> parse_repairs(["overlap, hole", "inside-304961"])
    ('overlap', 'hole', 'inside-304961')
    """
    found = [word for one in words for word in re.split(r"[\s,，、]+", one) if word]
    for word in found:
        if word not in OFFERED and word != NONE and not _ID.fullmatch(word):
            raise BadInput(f"{word!r} is nothing to repair: {', '.join((*OFFERED, NONE))}", field="repair")
    return tuple(dict.fromkeys(found))


@dataclass
class Fitting:
    """One import's look at how its cells fit. `chosen` are the fixes that somebody asked for (`parse_repairs`).

    `progress(share)` is told how far the work is, 0–1, and `cancel` is asked whether to go on.
    """

    chosen: Sequence[str] = ()
    rules: CheckRules = field(default_factory=CheckRules)
    progress: Callable[[float], None] = lambda _share: None
    cancel: Callable[[], bool] = lambda: False
    cells: int = 0
    before: Counter[str] = field(default_factory=Counter)
    left: list[dict[str, Any]] = field(default_factory=list)
    mended: int = 0
    unchecked: int = 0
    _there: tuple[Transform, Transform] | None = None

    def fit(self, table: ParsedTable, to_stored: Transform | None, epsg: int | None) -> None:
        """Check and mend the cells of each level in the file's own coordinates, in place; findings are noted.

        `to_stored` brings these to longitude and latitude (None: they are). `epsg` is their system, None where it has
        no number: then they are metres of some plane.
        """
        shapes = table.shapes
        if shapes is None or table.kind.name not in FITTING:
            return
        groups = [group for group in _levels(table, shapes) if len(group) > 1]
        self.unchecked += sum(len(group) for group in groups if len(group) > MOST_CELLS)
        groups = [group for group in groups if len(group) <= MOST_CELLS]
        self.cells += sum(map(len, groups))
        if not groups:
            return
        if epsg in zones() and to_stored is not None:
            self._there = (_to_zone(epsg), to_stored)
        request = {"groups": groups, "degrees": epsg is not None and epsg not in zones()}
        found = self._ask("fit", request, {"shapes": _still(table, shapes)})
        if found:
            self._take(table, found, shapes, to_stored)

    def nest(self, table: ParsedTable, ground: Ground) -> None:
        """Hold the cells against their parents and the known cells beside them, in place.

        In the zone of the file where it has one: an edge that is straight there bends in degrees, by 0.1 m on 3 km.
        """
        if table.shapes is None or not ground.families:
            return
        families, there = ground.families, self._there
        request = {"families": families, "degrees": there is None}
        packed = {"shapes": _still(table, table.shapes), "known": ground.known, "outlines": ground.outlines}
        if there is not None:
            packed = {name: np.asarray(shapely.transform(each, there[0])) for name, each in packed.items()}
        found = self._ask("nest", request, packed)
        if not found:
            return
        covered = {position for family in families for position in family["cells"]}
        self._drop_told_twice(table, covered)
        for one in found["left"]:
            parent = ground.parents[one["parent"]]
            one["names"] = [ground.codes[at] for at in one["known"]] or [parent]
        self._take(table, found, table.shapes, there and there[1])
        changed = found["changed"]
        fresh = table.shapes[changed] if there is None else shapely.transform(table.shapes[changed], there[1])
        table.shapes[changed] = oriented(np.asarray(fresh))

    def _ask(
        self, work: str, request: dict[str, Any], shapes: dict[str, NDArray[np.object_]]
    ) -> dict[str, Any] | None:
        """Let a child do the work; None where it broke its limits, which is said in the summary."""
        with own_folder() as folder:
            for name, each in shapes.items():
                pack(folder, name, each)
            asked = {**request, "rules": self.rules.model_dump(mode="json"), "repair": list(self.chosen)}
            try:
                answer = run_child(work, folder, asked, only=None, progress=self.progress, cancel=self.cancel)
            except ChildFailed:
                self.unchecked = max(self.unchecked, self.cells)
                return None
            return {**answer, "shapes": unpack(folder, "changed")}

    def _take(
        self,
        table: ParsedTable,
        found: dict[str, Any],
        shapes: NDArray[np.object_],
        to_stored: Transform | None,
    ) -> None:
        """Put mended cells in their place, and note what was done and what is left."""
        self.before.update(found["before"])
        self.mended += len(found["mended"])
        shapes[found["changed"]] = found["shapes"]
        for one in found["mended"]:
            chinese, english = (" ".join(_DONE[done][n] for done in one["done"]) for n in (0, 1))
            sizes = {"before_m2": _round(one["before"]), "after_m2": _round(one["after"])}
            table.note(
                one["at"], "repaired", "fitted", detail={"done": {"zh": chinese, "en": english}, **sizes}
            )
        spots = np.array([(one["x"], one["y"]) for one in found["left"]], dtype=float).reshape(-1, 2)
        spots = spots if to_stored is None or not len(spots) else to_stored(spots)
        for one, spot in zip(found["left"], np.round(spots, 8).tolist(), strict=True):
            self._note(table, one, spot)

    def _note(self, table: ParsedTable, one: dict[str, Any], spot: list[float]) -> None:
        self.left.append(one)
        rows = [int(table.rows[at]) for at in one["cells"]]
        detail = {
            "id": one["id"], "kind": one["kind"], "rows": rows, "codes": one.get("names", []), "fix": one["fix"],
            "offered": one["offered"], **{name: _round(one[name]) for name in ("area_m2", "width_m", "length_m")},
            "place": spot if np.isfinite(spot).all() else None,
        }  # fmt: skip
        if not one["cells"]:
            code = one["names"][-1]
            table.findings.append(Finding(0, code, "suspicious", f"fit_{one['kind']}", detail=detail))
            return
        inside = one["kind"] == "inside"
        words = f"{rows[1]} by {one['share']:.1%}" if inside else ""
        key = "within" if inside else f"fit_{one['kind']}"
        table.note(one["cells"][0], "suspicious", key, text=words, detail=detail)

    def _drop_told_twice(self, table: ParsedTable, covered: set[int]) -> None:
        """A hole of cells that lie in a known parent is told as land of the parent that no cell has."""
        told = {one["id"] for one in self.left if one["kind"] == "hole" and {*one["cells"]} <= covered}
        self.left = [one for one in self.left if one["id"] not in told]
        table.findings[:] = [one for one in table.findings if (one.detail or {}).get("id") not in told]

    def as_json(self, table: ParsedTable) -> dict[str, Any] | None:
        """Return the settings, what was found by kind and what is left; None where nothing should fit."""
        if table.kind.name not in FITTING or table.shapes is None:
            return None
        left = Counter(one["kind"] for one in self.left)
        left.update(one.key for one in table.findings if one.key == "outside")
        offered = {kind: count for kind, count in left.items() if kind in OFFERED}
        return {
            "cells": self.cells, "unchecked": self.unchecked, "mended": self.mended, "repair": list(self.chosen),
            "rules": {name: getattr(self.rules, name) for name in ("sliver_area_m2", "sliver_width_m")},
            "before": dict(self.before), "left": dict(left), "offered": offered,
            "kinds": {kind: {"zh": chinese, "en": english} for kind, (_, chinese, english) in KINDS.items()},
            "fixes": {fix: {"zh": chinese, "en": english} for fix, (chinese, english) in FIXES.items()},
        }  # fmt: skip


def _to_zone(epsg: int) -> Transform:
    ahead = Transformer.from_crs(CGCS2000, epsg, always_xy=True)
    return lambda points: np.column_stack(ahead.transform(points[:, 0], points[:, 1]))


def _still(table: ParsedTable, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes of the rows that are still to be loaded, None for the others."""
    found = shapes.copy()
    found[~table.keep] = None
    return found


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _levels(table: ParsedTable, shapes: NDArray[np.object_]) -> list[list[int]]:
    """Return the positions of the shapes that should fit one another: of grids all, of regions those of one level."""
    there = table.keep & ~shapely.is_missing(shapes) & shapely.is_valid(shapes)
    groups: dict[int, list[int]] = {}
    for position in np.flatnonzero(there).tolist():
        code = re.sub(r"\D", "", table.code(position) or "").ljust(12, "0")
        level = len(region_prefix(code)) if table.kind.name == "regions" else 0
        groups.setdefault(level, []).append(position)
    return list(groups.values())
