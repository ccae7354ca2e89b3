"""Random problems, small ones against every plan there is; `./run bench --problems 1000` goes on where this ends."""

from __future__ import annotations

import pytest

from geo.bundling import Solution, solve
from tests.bench.random_problems import faults_of, random_problem
from tests.geo.bundling.cases import strip
from tests.geo.bundling.every_plan import best_key

SMALL = [number for number in range(120) if len(random_problem(number).units) <= 9]


@pytest.mark.parametrize("number", SMALL[:40])
def test_a_small_problem_gets_its_best_plan_or_a_true_reason(number: int) -> None:
    problem = random_problem(number)
    assert faults_of(problem, solve(problem)) == []


def test_a_unit_without_weight_is_not_left_beside_a_package_that_could_take_it() -> None:
    """The proof of this one ends at the weight left out, to which such a unit adds nothing."""
    problem = random_problem(715)
    answer = solve(problem)
    assert faults_of(problem, answer) == []
    assert isinstance(answer, Solution)
    assert "u7" not in answer.left_out


def test_the_enumeration_knows_a_strip() -> None:
    """Four in a row by twos: one walks 100 m in each pair."""
    assert best_key(strip(4, packages=2, leave_out_price=None)) == (0.0, 0, 0.0, 200.0)
    assert best_key(strip(4, packages=5, leave_out_price=None)) is None
