"""Communities, groups and buildings: sums, places, calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from data.demo import District


def grid_of_buildings(district: District) -> pd.Series:
    roofs, grids = district.buildings.geometry.to_numpy(), district.grids.geometry.to_numpy()
    touched = shapely.STRtree(grids).query(roofs, predicate="intersects")
    assert len(touched[0]) == len(roofs), "a building touches two grids or none"
    assert shapely.contains_properly(grids[touched[1]], roofs[touched[0]]).all()
    return pd.Series(district.grids["code"].to_numpy()[touched[1]], index=touched[0]).sort_index()


def test_each_building_is_in_one_grid_of_its_recorded_neighbourhood(district: District) -> None:
    grid = grid_of_buildings(district)
    assert (grid.str[:12].to_numpy() == district.buildings["code"].str[:12].to_numpy()).all()


def test_some_large_communities_straddle_grids(district: District) -> None:
    frame = district.buildings.assign(grid=grid_of_buildings(district).to_numpy())
    grids = frame.dropna(subset="community").groupby("community")["grid"].nunique()
    assert 30 <= (grids > 1).sum() <= 120


def test_communities_do_not_overlap(district: District) -> None:
    shapes = district.communities.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (left == right).all()


def test_communities_stand_back_from_the_streets(district: District) -> None:
    main = district.base_features[district.base_features["kind"] != "river"].geometry.to_numpy()
    assert (
        shapely.STRtree(main).query(district.communities.geometry.to_numpy(), predicate="intersects").size
        == 0
    )


def test_sums_over_buildings_are_the_totals(district: District) -> None:
    columns = ["households", "residents", "floor_area"]
    for key, table in (("community", district.communities), ("group", district.building_groups)):
        sums = district.buildings.dropna(subset=key).groupby(key)[columns].sum(min_count=1)
        own = table.set_index("code").loc[sums.index]
        assert (sums[["households", "residents"]] == own[["households", "residents"]]).all().all()
        assert np.allclose(
            sums["floor_area"].astype(float), own["floor_area"].astype(float), atol=0.05, equal_nan=True
        )
        assert (district.buildings.groupby(key).size().loc[sums.index] == own["building_count"]).all()
    assert set(district.communities["code"]) == set(district.buildings["community"].dropna())


def test_more_than_six_buildings_means_two_to_six_groups(district: District) -> None:
    groups = district.building_groups.dropna(subset="community").groupby("community").size()
    large = district.communities[district.communities["building_count"] > 6]
    assert set(groups.index) == set(large["code"])
    assert groups.between(2, 6).all()


def test_groups_are_disjoint_parts_of_their_community(district: District) -> None:
    groups = district.building_groups.dropna(subset="community").reset_index(drop=True)
    shapes = groups.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (left == right).all()
    homes = district.communities.set_index("code").geometry.loc[groups["community"]].to_numpy()
    assert shapely.covers(shapely.buffer(homes, 0.001), shapes).all()


def test_buildings_stand_apart_inside_their_group_and_community(district: District) -> None:
    roofs = district.buildings.geometry.to_numpy()
    left, right = shapely.STRtree(roofs).query(roofs, predicate="intersects")
    assert (left == right).all()
    for key, table in (("community", district.communities), ("group", district.building_groups)):
        own = district.buildings.dropna(subset=key)
        around = table.set_index("code").geometry.loc[own[key]].to_numpy()
        assert shapely.contains_properly(around, own.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("kind", "households", "hectares", "floors"),
    [("old", (100, 250), (1.0, 2.0), (5, 7)), ("commercial", (800, 2500), (10.0, 30.0), (11, 33)),
     ("resettlement", (800, 2000), (6.0, 18.0), (6, 18))],
)  # fmt: skip
def test_kinds_are_of_their_size(
    district: District,
    kind: str,
    households: tuple[int, int],
    hectares: tuple[float, float],
    floors: tuple[int, int],
) -> None:
    own = district.communities[district.communities["kind"] == kind]
    assert own["households"].between(*households).all()
    assert (own["floor_area"].dropna() / 1e4).between(*hectares).all()
    assert (
        district.buildings[district.buildings["community"].isin(own["code"])]["floors"].between(*floors).all()
    )


def test_old_communities_match_the_renovation_notices(district: District) -> None:
    old = district.communities[district.communities["kind"] == "old"]
    assert old["building_count"].between(3, 6).all()
    assert (old["households"] / old["building_count"]).between(26, 48).all()
    assert (old["floor_area"] / old["households"]).dropna().between(60, 80.5).all()
    assert old["built_year"].max() <= 2000


def test_people_per_household(district: District) -> None:
    assert (district.communities["residents"] / district.communities["households"]).between(2.3, 2.8).all()


def test_old_communities_are_clustered_but_some_stand_alone(district: District) -> None:
    shapes = district.communities.loc[district.communities["kind"] == "old"].geometry.to_numpy()
    nearest = np.array([np.partition(shapely.distance(shape, shapes), 1)[1] for shape in shapes])
    assert (nearest < 300).mean() > 0.85
    assert (nearest > 300).sum() >= 5
