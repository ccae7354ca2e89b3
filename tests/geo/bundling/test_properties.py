"""What must hold for any problem: an answer that keeps every rule, or a true reason; never a crash.

Every example is solved once and all that the answer says is checked by code of the tests' own. Rules that bind,
ways in and conflicts have their plain cases beside the code that finds them, in `reasons/`.
"""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Infeasible, Link, Problem, Rules, Solution, Unit, check, solve
from geo.bundling.proof.exact import Proof, prove
from tests.examples import examples
from tests.geo.bundling.cases import grid, plan_faults, problems, reason_is_true
from tests.geo.bundling.proof.test_exact import key_of, named
from tests.geo.bundling.truths import binding_is_true, distance_of, remedy_is_true, soft_of

LITTLE = 0.1
"""Effort at which random problems are solved: what must hold does so at any."""


@examples(60)
@given(problems())
def test_an_answer_keeps_every_rule_or_says_why_not_and_all_it_says_is_true(problem: Problem) -> None:
    answer = solve(problem, effort=LITTLE)
    if isinstance(answer, Infeasible):
        event(answer.conflict[0].code)
        assert all(reason.text for reason in answer.conflict)
        return
    labels = answer.labels()
    assert set(labels) == {unit.id for unit in problem.units}
    assert plan_faults(problem, labels) == set()
    assert check(problem, labels) == []
    assert answer.parts.distance == pytest.approx(distance_of(problem, labels), abs=1e-6)
    assert answer.parts.soft == pytest.approx(soft_of(problem, labels), abs=1e-5)
    assert answer.bound is None or answer.bound <= answer.parts.distance * (1 + 1e-9)
    reasons_are_true(problem, answer)


def reasons_are_true(problem: Problem, answer: Solution) -> None:
    """Why each unit is out, what would let it in, and which rules bind."""
    for unit, reason in answer.left_out.items():
        event(f"{reason.code} join={reason.figures.get('join_over')} bound={reason.figures.get('bound')}")
        assert reason_is_true(problem, answer, unit, reason), (unit, reason)
        assert remedy_is_true(problem, answer, unit, reason), (unit, reason)
    for reason in answer.binding:
        event(reason.code)
        assert binding_is_true(problem, answer, reason), reason


@examples(15)
@given(problems())
def test_the_same_problem_seed_and_effort_give_the_same_answer(problem: Problem) -> None:
    one, other = (solve(problem, seed=3, effort=LITTLE) for _ in range(2))
    assert dataclasses.replace(one, seconds=0.0) == dataclasses.replace(other, seconds=0.0)


def test_check_agrees_with_the_other_checker_on_broken_plans() -> None:
    problem = grid(4, activities=(Activity("households", 300, 500),), max_members=4, within=True)
    for shift in range(1, 7):
        labels = {unit.id: f"P{place // shift}" for place, unit in enumerate(problem.units)}
        assert {each.rule for each in check(problem, labels)} == plan_faults(problem, labels)


# ---- relaxing a rule never worsens the optimum ------------------------------------------------------------


@st.composite
def roomy(draw: st.DrawFn) -> Problem:
    """Five to nine units in two rows, with bounds that leave plans: so that a rule more costs, rather than forbids."""
    count = draw(st.integers(5, 9))
    units = tuple(
        Unit(
            f"u{i}",
            100.0 * (i // 2) + draw(st.integers(-30, 30)),
            100.0 * (i % 2),
            {
                "households": draw(st.sampled_from([0, 40, 90, 120, 150])),
                "income": draw(st.integers(-40, 60)),
            },
            draw(st.sampled_from(["east", "west"])),
            draw(st.booleans()),
        )
        for i in range(count)
    )
    links = tuple(
        Link(a.id, b.id, abs(a.x - b.x))
        for place, a in enumerate(units)
        for b in units[place + 1 : place + 4]
        if draw(st.integers(0, 5))
    )
    low, high = draw(st.sampled_from([(None, None), (50, None), (100, 400), (150, 350)]))
    soft = draw(st.sampled_from([{}, {}, {"border": 7.0}, {"households": 3.0}]))
    rules = Rules(
        (Activity("households", low, high), Activity("income")),
        packages=draw(st.sampled_from([None, None, 2, (1, 3)])),
        soft=soft,
    )
    return Problem(units, links, rules, draw(st.sampled_from(["wdist", "dist"])))


def _ruled(problem: Problem, **changes: object) -> Problem:
    return dataclasses.replace(problem, rules=dataclasses.replace(problem.rules, **changes))


def _bounded(problem: Problem, name: str, **bounds: float) -> Problem:
    activities = tuple(
        dataclasses.replace(each, **bounds) if each.name == name else each
        for each in problem.rules.activities
    )
    return _ruled(problem, activities=activities)


def _cut(problem: Problem, cut: str) -> Problem:
    links = tuple(
        dataclasses.replace(link, cut=cut) if place % 3 == 0 else link
        for place, link in enumerate(problem.links)
    )
    return dataclasses.replace(problem, links=links)


def _locked(problem: Problem) -> Problem:
    units = tuple(
        dataclasses.replace(unit, lock={0: "A", 3: "B", 4: "A"}.get(place))
        for place, unit in enumerate(problem.units)
    )
    return dataclasses.replace(problem, units=units)


def _unpriced_border(problem: Problem) -> Problem:
    """A closed border costs nothing: to compare, it must cost nothing open either."""
    return _ruled(problem, soft={name: p for name, p in problem.rules.soft.items() if name != "border"})


def _hard(problem: Problem) -> Problem:
    return _ruled(problem, soft={name: p for name, p in problem.rules.soft.items() if name != "households"})


RULES = {
    "lower": lambda p: (_bounded(_hard(p), "households", lower=180, upper=None), _bounded(_hard(p), "households", lower=60, upper=None)),
    "upper": lambda p: (_bounded(_hard(p), "households", lower=None, upper=160), _bounded(_hard(p), "households", lower=None, upper=300)),
    "money": lambda p: (_bounded(p, "income", lower=0), _bounded(p, "income", lower=-30)),
    "members": lambda p: (_ruled(p, max_members=2), _ruled(p, max_members=4)),
    "fewest": lambda p: (_ruled(p, packages=(3, 4)), _ruled(p, packages=(1, 4))),
    "most": lambda p: (_ruled(p, packages=(1, 1)), _ruled(p, packages=(1, 3))),
    "anchors": lambda p: (_ruled(p, anchors=True), p),
    "within": lambda p: (_ruled(_unpriced_border(p), within=True), _unpriced_border(p)),
    "barrier": lambda p: (_cut(p, "barrier"), p),
    "gap": lambda p: (_cut(p, "gap"), p),
    "together": lambda p: (_ruled(p, together=(("u0", "u1"), ("u2", "u4"))), _ruled(p, together=(("u0", "u1"),))),
    "apart": lambda p: (_ruled(p, apart=(("u0", "u1"), ("u2", "u4"))), _ruled(p, apart=(("u2", "u4"),))),
    "lock": lambda p: (_locked(p), p),
    "place all": lambda p: (_ruled(p, leave_out_price=None), p),
}  # fmt: skip
"""By kind of rule: a problem under the rule, and the same with the rule loosened or gone."""


@pytest.mark.parametrize("kind", RULES)
@examples(12)
@given(problem=roomy())
def test_relaxing_a_rule_never_worsens_the_optimum(kind: str, problem: Problem) -> None:
    under, freed = RULES[kind](problem)
    tight, loose = prove(under), prove(freed)
    assert tight.proven
    assert loose.proven
    if tight.labels is None:
        event("no plan under the rule")
        return
    assert loose.labels is not None
    assert plan_faults(freed, named(freed, loose)) == set()
    event("the rule costs" if _key(freed, loose) != _key(under, tight) else "the rule is free")
    assert _key(freed, loose) <= _key(under, tight)


def _key(problem: Problem, proof: Proof) -> tuple[float, ...]:
    return tuple(round(part, 4) for part in key_of(problem, proof))
