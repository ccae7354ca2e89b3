"""Random sequences of edits, as in `./run bench sequences`: a few here, thousands there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from geo.boundaries.tessellation import Change, Tessellation
from tests.bench.edits import Editor, broken, identical, sequence, voronoi, window
from tests.bench.sequences import SETS, read_set

GIVEN = Path(os.environ.get("WANGGE_MAPS", "/nowhere"))


@pytest.mark.parametrize("seed", range(8))
def test_sequences_on_made_cells(seed: int):
    rng = np.random.default_rng(seed)
    origin = (0.0, 0.0) if seed % 2 else (39528390.99, 3526367.7)
    made, faults = sequence(window(voronoi(seed, 40, origin=origin), rng, 40), Editor(rng), 20)
    assert faults == []
    assert made == 20


@pytest.mark.parametrize("name", SETS)
def test_sequences_on_real_cells(name: str):
    if not (GIVEN / SETS[name].path).exists():
        pytest.skip(f"no {SETS[name].path} in the folder named by WANGGE_MAPS")
    whole = read_set(GIVEN, name)
    for seed in range(2):
        rng = np.random.default_rng(seed)
        assert sequence(window(whole, rng, 80), Editor(rng), 20)[1] == []


class Editing(RuleBasedStateMachine):
    """Edits and undo in any order: hypothesis shrinks what breaks to the fewest steps."""

    @initialize(seed=st.integers(0, 10**6))
    def begin(self, seed: int) -> None:
        self.start = self.tess = voronoi(seed, 15)
        self.made: list[Change] = []
        self.editor = Editor(np.random.default_rng(seed))

    @rule()
    def edit(self) -> None:
        change = self.editor.edit(self.tess)
        if change is not None:
            after = self.tess.apply(change)
            assert broken(self.tess, after, change) == []
            self.tess, self.made = after, [*self.made, change]

    @precondition(lambda self: self.made)
    @rule()
    def undo(self) -> None:
        self.tess = self.tess.apply(self.made.pop().undone())

    @invariant()
    def undoing_everything_gives_back_the_start(self) -> None:
        tess: Tessellation = self.tess
        for change in reversed(self.made):
            tess = tess.apply(change.undone())
        assert identical(tess.cells, self.start.cells)


TestEditing = Editing.TestCase
TestEditing.settings = settings(
    max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
