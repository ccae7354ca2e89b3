"""Suggestions for a draft: asked for as a job, adopted as one step, undone to the bit."""

from __future__ import annotations

import pytest
import shapely
from pydantic import ValidationError
from sqlalchemy import text

from geo.boundaries import plans
from geo.boundaries.plans import adopting, rows, suggesting, surroundings
from geo.boundaries.plans import requests as ask
from geo.boundaries.plans.suggesting import Sizes, Wanted
from geo.errors import BadInput, Conflict, NotFound
from geo.jobs import Worker, read_job
from geo.store.engine import Scope, Store
from tests.geo.boundaries.test_plans import NEXT, REVIEWER, TODAY, cut, drafted, grids, submitted

__all__ = ["cut"]


def two_neighbourhoods(store: Store, scope: Scope) -> tuple[str, list[str]]:
    """A sub-district and the two of its neighbourhoods with the fewest buildings (but some)."""
    count = text(
        "SELECT left(b.code, 12) AS code, count(*) AS n FROM building_at(:d) b"
        " WHERE b.code LIKE '990101001%' GROUP BY 1 HAVING count(*) >= 20 ORDER BY n, 1 LIMIT 2"
    )
    with store.begin(scope) as db:
        codes = sorted(db.scalars(count, {"d": TODAY}))
    return "990101001000", codes


def suggested(store: Store, scope: Scope, plan: int, wanted: Wanted) -> tuple[int, dict]:
    with store.begin(scope) as db:
        number = suggesting.start(db, scope, plan, wanted, TODAY)
    assert Worker(store, suggesting.handlers(store, None)).run_once()
    with store.begin(scope) as db:
        job = read_job(db, scope, number)
    assert job.state == "done", job.note
    return number, dict(job.result)


@pytest.mark.parametrize("kind", ["partition", "rebalance"])
def test_a_suggestion_is_adopted_as_one_step_and_published(demo_copy, district, kind: str) -> None:
    area, where = two_neighbourhoods(demo_copy, district)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, area, "智能划分", TODAY)
    start = drafted(demo_copy, district, plan)
    wanted = Wanted(kind=kind, neighbourhoods=where, limits=Sizes(min=200, max=900), alternatives=2)
    job, result = suggested(demo_copy, district, plan, wanted)
    first = result["alternatives"][0]
    assert {one["properties"]["neighbourhood"] for one in first["cells"]["features"]} == set(where)
    made = [one for one in first["cells"]["features"] if one["properties"]["number"] is not None]
    assert first["figures"]["grids"] == len(made)
    with demo_copy.begin(district) as db:
        seen = adopting.adopt(db, district, plan, job, 1, as_of=TODAY, preview=True)
        assert plans.view(db, plan, TODAY)["position"] == 0
        made = adopting.adopt(db, district, plan, job, 1, as_of=TODAY, preview=False)
    assert made["changed"] == seen["changed"]
    after = drafted(demo_copy, district, plan)
    shapes = shapely.from_wkb(list(after.values()))
    assert shapely.coverage_is_valid(shapes)
    assert {code for code in start if code[:12] not in where and start[code] != after[code]} <= set(
        made["grown"]
    )
    assert_covered(demo_copy, district, plan)
    households = [
        cell["properties"]["households"] for cell in made["changed"] if cell["id"] not in made["grown"]
    ]
    assert sum(households) == sum(
        one["households"] for code, one in made["before"].items() if code not in made["grown"]
    )
    with demo_copy.begin(district) as db:
        plans.submit(db, plan, "planner", as_of=TODAY)
    with demo_copy.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    whole = [shape.geoms[0] for shape in grids(demo_copy, district, NEXT).values()]
    assert shapely.coverage_is_valid(whole)


def assert_covered(store: Store, scope: Scope, plan: int) -> None:
    with store.begin(scope) as db:
        draft = rows.read(db, plan)
        frames = surroundings.frames(db, draft, TODAY)
        cells = plans.drafted(db, plan)[1]
    for frame in frames:
        union = shapely.union_all([cell.shape for code, cell in cells.items() if code[:12] == frame.code])
        assert shapely.symmetric_difference(union, frame.shape).area < 1e-15


def test_undo_of_an_adopted_suggestion_is_exact(demo_copy, district) -> None:
    area, where = two_neighbourhoods(demo_copy, district)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, area, "智能划分", TODAY)
    start = drafted(demo_copy, district, plan)
    wanted = Wanted(kind="partition", neighbourhoods=where[:1], limits=Sizes(min=100, max=600))
    job, _ = suggested(demo_copy, district, plan, wanted)
    with demo_copy.begin(district) as db:
        adopting.adopt(db, district, plan, job, 1, as_of=TODAY, preview=False)
    assert drafted(demo_copy, district, plan) != start
    with demo_copy.begin(district) as db:
        plans.travel(db, plan, forward=False, as_of=TODAY)
    assert drafted(demo_copy, district, plan) == start


@pytest.mark.parametrize("kind", ["partition", "rebalance", "merge_layers"])
def test_dedicated_grids_keep_their_shape(demo_copy, district, kind: str) -> None:
    _, where = two_neighbourhoods(demo_copy, district)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, where[0], "智能划分", TODAY)
        frame = surroundings.frames(db, rows.read(db, plan), TODAY)[0].shape
        before = plans.drafted(db, plan)[1]
        codes = list(before)
        given = ask.Rename(operation="rename", cell=codes[0], kind="dedicated")
        plans.operate(db, plan, given, as_of=TODAY)
    start = drafted(demo_copy, district, plan)
    features = [
        {"type": "Feature", "id": "a", "geometry": shapely.geometry.mapping(shapely.box(*frame.bounds))}
    ]
    layers = [{"name": "警务", "features": {"features": features}}] if kind == "merge_layers" else []
    wanted = Wanted(kind=kind, limits=Sizes(min=50, max=150), layers=layers)
    job, result = suggested(demo_copy, district, plan, wanted)
    chosen = result["alternatives"][0]
    (kept,) = [cell for cell in chosen["cells"]["features"] if cell["properties"]["code"] == codes[0]]
    assert kept["properties"]["kind"] == "dedicated"
    same = {code for code, cell in before.items() if cell.kind == "dedicated"} | {codes[0]}
    assert chosen["figures"]["grids"] == len(chosen["cells"]["features"]) - len(same)
    with demo_copy.begin(district) as db:
        adopting.adopt(db, district, plan, job, 1, as_of=TODAY, preview=False)
        cells = plans.drafted(db, plan)[1]
    assert_covered(demo_copy, district, plan)
    assert {code for code, cell in cells.items() if cell.kind == "dedicated"} == same
    for code in same:
        old = shapely.from_wkb(start[code])
        assert shapely.symmetric_difference(cells[code].shape, old).area < 1e-9 * old.area


def test_layers_of_several_offices_become_one(demo_copy, district) -> None:
    _, where = two_neighbourhoods(demo_copy, district)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, where[0], "多网合一", TODAY)
        frame = surroundings.frames(db, rows.read(db, plan), TODAY)[0].shape
    west, south, east, north = frame.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    features = [
        {"type": "Feature", "id": f"p{i}", "properties": {}, "geometry": shapely.geometry.mapping(half)}
        for i, half in enumerate(halves)
    ]
    layers = [{"name": "党建网格", "features": {"type": "FeatureCollection", "features": features}}]
    wanted = Wanted(kind="merge_layers", layers=layers, limits=Sizes(min=100, max=2000))
    job, result = suggested(demo_copy, district, plan, wanted)
    assert result["alternatives"][0]["conflicts"] is not None
    with demo_copy.begin(district) as db:
        adopting.adopt(db, district, plan, job, 1, as_of=TODAY, preview=False)
    assert_covered(demo_copy, district, plan)


def test_what_is_no_suggestion_is_refused(demo_copy, district, cut) -> None:
    plan = submitted(demo_copy, district, cut)
    with pytest.raises(Conflict, match="submitted"), demo_copy.begin(district) as db:
        suggesting.start(db, district, plan, Wanted(kind="partition"), TODAY)
    with demo_copy.begin(district) as db:
        fresh = plans.create(db, cut[0][:12], "空", TODAY)
        with pytest.raises(BadInput, match="no layer"):
            suggesting.start(db, district, fresh, Wanted(kind="merge_layers"), TODAY)
        with pytest.raises(NotFound):
            adopting.adopt(db, district, fresh, 999, 1, as_of=TODAY, preview=True)


def test_limits_that_nothing_can_keep_are_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="fewest"):
        Wanted(kind="partition", limits=Sizes(min=500, max=300))
