"""What the child does with cells that should fit: checks, the safe fixes, and those that were asked for.

Shapes come and go as in `geo.ingest.reading`; everything else is plain JSON. Cells are named by their position.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.boundaries.check import Checked, CheckRules, Finding, Report, check
from geo.boundaries.check.report import Measure, Plane
from geo.boundaries.repair import repair
from geo.crs import CGCS2000, plane_zone
from geo.ingest.repairs.settling import NONE, OFFERED, settled, within, without

FIT_KINDS: Final = ("overlap", "inside", "hole", "gap", "mismatch", "sliver", "multi_part")
NEST_KINDS: Final = ("uncovered", "over_known")


@dataclass
class _Outcome:
    """What one piece of work says: cells that changed, what was found before and what is left."""

    shapes: NDArray[np.object_]
    mended: list[dict[str, Any]] = field(default_factory=list)
    before: Counter[str] = field(default_factory=Counter)
    left: list[dict[str, Any]] = field(default_factory=list)

    def mend(self, at: int, done: Sequence[str], areas: tuple[float, float]) -> None:
        """Note a cell that changed, with its area in m² before and after."""
        self.mended.append({"at": at, "done": list(done), "before": areas[0], "after": areas[1]})


def fit(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Check and mend groups of cells that should fit each other (`groups`: positions), in a system of the file's.

    `degrees` says that coordinates are longitudes and latitudes; `repair` names kinds or findings to settle.
    """
    out = _Outcome(_read(folder, "shapes"))
    rules, plane = CheckRules(**request["rules"]), _plane(out.shapes, request["degrees"])
    for number, group in enumerate(request["groups"]):
        _fit_group(out, np.array(group, dtype=np.int64), (rules, plane), request["repair"])
        _say(folder, (number + 1) / len(request["groups"]))
    return _answer(out, folder)


def _fit_group(
    out: _Outcome, group: NDArray[np.int64], how: tuple[CheckRules, Plane], chosen: Sequence[str]
) -> None:
    rules, plane = how
    what = Checked([str(n) for n in range(len(group))], out.shapes[group], plane)
    report = check(what, rules)
    out.before.update(report.counts())
    done: dict[int, list[str]] = {}
    if NONE not in chosen and any(one.safe for one in report.findings):
        made = repair(what, rules)
        report, what = made.left, replace(what, shapes=made.shapes)
        done = {int(one.cell): list(one.done) for one in made.mended}
    wanted = [
        one
        for name, one in _numbered(report, group)
        if OFFERED.get(one.kind) and {name, one.kind} & {*chosen}
    ]
    if wanted:
        fresh = settled(what, wanted)
        for at in np.flatnonzero(fresh != what.shapes).tolist():
            done.setdefault(at, []).append("settled")
        what = replace(what, shapes=fresh)
        report = check(what, rules)
    _note_mended(out, group, what, done)
    measure = Measure(plane)
    for name, one in _numbered(report, group):
        of = measure.areas_widths(what.shapes[[int(one.cells[0])]])[0][0] if one.kind == "inside" else 0.0
        share = (one.area_m2 or 0.0) / of if of else None
        out.left.append(_row(name, one, [int(group[int(cell)]) for cell in one.cells], share=share))


def _note_mended(out: _Outcome, group: NDArray[np.int64], what: Checked, done: dict[int, list[str]]) -> None:
    measure, ats = Measure(what.plane), sorted(done)
    old, new = (measure.areas_widths(each[ats])[0].tolist() for each in (out.shapes[group], what.shapes))
    for at, *areas in zip(ats, old, new, strict=True):
        out.mend(int(group[at]), done[at], (areas[0], areas[1]))
    out.shapes[group] = what.shapes


def _numbered(report: Report, group: NDArray[np.int64]) -> list[tuple[str, Finding]]:
    """Return findings under names by kind and rows, which stay whatever else is mended: `overlap-304961`."""
    seen: Counter[str] = Counter()
    named = []
    for one in report.findings:
        if one.kind in FIT_KINDS:
            about = f"{one.kind} {sorted(int(group[int(cell)]) for cell in one.cells)}"
            seen[about] += 1
            named.append((f"{one.kind}-{crc32(f'{about} {seen[about]}'.encode()) % 1_000_000}", one))
    return named


def _row(name: str, one: Finding, cells: Sequence[int], **more: Any) -> dict[str, Any]:
    """Return a finding as plain JSON, its cells by position."""
    return {**one.row(), "id": name, "cells": list(cells), "fix": OFFERED.get(one.kind, one.fix),
            "offered": one.kind in OFFERED, **more}  # fmt: skip


# ---- in the parent ----------------------------------------------------------------------------------------


def nest(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Hold cells against their parents and against known cells of the same parents, all in one system.

    `families` have `cells` (positions of shapes), `known` (of known ones) and `parent` (of an outline).
    """
    out = _Outcome(_read(folder, "shapes"))
    known, outlines = _read(folder, "known"), _read(folder, "outlines")
    rules, plane = CheckRules(**request["rules"]), _plane(out.shapes, request["degrees"])
    for number, family in enumerate(request["families"]):
        there, parent = known[family["known"]], outlines[family["parent"]]
        if {"outside", "over_known"} & {*request["repair"]}:
            _cut(out, family["cells"], (there, parent), (rules, plane, request["repair"]))
        ids = [str(n) for n in range(len(family["cells"]) + len(there))]
        what = Checked(ids, np.concatenate([out.shapes[family["cells"]], there]), plane, parent=parent)
        _note_family(out, check(what, rules), family, rules)
        _say(folder, (number + 1) / len(request["families"]))
    return _answer(out, folder)


def _note_family(out: _Outcome, report: Report, family: dict[str, Any], rules: CheckRules) -> None:
    mine = family["cells"]
    for one in report.findings:
        new = [mine[int(cell)] for cell in one.cells if int(cell) < len(mine)]
        old = [family["known"][int(cell) - len(mine)] for cell in one.cells if int(cell) >= len(mine)]
        real = (one.area_m2 or 0) >= rules.sliver_area_m2 and (one.width_m or 0) >= rules.sliver_width_m
        kind = "over_known" if one.kind in ("overlap", "inside") and new and old else one.kind
        if kind not in NEST_KINDS or not real:
            continue
        row = _row("", one, new, known=old, parent=family["parent"])
        out.left.append({**row, "kind": kind, "fix": OFFERED.get(kind, one.fix), "offered": kind in OFFERED})


def _cut(
    out: _Outcome,
    cells: Sequence[int],
    ground: tuple[NDArray[np.object_], BaseGeometry],
    how: tuple[CheckRules, Plane, Sequence[str]],
) -> None:
    """Cut cells at their parent's border, and known cells out of them, as asked; what is a sliver stays."""
    (there, parent), (rules, plane, chosen) = ground, how
    measure, tree = Measure(plane), shapely.STRtree(there)
    for at in cells:
        old = new = out.shapes[at]
        if "outside" in chosen and not shapely.covered_by(new, parent):
            new = within(new, parent)
        if "over_known" in chosen:
            for other in tree.query(new, "intersects").tolist():
                new = without(new, there[other])
        areas, widths = measure.areas_widths([shapely.difference(old, new), old, new])
        if new is not old and areas[0] >= rules.sliver_area_m2 and widths[0] >= rules.sliver_width_m:
            out.shapes[at] = new
            out.mend(at, ["clipped"], (float(areas[1]), float(areas[2])))


# ---- in and out -------------------------------------------------------------------------------------------


def _read(folder: Path, name: str) -> NDArray[np.object_]:
    offsets = np.load(folder / f"{name}.npy", allow_pickle=False)
    content = (folder / f"{name}.wkb").read_bytes()
    blobs = np.empty(len(offsets) - 1, dtype=object)
    blobs[:] = [content[a:b] or None for a, b in pairwise(offsets)]
    found: NDArray[np.object_] = np.asarray(shapely.from_wkb(blobs), dtype=object)
    return found


def pack(folder: Path, name: str, shapes: NDArray[np.object_]) -> None:
    """Write shapes for the other side; one that is missing is nought long."""
    blobs = [b"" if blob is None else bytes(blob) for blob in shapely.to_wkb(shapes)]
    np.save(folder / f"{name}.npy", np.cumsum([0, *map(len, blobs)], dtype=np.int64))
    (folder / f"{name}.wkb").write_bytes(b"".join(blobs))


def unpack(folder: Path, name: str) -> NDArray[np.object_]:
    """Return shapes that the other side wrote."""
    return _read(folder, name)


def _answer(out: _Outcome, folder: Path) -> dict[str, Any]:
    """Write the cells that changed; return everything else."""
    changed = sorted({one["at"] for one in out.mended})
    pack(folder, "changed", out.shapes[changed])
    return {"changed": changed, "mended": out.mended, "before": dict(out.before), "left": out.left}


def _say(folder: Path, share: float) -> None:
    """Tell the parent how far the work is."""
    (folder / "progress.part").write_text(json.dumps(share), "utf-8")
    (folder / "progress.part").rename(folder / "progress.json")


def _plane(shapes: NDArray[np.object_], degrees: bool) -> Plane:
    """Return the map of coordinates to metres: of degrees by the zone in their middle, of a plane none."""
    there = shapes[~shapely.is_missing(shapes)]
    if not degrees or not len(there):
        return lambda points: points
    west, _, east, _ = shapely.total_bounds(there)
    ahead = pyproj.Transformer.from_crs(CGCS2000, plane_zone((west + east) / 2), always_xy=True)
    return lambda points: np.column_stack(ahead.transform(points[:, 0], points[:, 1]))
