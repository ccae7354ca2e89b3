"""A variant only adds demands: what keeps it keeps the problem asked."""

from __future__ import annotations

import dataclasses
import itertools

from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem, Solution, check
from geo.bundling.settle import solve
from geo.bundling.variants import EVEN, FURTHER, variants, with_rules
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems


@examples(25)
@given(problems(most=10), st.data())
def test_a_plan_of_a_variant_is_a_plan_of_the_problem(problem: Problem, data: st.DataObject) -> None:
    first = solve(problem, effort=0.1, exact=False)
    if not isinstance(first, Solution):
        return
    labels = {unit.id: data.draw(st.sampled_from([None, "P01", "P02", "P03"])) for unit in problem.units}
    tried = [first.labels(), labels]
    for variant in itertools.islice(variants(problem, first), 12):
        event(variant.terms.code if variant.terms else "leaning")
        assert (variant.problem == problem) == (variant.terms is None)
        for plan in tried:
            broken = {each.rule for each in check(problem, plan)}
            assert broken <= {each.rule for each in check(variant.problem, plan)}


def grids(**rules: object) -> tuple[Problem, Solution]:
    problem = grid(4, activities=(Activity("households", 250, 600),), **rules)
    units = tuple(
        dataclasses.replace(u, weights={"households": 70 + 40 * place % 90})
        for place, u in enumerate(problem.units)
    )
    problem = dataclasses.replace(problem, units=units)
    first = solve(problem, effort=0.1, exact=False)
    assert isinstance(first, Solution)
    return problem, first


def test_even_numbers_and_leaning_take_turns_and_numbers_stay_in_range() -> None:
    problem, first = grids(packages=(2, 5))
    found = list(variants(problem, first))
    codes = [each.terms.code if each.terms else "leaning" for each in found]
    assert codes[:3] == ["terms_even", "terms_packages", "leaning"]
    counts = [v.terms.figures["packages"] for v in found if v.terms and v.terms.code == "terms_packages"]
    have = len(first.packages)
    assert sorted(counts) == sorted(set(range(2, 6)) - {have})
    assert all(abs(int(str(n)) - have) <= FURTHER for n in counts)


def test_even_loads_narrow_the_bounds_and_never_widen_them() -> None:
    problem, first = grids()
    widest = first.parts.imbalance
    assert widest > 0
    held = [v.problem.rules for v in variants(problem, first) if v.terms and v.terms.code == "terms_even"]
    assert len(held) == len(EVEN)
    for rules in held:
        activity = rules.activities[0]
        assert rules.packages == len(first.packages)
        assert activity.lower is not None
        assert activity.upper is not None
        assert 250 <= activity.lower < activity.upper <= 600


def test_priced_rules_are_once_kept_and_once_not_looked_at() -> None:
    problem, first = grids(packages=3, soft={"border": 5.0})
    priced = {
        each.terms.code: each.problem.rules
        for each in variants(problem, first)
        if each.terms and each.terms.code in ("terms_kept", "terms_unpriced")
    }
    assert priced["terms_unpriced"].soft == {"border": 0.0}
    assert ("terms_kept" in priced) == (first.parts.soft > 0)
    if "terms_kept" in priced:
        assert (priced["terms_kept"].within, priced["terms_kept"].soft) == (True, {})


def test_rules_are_changed_and_nothing_else() -> None:
    problem = grid(2, packages=2)
    changed = with_rules(problem, packages=1, within=True)
    assert (changed.rules.packages, changed.rules.within) == (1, True)
    assert dataclasses.replace(changed, rules=problem.rules) == problem
