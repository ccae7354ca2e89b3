"""Faults of a draft: each found with its place and mended as a step; what is left is for a person."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from sqlalchemy import text

from geo.boundaries import plans
from geo.boundaries.plans import comments, fixing, lineage, rows
from geo.boundaries.plans import requests as ask
from geo.boundaries.plans.cells import as_ewkb
from geo.boundaries.plans.dates import change_dates
from geo.boundaries.plans.limits import define_limits, read_limits
from geo.errors import BadInput, Conflict, Forbidden, NotFound
from geo.store.engine import Scope, Store
from tests.geo.boundaries.plans.town import PLANNER, SUBDISTRICT, TODAY, Town, build

REVIEWER = Scope("reviewer", ("990101",))
HOME = "990101001001"


@pytest.fixture
def town(store: Store) -> Town:
    return build(store, blocks=2, columns=2, rows=2, houses=3)


@pytest.fixture
def plan(store: Store, town: Town) -> int:
    with store.begin(PLANNER) as db:
        plan = plans.create(db, SUBDISTRICT, "修复", TODAY)
        plans.operate(db, plan, ask.Rename(operation="rename", cell=f"{HOME}001", name="甲"), as_of=TODAY)
    return plan


def spoil(store: Store, plan: int, code: str, change) -> None:
    """Redraw a cell behind the planner's back, as a bad import would."""
    with store.begin(PLANNER) as db:
        cell = plans.drafted(db, plan)[1][code]
        db.execute(
            text(
                "INSERT INTO grid_plan_cell (plan, code, name, kind, is_new, base, geom)"
                " VALUES (:plan, :code, :name, :kind, false, :base, CAST(:geom AS geometry(MultiPolygon, 4490)))"
                " ON CONFLICT (plan, code) DO UPDATE SET geom = excluded.geom"
            ),
            {
                "plan": plan, "code": code, "name": cell.name, "kind": cell.kind, "base": cell.base.row,
                "geom": as_ewkb(change(cell.shape)),
            },
        )  # fmt: skip


def found(store: Store, plan: int) -> list[dict]:
    with store.begin(PLANNER) as db:
        return [one for one in fixing.report(db, plan, TODAY)["faults"] if "households" not in one["kind"]]


def mend(store: Store, plan: int, fault: dict, to: str | None = None) -> dict:
    with store.begin(PLANNER) as db:
        seen = fixing.fix(db, plan, fault["id"], as_of=TODAY, to=to, preview=True, version=None)
        made = fixing.fix(db, plan, fault["id"], as_of=TODAY, to=to, preview=False, version=None)
    assert seen["changed"] == made["changed"]
    return made


def test_a_sound_draft_has_no_faults_of_shape(store, plan) -> None:
    assert found(store, plan) == []


def test_a_gap_in_the_middle_goes_to_a_cell_or_becomes_one(store, plan) -> None:
    def bitten(shape):
        centre = shapely.get_coordinates(shape.representative_point())[0]
        return shapely.difference(shape, shapely.box(*(centre - 2e-4), *(centre + 2e-4)))

    spoil(store, plan, f"{HOME}002", bitten)
    (gap,) = [one for one in found(store, plan) if one["kind"] == "uncovered"]
    assert gap["fix"]["needs"] == "to"
    made = mend(store, plan, gap, f"{HOME}002")
    assert [cell["id"] for cell in made["changed"]] == [f"{HOME}002"]
    assert [one["kind"] for one in found(store, plan)] == []
    with store.begin(PLANNER) as db:
        plans.travel(db, plan, forward=False, as_of=TODAY)
    (gap,) = [one for one in found(store, plan) if one["kind"] == "uncovered"]
    made = mend(store, plan, gap)
    assert [cell["properties"]["is_new"] for cell in made["changed"]] == [True]
    with pytest.raises(Conflict, match="no longer"), store.begin(PLANNER) as db:
        fixing.fix(db, plan, gap["id"], as_of=TODAY, to=None, preview=True, version=None)


def test_free_land_at_the_edge_goes_to_who_was_said(store, plan) -> None:
    def clipped(shape):
        west, south, _, north = shape.bounds
        return shapely.difference(shape, shapely.box(west - 1, south - 1, west + 4e-4, north + 1))

    codes = [f"{HOME}{number:03d}" for number in (1, 2, 3, 4)]
    with store.begin(PLANNER) as db:
        cells = plans.drafted(db, plan)[1]
    code = min(codes, key=lambda each: cells[each].shape.bounds[0])
    spoil(store, plan, code, clipped)
    faults = [one for one in found(store, plan) if one["kind"] == "uncovered"]
    mend(store, plan, faults[0], code)
    left = [one for one in found(store, plan) if one["kind"] == "uncovered"]
    assert len(left) == len(faults) - 1


def test_an_overlap_is_decided_by_a_person(store, plan) -> None:
    with store.begin(PLANNER) as db:
        cells = plans.drafted(db, plan)[1]
    one = f"{HOME}001"
    two = next(
        c for c in cells if c != one and c[:12] == HOME and shapely.touches(cells[one].shape, cells[c].shape)
    )
    spoil(
        store,
        plan,
        one,
        lambda shape: shapely.union(shape, shapely.intersection(shape.buffer(2e-4), cells[two].shape)),
    )
    overlaps = [
        each for each in found(store, plan) if each["kind"] == "overlap" and set(each["cells"]) == {one, two}
    ]
    assert overlaps
    assert overlaps[0]["area_m2"] > 100
    mend(store, plan, overlaps[0], one)
    left = [
        each for each in found(store, plan) if each["kind"] == "overlap" and set(each["cells"]) == {one, two}
    ]
    assert left == []


def test_too_few_households_are_merged_with_a_neighbour(store, plan) -> None:
    with store.begin(PLANNER) as db:
        faults = fixing.report(db, plan, TODAY)["faults"]
    few = next(
        one for one in faults if one["kind"] == "too_few_households" and one["cells"] == [f"{HOME}001"]
    )
    made = mend(store, plan, few)
    assert len(made["gone"]) == 2
    assert made["changed"][0]["properties"]["households"] == 2 * 9 * 8


def test_errors_block_and_warnings_ask_for_a_reason(store, plan) -> None:
    with pytest.raises(Conflict) as refusal, store.begin(PLANNER) as db:
        plans.submit(db, plan, "planner", as_of=TODAY, reason="")
    assert refusal.value.extra["reason"] == "reason-needed"
    with store.begin(PLANNER) as db:
        version = plans.submit(db, plan, "planner", as_of=TODAY, reason="老城区户数少")
    with pytest.raises(Forbidden), store.begin(PLANNER) as db:
        plans.approve(db, plan, "planner", version)
    with store.begin(REVIEWER) as db:
        plans.approve(db, plan, "reviewer", version)
        assert plans.view(db, plan, TODAY, actor="reviewer", roles=["reviewer"])["may"] == [
            "return", "publish", "comment",
        ]  # fmt: skip
        plans.give_back(db, plan, "reviewer", "再看看")
    with store.begin(PLANNER) as db:
        assert plans.view(db, plan, TODAY)["state"] == "returned"


def test_comments_stay_and_belong_to_their_area(store, plan) -> None:
    with store.begin(REVIEWER) as db:
        comments.say(db, plan, "这里请沿道路", cell=f"{HOME}001", place=(117.3, 31.8))
    with store.begin(PLANNER) as db:
        (said,) = comments.listed(db, plan)
    assert (said["author"], said["place"], said["cell"]) == ("reviewer", [117.3, 31.8], f"{HOME}001")
    with pytest.raises(NotFound), store.begin(Scope("other", ("990102",))) as db:
        comments.listed(db, plan)


def test_a_vertex_on_an_unchanged_border_is_no_change(store, plan, town) -> None:
    one = next(code for code in town.grids if code[:12] == HOME)
    with store.begin(PLANNER) as db:
        west, south, east, north = plans.drafted(db, plan)[1][one].shape.bounds
        between = west + 0.36 * (east - west)  # two rows of houses
        line = ask.Line(coordinates=[(between, south - 1e-3), (between, north + 1e-3)])
        made = plans.operate(db, plan, ask.Split(operation="split", cell=one, line=line), as_of=TODAY)
        told = lineage.compared(db, plan, TODAY)
    assert made["grown"]
    fates = {cell["code"]: cell["fate"] for cell in told["cells"]}
    assert {fates[code] for code in made["grown"]} == {"unchanged"}
    assert fates[one] == "split"


def test_lineage_is_derived_and_confirmed(store, plan, town) -> None:
    mine = [code for code in town.grids if code[:12] == HOME]
    with store.begin(PLANNER) as db:
        cells = plans.drafted(db, plan)[1]
        one = mine[1]
        two = next(
            c
            for c in mine
            if c != one and shapely.relate_pattern(cells[one].shape, cells[c].shape, "****1****")
        )
        made = plans.operate(db, plan, ask.Merge(operation="merge", cells=[one, two]), as_of=TODAY)
        (new,) = [cell["id"] for cell in made["changed"] if cell["properties"]["is_new"]]
        told = lineage.compared(db, plan, TODAY)
        assert set(told["lineage"][new]) == {one, two}
        fates = {cell["code"]: cell["fate"] for cell in told["cells"]}
        assert (fates[one], fates[two], fates[new]) == ("merged", "merged", "new")
        assert {fates[code] for code in made["grown"]} <= {"unchanged"}
        with pytest.raises(BadInput):
            lineage.confirm(db, plan, {new: ["990101001009001"]}, {}, None)
        lineage.confirm(db, plan, {new: [one]}, {}, None)
        assert lineage.compared(db, plan, TODAY)["lineage"][new] == [one]
        plans.submit(db, plan, "planner", as_of=TODAY, reason="合并")
    with store.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", TODAY, today=TODAY)
        assert db.scalar(text("SELECT came_from FROM grid WHERE code = :c"), {"c": new}) == [one]
        days = change_dates(db, SUBDISTRICT)
    assert days[-1] == TODAY
    assert rows.EDITABLE == ("draft", "returned")


def test_a_publication_is_withdrawn_before_its_day_and_its_codes_are_never_used(store, plan, town) -> None:
    later = date(2027, 1, 1)
    with store.begin(PLANNER) as db:
        cells = plans.drafted(db, plan)[1]
        one = f"{HOME}001"
        two = next(
            c for c in cells if c != one and c[:12] == HOME and _beside(cells[one].shape, cells[c].shape)
        )
        made = plans.operate(db, plan, ask.Merge(operation="merge", cells=[one, two]), as_of=TODAY)
        plans.submit(db, plan, "planner", as_of=TODAY, reason="合并")
    before = world(store)
    with store.begin(REVIEWER) as db:
        (new,) = plans.publish(db, plan, "reviewer", later, today=TODAY)["opened"]
        assert plans.view(db, plan, TODAY, actor="reviewer", roles=["reviewer"])["may"] == [
            "withdraw",
            "comment",
        ]
    assert new in world(store)
    with pytest.raises(Conflict, match="holds since"), store.begin(REVIEWER) as db:
        plans.withdraw(db, plan, "reviewer", today=later)
    with store.begin(REVIEWER) as db:
        plans.withdraw(db, plan, "reviewer", today=TODAY)
    assert world(store) == before
    with store.begin(PLANNER) as db:
        again = plans.create(db, SUBDISTRICT, "再来", TODAY)
        made = plans.operate(db, again, ask.Merge(operation="merge", cells=[one, two]), as_of=TODAY)
    assert [cell["id"] for cell in made["changed"] if cell["properties"]["is_new"]] > [new]


def _beside(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(shapely.relate_pattern(one, other, "****1****"))


def world(store: Store) -> dict[str, bytes]:
    rows_now = text(
        "SELECT code, valid, ST_AsBinary(geom) AS wkb FROM grid WHERE upper_inf(recorded) AND upper_inf(valid)"
    )
    with store.begin(PLANNER) as db:
        return {row.code: (row.valid.lower, bytes(row.wkb)) for row in db.execute(rows_now)}


def test_limits_are_the_districts_own(store, plan) -> None:
    with store.begin(PLANNER) as db:
        assert read_limits(db, "990101000000") == {"least": 300, "most": 500}
        define_limits(db, "990101000000", 50, 90)
        assert plans.view(db, plan, TODAY)["limits"] == {"min": 50, "max": 90, "exempt": ["dedicated"]}
        assert fixing.report(db, plan, TODAY)["faults"] == []
        with pytest.raises(BadInput):
            define_limits(db, "990101000000", 90, 50)
