from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from geo.bundling import BundlingError, Link, neighbours, touching

CRS = 4548


def frame(*shapes: shapely.Geometry, crs: int | None = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": [f"u{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def pairs(links: list[Link]) -> set[tuple[str, str]]:
    return {(link.a, link.b) for link in links}


def test_the_gap_is_measured_between_footprints_and_its_end_is_included() -> None:
    units = frame(box(0, 0, 100, 100), box(400, 0, 500, 100), box(800.5, 0, 900, 100))
    assert neighbours(units, 300) == [Link("u0", "u1", 300.0)]


def test_touching_and_overlapping_footprints_have_no_gap() -> None:
    units = frame(box(0, 0, 100, 100), box(100, 0, 200, 100), box(150, 50, 250, 150))
    assert {(link.a, link.b): link.gap for link in neighbours(units, 0)} == {
        ("u0", "u1"): 0.0,
        ("u1", "u2"): 0.0,
    }


def test_a_river_cuts_and_a_bridge_within_reach_joins_again() -> None:
    units = frame(
        box(0, 0, 100, 100), box(150, 0, 250, 100), box(0, 900, 100, 1000), box(150, 900, 250, 1000)
    )
    river = gpd.GeoSeries([box(110, -500, 140, 1500)], crs=CRS)
    assert neighbours(units, 100, river) == []
    bridge = [LineString([(105, 40), (145, 40)])]
    assert pairs(neighbours(units, 100, river, bridge)) == {("u0", "u1")}
    assert neighbours(units, 100, river, [Point(125, 300)], reach=50) == []


def test_a_barrier_along_a_shared_edge_cuts_but_one_that_only_meets_its_end_does_not() -> None:
    units = frame(box(0, 0, 100, 100), box(100, 0, 200, 100))
    assert neighbours(units, 10, [LineString([(100, -50), (100, 150)])]) == []
    assert pairs(neighbours(units, 10, [LineString([(100, 100), (100, 300)])])) == {("u0", "u1")}
    assert pairs(neighbours(units, 10, [LineString([(100, -10), (100, 60)])])) == {("u0", "u1")}


def test_barriers_in_another_system_are_brought_over() -> None:
    units = frame(Point(500_000, 3_500_000), Point(500_100, 3_500_000))
    rail = gpd.GeoDataFrame(geometry=[LineString([(500_050, 3_499_900), (500_050, 3_500_100)])], crs=CRS)
    assert neighbours(units, 200, rail.to_crs(4490)) == []


def test_cut_links_are_told_for_reasons() -> None:
    units = frame(Point(0, 0), Point(100, 0), Point(700, 0))
    links = neighbours(units, 300, [LineString([(50, -10), (50, 10)])], with_cut=True)
    assert links == [Link("u0", "u1", 100.0, "barrier"), Link("u1", "u2", 600.0, "gap")]


def test_every_small_group_is_told_its_nearest_way_out_once() -> None:
    places = [(0, 0), (100, 0), (200, 0), (900, 0), (1000, 0), (5000, 0)]
    links = neighbours(frame(*(Point(*place) for place in places)), 150, with_cut=True)
    # the pair 700 m off, and the one 4 km off from that pair; the largest group needs no way out
    assert [link for link in links if link.cut] == [
        Link("u2", "u3", 700.0, "gap"),
        Link("u4", "u5", 4000.0, "gap"),
    ]


def test_a_way_out_that_a_barrier_crosses_is_no_matter_of_the_gap() -> None:
    units = frame(Point(0, 0), Point(100, 0), Point(700, 0))
    links = neighbours(units, 300, [LineString([(400, -10), (400, 10)])], with_cut=True)
    assert links[-1] == Link("u1", "u2", 600.0, "barrier")


@pytest.mark.parametrize(
    ("units", "gap", "field"),
    [
        (frame(Point(117, 31), crs=4490), 300, "crs"),
        (frame(Point(0, 0), Point(1, 1)).assign(id="same"), 300, "id"),
        (frame(Point(0, 0), None), 300, "geometry"),
        (frame(Point(0, 0), Polygon()), 300, "geometry"),
        (frame(Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])), 300, "geometry"),
        (frame(Point(0, 0)), -1, "gap"),
        (frame(Point(0, 0)), float("nan"), "gap"),
    ],
)
def test_what_cannot_be_linked_is_named(units: gpd.GeoDataFrame, gap: float, field: str) -> None:
    with pytest.raises(BundlingError) as caught:
        neighbours(units, gap)
    assert caught.value.field == field


def test_an_invalid_barrier_is_refused() -> None:
    bow_tie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(BundlingError, match="barriers"):
        neighbours(frame(Point(0, 0), Point(5, 0)), 300, [bow_tie])


def test_no_units_no_links() -> None:
    assert neighbours(frame(), 300) == []
    assert neighbours(frame(Point(0, 0)), 300, with_cut=True) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2000)), max_size=25), st.integers(0, 800))
def test_links_agree_with_all_pairs(places: list[tuple[int, int]], gap: int) -> None:
    points = [Point(place) for place in places]
    wanted = {
        (f"u{i}", f"u{j}")
        for i in range(len(points))
        for j in range(i + 1, len(points))
        if np.hypot(*np.subtract(places[i], places[j])) <= gap
    }
    assert pairs(neighbours(frame(*points), gap)) == wanted


# ---- cells that touch -----------------------------------------------------------------------------------------


def test_cells_that_share_border_are_neighbours_and_corners_only_on_request() -> None:
    cells = frame(box(0, 0, 100, 100), box(100, 0, 200, 100), box(0, 100, 100, 200), box(100, 100, 200, 200))
    sides = {("u0", "u1"), ("u0", "u2"), ("u1", "u3"), ("u2", "u3")}
    assert pairs(touching(cells)) == sides
    assert pairs(touching(cells, corners=True)) == sides | {("u0", "u3"), ("u1", "u2")}


def test_a_slit_thinner_than_a_centimetre_is_no_gap_and_a_wider_one_is() -> None:
    assert pairs(touching(frame(box(0, 0, 99.995, 100), box(100, 0, 200, 100)))) == {("u0", "u1")}
    assert touching(frame(box(0, 0, 99.9, 100), box(100, 0, 200, 100)), corners=True) == []
    # corners a hair apart share no border
    assert touching(frame(box(0, 0, 99.995, 99.995), box(100, 100, 200, 200))) == []


def test_cells_without_common_vertices_and_overlapping_ones_touch() -> None:
    split = frame(box(0, 0, 300, 100), box(50, 100, 120, 200), Polygon([(120, 100), (300, 100), (210, 300)]))
    assert pairs(touching(split)) == {("u0", "u1"), ("u0", "u2")}
    assert pairs(touching(frame(box(0, 0, 100, 100), box(90, 0, 200, 100)))) == {("u0", "u1")}


def test_a_barrier_along_a_border_cuts_cells_even_across_a_slit() -> None:
    river = [LineString([(100, -50), (100, 250)])]
    for left in (100, 99.995):
        cells = frame(box(0, 0, left, 100), box(100, 0, 200, 100))
        assert touching(cells, barriers=river) == []
        assert [link.cut for link in touching(cells, barriers=river, with_cut=True)] == ["barrier"]
        assert pairs(touching(cells, barriers=river, bridges=[Point(100, 50)])) == {("u0", "u1")}
        assert neighbours(cells, 10, river) == []
    across = [LineString([(-50, 50), (250, 50)])]
    assert pairs(touching(frame(box(0, 0, 100, 100), box(100, 0, 200, 100)), barriers=across)) == {
        ("u0", "u1")
    }


def test_a_cell_without_neighbours_is_told_its_nearest() -> None:
    cells = frame(box(0, 0, 10, 10), box(500, 0, 510, 10))
    assert touching(cells, with_cut=True) == [Link("u0", "u1", 490.0, "gap")]
    assert touching(frame()) == []


def test_what_has_no_border_cannot_touch() -> None:
    with pytest.raises(BundlingError, match="unit u1 is no area"):
        touching(frame(box(0, 0, 1, 1), Point(5, 5)))


def test_precincts_touch_as_published() -> None:
    folder = Path(os.environ.get("WANGGE_TEST_DATA", "")) / "enumerated_districts"
    if not folder.is_dir():
        pytest.skip("WANGGE_TEST_DATA names no folder with the published precincts")
    cells = gpd.read_file(folder / "fl25.gpkg")
    plane = cells.to_crs(cells.estimate_utm_crs()) if cells.crs.is_geographic else cells
    lines = (folder / "fl25_adj_0based.txt").read_text().splitlines()
    published = {
        (min(a, int(b)), max(a, int(b)))
        for a, line in enumerate(lines)
        for b in line.replace(",", " ").split()
    }
    plane = plane.assign(id=[f"{row}" for row in range(len(plane))])
    assert {(int(link.a), int(link.b)) for link in touching(plane)} == published
