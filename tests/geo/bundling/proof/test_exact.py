"""Proofs against every plan there is: on random problems, and on districts that others enumerated."""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from geo.bundling import Activity, Link, Problem, Rules, Unit
from geo.bundling.proof.exact import Proof, prove
from tests.geo.bundling.cases import grid, plan_faults, problems, strip
from tests.geo.bundling.every_plan import best_key

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ENUMERATED = os.environ.get("WANGGE_ENUMERATED", "")
"""Folder with fl25.gpkg, fl25_adj_0based.txt, fl25_enum.npz (the enumerated districts of the redist package)."""


def named(problem: Problem, proof: Proof) -> dict[str, str | None]:
    """Labels by id; a package with a locked unit has the name of its lock."""
    locks = {int(p): u.lock for u, p in zip(problem.units, proof.labels, strict=True) if u.lock}
    return {
        unit.id: None if package < 0 else locks.get(int(package)) or f"package {package}"
        for unit, package in zip(problem.units, proof.labels, strict=True)
    }


def key_of(problem: Problem, proof: Proof) -> tuple[float, ...]:
    """Load left out, units left out, soft price, distance of a proof's plan."""
    units, rules, labels = problem.units, problem.rules, proof.labels
    groups = [[units[u] for u in np.flatnonzero(labels == p)] for p in range(labels.max(initial=-1) + 1)]
    soft = 0.0
    for group in groups:
        soft += (0 if rules.within else rules.soft.get("border", 0.0)) * (len({u.within for u in group}) - 1)
        for activity in rules.activities:
            load = math.fsum(unit.weights[activity.name] for unit in group)
            low = -math.inf if activity.lower is None else activity.lower
            high = math.inf if activity.upper is None else activity.upper
            soft += rules.soft.get(activity.name, 0.0) * (max(0.0, low - load) + max(0.0, load - high))
    out = [unit for unit, package in zip(units, labels, strict=True) if package < 0]
    distance = sum(
        min(sum(problem.distance_weight(u) * math.dist((u.x, u.y), (h.x, h.y)) for u in group) for h in group)
        for group in groups
    )
    return math.fsum(problem.load(unit) for unit in out), len(out), soft, distance


def same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return bool(np.allclose(one, other, rtol=1e-7, atol=1e-5))


def agrees_with_every_plan(problem: Problem) -> None:
    best, proof = best_key(problem), prove(problem)
    assert proof.proven
    assert (proof.labels is None) == (best is None)
    if best is not None:
        assert plan_faults(problem, named(problem, proof)) == set()
        assert same(key_of(problem, proof), best)
        assert math.isclose(proof.bound, best[3], rel_tol=1e-6, abs_tol=1e-5)


@SLOW
@given(problems(most=9))
def test_a_proof_agrees_with_every_plan_there_is(problem: Problem) -> None:
    agrees_with_every_plan(problem)


@SLOW
@given(problems(most=12))
def test_relaxing_a_rule_never_worsens_the_optimum(problem: Problem) -> None:
    tight = prove(problem)
    assert tight.proven
    if tight.labels is None:
        return
    rules = problem.rules
    for change in (
        {"max_members": None},
        {"anchors": False},
        {"apart": ()},
        {"together": ()},
        {"activities": tuple(dataclasses.replace(a, upper=None) for a in rules.activities)},
    ):
        relaxed = dataclasses.replace(problem, rules=dataclasses.replace(rules, **change))
        loose = prove(relaxed)
        assert loose.proven
        # both by the prices of the relaxed problem: what was over a bound that is gone costs nothing
        one, other = key_of(relaxed, loose), key_of(relaxed, tight)
        assert same(one, other) or tuple(round(v, 4) for v in one) <= tuple(round(v, 4) for v in other)


def test_a_plan_to_begin_with_and_other_packages_change_nothing_but_the_way() -> None:
    problem = grid(5, activities=(Activity("households", 400, 600),), packages=5)
    start = np.arange(25) // 5
    plain, led = prove(problem), prove(problem, start, packages=[[0, 1, 5, 6, 7]])
    assert plain.proven
    assert led.proven
    assert same(key_of(problem, plain), key_of(problem, led))
    assert key_of(problem, plain)[3] >= 20 * 100 * 100  # twenty units at least one step from their hubs


def test_a_group_in_pieces_is_joined_by_the_best_chain_not_the_lightest() -> None:
    # the light chain over "far" is long, the heavy one over "mid" is short and fits as well
    units = (
        Unit("a", 0, 0, {"households": 10}),
        Unit("b", 200, 0, {"households": 10}),
        Unit("mid", 100, 0, {"households": 30}),
        Unit("far", 100, 900, {"households": 1}),
    )
    links = (Link("a", "mid"), Link("mid", "b"), Link("a", "far"), Link("far", "b"))
    rules = Rules((Activity("households", None, 60),), packages=2, together=(("a", "b"),))
    problem = Problem(units, links, rules)
    labels = named(problem, prove(problem))
    assert labels["a"] == labels["b"] == labels["mid"] != labels["far"]


def test_that_there_is_no_plan_is_proven() -> None:
    units = tuple(Unit(n, 0, 0, {"households": w}) for n, w in (("a", 700), ("b", 800)))
    problem = Problem(units, (Link("a", "b"),), Rules((Activity("households", 900, 1100),)))
    assert prove(problem) == Proof(None, True, None)
    uneven = strip(5, activities=(Activity("households", 200, 200),), leave_out_price=None)
    assert prove(uneven) == Proof(None, True, None)


def test_little_work_gives_an_honest_answer() -> None:
    problem = grid(6, activities=(Activity("households", 300, 500),), packages=9)
    start = np.array([3 * (r // 2) + c // 2 for r in range(6) for c in range(6)])
    proof = prove(problem, start, steps=1)
    assert not proof.proven
    assert key_of(problem, proof) <= key_of(problem, Proof(start, False, None))
    stopped = prove(problem, start, stop=lambda: True)
    assert not stopped.proven
    assert stopped.labels.tolist() == start.tolist()


def test_no_units_and_no_packages() -> None:
    assert prove(Problem((), (), Rules())).proven
    assert prove(Problem((), (), Rules(packages=1))) == Proof(None, True, None)
    assert prove(strip(3, packages=0)).labels.tolist() == [-1, -1, -1]


# ---- enumerated districts --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def districts() -> tuple[Problem, np.ndarray]:
    """The 25 precincts with their populations, and all plans of three connected districts."""
    folder = Path(ENUMERATED)
    if not ENUMERATED or not (folder / "fl25_enum.npz").is_file():
        pytest.skip("WANGGE_ENUMERATED names no folder with the enumerated districts")
    import geopandas as gpd

    frame = gpd.read_file(folder / "fl25.gpkg")
    points = frame.geometry.representative_point()
    units = tuple(
        Unit(str(i), float(p.x), float(p.y), {"people": float(w), "one": 1.0}, None, i % 4 == 0)
        for i, (p, w) in enumerate(zip(points, frame["pop"], strict=True))
    )
    lines = (folder / "fl25_adj_0based.txt").read_text().splitlines()
    pairs = sorted({tuple(sorted((a, int(b)))) for a, line in enumerate(lines) for b in line.split()})
    links = tuple(Link(str(a), str(b)) for a, b in pairs)
    plans = np.load(folder / "fl25_enum.npz")["plans"]
    return Problem(units, links, Rules((Activity("people"),), packages=3)), plans - plans.min()


def least(problem: Problem, plans: np.ndarray) -> float:
    """Least distance among the enumerated plans that keep the rules, measured plan by plan."""
    units, rules = problem.units, problem.rules
    x, y = (np.array([getattr(u, c) for u in units]) for c in "xy")
    pull = np.array([problem.distance_weight(u) for u in units])
    far = np.hypot(x[:, None] - x, y[:, None] - y)
    index = {unit.id: place for place, unit in enumerate(units)}
    total, fine = np.zeros(len(plans)), np.ones(len(plans), dtype=bool)
    for district in range(3):
        inside = plans == district
        cost = np.where(inside, (inside * pull) @ far, np.inf)
        total += cost.min(axis=1)
        for activity in rules.activities:
            load = inside @ np.array([u.weights[activity.name] for u in units])
            fine &= (load >= (activity.lower or 0)) & (load <= (activity.upper or np.inf))
        fine &= inside.sum(axis=1) <= (rules.max_members or len(units))
        if rules.anchors:
            fine &= (inside & np.array([u.anchor for u in units])).any(axis=1)
        for one, other in rules.apart:
            fine &= ~(inside[:, index[one]] & inside[:, index[other]])
    for one, other in rules.together:
        fine &= plans[:, index[one]] == plans[:, index[other]]
    return float(total[fine].min())


def within(problem: Problem, share: float) -> tuple[Activity, ...]:
    mean = sum(unit.weights["people"] for unit in problem.units) / 3
    return (Activity("people", (1 - share) * mean, (1 + share) * mean),)


@pytest.mark.parametrize(
    ("objective", "share", "rules"),
    [
        ("wdist", 0.05, {}),
        ("wdist", 0.2, {"max_members": 10}),
        ("dist", 0.1, {}),
        ("dist", 0.5, {"anchors": True, "apart": (("0", "1"), ("2", "20"))}),
        ("wdist", 0.1, {"together": (("3", "14"),), "apart": (("0", "24"),)}),
    ],
)
def test_the_optimum_of_all_117688_plans_is_found_and_proven(
    districts: tuple[Problem, np.ndarray], objective: str, share: float, rules: dict[str, object]
) -> None:
    base, plans = districts
    kept = Rules(within(base, share), packages=3, leave_out_price=None, **rules)
    problem = dataclasses.replace(base, rules=kept, objective=objective)
    proof = prove(problem)
    assert proof.proven
    assert plan_faults(problem, named(problem, proof)) == set()
    assert math.isclose(key_of(problem, proof)[3], least(problem, plans), rel_tol=1e-9)
    assert math.isclose(proof.bound, least(problem, plans), rel_tol=1e-6)
