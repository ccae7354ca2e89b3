"""The search for covers: the cheapest by what a cover really costs, not by summed reduced costs alone."""

from __future__ import annotations

import math

import numpy as np

from geo.bundling.programmes.cover import cheapest_cover

AT, ROWS, REDUCED = np.array([0, 1, 2, 4]), np.array([0, 1, 0, 1]), np.array([0.0, 0.0, 1.0])


def test_the_least_sum_is_taken_where_it_is_the_cost() -> None:
    found = cheapest_cover(AT, ROWS, REDUCED, 2, (1, 2), 10.0, 100)
    assert found.taken.tolist() == [0, 1]
    assert found.done
    assert cheapest_cover(AT, ROWS, REDUCED, 2, (1, 1), 10.0, 100).taken.tolist() == [2]
    assert 0 < found.nodes < 100


def test_slack_that_costs_or_a_limit_passed_speaks_against_the_least_sum() -> None:
    priced = cheapest_cover(
        AT, ROWS, REDUCED, 2, (1, 2), 10.0, 100, worth=lambda taken: 5.0 if len(taken) == 2 else 1.0
    )
    assert priced.taken.tolist() == [2]
    barred = cheapest_cover(AT, ROWS, REDUCED, 2, (1, 2), 10.0, 100, worth=lambda taken: math.inf)
    assert barred.taken is None
    assert barred.done
