"""Every kind of fault is found with its size and fix, and nothing is found where nothing is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Point, Polygon, box

from geo.boundaries.check import KINDS, Checked, CheckRules, Finding, check
from geo.boundaries.repair import repair

GIVEN = Path(os.environ.get("WANGGE_MAPS", "/nowhere"))
BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def array(shapes: list[Any]) -> NDArray[np.object_]:
    return np.array([*shapes, None], dtype=object)[:-1]


def found(shapes: list[Any], **more: Any) -> tuple[Finding, ...]:
    ids = more.pop("ids", [f"c{i}" for i in range(len(shapes))])
    rules = more.pop("rules", CheckRules())
    return check(Checked(ids, array(shapes), **more), rules).findings


def kinds(findings: tuple[Finding, ...]) -> list[str]:
    return [one.kind for one in findings]


def board(columns: int = 3, rows: int = 3, size: float = 10) -> list[Polygon]:
    return [
        box(x * size, y * size, (x + 1) * size, (y + 1) * size) for y in range(rows) for x in range(columns)
    ]


def test_cells_that_fit_have_no_fault():
    assert found(board()) == ()


def test_a_missing_shape_and_an_invalid_ring():
    one, two, *rest = found([None, BOWTIE, box(20, 0, 30, 10)])
    assert (one.kind, one.cells, one.shape) == ("missing", ("c0",), None)
    assert (two.kind, two.cells, two.shape.coords[0], two.safe) == ("invalid", ("c1",), (5, 5), True)
    assert kinds(tuple(rest)) == ["multi_part"]  # what the bow tie becomes


def test_an_overlap_is_told_from_a_sliver_by_area_and_width():
    wide, thin = (
        found([box(0, 0, 10, 10), box(9, 0, 20, 10)]),
        found([box(0, 0, 10, 10), box(9.99, 0, 20, 10)]),
    )
    assert (wide[0].kind, wide[0].area_m2, wide[0].fix, wide[0].safe) == ("overlap", 10.0, "decide", False)
    assert (thin[0].kind, thin[0].fix, thin[0].safe) == ("overlap", "give", True)


def test_one_cell_inside_another():
    (one,) = found([box(0, 0, 100, 100), box(40, 40, 50, 50)])
    assert (one.kind, one.cells, one.area_m2) == ("inside", ("c1", "c0"), 100.0)


def test_a_hole_is_told_from_a_gap():
    ring = [cell for i, cell in enumerate(board()) if i != 4]
    (hole,) = found(ring)
    assert (hole.kind, hole.area_m2, hole.severity) == ("hole", 100.0, "warning")
    (gap,) = found([*ring, box(10, 10, 20, 19.99)])
    assert (gap.kind, gap.severity, gap.fix) == ("gap", "error", "give")
    assert gap.area_m2 == pytest.approx(0.1)
    (told, *_) = reversed(
        found([*ring, box(10, 10, 20, 19.99)], rules=CheckRules(sliver_area_m2=0, sliver_width_m=0))
    )
    assert told.kind == "hole"  # the settings tell one from the other


def test_a_gap_is_found_although_the_cells_are_a_valid_coverage():
    inward = Polygon([(10, 10), (20, 10), (20, 20), (15, 18), (10, 20)])
    shapes = [*(cell for i, cell in enumerate(board()) if i not in (4, 7)), inward,
              Polygon([(10, 20), (20, 20), (20, 30), (10, 30)])]  # fmt: skip
    assert kinds(found(shapes)) == ["hole"]


def test_borders_with_different_vertices_are_a_misfit():
    assert set(kinds(found([box(0, 0, 10, 20), box(10, 0, 20, 10), box(10, 10, 20, 20)]))) == {"mismatch"}


def test_slivers_and_parts():
    findings = found([MultiPolygon([box(0, 0, 10, 10), box(50, 0, 50.02, 10)]), box(10, 0, 20, 10)])
    assert kinds(findings) == ["sliver", "multi_part"]
    assert findings[0].width_m == pytest.approx(0.02, rel=0.01)


def test_a_parent_shows_what_lies_beyond_it_and_what_nobody_has():
    cells = [box(0, 0, 10, 10), box(10, 0, 21, 10), box(20, 20, 30, 30)]
    findings = found([cells[0], cells[1]], parent=box(0, 0, 20, 12))
    assert [(one.kind, one.area_m2) for one in findings] == [("outside", 10.0), ("uncovered", 40.0)]
    ring = [cell for i, cell in enumerate(board()) if i != 4]
    assert [(one.kind, one.area_m2) for one in found(ring, parent=box(0, 0, 30, 30))] == [
        ("uncovered", 100.0)
    ]
    with_hole = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    assert found(ring, parent=with_hole) == ()


def test_buildings_in_two_cells_or_in_none():
    buildings = array(
        [box(1, 1, 2, 2), box(9, 4, 11, 6), box(9.9, 1, 10.001, 2), Point(35, 5), Point(10, 5), None]
    )
    names = ["whole", "cut", "within tolerance", "out", "on the border", "no shape"]
    findings = found(board(), buildings=buildings, building_names=names)
    assert [(one.kind, one.text.split(":")[0]) for one in findings] == [
        ("building_cut", "building cut"), ("building_out", "building out"),
    ]  # fmt: skip
    assert findings[0].cells == ("c0", "c1")


def test_sizes_by_profile_and_unknown_is_not_zero():
    counts = {"c0": 250.0, "c1": 700.0, "c2": 400.0, "c3": 5000.0, "c4": 120.0, "c5": float("nan")}
    findings = found(board(), households=counts, kinds={"c3": "专属网格", "c4": "老旧小区"})
    assert [(one.kind, one.cells, one.fix) for one in findings] == [
        ("too_few_households", ("c0",), "merge"), ("too_many_households", ("c1",), "split"),
    ]  # fmt: skip


def test_households_are_counted_from_buildings():
    buildings = array([box(1, 1, 2, 2), box(3, 3, 4, 4), box(11, 1, 12, 2), box(21, 1, 22, 2)])
    findings = found(
        board(3, 1), buildings=buildings, building_names=list("abcd"), building_households=np.array([300, 250, np.nan, 310])
    )  # fmt: skip
    assert [(one.kind, one.cells) for one in findings] == [("too_many_households", ("c0",))]


def test_codes():
    shapes = board(2, 2)
    codes = ["990101001001002", "990101001001003", "99010100100101", "990101001001003"]
    rules = CheckRules(code_digits=15)
    findings = found(
        shapes, codes=codes, prefix="990101001001", retired=frozenset({"990101001001002"}), rules=rules
    )
    assert set(kinds(findings)) == {"code_form", "code_duplicate", "code_reused"}
    assert kinds(found(shapes, codes=[None, *"abc"], prefix="a")) == [
        "code_missing",
        "code_prefix",
        "code_prefix",
    ]
    numbered = ["990101001001002", "990101001001004", "990101001001001", "990101001001003"]
    assert found(shapes, codes=numbered, rules=rules) == ()
    (order,) = found(shapes, codes=numbered[::-1], rules=rules)
    assert order.kind == "code_order"


def test_every_kind_has_its_words():
    assert all(severity in ("error", "warning") and zh and en for severity, zh, en in KINDS.values())
    row = found([box(0, 0, 10, 10), box(9, 0, 20, 10)])[0].row()
    assert (row["kind_zh"], row["x"], row["area_m2"]) == ("重叠", 9.5, 10.0)


# ---- repair -----------------------------------------------------------------------------------------------


def test_repair_does_the_safe_and_leaves_the_rest():
    ring = [cell for i, cell in enumerate(board()) if i not in (4, 8)]
    shapes = [*ring, box(10, 10, 20, 19.99), box(19.99, 20, 30, 30), box(50, 0, 60, 10), box(58, 0, 70, 10)]
    made = repair(Checked([f"c{i}" for i in range(len(shapes))], array(shapes)))
    assert made.left.counts() == {"overlap": 1}
    untouched = [i for i, (old, new) in enumerate(zip(shapes, made.shapes, strict=True)) if old is new]
    assert set(untouched) == {0, 1, 2, 3, 4, 5}
    assert shapely.coverage_is_valid(made.shapes[:9])


def test_repair_makes_rings_valid_and_hands_out_what_is_wider_than_the_stitching():
    shapes = array([BOWTIE, box(20, 0, 30, 10), box(29.9, 0, 40, 10)])
    made = repair(Checked(["a", "b", "c"], shapes), CheckRules(sliver_area_m2=2))
    assert made.left.counts() == {"multi_part": 1}
    assert {one.cell: round(one.area_m2, 6) for one in made.mended} == {"a": 0, "b": 0, "c": -1}
    assert made.shapes[1].intersection(made.shapes[2]).area == 0


def test_repair_of_a_gap_without_the_stitching():
    ring = [cell for i, cell in enumerate(board()) if i != 4]
    shapes = array([*ring, Polygon([(10, 10), (20, 10), (20, 20), (15, 19.9), (10, 20)])])
    made = repair(Checked([str(i) for i in range(9)], shapes), CheckRules(sliver_area_m2=1))
    assert made.left.findings == ()
    assert sum(shapely.area(made.shapes)) == pytest.approx(900)


# ---- real files -------------------------------------------------------------------------------------------


def real(path: str, metres: float = 1.0, **more: Any) -> Checked:
    if not (GIVEN / path).exists():
        pytest.skip(f"no {path} in the folder named by WANGGE_MAPS")
    shapes = np.asarray(gpd.read_file(GIVEN / path).geometry.array, dtype=object)
    return Checked([str(i) for i in range(len(shapes))], shapes, lambda points: points * metres, **more)


FOOT = 1200 / 3937
DENVER = "us_denver_precincts/DenverCo_precincts2016_{}.zip"


def test_the_repaired_precincts_have_only_their_real_holes():
    report = check(real(DENVER.format("repaired"), FOOT))
    assert report.counts() == {"hole": 10, "multi_part": 1}


def test_against_the_repaired_outline_the_original_shows_every_piece_that_the_repair_changed():
    good, bad = real(DENVER.format("repaired"), FOOT), real(DENVER.format("orig"), FOOT)
    outline = shapely.coverage_union_all(good.shapes)
    report = check(Checked(bad.ids, bad.shapes, bad.plane, outline))
    area = {kind: sum(one.area_m2 or 0 for one in report.findings if one.kind == kind) for kind in KINDS}
    land = shapely.coverage_union_all(bad.shapes)
    assert area["outside"] == pytest.approx(shapely.difference(land, outline).area * FOOT**2, rel=1e-6)
    assert area["uncovered"] == pytest.approx(shapely.difference(outline, land).area * FOOT**2, rel=1e-6)


def test_large_gaps_and_overlaps_are_reported_and_not_filled():
    what = real("us_denver_precincts/CO_bad_gap_region.zip", FOOT)
    made = repair(what)
    large = {"overlap": 3, "hole": 3}
    assert {**made.before.counts(), "overlap": 3} == large
    assert made.left.counts() == large
    assert max(abs(one.area_m2) for one in made.mended) < 1


@pytest.mark.slow
def test_wuhan_slivers_are_told_from_holes_and_stitched():
    made = repair(real("cn_wuhan_communities/wuhan_communities.gpkg"), CheckRules(sliver_area_m2=10))
    before, left = made.before.counts(), made.left.counts()
    assert (before["gap"], before["hole"], before["inside"], before["invalid"]) == (1303, 35, 1, 4)
    assert (left["hole"], left["inside"]) == (35, 1)
    assert not {"gap", "overlap", "mismatch", "invalid"} & set(left)
