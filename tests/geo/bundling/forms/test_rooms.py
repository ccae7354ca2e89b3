"""No plan has more packages than there is room for, and none that places everything has fewer."""

from __future__ import annotations

from hypothesis import given

from geo.bundling import Problem
from geo.bundling.forms.model import Contradiction, compile_problem
from geo.bundling.forms.rooms import room_of
from tests.examples import examples
from tests.geo.bundling.cases import package_faults, problems
from tests.geo.bundling.truths import labellings


@examples(80)
@given(problems(most=6))
def test_room_holds_every_plan_there_is(problem: Problem) -> None:
    try:
        model = compile_problem(problem)
    except Contradiction:
        return
    if model.chained or model.barred:
        return  # another chain may leave more room; what is barred stays out in every plan
    rooms = [room_of(model, atoms) for atoms in model.components]
    names = [unit.id for unit in problem.units]
    faulty: dict[tuple[str, ...], bool] = {}
    for labels in labellings(len(names)):
        groups = [
            tuple(n for n, label in zip(names, labels, strict=True) if label == package)
            for package in range(max(labels, default=-1) + 1)
        ]
        for group in groups:
            if group not in faulty:
                faulty[group] = bool(package_faults(problem, list(group)))
        apart = any(len({labels[model.index[n]] for n in group}) > 1 for group in problem.rules.together)
        if apart or any(faulty[group] for group in groups):
            continue
        assert len(groups) <= sum(room.most for room in rooms)
        if -1 not in labels:
            assert len(groups) >= sum(room.fewest for room in rooms)
