"""A rule taken away is gone and the others stand, whatever plan is held against them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem, check
from geo.bundling.reasons.relax import Rule, bound_of, loosened, rules_of, without
from tests.examples import examples
from tests.geo.bundling.cases import problems, strip

CHECKED = {
    "barrier": "contiguity", "gap": "contiguity", "fewest": "packages", "most": "packages",
    "place_all": "leave_out",
}  # fmt: skip


def checked(rule: Rule) -> str:
    """The name of a rule where a plan is checked."""
    return rule.name if rule.kind in ("lower", "upper") else CHECKED.get(rule.kind, rule.kind)


def broken(problem: Problem, labels: dict[str, str | None]) -> set[str]:
    return {each.rule for each in check(problem, labels)}


@examples(60)
@given(problems(most=8), st.data())
def test_without_a_rule_a_plan_breaks_that_rule_at_most_no_more(
    problem: Problem, data: st.DataObject
) -> None:
    where = st.sampled_from([None, "P01", "L2", "P03"])
    labels = {unit.id: data.draw(where) for unit in problem.units}
    before = broken(problem, labels)
    for rule in rules_of(problem):
        after = broken(without(problem, [rule]), labels)
        assert after <= before
        assert before - after <= {checked(rule)}
    free = without(problem, rules_of(problem))
    # pieces that no cut link joins are all that is left
    assert broken(free, labels) <= {"contiguity"}


@examples(60)
@given(problems(most=8))
def test_each_rule_can_be_taken_by_itself(problem: Problem) -> None:
    every = rules_of(problem)
    assert len(set(every)) == len(every)
    assert without(problem, []) is problem
    for rule in every:
        left = rules_of(without(problem, [rule]))
        # the most is taken away by a number that no plan can reach
        assert set(left) - {Rule("most")} == set(every) - {rule, Rule("most")}


@pytest.mark.parametrize(
    ("rule", "to", "rules"),
    [
        (Rule("lower", "households"), 50.0, {}),
        (Rule("upper", "households"), 900.0, {}),
        (Rule("max_members"), 5.0, {"max_members": 2}),
        (Rule("fewest"), 1.0, {"packages": (3, 4)}),
        (Rule("most"), 6.0, {"packages": (3, 4)}),
    ],
)
def test_a_bound_moved_stands_where_it_was_put(rule: Rule, to: float, rules: dict[str, object]) -> None:
    problem = strip(6, activities=(Activity("households", 100, 300),), **rules)
    moved = loosened(problem, rule, to)
    assert bound_of(moved, rule) == to
    assert {r: bound_of(moved, r) for r in rules_of(problem) if r != rule} == {
        r: bound_of(problem, r) for r in rules_of(problem) if r != rule
    }


def test_a_bound_that_is_not_there_is_no_number() -> None:
    problem = strip(2, activities=(Activity("households", None, 300),))
    assert math.isnan(bound_of(problem, Rule("lower", "households")))
    for rule in (Rule("anchors"), Rule("lock", "households"), Rule("upper", "income")):
        with pytest.raises(KeyError):
            bound_of(problem, rule)
