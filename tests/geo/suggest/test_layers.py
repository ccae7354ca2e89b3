"""Rebalancing today's grids and merging several layers of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from shapely import box

from geo.suggest import CannotSuggest, Limits, ground, layer, merge_layers, rebalance
from geo.suggest.rebalance import change_of
from tests.geo.suggest.test_partition import sound
from tests.geo.suggest.towns import town

HOMES = [box(x, 10, x + 20, 20) for x in range(10, 400, 50)]
STRIP = ground(box(0, 0, 400, 50), HOMES, [100] * 8)


def test_grids_within_the_limits_stay_as_they_are() -> None:
    now = layer("now", ["a", "b"], [box(0, 0, 200, 50), box(200, 0, 400, 50)])
    made = rebalance(STRIP, now)
    assert (made.moved, made.buildings, made.gone, made.codes) == (0, (), (), ("a", "b"))
    for grid, shape in zip(made.proposal.grids, now.shapes, strict=True):
        assert shapely.equals(grid.shape, shape)


def test_a_chain_through_a_full_grid_moves_as_few_as_can_be() -> None:
    cuts = (0, 300, 350, 400)
    now = layer("now", ["a", "b", "c"], [box(a, 0, b, 50) for a, b in itertools.pairwise(cuts)])
    made = rebalance(STRIP, now, Limits(200, 400))
    sound(STRIP, made.proposal)
    assert [grid.households for grid in made.proposal.grids] == [400, 200, 200]
    assert (made.codes, made.moved) == (("a", None, "b"), 300)
    assert change_of(made).figures == {"households": 300, "buildings": 3, "new": 1, "ended": 1}


def test_grids_come_and_go_where_their_number_does_not_fit() -> None:
    now = layer("now", [str(i) for i in range(8)], [box(50 * i, 0, 50 * i + 50, 50) for i in range(8)])
    made = rebalance(STRIP, now)
    assert len(made.proposal.grids) == 2
    assert len(made.gone) == 6
    whole = layer("now", ["all"], [STRIP.within])
    made = rebalance(STRIP, whole)
    assert (len(made.proposal.grids), made.codes.count(None), made.gone) == (2, 1, ())


def test_rebalancing_what_cannot_be_says_why() -> None:
    area = ground(box(0, 0, 100, 50), [box(10, 10, 30, 30), box(60, 10, 80, 30)], [280, 270])
    made = rebalance(area, layer("now", ["a"], [area.within]))
    assert [reason.code for reason in made.proposal.reasons] == ["no_number"]
    assert (made.codes, made.moved) == (("a",), 0)


def test_a_town_is_rebalanced_by_little() -> None:
    area = town()
    east = area.within.bounds[2]
    now = layer("now", ["w", "m", "o", "e"], [box(x, 0, x + east / 4, 400) for x in np.arange(4) * east / 4])
    loads = [area.households[shapely.within(area.buildings, shape)].sum() for shape in now.shapes]
    made = rebalance(area, now)
    sound(area, made.proposal)
    assert all(grid.reason is None for grid in made.proposal.grids)
    assert made.moved < 0.5 * area.households.sum()
    assert loads


def test_layers_that_agree_are_kept_and_their_conflicts_listed() -> None:
    party = layer("party", ["p1", "p2"], [box(0, 0, 200, 50), box(200, 0, 400, 50)])
    police = layer("police", ["q1", "q2"], [box(0, 0, 250, 50), box(250, 0, 400, 50)])
    city = layer("city", ["c1", "c2"], [box(0, 0, 200, 50), box(200, 0, 350, 50)])
    made = merge_layers(STRIP, [party, police, city])
    sound(STRIP, made.proposal)
    assert [grid.households for grid in made.proposal.grids] == [400, 400]
    told = [(each.kind, each.says, each.against, each.grid) for each in made.conflicts]
    assert ("disputed", ("p2", "q1", "c2"), ("police",), 2) in told
    assert ("uncovered", ("p2", "q2", None), ("city",), 2) in told
    assert made.agreed == pytest.approx(6 / 8)


def test_overlaps_within_a_layer_are_told() -> None:
    double = layer("double", ["a", "b"], [box(0, 0, 250, 50), box(200, 0, 400, 50)])
    made = merge_layers(STRIP, [double])
    assert [(each.kind, each.households) for each in made.conflicts] == [("doubled", 100)]


def test_bad_layers() -> None:
    with pytest.raises(CannotSuggest):
        merge_layers(STRIP, [])
    for codes, shapes in ((["a", "a"], [box(0, 0, 1, 1)] * 2), (["a"], []), (["a"], [shapely.Point(0, 0)])):
        with pytest.raises(CannotSuggest):
            layer("x", codes, shapes)
