"""A plan is drafted by one person and published by another, wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
import shapely
from geoalchemy2 import WKBElement
from shapely import LineString
from sqlalchemy import func, select, text

from geo.boundaries import plans
from geo.boundaries.plans import requests as ask
from geo.boundaries.tessellation import Refused
from geo.errors import BadInput, Conflict, Forbidden, NotFound, Stale
from geo.store import history
from geo.store.engine import Scope, Store
from geo.store.tables import building

TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
REVIEWER = Scope("reviewer", ("990101",))


Cut = tuple[str, LineString]


def lines_across(store: Store, scope: Scope, day: date = TODAY) -> Iterator[tuple[Cut, int]]:
    """Straight lines that cross a grid with homes in it once, each with the number of buildings in its way."""
    with store.begin(scope) as db:
        rows = db.execute(
            text("SELECT code, ST_AsBinary(geom) AS wkb FROM grid_at(:d) WHERE kind = 'basic' ORDER BY code"),
            {"d": day},
        ).all()
        homes = db.scalars(text("SELECT ST_AsBinary(geom) FROM building_at(:d)"), {"d": TODAY}).all()
    tree = shapely.STRtree(shapely.from_wkb([bytes(home) for home in homes]))
    for row in rows:
        shape = shapely.from_wkb(bytes(row.wkb)).geoms[0]
        if not len(tree.query(shape, predicate="contains")):
            continue
        west, south, east, north = shape.bounds
        for share in np.linspace(0.1, 0.9, 17):
            x, y = west + (east - west) * share, south + (north - south) * share
            upright, level = ((x, south - 1), (x, north + 1)), ((west - 1, y), (east + 1, y))
            for line in (LineString(upright), LineString(level)):
                inside = line.intersection(shape)
                if inside.geom_type == "LineString":
                    yield (row.code, line), len(tree.query(inside, predicate="intersects"))


@pytest.fixture(scope="module")
def cut(demo: Store, district: Scope) -> Cut:
    return next(line for line, in_the_way in lines_across(demo, district) if not in_the_way)


def submitted(store: Store, scope: Scope, cut: Cut) -> int:
    code, line = cut
    with store.begin(scope) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        plans.operate(db, plan, split(code, line), as_of=TODAY)
        plans.submit(db, plan, scope.actor, as_of=TODAY)
    return plan


def split(code: str, line: LineString, *, preview: bool = False) -> ask.Split:
    return ask.Split(operation="split", cell=code, line=drawn(line), preview=preview)


def drawn(line: LineString) -> ask.Line:
    """A line as a page sends it: within the world."""
    return ask.Line(coordinates=list(line.intersection(shapely.box(-180, -90, 180, 90)).coords))


def drafted(store: Store, scope: Scope, plan: int) -> dict[str, bytes]:
    with store.begin(scope) as db:
        return {code: shapely.to_wkb(cell.shape) for code, cell in plans.drafted(db, plan)[1].items()}


def grids(store: Store, scope: Scope, day: date) -> dict[str, shapely.Geometry]:
    with store.begin(scope) as db:
        rows = db.execute(text("SELECT code, ST_AsBinary(geom) AS wkb FROM grid_at(:d)"), {"d": day}).all()
    return {row.code: shapely.from_wkb(bytes(row.wkb)) for row in rows}


def test_a_preview_tells_both_sides_and_writes_nothing(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        made = plans.operate(db, plan, split(code, line, preview=True), as_of=TODAY)
        whole = db.scalar(
            text(
                "SELECT sum(b.households) FROM building_at(:d) b JOIN grid_at(:d) g ON g.code = :code"
                " AND ST_Intersects(g.geom, ST_PointOnSurface(b.geom))"
            ),
            {"d": TODAY, "code": code},
        )
        view = plans.view(db, plan, TODAY)
    assert not any(cell["properties"]["changed"] for cell in view["cells"]["features"])
    assert (view["position"], view["steps"], view["version"]) == (0, [], 1)
    parts = [cell["properties"] for cell in made["changed"] if cell["properties"]["is_new"]]
    assert [part["came_from"] for part in parts] == [[code], [code]]
    assert sum(part["households"] for part in parts) == whole == made["before"][code]["households"]
    assert all(part["area_m2"] > 0 for part in parts)
    assert made["gone"] == [code]


def test_publishing_opens_new_grids_ends_the_old_and_keeps_lineage(demo_copy, district, cut) -> None:
    code, _ = cut
    plan = submitted(demo_copy, district, cut)
    before = grids(demo_copy, district, TODAY)
    with demo_copy.begin(REVIEWER) as db:
        said = plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    assert said["ended"] == [code]
    after, still = grids(demo_copy, district, NEXT), grids(demo_copy, district, TODAY)
    assert still.keys() == before.keys()
    assert all(shapely.equals_exact(still[key], before[key]) for key in before)
    assert set(after) - set(before) == set(said["opened"])
    assert set(before) - set(after) == {code}
    assert all(
        new[:12] == code[:12] and new > max(c for c in before if c[:12] == code[:12])
        for new in said["opened"]
    )
    shapes = np.array([shape.geoms[0] for shape in after.values()])
    assert shapely.coverage_is_valid(shapes)
    assert shapely.coverage_is_valid(shapes, gap_width=1e-7)
    untouched = set(before) - {code} - set(said["reshaped"])
    assert all(after[key].wkb == before[key].wkb for key in untouched)
    with demo_copy.begin(district) as db:
        lineage = db.scalars(
            text("SELECT came_from FROM grid_at(:d) WHERE code = ANY(:new)"),
            {"d": NEXT, "new": said["opened"]},
        )
        assert list(lineage) == [[code], [code]]


def test_the_author_does_not_publish(demo_copy, district, cut) -> None:
    plan = submitted(demo_copy, district, cut)
    with pytest.raises(Forbidden, match="second person"), demo_copy.begin(district) as db:
        plans.publish(db, plan, "planner", NEXT, today=TODAY)


def test_the_database_itself_refuses_one_person_twice(demo_copy, district, cut) -> None:
    plan = submitted(demo_copy, district, cut)
    with pytest.raises(BadInput) as refusal, demo_copy.begin(district) as db:
        db.execute(
            text("UPDATE grid_plan SET state = 'published', reviewed_by = 'planner' WHERE id = :plan"),
            {"plan": plan},
        )
    assert refusal.value.field == "second_person"


def test_the_old_code_is_refused_for_a_new_grid(demo_copy, district, cut) -> None:
    code, _ = cut
    plan = submitted(demo_copy, district, cut)
    with demo_copy.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    insert = text(
        "INSERT INTO grid (code, name, kind, neighbourhood, geom, valid, opened_by)"
        " SELECT :code, '重号', 'basic', left(:code, 12), geom, '[2027-06-01,)', opened_by FROM grid LIMIT 1"
    )
    with pytest.raises(Conflict, match="never used again"), demo_copy.begin(district) as db:
        db.execute(insert, {"code": code})


def two_cuts_apart(store: Store, scope: Scope) -> tuple[Cut, Cut]:
    """Two cuts in one neighbourhood through grids that have no neighbour in common with the other."""
    shapes = grids(store, scope, TODAY)
    codes = np.array(list(shapes))
    tree = shapely.STRtree(list(shapes.values()))
    near: dict[str, set[str]] = {}
    cuts: dict[str, Cut] = {}
    for (code, line), in_the_way in lines_across(store, scope):
        if in_the_way or code in cuts:
            continue
        cuts[code] = (code, line)
        near[code] = set(codes[tree.query(shapes[code], predicate="intersects")])
        for other, earlier in cuts.items():
            if other[:12] == code[:12] and not near[code] & near[other]:
                return earlier, cuts[code]
    raise AssertionError("the demo has no two such grids")


def test_two_plans_of_one_neighbourhood_are_both_published_with_codes_of_their_own(
    demo_copy, district
) -> None:
    one, other = two_cuts_apart(demo_copy, district)
    first, second = submitted(demo_copy, district, one), submitted(demo_copy, district, other)
    opened = []
    for plan in (first, second):
        with demo_copy.begin(REVIEWER) as db:
            opened += plans.publish(db, plan, "reviewer", NEXT, today=TODAY)["opened"]
    assert len(set(opened)) == 4
    shapes = np.array([shape.geoms[0] for shape in grids(demo_copy, district, NEXT).values()])
    assert shapely.coverage_is_valid(shapes, gap_width=1e-7)


def test_a_plan_on_ground_that_changed_is_not_published(demo_copy, district, cut) -> None:
    first, second = submitted(demo_copy, district, cut), submitted(demo_copy, district, cut)
    with demo_copy.begin(REVIEWER) as db:
        plans.publish(db, first, "reviewer", NEXT, today=TODAY)
    with pytest.raises(Conflict, match="ground changed"), demo_copy.begin(REVIEWER) as db:
        plans.publish(db, second, "reviewer", NEXT, today=TODAY)


def test_a_house_that_came_in_after_submission_is_not_cut_by_publication(demo_copy, district, cut) -> None:
    code, _ = cut
    plan = submitted(demo_copy, district, cut)
    with demo_copy.begin(district) as db:
        border = text(
            "SELECT ST_AsEWKB(ST_Multi(ST_ForcePolygonCCW(ST_Buffer(ST_LineInterpolatePoint(ST_GeometryN("
            " ST_LineMerge(ST_Intersection(a.geom, b.geom)), 1), 0.5), 0.0001))))"
            " FROM grid_plan_cell a, grid_plan_cell b"
            " WHERE a.plan = :plan AND b.plan = :plan AND a.is_new AND b.is_new AND a.code < b.code"
        )
        across = WKBElement(bytes(db.scalar(border, {"plan": plan})))
        t = building.c
        here = t.code.startswith(code[:12]) & func.upper_inf(t.recorded)
        row = db.scalar(select(t.id).where(here).limit(1))
        by = history.open_change_set(db, "correction", "990101", "building")
        history.correct(db, building, row, {"geom": across}, by)
    with pytest.raises(Conflict, match="building_cut") as refusal, demo_copy.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    assert refusal.value.extra["faults"][0]["place"]


def test_a_draft_stands_on_what_is_already_published_for_later(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        begun_before = plans.create(db, code[:12], "早先的草稿", TODAY)
    first = submitted(demo_copy, district, cut)
    with demo_copy.begin(REVIEWER) as db:
        opened = plans.publish(db, first, "reviewer", NEXT, today=TODAY)["opened"]
    with demo_copy.begin(district) as db:
        assert plans.view(db, begun_before, TODAY)["base_date"] == NEXT.isoformat()
        with pytest.raises(Refused, match="no cell"):
            plans.operate(db, begun_before, split(code, line, preview=True), as_of=TODAY)
    shapes = grids(demo_copy, district, NEXT)
    again = next(
        (
            found
            for found, in_the_way in lines_across(demo_copy, district, NEXT)
            if found[0] in opened and not in_the_way
        ),
        None,
    )
    if again is None:
        pytest.skip("neither half can be cut again without cutting a house")
    assert again[0] in shapes
    with demo_copy.begin(district) as db:
        plans.operate(db, begun_before, split(*again), as_of=TODAY)
        plans.submit(db, begun_before, "planner", as_of=TODAY)
    with pytest.raises(BadInput, match="begin on") as refusal, demo_copy.begin(REVIEWER) as db:
        plans.publish(db, begun_before, "reviewer", TODAY, today=TODAY)
    assert refusal.value.field == "valid_from"
    with demo_copy.begin(REVIEWER) as db:
        plans.publish(db, begun_before, "reviewer", NEXT, today=TODAY)
    whole = np.array([shape.geoms[0] for shape in grids(demo_copy, district, NEXT).values()])
    assert shapely.coverage_is_valid(whole, gap_width=1e-7)


def test_a_plan_with_a_gap_is_not_submitted(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "带缝", TODAY)
        plans.operate(db, plan, split(code, line), as_of=TODAY)
        shrink = (
            "UPDATE grid_plan_cell SET geom = ST_Multi(ST_ForcePolygonCCW(ST_Buffer(geom, -0.00005)))"
            " WHERE plan = :plan AND is_new"
        )
        db.execute(text(shrink), {"plan": plan})
        with pytest.raises(Conflict, match="stand in the way") as refusal:
            plans.submit(db, plan, "planner", as_of=TODAY)
    assert {"uncovered"} <= {fault["kind"] for fault in refusal.value.extra["faults"]}
    assert refusal.value.extra["faults"][0]["place"]


def test_undo_returns_the_exact_start_and_redo_what_it_undid(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
    start = drafted(demo_copy, district, plan)
    with demo_copy.begin(district) as db:
        made = plans.operate(db, plan, split(code, line), as_of=TODAY)
    one = drafted(demo_copy, district, plan)
    new = [cell["id"] for cell in made["changed"] if cell["properties"]["is_new"]]
    with demo_copy.begin(district) as db:
        plans.operate(db, plan, ask.Merge(operation="merge", cells=new), as_of=TODAY)
    two = drafted(demo_copy, district, plan)
    assert len({len(start), len(one), len(two)}) == 2
    for forward, expected in ((False, one), (False, start), (True, one), (True, two)):
        with demo_copy.begin(district) as db:
            plans.travel(db, plan, forward=forward, as_of=TODAY)
        assert drafted(demo_copy, district, plan) == expected
    with demo_copy.begin(district) as db:
        assert plans.travel(db, plan, forward=False, to=0, as_of=TODAY)["position"] == 0
        with pytest.raises(Conflict, match="no step"):
            plans.travel(db, plan, forward=False, as_of=TODAY)
        assert [step["undone"] for step in plans.view(db, plan, TODAY)["steps"]] == [True, True]
        plans.operate(db, plan, ask.Rename(operation="rename", cell=code, name="新名"), as_of=TODAY)
        assert [step["operation"] for step in plans.view(db, plan, TODAY)["steps"]] == ["rename"]


def test_a_line_through_a_house_is_refused_with_its_place(demo_copy, district) -> None:
    code, line = next(line for line, in_the_way in lines_across(demo_copy, district) if in_the_way)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        with pytest.raises(BadInput, match="no building is split") as refusal:
            plans.operate(db, plan, split(code, line, preview=True), as_of=TODAY)
    assert refusal.value.extra["reason"] == "building-cut"
    assert refusal.value.place is not None


def test_a_second_editor_is_told(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        plans.operate(db, plan, split(code, line), as_of=TODAY, version=1)
    with pytest.raises(Stale), demo_copy.begin(district) as db:
        plans.travel(db, plan, forward=False, as_of=TODAY, version=1)


def test_a_plan_of_another_area_is_not_there(demo_copy, district, cut) -> None:
    plan = submitted(demo_copy, district, cut)
    with pytest.raises(NotFound), demo_copy.begin(Scope("other", ("990102",))) as db:
        plans.view(db, plan, TODAY)


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(9999, 12, 31)])
def test_nothing_is_published_before_today_or_for_ever_away(demo_copy, district, cut, day: date) -> None:
    plan = submitted(demo_copy, district, cut)
    with pytest.raises(BadInput) as refusal, demo_copy.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", day, today=TODAY)
    assert refusal.value.field == "valid_from"


def test_a_returned_plan_can_be_worked_on_again(demo_copy, district, cut) -> None:
    plan = submitted(demo_copy, district, cut)
    with demo_copy.begin(REVIEWER) as db:
        plans.give_back(db, plan, "reviewer", "边线请沿道路")
    with demo_copy.begin(district) as db:
        view = plans.view(db, plan, TODAY)
        assert (view["state"], view["remark"]) == ("returned", "边线请沿道路")
        plans.submit(db, plan, "planner", as_of=TODAY)
