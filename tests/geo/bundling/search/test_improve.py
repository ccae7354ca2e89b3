"""The small tools of improving: random numbers, stops, who may move, labels put and taken over."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT
from geo.bundling.search.anneal import Schedule, next_random
from geo.bundling.search.improve import SLICE, Watch, anneal, generator, put, whole_map
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.search.drafts import NEVER, assert_sums_are_those_of_a_fresh_state, begun

MASK = (1 << 64) - 1


def splitmix(state: int) -> float:
    """The generator as published (Steele, Lea, Flood 2014), with numbers of any length."""
    z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return ((z ^ z >> 31) >> 11) / 2**53


def test_random_numbers_are_those_of_the_published_generator() -> None:
    rng = generator(5, "a name")
    state = int(rng[0])
    for _ in range(1000):
        state = state + 0x9E3779B97F4A7C15 & MASK
        assert next_random(rng) == splitmix(state)
    assert int(rng[0]) == state


def test_each_name_and_seed_has_numbers_of_its_own() -> None:
    assert generator(1, "a")[0] == generator(1, "a")[0]
    assert len({int(generator(seed, name)[0]) for seed in range(20) for name in "abc"}) == 60


def test_a_stop_that_struck_stays() -> None:
    reasons = iter([None, "cancel", None, None])
    watch = Watch(lambda: next(reasons))
    assert [watch(), watch(), watch(), watch.struck] == [False, True, True, "cancel"]


def test_time_kept_for_later_ends_the_work_before_and_is_there_afterwards() -> None:
    left = [10.0]
    whole = Watch(lambda: None if left[0] > 0 else "time_limit", lambda: left[0])
    first = whole.keeping(0.2)
    inner = first.keeping(0.5)

    def struck(seconds: float) -> tuple[bool, bool, bool]:
        left[0] = seconds
        return inner(), first(), whole()

    assert [struck(seconds) for seconds in (10.0, 6.5, 5.9, 2.1, 1.9, 0.0)] == [
        (False, False, False),
        (False, False, False),
        (True, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]
    assert whole.hurried
    without = Watch(lambda: None)
    assert without.keeping(0.5) is without


def test_moves_too_many_for_the_time_left_are_fewer_and_end_cold() -> None:
    here = begun(grid(6), 6)
    assert here is not None
    window = whole_map(here.arrays, len(here.state.first))
    level = float(here.state.hard.sum())

    def told(left: float) -> tuple[list[float], Watch]:
        watch, shares = Watch(lambda: None, lambda: left), list[float]()
        rng = generator(1, "run")
        moves = 10 * SLICE
        anneal(
            here.arrays, here.state, here.weights, window, Schedule(), moves, rng, watch, tell=shares.append
        )
        return shares, watch

    shares, watch = told(0.0)
    assert shares == [0.1, 1.0]
    assert watch.hurried
    assert float(here.state.hard.sum()) <= level
    shares, watch = told(1e9)
    assert len(shares) == 10
    assert not watch.hurried


@examples(60)
@given(problems(), st.data())
def test_labels_put_have_the_sums_of_a_plan_made_afresh(problem: Problem, data: st.DataObject) -> None:
    here = begun(problem, 3)
    if here is None:
        return
    rows = len(here.state.first)
    free = [atom for atom in range(len(here.model.atoms)) if atom not in here.model.barred]
    chosen = sorted(data.draw(st.sets(st.sampled_from(free)))) if free else []
    goals = [data.draw(st.integers(OUT, rows - 1)) for _ in chosen]
    put(here.arrays, here.state, here.weights, np.array(chosen, np.int64), np.array(goals, np.int64))
    assert here.state.label[chosen].tolist() == goals
    assert_sums_are_those_of_a_fresh_state(here.arrays, here.state, here.weights)


@examples(40)
@given(problems())
def test_locked_barred_and_lonely_atoms_never_move(problem: Problem) -> None:
    here = begun(problem, 3)
    if here is None:
        return
    model = here.model
    wanted = [
        atom
        for atom, near in enumerate(model.neighbours)
        if near and model.lock[atom] is None and atom not in model.barred
    ]
    window = whole_map(here.arrays, len(here.state.first))
    assert window.movable.tolist() == wanted
    assert window.active.all()


def test_without_moves_or_with_a_stop_nothing_moves_and_progress_is_told_by_slices() -> None:
    here = begun(grid(6), 6)
    assert here is not None
    before, window = here.state.label.copy(), whole_map(here.arrays, len(here.state.first))
    told: list[float] = []

    def run(moves: int, watch: Watch) -> None:
        rng = generator(1, "run")
        anneal(here.arrays, here.state, here.weights, window, Schedule(), moves, rng, watch, tell=told.append)

    run(0, NEVER)
    assert np.array_equal(here.state.label, before)
    run(1000, NEVER)
    assert told == [1.0]
    stopped = here.state.label.copy()
    run(1000, Watch(lambda: "cancel"))
    assert np.array_equal(here.state.label, stopped)
    assert told == [1.0]
