"""Finishing never breaks what was kept, and leaves nothing out that a package beside it could take."""

from __future__ import annotations

import math
from random import Random

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from geo.bundling import Activity, Problem
from geo.bundling.forms.arrays import OUT
from geo.bundling.search.finish import Draft, filled, finish
from geo.bundling.search.improve import put
from tests.examples import examples
from tests.geo.bundling.cases import grid, problems
from tests.geo.bundling.search.drafts import (
    Begun,
    assert_hard_form,
    assert_sums_are_those_of_a_fresh_state,
    begun,
    whole,
)


def drafted(here: Begun) -> Draft:
    return Draft(here.model, here.arrays, here.state, here.weights)


def missing(draft: Draft) -> float:
    return math.fsum(draft.missing(draft.members(package)) for package in draft.standing())


@examples(100)
@given(problems(), st.integers(1, 6), st.integers(0, 1000))
def test_finishing_never_breaks_more_and_fills_what_can_be_filled(
    problem: Problem, packages: int, seed: int
) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    draft, before = drafted(here), here.state.label.copy()
    wrong, standing = missing(draft), len(draft.standing())
    fewest, most = problem.rules.package_range()
    finish(draft, (fewest, most), Random(seed))
    assert missing(draft) <= wrong + 1e-9
    event("mended" if wrong > 0 and missing(draft) <= 1e-12 else "still broken" if missing(draft) else "fine")
    assert_hard_form(here.model, here.state.label)
    assert_sums_are_those_of_a_fresh_state(here.arrays, here.state, here.weights)
    locked = [atom for atom, lock in enumerate(here.model.lock) if lock is not None]
    assert all(here.state.label[atom] == before[atom] for atom in locked)
    after = len(draft.standing())
    assert after >= min(standing, fewest)
    assert after <= max(standing, most)
    for atom in np.flatnonzero(here.state.label == OUT).tolist():
        if atom not in here.model.barred:
            assert not any(draft.fits(atom, package) for package in draft.beside(atom))


@examples(60)
@given(problems(), st.integers(1, 4))
def test_a_draft_tells_what_is_there(problem: Problem, packages: int) -> None:
    here = begun(problem, packages)
    if here is None:
        return
    draft, label = drafted(here), here.state.label
    for package in draft.standing():
        members = draft.members(package)
        assert members == np.flatnonzero(label == package).tolist()
        assert (package in draft.broken()) == (draft.missing(members) > 0)
        for atom in members:
            rest = [a for a in members if a != atom]
            assert draft.may_leave(atom) == (here.model.lock[atom] is None and whole(here.model, rest))
    out = {atom for atom in np.flatnonzero(label == OUT).tolist() if atom not in here.model.barred}
    clumps = draft.clumps()
    assert sorted(atom for clump in clumps for atom in clump) == sorted(out)
    assert all(whole(here.model, clump) for clump in clumps)


def test_a_package_is_built_from_what_is_left_where_the_others_are_full() -> None:
    problem = grid(4, activities=(Activity("households", 300, 400),), packages=(1, 4))
    here = begun(problem, 4)
    assert here is not None
    quarters = np.array([2 * (r // 2) + c // 2 for r in range(4) for c in range(4)], dtype=np.int64)
    for most, founded in ((4, True), (3, False)):
        put(here.arrays, here.state, here.weights, np.arange(16), quarters)
        draft = drafted(here)
        draft.move(draft.members(0), OUT)
        finish(draft, (1, most), Random(1))
        assert not draft.broken()
        assert (OUT not in here.state.label.tolist()) == founded
        assert len(draft.standing()) == most


@examples(60)
@given(problems(), st.integers(1, 6), st.integers(0, 1000))
def test_filling_keeps_what_is_placed_and_leaves_none_out_that_a_package_takes(
    problem: Problem, packages: int, seed: int
) -> None:
    here = begun(problem, packages, seed=seed)
    if here is None:
        return
    finish(drafted(here), problem.rules.package_range(), Random(seed))
    full = here.state.label.copy()
    inside = [atom for atom in np.flatnonzero(full != OUT).tolist() if drafted(here).may_leave(atom)]
    if missing(drafted(here)) > 0 or not inside:
        return
    without = full.copy()
    without[inside[0]] = OUT
    again = filled(here.model, here.arrays, without)
    kept = without != OUT
    np.testing.assert_array_equal(again[kept], without[kept])
    event("put back" if again[inside[0]] != OUT else "stays out")
    if again[inside[0]] == OUT:
        put(here.arrays, here.state, here.weights, np.arange(len(again)), again)
        draft = drafted(here)
        assert not any(draft.fits(inside[0], package) for package in draft.beside(inside[0]))
