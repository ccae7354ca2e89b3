"""What is called impossible is impossible, no rule named can be spared, and the changes told lead to plans."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, event, given

from geo.bundling import Activity, Infeasible, Link, Problem, Reason, Rules, Solution, Unit, solve
from geo.bundling.reasons.relax import Rule, rules_of, without
from geo.bundling.reasons.remedies import Trial
from geo.bundling.reasons.smallest import conflict_told
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems, strip
from tests.geo.bundling.truths import any_plan, relaxed

HOUSEHOLDS = (Activity("households", 300, 500),)


def rules_in(answer: Infeasible) -> list[Rule]:
    named = []
    for reason in answer.conflict[1:]:
        if not reason.code.startswith("rule_"):
            continue
        kind = reason.code.removeprefix("rule_")
        name = str(reason.figures["rule"])
        named.append(Rule(kind, name if kind in ("lower", "upper", "lock", "together", "apart") else ""))
    return named


def look_into(problem: Problem, answer: Infeasible) -> None:
    """Every claim of a refusal, by trying all plans there are."""
    if answer.proven:
        assert not any_plan(problem), answer.conflict
        kept, every = rules_in(answer), set(rules_of(problem))
        assert kept, answer.conflict
        # of so few units every set told is the whole conflict, and none of it can be spared
        if len(kept) == answer.conflict[0].figures["rules"]:
            assert answer.conflict[0].figures["irreducible"], answer.conflict
            assert not any_plan(without(problem, every - set(kept))), answer.conflict
            for rule in kept:
                assert any_plan(without(problem, {*(every - set(kept)), rule})), (rule, answer.conflict)
    for reason in answer.conflict[1:]:
        if reason.figures.get("change") is not None:
            kind = reason.code.removeprefix("rule_")
            assert any_plan(relaxed(problem, kind, reason.figures)), reason


@examples(40)
@given(problems(most=6))
def test_every_conflict_is_told_truly(problem: Problem) -> None:
    answer = solve(problem, effort=0.1)
    assume(isinstance(answer, Infeasible))
    assert isinstance(answer, Infeasible)
    event(f"{answer.conflict[0].code} proven={answer.proven}")
    look_into(problem, answer)


def refused(problem: Problem) -> Infeasible:
    answer = solve(problem)
    assert isinstance(answer, Infeasible), answer
    look_into(problem, answer)
    return answer


def told(answer: Infeasible) -> dict[str, Reason]:
    return {reason.code: reason for reason in answer.conflict[1:]}


def weighing(problem: Problem, **weights: float) -> Problem:
    units = tuple(
        dataclasses.replace(u, weights={"households": weights.get(u.id, u.weights["households"])})
        for u in problem.units
    )
    return dataclasses.replace(problem, units=units)


def test_a_pocket_behind_a_cut_unit_is_found() -> None:
    problem = strip(6, activities=(Activity("households", 250, 500),), leave_out_price=None)
    answer = refused(weighing(problem, u0=200, u1=400))
    assert (answer.conflict[0].code, answer.conflict[0].figures["unit"]) == ("pocket", "u1")
    assert told(answer)["rule_upper"].figures["to"] == 600
    assert told(answer)["rule_lower"].figures["to"] == 200
    assert told(answer)["rule_place_all"].figures["units"] == "u0"


def test_money_that_does_not_reach_is_told_with_what_is_missing() -> None:
    units = tuple(
        Unit(f"u{i}", 100.0 * i, 0.0, {"households": 100, "net income": net})
        for i, net in enumerate((30, -50, 10))
    )
    ways = (Link("u0", "u1"), Link("u1", "u2"))
    rules = Rules((Activity("households"), Activity("net income", 0)), packages=1, leave_out_price=None)
    answer = refused(Problem(units, ways, rules))
    assert answer.conflict[0].code == "sum_short"
    assert (answer.conflict[0].figures["value"], answer.proven) == (-10, True)
    assert told(answer)["rule_lower"].figures["to"] == -10
    assert "-10 net income" in answer.conflict[0].text


def test_more_units_to_keep_apart_than_packages_are_named() -> None:
    foes = (("u0", "u1"), ("u1", "u2"), ("u0", "u2"))
    answer = refused(strip(4, packages=2, apart=foes, leave_out_price=None))
    assert answer.conflict[0].code == "apart_crowd"
    assert {reason.code for reason in answer.conflict[1:]} == {"rule_most", "rule_place_all", "rule_apart"}
    # packages are connected: u0 and u2 could share one only with u1
    assert len(answer.conflict) == 1 + 2 + 2


@pytest.mark.parametrize(
    ("rules", "code", "to"),
    [
        (Rules(HOUSEHOLDS, packages=3), "rule_fewest", 2),
        (Rules((Activity("households", 700, None),)), "rule_lower", 600),
        (Rules((Activity("households", None, 200),), packages=2, leave_out_price=None), "rule_upper", 300),
        (Rules((Activity("households", None, 200),), packages=2, leave_out_price=None), "rule_most", 3),
        (Rules(packages=2, max_members=2, leave_out_price=None), "rule_max_members", 3),
    ],
)
def test_the_smallest_change_of_a_bound_is_told(rules: Rules, code: str, to: float) -> None:
    answer = refused(dataclasses.replace(strip(6), rules=rules))
    assert told(answer)[code].figures["to"] == to
    assert answer.proven


def test_the_gap_at_which_all_find_a_place_is_told() -> None:
    base = strip(3, activities=(Activity("households", 200, 400),), leave_out_price=None)
    units = (*base.units, Unit("far", 900, 0, {"households": 90}))
    ways = (*base.links, Link("u2", "far", 512, "gap"))
    answer = refused(Problem(units, ways, base.rules))
    assert (told(answer)["rule_gap"].figures["to"], told(answer)["rule_gap"].figures["unit"]) == (512, "u2")


def test_what_the_search_alone_misses_is_told_without_proof() -> None:
    units = tuple(Unit(n, 0, 0, {"households": w}) for n, w in (("a", 700), ("b", 800)))
    answer = refused(Problem(units, (Link("a", "b"),), Rules((Activity("households", 900, 1100),))))
    assert told(answer)["rule_upper"].figures["to"] == 1500


def test_the_head_is_about_the_rules_that_follow_it() -> None:
    locks = ("P01", "X", None)
    units = tuple(Unit(f"u{i}", 100.0 * i, 0, {}, lock=lock) for i, lock in enumerate(locks))
    ways = (Link("u0", "u1"), Link("u1", "u2"))
    answer = refused(Problem(units, ways, Rules(together=(("u0", "u1"),), apart=(("u1", "u0"),))))
    assert (answer.conflict[0].code == "locks") == ("rule_apart" not in told(answer))


def look_at(problem: Problem, *, proven: bool = True) -> list[str]:
    """Codes of a conflict where no solve leads to a plan."""
    answer = Infeasible((Reason("looked_through", "none"),), proven, "budget", 1, 0.0)
    found = conflict_told(problem, answer, Trial(problem, lambda other: None, 60, lambda: False))
    return [reason.code for reason in found]


def test_a_set_not_shown_to_be_the_smallest_says_so() -> None:
    many = strip(20, activities=(Activity("households", 300, 500),), packages=7)
    assert look_at(many) == ["too_many_packages", "rule_lower", "rule_fewest", "conflict_fewer"]
    units = tuple(dataclasses.replace(u, lock=u.id) for u in many.units)
    assert look_at(Problem(units, many.links, Rules(packages=19)))[-1] == "conflict_more"
    loose = strip(20, activities=(Activity("households", 300, 500),))
    assert look_at(loose)[-1] == "conflict_other"
    assert look_at(loose, proven=False) == ["looked_through"]


def test_a_refusal_after_a_safety_stop_is_not_looked_into() -> None:
    answer = solve(grid(3, activities=HOUSEHOLDS, packages=4), time_limit=0)
    assert isinstance(answer, Solution | Infeasible)
