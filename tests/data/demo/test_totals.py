"""The demo's totals, to the unit: counted from the frames, not asked from the code that made them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
import shapely
from pyproj import Geod

from data.demo import District, pool, totals


def test_area_is_64_km2_on_the_ellipsoid(district: District) -> None:
    outline = district.regions.to_crs(4490).set_index("level").geometry["district"]
    area, _ = Geod(ellps="GRS80").geometry_area_perimeter(outline)
    assert abs(area) / 1e6 == pytest.approx(64.0, abs=0.001)


def test_eastings_carry_the_zone(district: District) -> None:
    west, south, east, north = district.regions.total_bounds
    assert district.regions.crs.to_epsg() == 4527
    assert 39_500_000 < west < east < 39_600_000
    assert 3_500_000 < south < north < 3_600_000


def test_regions(district: District) -> None:
    assert district.regions["level"].value_counts().to_dict() == {
        "city": 1,
        "district": 1,
        "subdistrict": 13,
        "neighbourhood": 124,
    }
    assert district.regions["name"].is_unique
    assert district.regions.geometry.isna().tolist() == [True] + [False] * 138


def test_residents(district: District) -> None:
    alone = district.building_groups[district.building_groups["community"].isna()]
    assert district.communities["residents"].sum() + alone["residents"].sum() == 1_050_000
    assert district.buildings["residents"].sum() == 1_050_000


def test_communities_by_kind(district: District) -> None:
    assert district.communities["kind"].value_counts().to_dict() == {
        "old": 314,
        "commercial": 210,
        "resettlement": 36,
    }


def test_one_subdistrict_has_48_communities_of_which_28_old(district: District) -> None:
    subdistrict = district.communities["code"].str[:9]
    count = subdistrict.value_counts()
    (model,) = count[count == 48].index
    assert (district.communities.loc[subdistrict == model, "kind"] == "old").sum() == 28


def test_stand_alone_buildings(district: District) -> None:
    alone = district.building_groups[district.building_groups["community"].isna()]
    assert len(alone) == 84
    assert (alone["building_count"] == 1).all()
    assert district.buildings["group"].isin(alone["code"]).sum() == 84


def test_grids_and_branches(district: District) -> None:
    assert len(district.grids) == 596
    assert district.grids["kind"].value_counts().to_dict() == {"basic": 512, "dedicated": 84}
    kinds = district.branches["kind"].value_counts().to_dict()
    assert kinds == {"grid": 354, "community": 120}
    assert district.branches["grid"].isin(district.grids["code"]).all()
    own = district.branches.loc[district.branches["kind"] == "community", "community"]
    assert own.is_unique
    assert own.isin(district.communities["code"]).all()
    per_grid = district.branches.loc[district.branches["kind"] == "grid", "grid"].value_counts()
    assert per_grid.max() == 2
    assert totals(district)["grids_with_branch"] == district.branches["grid"].nunique() < 474


def test_unknowns_are_unknown(district: District) -> None:
    bare = district.communities.loc[district.communities["floor_area"].isna(), "code"]
    assert len(bare) == 6
    assert district.buildings.loc[district.buildings["community"].isin(bare), "floor_area"].isna().all()
    assert district.communities[["households", "residents"]].gt(0).all().all()


def test_firms(district: District) -> None:
    firms = district.firms
    assert len(firms) == 40
    assert firms["code"].is_unique
    assert firms["code"].str.fullmatch(r"99\d{16}").all()
    assert set(firms["grade"]) == set("ABCD")
    assert firms["phone"].str.startswith("000-").all()


def test_pools(district: District) -> None:
    first, last = pool(district, date(2023, 11, 1)), pool(district, date(2026, 11, 1))
    assert first["unserved_communities"] == 140
    assert first["pool"] >= 140
    assert last["unserved_communities"] == 56
    assert last["old_unserved"] >= 50
    assert last["ending_within_90_days"] == 46


@pytest.mark.parametrize(
    "frame", ["regions", "grids", "communities", "building_groups", "buildings", "base_features"]
)
def test_codes_are_unique_and_made_up(district: District, frame: str) -> None:
    table: pd.DataFrame = getattr(district, frame)
    assert table["code"].is_unique
    assert table["code"].str.startswith("9901").all()
    present = table.geometry[table.geometry.notna()]
    assert shapely.is_valid(present.to_numpy()).all()


def test_codes_begin_with_their_parent(district: District) -> None:
    d = district
    assert (d.grids["code"].str[:12] == d.grids["neighbourhood"]).all()
    assert (d.communities["code"].str[:12] == d.communities["neighbourhood"]).all()
    assert d.grids["code"].str.fullmatch(r"\d{15}").all()
    assert d.communities["code"].str.fullmatch(r"\d{12}C\d{3}").all()
    grouped = d.building_groups[d.building_groups["community"].notna()]
    assert (grouped["code"].str[:16] == grouped["community"]).all()
    assert grouped["code"].str.fullmatch(r"\d{12}C\d{5}").all()
    alone = d.building_groups[d.building_groups["community"].isna()]
    assert alone["code"].str.fullmatch(r"\d{12}S\d{3}").all()
    stem = d.buildings["group"].where(d.buildings["group"].notna(), d.buildings["community"] + "00")
    assert (d.buildings["code"].str[:-3] == stem).all()
    known = set(d.regions["code"])
    assert d.communities["neighbourhood"].isin(known).all()
    assert d.regions["parent"].dropna().isin(known).all()


def test_names_are_unique_within_a_subdistrict(district: District) -> None:
    names = district.communities.assign(subdistrict=district.communities["code"].str[:9])
    assert not names.duplicated(["subdistrict", "name"]).any()
    assert district.communities["aliases"].notna().sum() > 50
