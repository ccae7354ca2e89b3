"""Random operations on a draft, through the service and the database: a tessellation after each, undone to the bit."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely
from shapely import LineString

from geo.boundaries import plans
from geo.boundaries.plans import requests as ask
from geo.boundaries.plans import rows, surroundings
from geo.boundaries.tessellation import Refused
from geo.errors import Conflict
from geo.store.engine import Store
from tests.geo.boundaries.plans.town import PLANNER, SUBDISTRICT, TODAY, Town, build

Cells = dict[str, shapely.Polygon]


class Planner:
    """Asks for random operations of the size of the cells."""

    def __init__(self, seed: int, town: Town) -> None:
        self.rng, self.town = np.random.default_rng(seed), town

    def wish(self, cells: Cells) -> ask.Operation:
        kinds = ("split", "merge", "reshape", "move", "draw", "give", "fill", "rehome", "snap", "rename")
        kind = str(self.rng.choice(kinds, p=[0.22, 0.1, 0.16, 0.18, 0.1, 0.05, 0.02, 0.08, 0.05, 0.04]))
        return getattr(self, kind)(cells)

    def cell(self, cells: Cells) -> tuple[str, np.ndarray, float]:
        code = str(self.rng.choice(sorted(cells)))
        shape = cells[code]
        return code, shapely.get_coordinates(shape.representative_point())[0], float(np.sqrt(shape.area))

    def beside(self, cells: Cells, code: str) -> str:
        others = [other for other, shape in cells.items() if other != code and shape.touches(cells[code])]
        return str(self.rng.choice(others)) if others else code

    def line(self, cells: Cells) -> tuple[str, ask.Line]:
        code, middle, size = self.cell(cells)
        angle = self.rng.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * size * 1.3
        bend = middle + self.rng.normal(0, 0.15 * size, 2)
        return code, ask.Line(coordinates=[tuple(middle - way), tuple(bend), tuple(middle + way)])

    def split(self, cells: Cells) -> ask.Operation:
        code, line = self.line(cells)
        return ask.Split(operation="split", cell=code, line=line)

    def merge(self, cells: Cells) -> ask.Operation:
        code = self.cell(cells)[0]
        other = self.beside(cells, code)
        return ask.Merge(
            operation="merge", cells=[code, other], into=code if self.rng.random() < 0.5 else None
        )

    def reshape(self, cells: Cells) -> ask.Operation:
        code, _, size = self.cell(cells)
        other = self.beside(cells, code)
        shared = shapely.line_merge(shapely.intersection(cells[code], cells[other]))
        if not isinstance(shared, LineString) or shared.is_empty:
            return self.split(cells)
        ends = [shared.interpolate(share, normalized=True) for share in sorted(self.rng.random(2))]
        middle = shapely.get_coordinates(ends).mean(axis=0) + self.rng.normal(0, 0.15 * size, 2)
        points = [ends[0].coords[0], tuple(middle), ends[1].coords[0]]
        named = (code, other) if self.rng.random() < 0.7 else None
        return ask.Reshape(operation="reshape", line=ask.Line(coordinates=points), cells=named, tolerance=0.5)

    def move(self, cells: Cells) -> ask.Operation:
        code, _, size = self.cell(cells)
        ring = shapely.get_coordinates(cells[code])
        here = ring[self.rng.integers(len(ring) - 1)]
        there = here + self.rng.normal(0, 0.1 * size, 2)
        return ask.Move(operation="move", start=tuple(np.round(here, 8)), to=tuple(there))

    def draw(self, cells: Cells) -> ask.Operation:
        _, middle, size = self.cell(cells)
        angles = np.sort(self.rng.uniform(0, 2 * np.pi, 5))
        ring = middle + self.rng.uniform(0.2, 0.6) * size * np.column_stack([np.cos(angles), np.sin(angles)])
        area = ask.Area(coordinates=[[tuple(point) for point in [*ring, ring[0]]]])
        return ask.Draw(operation="draw", polygon=area, name="新画")

    def give(self, cells: Cells) -> ask.Operation:
        code = self.cell(cells)[0]
        return ask.Give(
            operation="give", cell=code, to=None if self.rng.random() < 0.5 else self.beside(cells, code)
        )

    def fill(self, cells: Cells) -> ask.Operation:
        return ask.Fill(operation="fill", at=tuple(self.cell(cells)[1]))

    def rehome(self, cells: Cells) -> ask.Operation:
        return ask.Rehome(
            operation="rehome",
            building=str(self.rng.choice(self.town.buildings)),
            to=self.cell(cells)[0],
            margin=1.0,
        )

    def snap(self, cells: Cells) -> ask.Operation:
        return ask.Snap(operation="snap", to=["buildings", "parent"], tolerance=float(self.rng.uniform(1, 8)))

    def rename(self, cells: Cells) -> ask.Operation:
        return ask.Rename(operation="rename", cell=self.cell(cells)[0], name=f"名{self.rng.integers(1000)}")


def drafted(store: Store, plan: int) -> tuple[dict[str, bytes], Cells]:
    with store.begin(PLANNER) as db:
        cells = plans.drafted(db, plan)[1]
    return {code: shapely.to_wkb(cell.shape) + cell.name.encode() for code, cell in cells.items()}, {
        code: cell.shape for code, cell in cells.items()
    }


def assert_tessellation(cells: Cells, frames: dict[str, shapely.Polygon]) -> None:
    shapes = list(cells.values())
    assert shapely.coverage_is_valid(shapes)
    for code, frame in frames.items():
        union = shapely.coverage_union_all([shape for each, shape in cells.items() if each[:12] == code])
        assert shapely.symmetric_difference(union, frame).area <= 1e-12 * frame.area
        assert not union.interiors


@pytest.mark.parametrize("seed", range(3))
def test_sequences_keep_the_tessellation_and_are_undone_to_the_bit(store: Store, seed: int) -> None:
    town = build(store, blocks=2, columns=3, rows=3, houses=3, seed=seed)
    planner = Planner(seed, town)
    with store.begin(PLANNER) as db:
        plan = plans.create(db, SUBDISTRICT, "随机", TODAY)
        frames = {one.code: one.shape for one in surroundings.frames(db, rows.read(db, plan), TODAY)}
    start, cells = drafted(store, plan)
    states, done, words = [start], Counter(), set()
    for _ in range(40):
        wish = planner.wish(cells)
        try:
            with store.begin(PLANNER) as db:
                seen = plans.operate(db, plan, wish.model_copy(update={"preview": True}), as_of=TODAY)
            with store.begin(PLANNER) as db:
                made = plans.operate(db, plan, wish, as_of=TODAY)
        except Refused as refusal:
            done["refused"] += 1
            words.add(refusal.extra["reason"])
            continue
        done[wish.operation] += 1
        assert {**seen, "version": 0, "position": 0} == {**made, "version": 0, "position": 0}
        now, cells = drafted(store, plan)
        assert_tessellation(cells, frames)
        named = {feature["id"] for feature in made["changed"]} | set(made["gone"])
        before = states[-1]
        assert {code for code in {*before, *now} if before.get(code) != now.get(code)} <= named
        states.append(now)
    assert len(states) > 15, done
    assert "other" not in words
    for state in reversed(states[:-1]):
        with store.begin(PLANNER) as db:
            plans.travel(db, plan, forward=False, as_of=TODAY)
        assert drafted(store, plan)[0] == state
    for state in states[1:]:
        with store.begin(PLANNER) as db:
            plans.travel(db, plan, forward=True, as_of=TODAY)
        assert drafted(store, plan)[0] == state
    with store.begin(PLANNER) as db:
        plans.travel(db, plan, forward=False, to=0, as_of=TODAY)
        assert drafted_in(db, plan) == start
    with pytest.raises(Conflict), store.begin(PLANNER) as db:
        plans.travel(db, plan, forward=False, as_of=TODAY)


def drafted_in(db, plan: int) -> dict[str, bytes]:
    cells = plans.drafted(db, plan)[1]
    return {code: shapely.to_wkb(cell.shape) + cell.name.encode() for code, cell in cells.items()}
