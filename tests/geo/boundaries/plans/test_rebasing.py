"""Ground that changes under a draft: taken in without harm, or a conflict that names its cells."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.boundaries import plans
from geo.boundaries.plans import requests as ask
from geo.boundaries.plans.rebasing import rebase
from geo.errors import Conflict
from geo.store.engine import Scope, Store
from tests.geo.boundaries.test_plans import (
    NEXT,
    REVIEWER,
    TODAY,
    Cut,
    cut,
    drafted,
    grids,
    split,
    submitted,
    two_cuts_apart,
)

__all__ = ["cut"]


def begun(store: Store, scope: Scope, cut: Cut, area: str | None = None) -> int:
    code, line = cut
    with store.begin(scope) as db:
        plan = plans.create(db, area or code[:12], "试分", TODAY)
        plans.operate(db, plan, split(code, line), as_of=TODAY)
    return plan


def published(store: Store, scope: Scope, cut: Cut) -> list[str]:
    plan = submitted(store, scope, cut)
    with store.begin(REVIEWER) as db:
        return plans.publish(db, plan, "reviewer", NEXT, today=TODAY)["opened"]


def stale(store: Store, scope: Scope, plan: int) -> dict | None:
    with store.begin(scope) as db:
        return plans.view(db, plan, TODAY)["stale"]


def assert_whole(store: Store, scope: Scope) -> None:
    shapes = np.array([shape.geoms[0] for shape in grids(store, scope, NEXT).values()])
    assert shapely.coverage_is_valid(shapes, gap_width=1e-7)


def test_what_others_published_elsewhere_is_taken_in_and_undone_to_the_bit(demo_copy, district) -> None:
    one, other = two_cuts_apart(demo_copy, district)
    plan = begun(demo_copy, district, other)
    before = drafted(demo_copy, district, plan)
    assert stale(demo_copy, district, plan) is None
    opened = published(demo_copy, district, one)
    assert drafted(demo_copy, district, plan) == before, "a draft stands on the ground that it was begun on"
    found = stale(demo_copy, district, plan)
    assert one[0] in found["cells"]
    assert found["conflicts"] == []
    with demo_copy.begin(district) as db:
        made = rebase(db, plan, "both", as_of=TODAY)
    assert one[0] in made["gone"]
    assert stale(demo_copy, district, plan) is None
    after = drafted(demo_copy, district, plan)
    assert set(opened) <= set(after)
    assert shapely.coverage_is_valid(shapely.from_wkb(list(after.values())))
    with demo_copy.begin(district) as db:
        plans.travel(db, plan, forward=False, as_of=TODAY)
    assert drafted(demo_copy, district, plan) == before
    with demo_copy.begin(district) as db:
        plans.travel(db, plan, forward=True, as_of=TODAY)
    assert drafted(demo_copy, district, plan) == after
    with demo_copy.begin(district) as db:
        plans.submit(db, plan, "planner", as_of=TODAY)
    with demo_copy.begin(REVIEWER) as db:
        made = plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    assert not set(made["opened"]) & set(opened)
    assert_whole(demo_copy, district)


def test_the_same_cells_are_a_conflict_that_is_named(demo_copy, district, cut) -> None:
    plan = begun(demo_copy, district, cut)
    published(demo_copy, district, cut)
    with pytest.raises(Conflict, match="ground changed") as refusal, demo_copy.begin(district) as db:
        plans.submit(db, plan, "planner", as_of=TODAY)
    assert refusal.value.extra["stale"] is True
    assert cut[0] in refusal.value.extra["cells"]
    with pytest.raises(Conflict) as refusal, demo_copy.begin(district) as db:
        rebase(db, plan, "both", as_of=TODAY)
    assert cut[0] in refusal.value.extra["conflicts"]
    assert refusal.value.extra["neighbourhoods"] == [cut[0][:12]]


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_a_conflict_is_decided_for_a_whole_parent(demo_copy, district, cut, keep: str) -> None:
    plan = begun(demo_copy, district, cut)
    mine = drafted(demo_copy, district, plan)
    opened = published(demo_copy, district, cut)
    with demo_copy.begin(district) as db:
        rebase(db, plan, keep, as_of=TODAY)
    after = drafted(demo_copy, district, plan)
    assert stale(demo_copy, district, plan) is None
    if keep == "theirs":
        assert set(opened) <= set(after)
        assert after == {
            code: shapely.to_wkb(shape.geoms[0])
            for code, shape in grids(demo_copy, district, NEXT).items()
            if code[:12] == cut[0][:12]
        }
        return
    assert not set(opened) & set(after), "what they opened ends"
    assert sorted(after.values()) == sorted(mine.values())
    with demo_copy.begin(district) as db:
        plans.submit(db, plan, "planner", as_of=TODAY)
    with demo_copy.begin(REVIEWER) as db:
        made = plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    assert set(made["ended"]) == set(opened)
    assert_whole(demo_copy, district)


def test_plans_of_neighbouring_areas_do_not_block_each_other(demo_copy, district) -> None:
    """Two cuts that end on the common border of two neighbourhoods: each puts a vertex into the other's cells."""
    plans_of = {}
    cuts = border_cuts(demo_copy, district)
    for code, line in cuts:
        plans_of[code] = begun(demo_copy, district, (code, line))
    for plan in plans_of.values():
        with demo_copy.begin(district) as db:
            plans.submit(db, plan, "planner", as_of=TODAY)
    for plan in plans_of.values():
        with demo_copy.begin(REVIEWER) as db:
            plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    assert_whole(demo_copy, district)


def border_cuts(store: Store, scope: Scope) -> list[Cut]:
    """Cuts of two grids of different neighbourhoods that share an edge, each grown by the other's cut."""
    from tests.geo.boundaries.test_plans import lines_across

    shapes = {code: shape.geoms[0] for code, shape in grids(store, scope, TODAY).items()}
    tree, codes = shapely.STRtree(list(shapes.values())), list(shapes)
    first: dict[str, Cut] = {}
    for (code, line), in_the_way in lines_across(store, scope):
        if in_the_way or code in first:
            continue
        ends = shapely.boundary(line.intersection(shapes[code]))
        near = {codes[i] for i in tree.query(ends, predicate="dwithin", distance=1e-9)}
        for other in near & set(first):
            if other[:12] != code[:12]:
                return [first[other], (code, line)]
        first[code] = (code, line)
    pytest.skip("the demo has no two such grids")


def test_a_copy_stands_beside_its_original(demo_copy, district, cut) -> None:
    plan = begun(demo_copy, district, cut)
    with demo_copy.begin(district) as db:
        copy = plans.create(db, cut[0][:12], "另案", TODAY, copy=plan)
    assert drafted(demo_copy, district, copy) == drafted(demo_copy, district, plan)
    with demo_copy.begin(district) as db:
        plans.operate(
            db,
            copy,
            ask.Rename(operation="rename", cell=max(drafted_codes(db, copy)), name="甲"),
            as_of=TODAY,
        )
        plans.travel(db, copy, forward=False, to=0, as_of=TODAY)
        assert not any(cell.is_changed for cell in plans.drafted(db, copy)[1].values())
        assert any(cell.is_changed for cell in plans.drafted(db, plan)[1].values())


def drafted_codes(db, plan: int) -> list[str]:
    return list(plans.drafted(db, plan)[1])
