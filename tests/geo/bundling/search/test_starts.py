"""First plans: packages in one piece, as many as asked for, foes apart."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem
from geo.bundling.forms.arrays import OUT
from geo.bundling.search.starts import first_labels, free_counts, share_out
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.search.drafts import assert_hard_form, begun, compiled_with_rooms


@examples(80)
@given(problems(), st.integers(1, 6), st.booleans(), st.integers(0, 5))
def test_a_first_plan_has_as_many_packages_as_asked_for_each_in_one_piece(
    problem: Problem, packages: int, halving: bool, seed: int
) -> None:
    here = begun(problem, packages, halving=halving, seed=seed)
    if here is None:
        return
    labels = here.state.label
    assert_hard_form(here.model, labels)
    assert sorted(set(labels.tolist()) - {OUT}) == list(range(sum(here.counts)))
    offset = 0
    for room, count in zip(here.rooms, here.counts, strict=True):
        own = {int(labels[atom]) for atom in room.atoms} - {OUT}
        assert own == set(range(offset, offset + count))
        offset += count
    if not problem.rules.apart:
        # nothing but a foe keeps an atom of a component with packages out
        placed = {atom for room, n in zip(here.rooms, here.counts, strict=True) if n for atom in room.atoms}
        assert {atom for atom, label in enumerate(labels.tolist()) if label != OUT} == placed


@examples(80)
@given(problems(), st.integers(0, 12))
def test_packages_are_shared_out_within_the_room_or_not_at_all(problem: Problem, total: int) -> None:
    found = compiled_with_rooms(problem)
    if found is None:
        return
    model, _, rooms = found
    counts = share_out(rooms, model, total)
    least, most = sum(room.locks for room in rooms), sum(room.most for room in rooms)
    event("shared" if counts is not None else "refused")
    assert (counts is not None) == (least <= total <= most)
    if counts is not None:
        assert sum(counts) == total
        assert all(room.locks <= n <= room.most for n, room in zip(counts, rooms, strict=True))


@examples(60)
@given(problems(), st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_more_room_in_each_package_takes_no_more_packages(problem: Problem, ends: list[float]) -> None:
    found = compiled_with_rooms(problem)
    if found is None:
        return
    model, _, rooms = found
    many, few = (free_counts(rooms, model, fraction) for fraction in sorted(ends))
    for room, more, fewer in zip(rooms, many, few, strict=True):
        assert max(room.locks, 0) <= fewer <= more <= max(room.most, 0)
        assert bool(more) == (room.most >= 1)


@pytest.mark.parametrize("halving", [False, True])
def test_packages_of_an_even_map_come_out_even(halving: bool) -> None:
    problem = grid(12, activities=(Activity("households", 800, 1000),), packages=16)
    here = begun(problem, 16, halving=halving)
    assert here is not None
    sizes = here.state.size[: sum(here.counts)]
    assert sizes.min() >= 4
    assert sizes.max() <= 16


def test_the_same_numbers_give_the_same_plan() -> None:
    here = begun(grid(8), 9)
    assert here is not None
    one, other = (first_labels(here.model, here.arrays, here.rooms, here.counts, Random(7)) for _ in range(2))
    assert np.array_equal(one, other)
