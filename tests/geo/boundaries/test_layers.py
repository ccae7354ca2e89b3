"""Lists page by key without loss, filters say what they mean, and a place is found by its name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box, shape

from geo.boundaries.layers import Filter, Layer, Moment, list_features, one_feature
from geo.boundaries.search import search
from geo.errors import NotFound
from geo.store.engine import Scope, Store

NOW = Moment(date(2026, 11, 1))
SUBDISTRICT = "990101005"


def listed(
    store: Store, scope: Scope, layer: Layer, where: Filter | None = None, **paging
) -> tuple[list, int, str | None]:
    with store.begin(scope) as db:
        page = list_features(db, layer, NOW, where or Filter(), **{"limit": 1000, **paging})
    features = json.loads(page.features)
    assert page.returned == len(features)
    return features, page.matched, page.next_after


@given(limit=st.integers(1, 1000))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_any_size_hold_every_row_once(demo: Store, district: Scope, limit: int) -> None:
    seen, after = [], ""
    for _ in range(2000):
        features, matched, following = listed(
            demo, district, Layer.BRANCHES, limit=max(limit, 40), after=after
        )
        seen += [feature["id"] for feature in features]
        assert matched == 474
        if following is None:
            break
        after = following
    assert len(seen) == len(set(seen)) == 474
    assert seen == sorted(seen)


@pytest.mark.parametrize("layer", list(Layer))
def test_every_layer_has_its_code_and_a_geometry_or_none(demo: Store, district: Scope, layer: Layer) -> None:
    features, matched, _ = listed(demo, district, layer, limit=5)
    assert matched >= len(features) > 0
    for feature in features:
        assert feature["id"] == feature["properties"]["code"]
        assert feature["geometry"] is None or not shape(feature["geometry"]).is_empty
        assert "crs" not in (feature["geometry"] or {})


def test_a_region_and_a_level_narrow_the_list(demo: Store, district: Scope) -> None:
    features, _, _ = listed(demo, district, Layer.COMMUNITIES, Filter(SUBDISTRICT))
    assert features
    assert all(feature["id"].startswith(SUBDISTRICT) for feature in features)
    levels, matched, _ = listed(demo, district, Layer.REGIONS, Filter(level="subdistrict"))
    assert matched == 13
    assert {feature["properties"]["level"] for feature in levels} == {"subdistrict"}


def test_a_box_finds_what_touches_it(demo: Store, district: Scope) -> None:
    grids, _, _ = listed(demo, district, Layer.GRIDS)
    west, south, east, north = shape(grids[100]["geometry"]).bounds
    found, matched, _ = listed(demo, district, Layer.GRIDS, Filter(bbox=(west, south, east, north)))
    window = box(west, south, east, north)
    assert {f["id"] for f in found} == {g["id"] for g in grids if shape(g["geometry"]).intersects(window)}
    assert matched == len(found)


def test_one_feature_or_none(demo: Store, district: Scope) -> None:
    with demo.begin(district) as db:
        code = json.loads(list_features(db, Layer.GRIDS, NOW, Filter(), limit=1).features)[0]["id"]
        assert json.loads(one_feature(db, Layer.GRIDS, NOW, code))["id"] == code
        with pytest.raises(NotFound):
            one_feature(db, Layer.GRIDS, NOW, "990101999999999")
        with pytest.raises(NotFound):
            one_feature(db, Layer.GRIDS, Moment(date(1990, 1, 1)), code)
    with demo.begin(Scope("planner", ("990102",))) as db, pytest.raises(NotFound):
        one_feature(db, Layer.GRIDS, NOW, code)


def test_before_anything_was_known_there_was_nothing(demo: Store, district: Scope) -> None:
    before = Moment(NOW.as_of, datetime(2000, 1, 1, tzinfo=UTC))
    with demo.begin(district) as db:
        page = list_features(db, Layer.COMMUNITIES, before, Filter(), limit=10)
    assert (page.features, page.matched, page.next_after) == ("[]", 0, None)


def test_search_finds_by_name_part_and_code(demo: Store, district: Scope) -> None:
    features, _, _ = listed(demo, district, Layer.COMMUNITIES, limit=1)
    one = features[0]["properties"]
    with demo.begin(district) as db:
        for words in (one["name"], f"  {one['name']} ", one["code"], one["name"][:2]):
            assert any(hit["code"] == one["code"] for hit in search(db, words, NOW.as_of, limit=1000)), words
        assert search(db, one["code"], NOW.as_of)[0]["code"] == one["code"]
        assert search(db, "   ", NOW.as_of) == []
        assert search(db, "%", NOW.as_of) == []
        assert search(db, "_", NOW.as_of) == []
        assert len(search(db, "小区", NOW.as_of, limit=3)) <= 3
