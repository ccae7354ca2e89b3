"""Proofs part by part: against every plan there is, against the proof of the whole, and honest where one is cut short."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from geo.bundling import Activity, Link, Problem, Rules, Solution, solve
from geo.bundling.proof.exact import Proof, prove
from geo.bundling.proof.parts import parts_of
from geo.bundling.proof.together import prove_by_parts
from tests.geo.bundling.cases import grid, plan_faults, problems, strip
from tests.geo.bundling.every_plan import best_key
from tests.geo.bundling.proof.test_exact import key_of, named, same

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MUCH = 100_000_000


def islands(*pieces: Problem, **rules: object) -> Problem:
    """Maps beside each other, ids led by the number of the map, under the rules of the first unless told."""
    units = [
        dataclasses.replace(unit, id=f"{number}/{unit.id}", x=unit.x + 10_000 * number)
        for number, piece in enumerate(pieces)
        for unit in piece.units
    ]
    links = [
        dataclasses.replace(link, a=f"{number}/{link.a}", b=f"{number}/{link.b}")
        for number, piece in enumerate(pieces)
        for link in piece.links
    ]
    return Problem(tuple(units), tuple(links), dataclasses.replace(pieces[0].rules, **rules))


def uneven(side: int, shift: int) -> Problem:
    """A square whose units weigh 60 to 140."""
    base = grid(side)
    units = tuple(
        dataclasses.replace(unit, weights={"households": 60.0 + (37 * (place + shift)) % 81})
        for place, unit in enumerate(base.units)
    )
    return dataclasses.replace(base, units=units)


@SLOW
@given(problems(most=9))
def test_parts_agree_with_every_plan_there_is(problem: Problem) -> None:
    best = best_key(problem)
    for whole in (0, 200):
        proof = prove_by_parts(problem, steps=MUCH, whole=whole)
        assert proof is not None
        assert proof.proven
        assert (proof.labels is None) == (best is None)
        if best is not None:
            assert plan_faults(problem, named(problem, proof)) == set()
            assert same(key_of(problem, proof), best)
            assert math.isclose(proof.bound, best[3], rel_tol=1e-6, abs_tol=1e-5)


@pytest.mark.parametrize("packages", [None, 6, 9, (9, 10), 2, 40])
@pytest.mark.parametrize("price", [1.0, None])
def test_parts_agree_with_the_proof_of_the_whole(
    packages: int | tuple[int, int] | None, price: float | None
) -> None:
    rules = {
        "activities": (Activity("households", 180, 420),),
        "packages": packages,
        "leave_out_price": price,
        "apart": (("0/r0c0", "0/r0c1", "1/u0"),),
        # one group lies within a map, the other in two, so that it is in no package
        "together": (("0/r1c1", "0/r1c2"),) if price is None else (("0/r1c1", "0/r1c2"), ("1/u1", "2/r0c0")),
    }
    problem = islands(uneven(3, 0), strip(5, 90.0), uneven(3, 5), **rules)
    whole = prove(problem)
    assert whole.proven
    for most in (0, 200):
        parts = prove_by_parts(problem, steps=MUCH, whole=most)
        assert parts is not None
        assert parts.proven
        assert (parts.labels is None) == (whole.labels is None)
        if whole.labels is not None:
            assert plan_faults(problem, named(problem, parts)) == set()
            assert same(key_of(problem, parts), key_of(problem, whole))
            assert math.isclose(parts.bound, whole.bound, rel_tol=1e-6)


def test_borders_that_packages_may_not_cross_make_parts() -> None:
    problem = grid(4, activities=(Activity("households", 200, 400),), within=True)
    parts, lost = parts_of(problem)
    assert [len(part.units) for part in parts] == [8, 8]
    assert not len(lost)
    assert len(parts_of(dataclasses.replace(problem, rules=Rules()))[0]) == 1


def test_a_locked_group_in_two_parts_is_proven_impossible() -> None:
    problem = islands(strip(3), strip(3))
    units = tuple(dataclasses.replace(u, lock="P01" if u.id.endswith("u0") else None) for u in problem.units)
    assert prove_by_parts(dataclasses.replace(problem, units=units), steps=MUCH) == Proof(None, True, None)


def test_many_small_groups_are_proven_without_being_asked() -> None:
    bounds = (Activity("households", 150, 420),)
    problem = islands(
        *(uneven(3, shift) for shift in range(6)), *(strip(1) for _ in range(4)), activities=bounds
    )
    assert len(problem.units) == 58
    answer = solve(problem)
    assert isinstance(answer, Solution)
    assert answer.proven
    assert answer.bound == answer.parts.distance
    assert {name[0] for name in answer.left_out} == set("6789")  # alone they are below the bound
    assert not solve(problem, exact=False).proven


def test_a_part_too_large_to_prove_gets_a_bound_by_relaxation() -> None:
    bounds = (Activity("households", 180, 420),)
    problem = islands(uneven(7, 0), uneven(3, 3), uneven(3, 4), activities=bounds)
    answer = solve(problem, exact=False)
    assert isinstance(answer, Solution)
    assert not answer.left_out
    names = [package.id for package in answer.packages]
    labels = answer.labels()
    given_labels = np.array([names.index(labels[unit.id] or "") for unit in problem.units])
    cut = prove_by_parts(problem, given_labels, most=40, steps=MUCH)
    assert cut is not None
    assert not cut.proven
    exact = prove_by_parts(problem, cut.labels, steps=4 * MUCH)
    assert exact is not None
    if exact.proven:
        assert cut.bound <= exact.bound * (1 + 1e-9)
    small = sum(prove(part.problem).bound for part in parts_of(problem)[0][:2])
    assert small < cut.bound <= key_of(problem, cut)[3] * (1 + 1e-9)
    assert answer.bound <= cut.bound * (1 + 1e-9)
    assert prove_by_parts(problem, given_labels, most=5, steps=MUCH) is None


def test_no_bound_is_summed_where_a_part_might_leave_out_less() -> None:
    bounds = (Activity("households", 180, 420),)
    problem = islands(uneven(7, 0), uneven(3, 3), activities=bounds)
    placed = prove(parts_of(problem)[0][0].problem).labels
    labels = np.full(len(problem.units), -1)
    labels[49:] = placed  # all of the large part is out
    proof = prove_by_parts(problem, labels, most=40, steps=MUCH)
    assert proof is not None
    assert proof.bound is None
    assert not proof.proven


def test_a_plan_keeps_its_number_of_packages_while_its_proven_parts_get_better() -> None:
    units = (*strip(5).units, *(dataclasses.replace(u, id=f"v{u.id}", y=900.0) for u in strip(6).units))
    links = (*strip(5).links, *(Link(f"v{link.a}", f"v{link.b}") for link in strip(6).links))
    problem = Problem(units, links, Rules(packages=3))
    # by itself each part would rather have a package for every unit; the worse cut of the small one is mended
    labels = np.array([0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    proof = prove_by_parts(problem, labels, most=5, steps=MUCH)
    assert proof is not None
    assert not proof.proven
    assert len(set(proof.labels.tolist())) == 3
    assert sorted(np.bincount(proof.labels[:5]).tolist()) == [2, 3]
    assert proof.labels[5:].tolist() == [2] * 6
