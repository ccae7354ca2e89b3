"""Windows: what may move in one, and that working on one never makes the map worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem
from geo.bundling.forms.arrays import OUT
from geo.bundling.forms.scoring import plan_of
from geo.bundling.search.improve import Watch, put
from geo.bundling.search.wandering import WANDERED, _absorbed, _half, wander
from geo.bundling.search.windows import (
    FRESH,
    MENDING,
    Map,
    around,
    improve,
    lost,
    mend,
    strengthen,
    sweep,
    window_of,
)
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.search.drafts import (
    Begun,
    assert_hard_form,
    assert_sums_are_those_of_a_fresh_state,
    begun,
    energy_at,
    whole,
)

PLANS = (problems(), st.integers(2, 5), st.integers(0, 1000))
LOADED = grid(9, activities=(Activity("households", 500, 1000),), packages=(8, 12))


def beside(here: Begun, packages: set[int]) -> set[int]:
    label = here.state.label
    inside = [a for a in range(len(label)) if label[a] in packages]
    return {int(label[b]) for a in inside for b in here.model.neighbours[a]} - {OUT} - packages


def assert_sound(here: Begun) -> None:
    assert_hard_form(here.model, here.state.label)
    assert_sums_are_those_of_a_fresh_state(here.arrays, here.state, here.weights)


@examples(60)
@given(*PLANS, st.integers(1, 5))
def test_the_packages_around_one_are_the_nearest_by_steps(
    problem: Problem, packages: int, seed: int, most: int
) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    on = here.on()
    for package in np.flatnonzero(here.state.size > 0).tolist():
        found = set(around(on, package, most).tolist())
        ring, reached = {package}, {package}
        while len(reached) < most and (ring := beside(here, reached)):
            if len(reached | ring) > most:
                break
            reached |= ring
        assert reached <= found <= reached | ring
        assert len(found) == min(most, len(reached | ring))


@examples(60)
@given(*PLANS)
def test_what_may_move_in_a_window(problem: Problem, packages: int, seed: int) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    on, label = here.on(), here.state.label
    chosen = np.flatnonzero(here.state.size > 0)[:2]
    free = {a for a in range(len(label)) if here.model.lock[a] is None and a not in here.model.barred}
    inside = {a for a in free if label[a] in chosen and here.model.neighbours[a]}
    out = {
        a
        for a in free
        if label[a] == OUT and {int(label[b]) for b in here.model.neighbours[a]} & set(chosen.tolist())
    }
    assert set(window_of(on, chosen, lost=False).movable.tolist()) == inside
    assert set(window_of(on, chosen).movable.tolist()) == inside | out
    assert lost(on) == sorted(
        (a for a in range(len(label)) if label[a] == OUT and a not in here.model.barred),
        key=lambda a: (-here.arrays.atom_load[a], a),
    )


@examples(25)
@given(*PLANS)
def test_improving_mending_and_wandering_never_cost_by_their_own_measure(
    problem: Problem, packages: int, seed: int
) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    on, order = here.on(seed), np.random.default_rng(seed)
    level = energy_at(here, FRESH.strict)
    improve(on, around(on, int(np.flatnonzero(here.state.size > 0)[0]), 4))
    assert energy_at(here, FRESH.strict) <= level * (1 + 1e-9) + 1e-6
    assert_sound(here)
    level = energy_at(here, MENDING.strict)
    mend(on)
    assert energy_at(here, MENDING.strict) <= level * (1 + 1e-9) + 1e-6
    assert_sound(here)
    level, standing = energy_at(here, WANDERED.strict), np.count_nonzero(here.state.size)
    most = sum(room.most for room in here.rooms)
    went = wander(on, order, free=seed % 2 == 0, most=most)
    event(f"{went} packages wandered")
    assert energy_at(here, WANDERED.strict) <= level * (1 + 1e-9) + 1e-6
    assert np.count_nonzero(here.state.size) <= max(most, standing)
    if seed % 2:
        assert np.count_nonzero(here.state.size) == standing
    assert_sound(here)


@pytest.mark.parametrize("seed", range(4))
def test_packages_that_break_a_bound_are_strengthened_until_they_keep_it(seed: int) -> None:
    here = begun(LOADED, 10, seed=seed)
    assert here is not None
    # nearly all that one package has goes to the package beside it
    one = int(here.state.label[0])
    other = min(beside(here, {one}))
    inside = np.flatnonzero(here.state.label == other)
    put(here.arrays, here.state, here.weights, inside[1:], np.full(len(inside) - 1, one, np.int64))
    assert (here.state.hard > 0).any()
    strengthen(here.on())
    assert not (here.state.hard > 0).any()
    assert_sound(here)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sweeping_a_sound_plan_never_worsens_its_key(seed: int) -> None:
    here = begun(LOADED, 10, seed=seed)
    assert here is not None
    on = here.on(seed)
    mend(on)
    before = plan_of(here.model, here.arrays, here.state.label)
    assert before.key.broken == 0
    shares = list(sweep(on, np.random.default_rng(seed), 2))
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)
    after = plan_of(here.model, here.arrays, here.state.label)
    assert after.key <= before.key
    assert after.packages == before.packages


@examples(60)
@given(*PLANS)
def test_a_package_is_halved_and_swallowed_in_whole_pieces(
    problem: Problem, packages: int, seed: int
) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    on, label = here.on(), here.state.label
    for package in np.flatnonzero(here.state.size > 0).tolist():
        window = window_of(on, around(on, package, 5), lost=False)
        inside = window.movable[label[window.movable] == package]
        if len(inside) >= 2:
            half = _half(on, package, inside)
            rest = set(np.flatnonzero(label == package).tolist()) - set(half)
            assert not half or (whole(here.model, half) and whole(here.model, sorted(rest)))
        if len(inside) == here.state.size[package]:
            swallowed = label.copy()
            window.active[package] = False
            swallowed[window.movable] = _absorbed(on, window, package)
            for other in set(swallowed.tolist()) - {OUT, package}:
                assert whole(here.model, np.flatnonzero(swallowed == other).tolist())
            assert np.array_equal(swallowed[label != package], label[label != package])


def test_a_stop_leaves_the_plan_as_it_is() -> None:
    here = begun(LOADED, 10)
    assert here is not None
    on = Map(*here.on()[:4], Watch(lambda: "cancel"))
    before = here.state.label.copy()
    mend(on)
    assert wander(on, np.random.default_rng(1), free=True, most=12) == 0
    assert list(sweep(on, np.random.default_rng(1), 1)) == []
    assert np.array_equal(here.state.label, before)
