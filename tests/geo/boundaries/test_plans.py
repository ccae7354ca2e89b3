"""A plan is drafted by one person and published by another, wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
import shapely
from shapely import LineString
from sqlalchemy import text

from geo.boundaries import plans
from geo.errors import BadInput, Conflict, Forbidden, NotFound, Stale
from geo.store.engine import Scope, Store

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
        plans.split_grid(db, plan, code, line, as_of=TODAY, preview=False)
        plans.submit(db, plan, scope.actor)
    return plan


def grids(store: Store, scope: Scope, day: date) -> dict[str, shapely.Geometry]:
    with store.begin(scope) as db:
        rows = db.execute(text("SELECT code, ST_AsBinary(geom) AS wkb FROM grid_at(:d)"), {"d": day}).all()
    return {row.code: shapely.from_wkb(bytes(row.wkb)) for row in rows}


def test_a_preview_tells_both_sides_and_writes_nothing(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        made = plans.split_grid(db, plan, code, line, as_of=TODAY, preview=True)
        whole = db.scalar(
            text(
                "SELECT sum(b.households) FROM building_at(:d) b JOIN grid_at(:d) g ON g.code = :code"
                " AND ST_Intersects(g.geom, ST_PointOnSurface(b.geom))"
            ),
            {"d": TODAY, "code": code},
        )
        assert plans.view(db, plan, TODAY)["cells"]["features"] == []
    assert sum(part["households"] for part in made["parts"]) == whole
    assert all(part["area_m2"] > 0 for part in made["parts"])


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


def test_a_draft_stands_on_what_is_already_published_for_later(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        begun_before = plans.create(db, code[:12], "早先的草稿", TODAY)
    first = submitted(demo_copy, district, cut)
    with demo_copy.begin(REVIEWER) as db:
        opened = plans.publish(db, first, "reviewer", NEXT, today=TODAY)["opened"]
    with demo_copy.begin(district) as db:
        assert plans.view(db, begun_before, TODAY)["base_date"] == NEXT.isoformat()
        with pytest.raises(NotFound):
            plans.split_grid(db, begun_before, code, line, as_of=TODAY, preview=True)
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
        plans.split_grid(db, begun_before, *again, as_of=TODAY, preview=False)
        plans.submit(db, begun_before, "planner")
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
        plans.split_grid(db, plan, code, line, as_of=TODAY, preview=False)
        shrink = (
            "UPDATE grid_plan_cell SET geom = ST_Multi(ST_ForcePolygonCCW(ST_Buffer(geom, -0.00005)))"
            " WHERE plan = :plan AND is_new"
        )
        db.execute(text(shrink), {"plan": plan})
        with pytest.raises(Conflict, match="gap") as refusal:
            plans.submit(db, plan, "planner")
    assert refusal.value.extra["faults"][0]["place"]


def test_undo_returns_the_exact_start(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        made = plans.split_grid(db, plan, code, line, as_of=TODAY, preview=False)
        one = plans.view(db, plan, TODAY)
        part = shapely.geometry.shape(made["parts"][0]["geometry"])
        new = min(cell["id"] for cell in one["cells"]["features"] if cell["properties"]["is_new"])
        west, south, east, north = part.bounds
        again = LineString([(west - 1, (south + north) / 2), (east + 1, (south + north) / 2)])
        try:
            plans.split_grid(db, plan, new, again, as_of=TODAY, preview=False)
            plans.undo(db, plan)
        except BadInput:
            pass  # a building stands in the way of the second cut: one step is enough to show
        assert plans.view(db, plan, TODAY)["cells"] == one["cells"]
        plans.undo(db, plan)
        assert plans.view(db, plan, TODAY)["cells"]["features"] == []
        with pytest.raises(Conflict, match="no step"):
            plans.undo(db, plan)


def test_a_line_through_a_house_is_refused_with_its_place(demo_copy, district) -> None:
    code, line = next(line for line, in_the_way in lines_across(demo_copy, district) if in_the_way)
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        with pytest.raises(BadInput, match="no building is split") as refusal:
            plans.split_grid(db, plan, code, line, as_of=TODAY, preview=True)
    assert refusal.value.place is not None


def test_a_second_editor_is_told(demo_copy, district, cut) -> None:
    code, line = cut
    with demo_copy.begin(district) as db:
        plan = plans.create(db, code[:12], "试分", TODAY)
        plans.split_grid(db, plan, code, line, as_of=TODAY, preview=False, version=1)
    with pytest.raises(Stale), demo_copy.begin(district) as db:
        plans.undo(db, plan, version=1)


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
        plans.submit(db, plan, "planner")
