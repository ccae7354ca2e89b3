"""Where a point belongs, which units are unserved or wait for a tender, and the totals beside them."""

from __future__ import annotations

import json
from datetime import date

import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy import text

from geo.boundaries.layers import Filter, Layer, Moment, list_features
from geo.coverage.assign import assign
from geo.coverage.units import Which, list_units, summary
from geo.errors import BadInput, NotFound
from geo.settings import Settings
from geo.store.engine import Scope, Store

NOW = Moment(date(2026, 11, 1))


def features(store: Store, scope: Scope, layer: Layer, prefix: str = "") -> list[dict]:
    with store.begin(scope) as db:
        return json.loads(list_features(db, layer, NOW, Filter(prefix), limit=1000).features)


def test_points_inside_belong_to_their_shape_and_its_parents(
    demo: Store, district: Scope, demo_settings: Settings
) -> None:
    for grid in features(demo, district, Layer.GRIDS)[::60]:
        at = shape(grid["geometry"]).representative_point()
        with demo.begin(district) as db:
            found = assign(db, at.x, at.y, NOW, demo_settings)
        assert found["grid"]["code"] == grid["id"]
        assert found["grid"]["team"] == grid["properties"]["team"]
        assert found["on_border"] is False
        assert found["neighbourhood"]["code"] == grid["id"][:12]
        assert found["subdistrict"]["code"] == grid["id"][:9] + "000"
        assert found["district"]["code"] == "990101000000"


def test_a_served_building_names_who_serves(demo: Store, district: Scope, demo_settings: Settings) -> None:
    served = [f for f in features(demo, district, Layer.COMMUNITIES) if f["properties"]["firm"]]
    for community in served[::100]:
        at = shape(community["geometry"]).representative_point()
        with demo.begin(district) as db:
            found = assign(db, at.x, at.y, NOW, demo_settings)
        assert found["community"]["code"] == community["id"]
        assert found["service"]["firm"] == community["properties"]["firm"]
        assert found["service"]["served"] is True


def test_a_corner_belongs_to_the_smaller_code(demo: Store, district: Scope, demo_settings: Settings) -> None:
    with demo.begin(district) as db:  # not from a list: eight decimals would move the corner off the border
        rows = db.execute(text("SELECT code, ST_AsBinary(geom) AS wkb FROM grid_at(:day) WHERE code ^@ '990101005'"), {"day": NOW.as_of})  # fmt: skip
        grids = {row.code: shapely.from_wkb(bytes(row.wkb)) for row in rows}
        codes, shapes = list(grids), list(grids.values())
        corners = shapely.get_coordinates(shapely.union_all(shapely.boundary(shapes)).geoms[0])
        corner = shapely.points(corners[0])
        touching = sorted(code for code, grid in zip(codes, shapes, strict=True) if grid.covers(corner))
        found = assign(db, corner.x, corner.y, NOW, demo_settings)
    assert len(touching) > 1
    assert found["grid"]["code"] == touching[0]
    assert found["on_border"] is True


def test_places_outside(demo: Store, district: Scope, demo_settings: Settings) -> None:
    with demo.begin(district) as db:
        with pytest.raises(NotFound):
            assign(db, 100.0, 30.0, NOW, demo_settings)
        with pytest.raises(BadInput):
            assign(db, 2.3, 48.8, NOW, demo_settings)


@pytest.mark.parametrize("standalone", [False, True])
def test_lists_and_totals_agree(demo: Store, district: Scope, standalone: bool) -> None:
    with demo.begin(district) as db:
        pages = {
            which: json.loads(
                list_units(db, which, "990101", NOW, standalone=standalone, ending_days=90).features
            )
            for which in Which
        }
        totals = summary(db, "990101", NOW, ending_days=90)
    assert all(f["properties"]["served"] is False for f in pages[Which.UNSERVED])
    assert {f["id"] for f in pages[Which.REBOUNDS]} <= {f["id"] for f in pages[Which.UNSERVED]}
    if not standalone:
        assert len(pages[Which.UNSERVED]) == totals["unserved"] == 56
        assert len(pages[Which.POOL]) == totals["pool"]
        assert len(pages[Which.REBOUNDS]) >= 8
        assert totals["served"] + totals["unserved"] + totals["unknown"] == totals["communities"] == 560


def test_a_longer_notice_only_adds_to_the_pool(demo: Store, district: Scope) -> None:
    pools = []
    with demo.begin(district) as db:
        for days in (0, 30, 90, 365):
            page = list_units(db, Which.POOL, "990101", NOW, standalone=True, ending_days=days)
            pools.append({feature["id"] for feature in json.loads(page.features)})
    assert pools[0] < pools[1] <= pools[2] < pools[3]


def test_subdistricts_add_up_to_the_district(demo: Store, district: Scope) -> None:
    subdistricts = [r["id"][:9] for r in features(demo, district, Layer.REGIONS) if r["properties"]["level"] == "subdistrict"]  # fmt: skip
    with demo.begin(district) as db:
        whole = summary(db, "990101", NOW, ending_days=90)
        parts = [summary(db, prefix, NOW, ending_days=90) for prefix in subdistricts]
    for figure in ("communities", "stand_alone", "grids", "branches", "served", "unserved", "three_no", "pool", "residents"):  # fmt: skip
        assert sum(part[figure] for part in parts) == whole[figure], figure
