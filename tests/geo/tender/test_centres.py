"""A firm's site takes its neighbours (企业驻点), on the demo's pool and its real database."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

import pytest

from geo.errors import Conflict
from geo.store.engine import Scope, Store
from geo.tender.bundles import propose, weigh
from geo.tender.rules import BundleRules, Centre
from geo.tender.survey import Ground, survey

TODAY = date(2026, 11, 1)
OFFICER = Scope("officer", ("990101",))
AREA = BundleRules(
    area="990101000000", households=(0, 5000), standalone=False, willing="any", within_subdistrict=False
)


def ground_of(store: Store, rules: BundleRules) -> Ground:
    with store.begin(OFFICER) as db:
        return survey(db, rules, TODAY, 90, with_modes=False)


@pytest.fixture(scope="module")
def sites(demo: Store) -> list[str]:
    """Two units of one connected piece, the farthest apart of it."""
    ground = ground_of(demo, AREA)
    beside: dict[str, set[str]] = {unit.id: set() for unit in ground.problem.units}
    for link in ground.problem.links:
        if link.cut is None:
            beside[link.a].add(link.b)
            beside[link.b].add(link.a)
    pieces = []
    left = set(beside)
    while left:
        todo, piece = [min(left)], set()
        while todo:
            unit = todo.pop()
            piece.add(unit)
            todo += sorted(beside[unit] - piece)
        left -= piece
        pieces.append(sorted(piece))
    largest = max(pieces, key=len)
    shape = {code: ground.candidates[code].shape for code in largest}
    return list(max(combinations(largest, 2), key=lambda pair: shape[pair[0]].distance(shape[pair[1]])))


def with_sites(sites: list[str], **more: Any) -> BundleRules:
    centres = tuple(Centre(unit=code, **more) for code in sites)
    return AREA.model_copy(update={"centres": centres, "gap": 300.0})


def test_each_site_is_the_hub_of_its_package_and_keeps_its_capacity(demo: Store, sites: list[str]) -> None:
    rules = with_sites(sites, capacity=900)
    plan = propose(ground_of(demo, rules), rules, TODAY)
    assert sorted(each["hub"] for each in plan["packages"]) == sorted(sites)
    assert all(each["hub"] in each["members"] for each in plan["packages"])
    assert all(each["households"] <= 900 for each in plan["packages"])
    with demo.begin(OFFICER) as db:
        drawn = {each["id"]: each["members"] for each in plan["packages"]}
        assert weigh(db, rules, drawn, TODAY, ending_days=90)["violations"] == []
    told = {each["why"]["code"] for each in plan["left_out"]}
    assert "no_centre" in told


def test_more_room_takes_more_in(demo: Store, sites: list[str]) -> None:
    left = []
    for capacity in (500, 900, None):
        rules = with_sites(sites, capacity=capacity)
        left.append(propose(ground_of(demo, rules), rules, TODAY)["parts"]["left_out"])
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1]


def test_what_opening_a_site_costs_is_told_with_the_plan(demo: Store, sites: list[str]) -> None:
    dear = with_sites(sites, fixed_cost=50_000.0).model_copy(update={"packages": (1, 2)})
    plan = propose(ground_of(demo, dear), dear, TODAY)
    assert plan["parts"]["fixed"] == 50_000.0 * len(plan["packages"])
    free = with_sites(sites)
    assert propose(ground_of(demo, free), free, TODAY)["parts"]["fixed"] == 0


def test_a_site_that_cannot_hold_its_own_unit_is_named(demo: Store, sites: list[str]) -> None:
    small = with_sites(sites, capacity=1)
    with pytest.raises(Conflict) as refusal:
        propose(ground_of(demo, small), small, TODAY)
    (first, *_) = refusal.value.extra["conflict"]
    assert (first["code"], first["figures"]["limit"]) == ("centre_too_small", 1)
    assert first["figures"]["unit"] in sites


def test_a_few_units_round_two_sites_are_solved_to_the_proven_optimum(demo: Store, sites: list[str]) -> None:
    near = AREA.model_copy(update={"area": f"{sites[0][:9]}000", "exact": True, "packages": (1, 4)})
    ground = ground_of(demo, near)
    assert len(ground.problem.units) <= 40
    plan = propose(ground, near, TODAY)
    assert plan["proven"]
    assert plan["gap"] == pytest.approx(0, abs=1e-9)
