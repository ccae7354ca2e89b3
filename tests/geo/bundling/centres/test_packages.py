"""Packages round a centre and bounds from prices, against all that there are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.bundling import Infeasible, Problem, Solution, solve
from geo.bundling.centres.annealing import terms_of
from geo.bundling.centres.bound import duals_of, sites_bound
from geo.bundling.centres.closing import close, reduced_costs
from geo.bundling.centres.diving import SHARES, dive, dived
from geo.bundling.centres.generating import ALL, Search, generate
from geo.bundling.centres.plan import keeps_all, worth_of
from geo.bundling.centres.sites import Sites, sites_of
from geo.bundling.centres.walk import Around, forced, paper, walk
from geo.bundling.forms.arrays import OUT, arrays_of
from geo.bundling.forms.model import compile_problem
from tests.geo.bundling.centres.test_centres import tight


@st.composite
def neighbourhood(draw: st.DrawFn) -> tuple[Around, np.ndarray]:
    size = draw(st.integers(1, 8))
    links = [pair for pair in itertools.combinations(range(size), 2) if draw(st.booleans())]
    beside = [[b if a == atom else a for a, b in links if atom in (a, b)] for atom in range(size)]
    at = np.cumsum([0, *(len(each) for each in beside)])
    load = np.array([draw(st.sampled_from([0.0, 1.0, 2.5, 4.0])) for _ in range(size)])
    distance = np.array([draw(st.integers(0, 20)) for _ in range(size)], dtype=float)
    worth = np.array([draw(st.integers(-3, 15)) for _ in range(size)], dtype=float)
    room = float(load[0] + draw(st.sampled_from([0.0, 3.0, 6.5, 100.0])))
    following = np.array([b for each in beside for b in each], dtype=np.int64)
    return Around(np.arange(size), distance, load, room, at, following), worth


def every_package(around: Around, worth: np.ndarray) -> dict[tuple[int, ...], float]:
    found = {}
    size = len(around.atoms)
    for chosen in itertools.product([False, True], repeat=size - 1):
        group = [0, *(atom for atom, inside in enumerate(chosen, 1) if inside)]
        seen, todo = {0}, [0]
        while todo:
            here = todo.pop()
            for other in around.next[around.next_at[here] : around.next_at[here + 1]].tolist():
                if other in group and other not in seen:
                    seen.add(other)
                    todo.append(other)
        if len(seen) == len(group) and around.load[group].sum() <= around.room:
            found[tuple(group)] = float((around.distance - worth)[group].sum())
    return found


@settings(max_examples=80, deadline=None)
@given(neighbourhood(), st.integers(-20, 30))
def test_a_walk_meets_every_package_once(drawn: tuple[Around, np.ndarray], most: int) -> None:
    around, worth = drawn
    packages = every_package(around, worth)
    sheet = paper(400, 4_000)
    found, best, cut, _ = walk(around, worth, float(most), False, 100_000, sheet)
    met = [tuple(sheet.members[sheet.at[row] : sheet.at[row + 1]].tolist()) for row in range(found)]
    assert len(set(met)) == len(met)
    assert set(met) == {group for group, cost in packages.items() if cost <= most}
    assert cut == math.inf
    least = min(packages.values())
    assert best == (pytest.approx(least) if least <= most else math.inf)
    bounds = forced(around, worth)
    for group, cost in packages.items():
        assert all(cost >= bounds[atom] - 1e-9 for atom in group)
        assert cost >= bounds[0] - 1e-9


@settings(max_examples=60, deadline=None)
@given(neighbourhood(), st.integers(1, 12), st.booleans())
def test_a_walk_cut_short_says_what_it_missed(
    drawn: tuple[Around, np.ndarray], limit: int, narrow: bool
) -> None:
    around, worth = drawn
    packages = every_package(around, worth)
    sheet = paper(400, 4_000)
    found, best, cut, nodes = walk(around, worth, 1e6, narrow, limit, sheet)
    met = {tuple(sheet.members[sheet.at[row] : sheet.at[row + 1]].tolist()) for row in range(found)}
    missed = [cost for group, cost in packages.items() if group not in met]
    assert min(packages.values()) >= min(best, cut) - 1e-9
    if not narrow:
        assert all(cost >= cut - 1e-9 for cost in missed)
    assert nodes >= 1


def sites(problem: Problem) -> Sites:
    model = compile_problem(problem)
    return sites_of(model, arrays_of(model))


def never() -> bool:
    return False


def duals(one: Sites) -> tuple[np.ndarray, np.ndarray]:
    placed, used = np.asarray(one.may.any(axis=1)), np.ones(len(one.unit), dtype=np.bool_)
    return duals_of(one, placed, used, never)


@pytest.mark.parametrize("seed", [1, 2])
def test_both_ways_to_a_whole_plan_agree_with_each_other(seed: int) -> None:
    one = sites(tight(7, seed, 0.05))
    least, extra = reduced_costs(one, *duals(one))
    closed = close(one, None, math.inf, duals(one), 1.0, never)
    assert closed.labels is not None
    assert keeps_all(one, closed.labels)
    cost = worth_of(one, closed.labels).distance
    assert least <= closed.bound <= cost
    known = sites_bound(one, np.asarray(one.may.any(axis=1)), duals(one)[0], 0.0, cost, 100, never)
    chosen = generate(one, closed.labels, cost, duals(one), known, ALL, never)
    assert chosen.bound <= cost
    assert known[0] <= cost
    best = cost if chosen.labels is None else min(cost, worth_of(one, chosen.labels).distance)
    assert closed.bound <= best
    afresh = generate(one, None, math.inf, duals(one), known, ALL, never)
    if afresh.labels is not None:
        assert keeps_all(one, afresh.labels)
        assert worth_of(one, afresh.labels).distance >= max(closed.bound, chosen.bound) * (1 - 1e-9)
        inside = np.arange(len(extra)), afresh.labels
        assert worth_of(one, afresh.labels).distance >= least + extra[inside].max() - 1e-6


def labels_of(one: Sites, answer: Solution) -> np.ndarray:
    """A plan as the number of each atom's site."""
    units = [unit.id for unit in one.model.problem.units]
    hubs = {package.id: package.hub for package in answer.packages}
    at = [units[unit] for unit in one.unit.tolist()]
    packages = answer.labels()
    return np.array([at.index(hubs[packages[units[atom[0]]]]) for atom in one.model.atoms])


@pytest.mark.parametrize("seed", range(1, 13))
def test_prices_and_dives_against_the_optimum(seed: int) -> None:
    problem = tight(4, seed, 0.25)
    best = solve(problem)
    one = sites(problem)
    if isinstance(best, Infeasible):
        assert best.proven
        return
    assert best.proven
    optimum = best.parts.distance
    placed = np.asarray(one.may.any(axis=1))
    known = sites_bound(one, placed, duals(one)[0], 0.0, optimum, 20, never)
    search = Search(one, math.inf, duals(one), known, ALL, never)
    search.approach()
    search.write_down()
    bound = search.proven()
    assert bound is not None
    # every package as it is: hardly any room is left between the bound and the best plan
    assert 0.9 * optimum <= bound <= optimum * (1 + 1e-9)
    for share in SHARES:
        plan = dive(search, share)
        assert plan is None or (plan != OUT).all()
        if plan is not None and keeps_all(one, plan):
            assert worth_of(one, plan).distance >= optimum * (1 - 1e-9)
    known_plan, used = labels_of(one, best), np.ones(len(one.unit), dtype=np.bool_)
    terms = terms_of(one, duals(one)[1], used)
    assert worth_of(one, known_plan).distance == pytest.approx(optimum)
    assert worth_of(one, dived(search, terms, known_plan, 0.2, 1, [])).distance == pytest.approx(optimum)
    met = dived(search, terms, None, 0.2, 1, [])
    if met is not None:
        assert keeps_all(one, met)
        assert worth_of(one, met).distance >= optimum * (1 - 1e-9)
    chosen = search.choose(None)
    if chosen is not None:
        assert keeps_all(one, chosen)
        assert worth_of(one, chosen).distance >= optimum * (1 - 1e-9)
    assert search.proven() <= optimum * (1 + 1e-9)


def test_a_plan_with_units_out_is_not_for_the_whole_programme() -> None:
    one = sites(tight(5, 1))
    plan = np.full(25, OUT, dtype=np.int64)
    assert close(one, plan, 1.0, duals(one), 1.0, never).bound is None


def test_whatever_the_prices_no_plan_costs_less() -> None:
    one = sites(tight(5, 3, 0.5))
    rng = np.random.default_rng(1)
    answer = close(one, None, math.inf, duals(one), 1.0, never)
    assert answer.labels is not None
    cost = worth_of(one, answer.labels).distance
    inside = np.arange(len(answer.labels)), answer.labels
    for _ in range(20):
        multipliers = rng.normal(0, 20_000, len(one.may))
        prices = np.abs(rng.normal(0, 50, len(one.unit))) * (rng.random(len(one.unit)) < 0.7)
        least, extra = reduced_costs(one, multipliers, prices)
        assert least + extra[inside].max() <= cost * (1 + 1e-9)
