"""A compiled problem says what its rules say: atoms, columns, neighbours, components, what no package can hold."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem, Rules
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.model import Column, Contradiction, Model, compile_problem
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems, reachable, strip, usable

AMOUNTS = st.lists(st.integers(-50, 80), min_size=1, max_size=6)


def compiled(problem: Problem) -> Model | None:
    try:
        return compile_problem(problem)
    except Contradiction as found:
        event(f"contradiction: {found.reason.code}")
        return None


@examples(100)
@given(problems())
def test_atoms_hold_every_unit_once_and_companies_whole(problem: Problem) -> None:
    model = compiled(problem)
    if model is None:
        return
    assert sorted(unit for atom in model.atoms for unit in atom) == list(range(len(problem.units)))
    assert all(model.atom_of[unit] == number for number, atom in enumerate(model.atoms) for unit in atom)
    together = [[model.index[name] for name in group] for group in problem.rules.together]
    by_lock: dict[str, list[int]] = {}
    for place, unit in enumerate(problem.units):
        if unit.lock:
            by_lock.setdefault(unit.lock, []).append(place)
    for group in [*together, *by_lock.values()]:
        assert len({model.atom_of[unit] for unit in group}) == 1
    for number, atom in enumerate(model.atoms):
        locks = {problem.units[unit].lock for unit in atom} - {None}
        assert locks == {model.lock[number]} - {None}
        for place, column in enumerate(model.columns):
            assert model.amounts[number][place] == pytest.approx(math.fsum(column.amounts[u] for u in atom))
        names = {problem.units[unit].id for unit in atom}
        if number not in model.barred:
            # chains make the atoms of groups one piece
            assert reachable(min(names), names, usable(problem)) == names


@examples(100)
@given(problems())
def test_neighbours_and_components_are_those_of_the_usable_links(problem: Problem) -> None:
    model = compiled(problem)
    if model is None:
        return
    ids = [unit.id for unit in problem.units]
    pairs = {(model.atom_of[model.index[a]], model.atom_of[model.index[b]]) for a, b in usable(problem)}
    wanted = {
        (a, b) for a, b in pairs | {(b, a) for a, b in pairs} if a != b and not {a, b} & set(model.barred)
    }
    assert {(a, b) for a, near in enumerate(model.neighbours) for b in near} == wanted
    assert all(list(near) == sorted(near) for near in model.neighbours)
    free = {
        ids[unit] for number, atom in enumerate(model.atoms) if number not in model.barred for unit in atom
    }
    inside = [(ids[x], ids[y]) for x, y in ((u, v) for u in range(len(ids)) for v in model.links[u])]
    for component in model.components:
        names = {ids[unit] for atom in component for unit in model.atoms[atom]}
        assert reachable(min(names), free, inside) == names
    assert sorted(a for c in model.components for a in c) == sorted(
        set(range(len(model.atoms))) - set(model.barred)
    )


@examples(100)
@given(problems())
def test_foes_are_those_of_the_rules_and_both_ways(problem: Problem) -> None:
    model = compiled(problem)
    if model is None:
        return
    wanted = {
        (model.atom_of[model.index[one]], model.atom_of[model.index[other]])
        for group in problem.rules.apart
        for one in group
        for other in group
        if one != other
    }
    found = {(atom, foe) for atom, foes in enumerate(model.apart) for foe in foes}
    assert found == {(a, b) for a, b in wanted if a != b}


@examples(100)
@given(AMOUNTS, st.integers(-60, 100), st.integers(0, 80))
def test_a_column_tells_how_far_a_sum_is_from_its_bounds(amounts: list[int], low: int, width: int) -> None:
    column = Column("x", low, low + width, None, tuple(map(float, amounts)))
    units = range(len(amounts))
    for load in (float(low - 1), float(low), low + width / 2, float(low + width), float(low + width + 2)):
        assert column.short(load) == max(0.0, low - load)
        assert column.over(load) == max(0.0, load - low - width)
    subsets = [
        sum(a for place, a in enumerate(amounts) if chosen >> place & 1)
        for chosen in range(1, 1 << len(amounts))
    ]
    assert column.reach(units) == max(subsets)
    assert column.positive == (min(amounts) >= 0)


def test_sums_of_decimals_keep_a_bound_that_they_meet() -> None:
    column = Column("x", 0.3, 0.3, None, (0.1, 0.1, 0.1))
    assert (column.short(0.1 + 0.1 + 0.1), column.over(0.1 + 0.2)) == (0.0, 0.0)


def test_a_chain_between_members_of_a_group_goes_round_their_foes() -> None:
    rules = Rules(together=(("r0c0", "r0c2"),), apart=(("r0c0", "r0c1"),))
    model = compile_problem(dataclasses.replace(grid(3), rules=rules))
    atom = model.atoms[model.atom_of[model.index["r0c0"]]]
    assert model.index["r0c1"] not in atom
    assert len(atom) == 5
    assert model.atom_of[model.index["r0c0"]] in model.chained


def test_a_group_that_is_too_large_alone_is_barred_and_one_that_is_locked_contradicts() -> None:
    rules = {"activities": (Activity("households", None, 150),), "together": (("u0", "u1"),)}
    model = compile_problem(strip(3, **rules))
    assert {reason.code for reason in model.barred.values()} == {"group_too_large"}
    base = strip(3, **rules)
    locked = dataclasses.replace(base, units=(dataclasses.replace(base.units[0], lock="A"), *base.units[1:]))
    with pytest.raises(Contradiction) as found:
        compile_problem(locked)
    assert found.value.proven


def test_arrays_widen_bounds_by_a_hair_and_number_locks_and_areas() -> None:
    base = grid(2, activities=(Activity("households", 100, 1e6),), max_members=3)
    units = (dataclasses.replace(base.units[0], lock="A"), *base.units[1:])
    arrays = arrays_of(compile_problem(dataclasses.replace(base, units=units)))
    assert arrays.lower[0] < 100 < arrays.lower[0] + 1e-6
    assert arrays.upper[0] > 1e6 > arrays.upper[0] - 0.01
    assert (arrays.lower[1], round(float(arrays.upper[1]), 6)) == (-math.inf, 3.0)
    assert arrays.lock.tolist() == [0, -1, -1, -1]
    assert len(set(arrays.area.tolist())) == 2
    assert arrays.atom_load.tolist() == [100.0] * 4
