"""What a plan is worth, against plain sums over its units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT, arrays_of
from geo.bundling.forms.model import Contradiction, compile_problem
from geo.bundling.forms.scoring import Key, faults, hubs_of, plan_of
from tests.examples import examples
from tests.geo.bundling.cases import package_faults, problems, strip
from tests.geo.bundling.truths import distance_of, soft_of


@examples(100)
@given(problems(), st.data())
def test_a_plan_is_worth_what_its_units_say(problem: Problem, data: st.DataObject) -> None:
    try:
        model = compile_problem(problem)
    except Contradiction:
        return
    chosen = [OUT if a in model.barred else data.draw(st.integers(-1, 3)) for a in range(len(model.atoms))]
    arrays = arrays_of(model)
    plan = plan_of(model, arrays, np.array(chosen, dtype=np.int64))
    labels = {
        problem.units[unit].id: None if plan.labels[atom] == OUT else f"P{plan.labels[atom]}"
        for atom, units in enumerate(model.atoms)
        for unit in units
    }
    groups = [[u for u in problem.units if labels[u.id] == f"P{p}"] for p in range(plan.packages)]
    assert all(groups)
    assert plan.packages == len(set(chosen) - {OUT})
    out = sum(problem.load(unit) for unit in problem.units if labels[unit.id] is None)
    loads = [sum(problem.load(unit) for unit in group) for group in groups]
    mean = sum(loads) / len(loads) if loads else 0.0
    key = plan.key
    assert key.left_out == pytest.approx(out * (problem.rules.leave_out_price or 0.0))
    assert key.out == sum(label == OUT for label in plan.labels.tolist())
    assert key.soft == pytest.approx(soft_of(problem, labels), abs=1e-6)
    assert key.distance == pytest.approx(distance_of(problem, labels), abs=1e-6)
    assert key.imbalance == pytest.approx(sum(abs(x - mean) for x in loads) / len(loads) if loads else 0.0)
    low, high = problem.rules.package_range()
    columns = {"households", "income", "max_members", "anchors"}
    wrong = any(package_faults(problem, [u.id for u in group]) & columns for group in groups)
    counted = low <= len(groups) <= high and (groups or high < 1 or not problem.units)
    placed = problem.rules.leave_out_price is not None or OUT not in plan.labels.tolist()
    assert (key.broken > 0) == (wrong or not counted or not placed)
    for group in groups:
        units = [model.index[unit.id] for unit in group]
        named = {column.name for column, _, _ in faults(model, units)}
        named = {"max_members" if name == "members" else name for name in named}
        assert named == package_faults(problem, [u.id for u in group]) & columns


@examples(40)
@given(problems(), st.integers(1, 4))
def test_the_hub_is_the_member_to_which_all_others_cost_least(problem: Problem, packages: int) -> None:
    try:
        model = compile_problem(problem)
    except Contradiction:
        return
    labels = np.array([atom % packages for atom in range(len(model.atoms))], dtype=np.int64)
    count = len(set(labels.tolist()))
    for package, hub in enumerate(hubs_of(arrays_of(model), labels, count)):
        units = [u for a in np.flatnonzero(labels == package) for u in model.atoms[a]]
        cost = {h: math.fsum(model.pull[u] * model.distance(u, h) for u in units) for h in units}
        assert cost[hub] == pytest.approx(min(cost.values()), abs=1e-9)


def test_plans_compare_part_by_part() -> None:
    plain = Key(0.0, 5.0, 1, 2.0, 100.0, 3.0)
    better = [
        {"left_out": 4.0, "out": 9, "soft": 9.0, "distance": 999.0},
        {"soft": 1.0, "distance": 999.0},
        {"distance": 99.0, "imbalance": 99.0},
        {"imbalance": 2.0},
    ]
    for change in better:
        assert Key(**{**plain.__dict__, **change}) < plain
    assert Key(**{**plain.__dict__, "broken": 0.1, "left_out": 0.0}) > plain


def test_without_a_package_there_is_no_plan_unless_none_is_allowed() -> None:
    nothing = np.array([OUT, OUT], dtype=np.int64)
    for rules, wrong in (({}, True), ({"packages": 0}, False), ({"packages": (0, 2)}, True)):
        model = compile_problem(strip(2, **rules))
        assert (plan_of(model, arrays_of(model), nothing).key.broken > 0) == wrong
