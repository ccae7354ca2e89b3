from __future__ import annotations

import dataclasses

import pytest

from geo.bundling import Activity, BundlingError, Rules, check
from tests.geo.bundling.cases import grid, strip


def test_pieces_are_told_largest_first() -> None:
    found = check(strip(5), {"u0": "P", "u1": "P", "u3": "P", "u2": "Q", "u4": None})
    assert [(each.rule, each.package, each.pieces) for each in found] == [
        ("contiguity", "P", (("u0", "u1"), ("u3",)))
    ]


def test_each_bound_carries_its_value_and_limit() -> None:
    problem = strip(4, activities=(Activity("households", 150, 250),), max_members=2)
    found = check(problem, {"u0": "P", "u1": "Q", "u2": "Q", "u3": "Q"})
    assert [(each.rule, each.package, each.value, each.limit) for each in found] == [
        ("households", "P", 100, 150),
        ("households", "Q", 300, 250),
        ("max_members", "Q", 3, 2),
    ]


def test_company_locks_areas_anchors_and_counts() -> None:
    rules = Rules(
        packages=1,
        within=True,
        anchors=True,
        together=(("r0c0", "r1c1"),),
        apart=(("r0c0", "r0c1"),),
        leave_out_price=None,
    )
    base = grid(2)
    units = (dataclasses.replace(base.units[0], lock="A"), *base.units[1:])
    problem = dataclasses.replace(base, units=units, rules=rules)
    found = check(problem, {"r0c0": "P", "r0c1": "P", "r1c0": "Q"})
    assert [each.rule for each in found] == [
        "within",
        "anchors",
        "anchors",
        "together",
        "apart",
        "lock",
        "packages",
        "leave_out",
    ]


def test_a_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(BundlingError, match="nobody"):
        check(strip(1), {"nobody": "P"})


def test_a_bound_met_up_to_rounding_is_kept() -> None:
    problem = strip(3, 0.1, activities=(Activity("households", 0.3, 0.3),))
    assert check(problem, {"u0": "P", "u1": "P", "u2": "P"}) == []
