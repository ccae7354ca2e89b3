"""Tiles of the demo district, read back by GDAL: what they hold, for whom, and what an unchanged one costs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyogrio import list_layers, read_dataframe
from sqlalchemy import event, text

from api.demo import BUSINESS_DATE
from geo import tiles
from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound
from geo.store import history
from geo.store.engine import Scope, Store
from geo.store.tables import building, grid
from geo.tiles import drawing
from geo.tiles.tile import _KEPT, _Memory, layer_of
from tests.geo.tiles.places import around

NOW = Moment(BUSINESS_DATE)
SUBDISTRICT = Scope(actor="planner", areas=("990101001",))
OTHER = Scope(actor="planner", areas=("990101002",))


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement that a block sends."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def made(store: Store, scope: Scope, name: str, place: tiles.Place, moment: Moment = NOW) -> bytes:
    with store.begin(scope) as db:
        layer = layer_of(name)
        return tiles.tile(db, layer, place, moment, tiles.version(db, layer, moment, scope.areas))


def tag(store: Store, scope: Scope, name: str, moment: Moment = NOW) -> str:
    with store.begin(scope) as db:
        return tiles.version(db, layer_of(name), moment, scope.areas).tag


def read(data: bytes, place: tiles.Place, folder: Path) -> gpd.GeoDataFrame:
    """The features of a tile, in degrees, by GDAL's own driver."""
    path = folder / f"{place.zoom}-{place.x}-{place.y}.mvt"
    path.write_bytes(data)
    (layer, _kind), *more = list_layers(path)
    assert not more
    frame = read_dataframe(path, layer=layer, X=place.x, Y=place.y, Z=place.zoom).to_crs(4326)
    frame.attrs["layer"] = layer
    return frame


@pytest.fixture(scope="module")
def middle(demo: Store, district: Scope) -> tuple[float, float]:
    """A place where grids, communities and buildings lie."""
    with demo.begin(district) as db:
        found = db.execute(
            text(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) p FROM building ORDER BY code LIMIT 1) b"
            )
        ).one()
    return float(found[0]), float(found[1])


@pytest.mark.parametrize("name", list(tiles.LAYERS))
@pytest.mark.parametrize("zoom", [9, 12, 14, 16])
def test_every_layer_has_tiles_that_gdal_reads(name, zoom, demo, district, middle, tmp_path) -> None:
    place = around(*middle, zoom)
    data = made(demo, district, name, place)
    layer = tiles.LAYERS[name]
    if not data:
        assert name in ("building-groups", "base-features")
        assert zoom == 16
        return
    frame = read(data, place, tmp_path)
    sums = layer.by_region(zoom)
    assert frame.attrs["layer"] == (layer.sums_name if sums else name)
    said = set(layer.sums or {}) if sums else set(layer.fields)
    assert set(frame.columns) - {"mvt_id", "geometry"} <= said
    assert frame["code"].notna().all()
    assert not frame.geometry.is_empty.any()


def test_sums_are_those_of_the_district(demo, district, middle, tmp_path) -> None:
    place = around(*middle, 7)
    with demo.begin(district) as db:
        truth = db.execute(
            text("SELECT count(*), sum(households) FROM building_at(:day)"), {"day": BUSINESS_DATE}
        ).one()
    frame = read(made(demo, district, "buildings", place), place, tmp_path)
    assert (frame["count"].sum(), frame["households"].sum()) == tuple(truth)
    assert set(frame["level"]) == {"subdistrict"}
    nearer = around(*middle, 12)
    near = read(made(demo, district, "buildings", nearer), nearer, tmp_path)
    assert set(near["level"]) == {"neighbourhood"}


def test_neighbours_share_their_border_to_the_unit_of_the_tile(demo, district, middle, tmp_path) -> None:
    """Vertices of two grids at one place fall on one place of the tile; what parts is less than a unit."""
    place = around(*middle, 14)
    frame = read(made(demo, district, "grids", place), place, tmp_path).to_crs(3857)
    unit = 2 * math.pi * 6378137 / 2**14 / 4096
    shapes = frame.geometry.to_numpy()
    whole = shapely.union_all(shapes)
    window = shapely.box(*shapely.total_bounds(shapes)).buffer(-80 * unit)
    gaps = shapely.get_parts(shapely.difference(window.intersection(shapely.convex_hull(whole)), whole))
    thin = [gap for gap in gaps if not gap.buffer(-unit).is_empty and gap.within(window.buffer(-unit))]
    assert not [gap for gap in thin if gap.area < (8 * unit) ** 2]
    overlap = sum(shape.area for shape in shapes) - whole.area
    assert overlap <= unit * sum(shape.length for shape in shapes)


def test_nobody_sees_another_areas_shapes_or_sums(demo, middle, tmp_path) -> None:
    for zoom in (7, 14):
        place = around(*middle, zoom)
        for name in ("buildings", "communities", "grids", "regions"):
            data = made(demo, OTHER, name, place)
            codes = set(read(data, place, tmp_path)["code"]) if data else set()
            assert not [code for code in codes if not code.startswith("990101002")], (name, zoom)


def test_another_scope_has_another_version_even_of_equal_rows(demo) -> None:
    assert tag(demo, SUBDISTRICT, "buildings") != tag(demo, OTHER, "buildings")
    assert tag(demo, SUBDISTRICT, "buildings") == tag(demo, SUBDISTRICT, "buildings")


def test_a_date_has_its_own_version_and_its_own_world(demo, district, middle) -> None:
    long_ago = Moment(date(1950, 1, 1))
    assert tag(demo, district, "grids") != tag(demo, district, "grids", long_ago)
    assert made(demo, district, "grids", around(*middle, 14), long_ago) == b""


def test_a_version_touches_no_shape_and_a_second_tile_neither(demo, district, middle) -> None:
    place = around(*middle, 15)
    first = made(demo, district, "buildings", place)
    with statements(demo) as sent:
        again = made(demo, district, "buildings", place)
    assert again == first
    asked = [each for each in sent if "set_config" not in each]
    assert len(asked) == 1
    assert "layer_version" in asked[0]
    assert "geom" not in asked[0]
    assert "building" not in asked[0]


def end_one(store: Store, table, area: str) -> str:
    """End one thing of an area today; returns its code."""
    with store.begin(Scope(actor="planner", areas=("990101",))) as db:
        row = db.execute(table.select().where(table.c.code.startswith(area)).order_by(table.c.code)).first()
        by = history.open_change_set(db, "change", area, "a test")
        history.end(db, table, [row.id], BUSINESS_DATE - timedelta(days=1), by)
    return str(row.code)


def test_a_write_shows_at_once_and_only_to_whom_it_concerns(demo_copy: Store, tmp_path) -> None:
    scopes = (SUBDISTRICT, OTHER, Scope(actor="planner", areas=("990101",)))
    before = [tag(demo_copy, scope, "buildings") for scope in scopes]
    grids = [tag(demo_copy, scope, "grids") for scope in scopes]
    with demo_copy.begin(SUBDISTRICT) as db:
        where = db.execute(
            text(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) p FROM building ORDER BY code LIMIT 1) b"
            )
        ).one()
    place = around(where[0], where[1], 17)
    code = end_one(demo_copy, building, "990101001")
    after = [tag(demo_copy, scope, "buildings") for scope in scopes]
    assert [one != two for one, two in zip(before, after, strict=True)] == [True, False, True]
    assert grids == [tag(demo_copy, scope, "grids") for scope in scopes]
    data = made(demo_copy, SUBDISTRICT, "buildings", place)
    assert not data or code not in set(read(data, place, tmp_path)["code"])


def test_writers_of_one_layer_do_not_wait_for_each_other(demo_copy: Store) -> None:
    """Two transactions open at once, both writing grids: with a counter held from the first write they would wait."""
    scope = Scope(actor="planner", areas=("990101",))
    start = tag(demo_copy, scope, "grids")
    with demo_copy.begin(scope) as one, demo_copy.begin(scope) as two:
        for db, area in ((one, "990101001"), (two, "990101002")):
            row = db.execute(grid.select().where(grid.c.code.startswith(area)).order_by(grid.c.code)).first()
            by = history.open_change_set(db, "change", "990101", "a test")
            history.correct(db, grid, row.id, {"name": "改"}, by)
    assert tag(demo_copy, scope, "grids") != start
    with demo_copy.begin(scope) as db:
        assert (
            db.scalar(text("SELECT number FROM layer_version WHERE layer = 'grid' AND area = '990101'")) >= 2
        )


def test_a_write_that_is_rolled_back_changes_no_version(demo_copy: Store) -> None:
    start = tag(demo_copy, SUBDISTRICT, "grids")
    with pytest.raises(RuntimeError), demo_copy.begin(SUBDISTRICT) as db:
        row = db.execute(grid.select().order_by(grid.c.code)).first()
        history.end(
            db, grid, [row.id], BUSINESS_DATE, history.open_change_set(db, "change", "990101001", "a test")
        )
        raise RuntimeError
    assert tag(demo_copy, SUBDISTRICT, "grids") == start


@pytest.fixture
def undrawn() -> Iterator[None]:
    """What is remembered of how tiles are drawn is forgotten again."""
    drawing.drawn.cache_clear()
    yield
    drawing.drawn.cache_clear()


def test_whoever_draws_tiles_differently_gives_them_other_tags(demo, undrawn, monkeypatch) -> None:
    """A margin, a field, a query, a function that a query calls: nobody has to remember to say so."""
    tags = [tag(demo, SUBDISTRICT, "grids")]
    monkeypatch.setattr(drawing, "BUFFER", 80)
    drawing.drawn.cache_clear()
    tags.append(tag(demo, SUBDISTRICT, "grids"))
    fields = {**tiles.LAYERS["grids"].fields, "households": "Number"}
    monkeypatch.setitem(tiles.LAYERS, "grids", replace(tiles.LAYERS["grids"], fields=fields))
    drawing.drawn.cache_clear()
    tags.append(tag(demo, SUBDISTRICT, "grids"))
    monkeypatch.setattr(drawing, "_SOURCES", (("geo.tiles", "sql"),))
    drawing.drawn.cache_clear()
    tags.append(tag(demo, SUBDISTRICT, "grids"))
    assert len(set(tags)) == 4
    assert tag(demo, SUBDISTRICT, "grids") == tags[-1]


@pytest.mark.parametrize(("zoom", "x", "y"), [(21, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_place_that_is_none_is_refused(zoom: int, x: int, y: int) -> None:
    with pytest.raises(BadInput):
        tiles.Place(zoom, x, y)


def test_a_layer_without_shapes_is_not_found() -> None:
    with pytest.raises(NotFound):
        layer_of("firms")


def test_the_memory_forgets_the_oldest_and_never_grows_beyond_its_room() -> None:
    memory = _Memory(3000)
    places = [tiles.Place(5, x, 0) for x in range(8)]
    for place in places:
        memory.put(("tag", place), bytes(400))
    kept = [memory.get(("tag", place)) is not None for place in places]
    assert kept == [False] * 5 + [True] * 3
    assert memory.get(("other", places[-1])) is None
    assert _KEPT is not memory


def test_the_box_is_that_of_the_area(demo, district) -> None:
    with demo.begin(district) as db:
        whole = tiles.bounds(db, NOW)
    with demo.begin(OTHER) as db:
        part = tiles.bounds(db, NOW)
    with demo.begin(Scope(actor="nobody")) as db:
        assert tiles.bounds(db, NOW) is None
    assert np.all(np.array(whole[:2]) <= part[:2])
    assert np.all(np.array(whole[2:]) >= part[2:])
