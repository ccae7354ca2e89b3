"""The census of an area: what the lists say, for the asker's ground alone, and counted once for each version."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from geo import tiles
from geo.boundaries.layers import Filter, Layer, list_features
from geo.errors import BadInput, NotFound
from geo.store.engine import Scope, Store
from geo.store.tables import community, layer_version
from geo.tiles.census import COUNTED, census, regions
from tests.geo.tiles.places import around
from tests.geo.tiles.test_tiles import NOW, OTHER, SUBDISTRICT, end_one, made, read, statements


def counted(store: Store, scope: Scope) -> dict:
    with store.begin(scope) as db:
        known_as = tiles.together(tiles.versions(db, COUNTED, NOW, scope.areas))
        return json.loads(census(db, NOW, known_as))


def below(store: Store, scope: Scope, level: str, prefix: str) -> list[dict]:
    with store.begin(scope) as db:
        known_as = tiles.together(tiles.versions(db, COUNTED, NOW, scope.areas))
        return json.loads(regions(db, level, prefix, NOW, known_as))


def listed(store: Store, scope: Scope, layer: Layer, level: str | None = None) -> list[dict]:
    with store.begin(scope) as db:
        return json.loads(list_features(db, layer, NOW, Filter(level=level), limit=5000).features)


@pytest.mark.parametrize("scope", [Scope(actor="planner", areas=("990101",)), SUBDISTRICT, OTHER])
def test_a_census_says_what_the_lists_hold(demo: Store, scope: Scope) -> None:
    found = counted(demo, scope)
    units = listed(demo, scope, Layer.COMMUNITIES)
    groups = listed(demo, scope, Layer.BUILDING_GROUPS)
    assert found["communities"] == len(units) == sum(found["modes"].values())
    assert found["three_no"] == sum(unit["properties"]["three_no"] is True for unit in units)
    unknown = sum(unit["properties"]["served"] is None for unit in units)
    assert found["modes"].get("unknown", 0) == unknown
    assert found["stand_alone"] == sum(group["properties"]["community"] is None for group in groups)
    assert found["groups"] + found["stand_alone"] == len(groups)
    assert found["grids"] == len(listed(demo, scope, Layer.GRIDS))
    assert found["neighbourhoods"] == len(listed(demo, scope, Layer.REGIONS, "neighbourhood"))


def test_regions_carry_the_sums_of_their_communities(demo: Store, district: Scope) -> None:
    units = listed(demo, district, Layer.COMMUNITIES)
    for level, prefix, digits in (("subdistrict", "", 9), ("neighbourhood", "990101001", 12)):
        rows = below(demo, district, level, prefix)
        assert rows
        assert all(row["code"].startswith(prefix) for row in rows)
        for row in rows:
            own = [unit["properties"] for unit in units if unit["id"].startswith(row["code"][:digits])]
            said = (row["count"], row["served"], row["unserved"], row["service_unknown"], row["three_no"])
            served = [unit["served"] for unit in own]
            three = sum(unit["three_no"] is True for unit in own)
            assert said == (len(own), served.count(True), served.count(False), served.count(None), three)


def test_nobody_counts_another_area(demo: Store) -> None:
    assert {row["code"][:9] for row in below(demo, SUBDISTRICT, "neighbourhood", "")} == {"990101001"}
    nothing = counted(demo, Scope(actor="nobody"))
    assert (nothing["communities"], nothing["bounds"]) == (0, None)


def test_an_unchanged_census_is_not_counted_again(demo_copy: Store) -> None:
    first = counted(demo_copy, SUBDISTRICT)
    with statements(demo_copy) as sent:
        assert counted(demo_copy, SUBDISTRICT) == first
    assert [each for each in sent if "_at(" in each] == []
    end_one(demo_copy, community, "990101001")
    assert counted(demo_copy, SUBDISTRICT)["communities"] == first["communities"] - 1


def test_several_layers_lie_in_one_tile_in_the_order_asked(demo: Store, district: Scope, tmp_path) -> None:
    with demo.begin(district) as db:
        west, south, east, north = tiles.bounds(db, NOW) or (0, 0, 0, 0)
    place = around((west + east) / 2, (south + north) / 2, 12)
    layers = tiles.layers_of("regions,communities")
    with demo.begin(district) as db, statements(demo) as sent:
        known_as = tiles.versions(db, layers, NOW, district.areas)
        assert len([each for each in sent if "layer_version" in each]) == 1
        whole = tiles.tile_of(db, layers, place, NOW, known_as)
    parts = [made(demo, district, name, place) for name in ("regions", "communities")]
    assert whole == b"".join(parts)
    sums = read(parts[1], place, tmp_path)
    assert {"three_no", "three_no_served", "three_no_unserved"} <= set(sums.columns)
    assert (sums["three_no_served"] <= sums["served"]).all()


def test_another_database_with_as_many_writes_is_another_version(
    demo: Store, demo_copy: Store, district: Scope
) -> None:
    def told(store: Store) -> tuple[list[tuple[str, int]], set[str]]:
        with store.begin(district) as db:
            numbers = db.execute(select(layer_version.c.layer, layer_version.c.number))
            tags = {each.tag for each in tiles.versions(db, COUNTED, NOW, district.areas)}
            return sorted((row[0], int(row[1])) for row in numbers), tags

    (numbers, tags), (numbers_copied, tags_copied) = told(demo), told(demo_copy)
    assert numbers == numbers_copied
    assert not tags & tags_copied


def test_a_version_of_several_changes_with_each_of_them(demo_copy: Store, district: Scope) -> None:
    def known_as(names: str) -> str:
        with demo_copy.begin(district) as db:
            return tiles.together(tiles.versions(db, tiles.layers_of(names), NOW, district.areas)).tag

    before = [
        known_as(names)
        for names in ("regions,communities", "communities,regions", "regions,grids", "regions")
    ]
    assert len(set(before)) == 4
    end_one(demo_copy, community, "990101001")
    after = [
        known_as(names)
        for names in ("regions,communities", "communities,regions", "regions,grids", "regions")
    ]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, False, True, True]


def test_layers_that_are_none_or_named_twice_are_refused() -> None:
    with pytest.raises(NotFound):
        tiles.layers_of("regions,firms")
    with pytest.raises(BadInput):
        tiles.layers_of("regions,regions")
