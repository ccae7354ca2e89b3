from __future__ import annotations

import doctest
import importlib
import math

import pytest

from geo.bundling import Activity, BundlingError, Centre, Link, Problem, Rules, Unit, alternatives, solve
from geo.errors import WanggeError
from tests.geo.bundling.cases import strip
from tests.house.tree import ROOT

EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "geo" / "bundling").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_in_the_docstrings_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


HOUSEHOLDS = (Activity("households", 1, 2),)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Unit("", 0, 0), "unit.id"),
        (lambda: Unit("a", math.nan, 0), "unit[a].x"),
        (lambda: Unit("a", 0, 1e300), "unit[a].y"),
        (lambda: Unit("a", 0, 0, {"households": math.inf}), "unit[a].weights[households]"),
        (lambda: Unit("a", 0, 0, {"households": None}), "unit[a].weights[households]"),
        (lambda: Link("a", "a"), "link"),
        (lambda: Link("a", "b", -1), "link.gap"),
        (lambda: Activity(""), "activity.name"),
        (lambda: Activity("households", 3, 2), "activity[households].lower"),
        (lambda: Activity("households", math.nan), "activity[households].lower"),
        (lambda: Rules(HOUSEHOLDS * 2), "rules.activities"),
        (lambda: Rules(packages=(3, 2)), "rules.packages"),
        (lambda: Rules(packages=-1), "rules.packages"),
        (lambda: Rules(packages=2.5), "rules.packages"),
        (lambda: Rules(packages="2"), "rules.packages"),
        (lambda: Rules(packages=(1, 2, 3)), "rules.packages"),
        (lambda: Rules(packages=0, centres=(Centre("a"),)), "rules.packages"),
        (lambda: Rules(max_members=0), "rules.max_members"),
        (lambda: Rules(max_members=2.5), "rules.max_members"),
        (lambda: Unit(3, 0, 0), "unit.id"),
        (lambda: Unit("a", "0", 0), "unit[a].x"),
        (lambda: Unit("a", 0, 0, lock=""), "unit[a].lock"),
        (lambda: Unit("a", 0, 0, lock=1), "unit[a].lock"),
        (lambda: Link("a", "b", 1, "river"), "link.cut"),
        (lambda: solve(strip(2), effort="much"), "effort"),
        (lambda: solve(strip(2), seed=1.5), "seed"),
        (lambda: Rules(leave_out_price=0), "rules.leave_out_price"),
        (lambda: Rules(soft={"income": 1}), "rules.soft"),
        (lambda: Rules(soft={"border": -1}), "rules.soft[border]"),
        (lambda: Problem((Unit("a", 0, 0), Unit("a", 1, 1)), (), Rules()), "units"),
        (lambda: Problem((Unit("a", 0, 0),), (Link("a", "b"),), Rules()), "links"),
        (lambda: Problem((Unit("a", 0, 0),), (), Rules(together=(("a", "b"),))), "rules.together"),
        (lambda: Problem((Unit("a", 0, 0),), (), Rules(apart=(("a", "b"),))), "rules.apart"),
        (lambda: Problem((Unit("a", 0, 0),), (), Rules(HOUSEHOLDS)), "unit[a].weights[households]"),
        (
            lambda: Problem((Unit("a", 0, 0, {"households": -1}),), (), Rules(HOUSEHOLDS)),
            "unit[a].weights[households]",
        ),
        (lambda: Problem((), (), Rules(), "cost"), "objective"),
        (lambda: solve(strip(2, packages=1), effort=0), "effort"),
        (lambda: solve(strip(2, packages=1), time_limit=-1), "time_limit"),
        (lambda: strip(2, packages=1, centres=(Centre("u9", 5),)), "rules.centres"),
        (lambda: strip(2, centres=(Centre("u0", 5), Centre("u0", 6))), "rules.centres"),
        (lambda: Centre("u0", -1), "centre[u0].capacity"),
        (lambda: alternatives(strip(2, packages=1), 0), "n"),
    ],
)
def test_a_badly_stated_problem_names_the_field(make, field) -> None:
    with pytest.raises(BundlingError) as caught:
        make()
    assert caught.value.field == field
    assert isinstance(caught.value, WanggeError | ValueError)
