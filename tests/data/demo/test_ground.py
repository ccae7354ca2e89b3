"""Every level tiles its parent exactly, in Gauss-Krüger and after reprojection to EPSG:4490."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.demo import District

LEVELS = ("subdistrict", "neighbourhood", "grid")


def layer(district: District, level: str, epsg: int) -> gpd.GeoSeries:
    frame = district.grids if level == "grid" else district.regions[district.regions["level"] == level]
    return frame.set_index("code").geometry.to_crs(epsg)


@pytest.mark.parametrize("epsg", [4527, 4490])
@pytest.mark.parametrize("level", LEVELS)
def test_level_is_a_clean_coverage_of_the_district(district: District, level: str, epsg: int) -> None:
    shapes = layer(district, level, epsg).to_numpy()
    whole = layer(district, "district", epsg).iloc[0]
    gap = 0.05 if epsg == 4527 else 5e-7
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_empty(shapely.coverage_invalid_edges(shapes, gap_width=gap)).all()
    assert shapely.coverage_union_all(shapes).equals(whole)
    assert {shapely.get_type_id(s) for s in shapes} == {3}


@pytest.mark.parametrize("epsg", [4527, 4490])
@pytest.mark.parametrize(
    ("level", "parent", "prefix"), [("neighbourhood", "subdistrict", 9), ("grid", "neighbourhood", 12)]
)
def test_children_make_up_their_own_parent(
    district: District, level: str, parent: str, prefix: int, epsg: int
) -> None:
    children = layer(district, level, epsg)
    for code, shape in layer(district, parent, epsg).items():
        own = children[children.index.str[:prefix] == str(code)[:prefix]].to_numpy()
        union = shapely.coverage_union_all(own)
        assert union.equals(shape)
        assert shapely.symmetric_difference(union, shape).area == 0


def test_every_vertex_on_a_border_stands_in_the_parent_too(district: District) -> None:
    grids = layer(district, "grid", 4527)
    for level, prefix in (("neighbourhood", 12), ("subdistrict", 9), ("district", 6)):
        for code, shape in layer(district, level, 4527).items():
            own = shapely.get_coordinates(grids[grids.index.str[:prefix] == str(code)[:prefix]].to_numpy())
            own = np.unique(own, axis=0)
            edge = own[shapely.dwithin(shapely.points(own), shape.exterior, 0.001)]
            assert {tuple(p) for p in edge} == {tuple(p) for p in shapely.get_coordinates(shape)}


def test_sizes_are_those_of_a_city(district: District) -> None:
    hectares = layer(district, "grid", 4527).area / 1e4
    assert hectares.min() > 3
    assert hectares.max() < 30
    per_neighbourhood = district.grids.groupby("neighbourhood").size()
    assert per_neighbourhood.min() >= 2


def test_grids_are_numbered_without_holes(district: District) -> None:
    for _, codes in district.grids.groupby("neighbourhood")["code"]:
        assert sorted(codes.str[-3:].astype(int)) == list(range(1, len(codes) + 1))


def test_base_features_lie_in_the_district(district: District) -> None:
    whole = layer(district, "district", 4527).iloc[0]
    features = district.base_features
    assert set(features["kind"]) == {"arterial", "street", "railway", "river"}
    assert features["name"].notna().all()
    assert shapely.covers(whole.buffer(0.5), features.geometry.to_numpy()).all()
    water = features[features["kind"] == "river"].geometry
    roofs = district.buildings.geometry.to_numpy()
    assert not shapely.intersects(roofs, water.union_all()).any()


def test_no_road_or_railway_runs_through_a_building(district: District) -> None:
    lines = district.base_features[district.base_features["kind"] != "river"].geometry.to_numpy()
    assert (
        shapely.STRtree(lines).query(district.buildings.geometry.to_numpy(), predicate="intersects").size == 0
    )
