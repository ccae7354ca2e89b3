"""Plans put together from packages, against every way to put them together."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.bundling import Problem
from geo.bundling.forms.arrays import OUT, Arrays, arrays_of
from geo.bundling.forms.columns import Columns, columns_of, keeps_rules
from geo.bundling.forms.model import Contradiction, compile_problem
from geo.bundling.programmes.partition import choose, prices, some_columns
from tests.geo.bundling.cases import problems, strip


def every_column(arrays: Arrays) -> Columns:
    count = len(arrays.component)
    groups = [g for size in range(1, count + 1) for g in itertools.combinations(range(count), size)]
    columns = columns_of(arrays, groups)
    return some_columns(columns, np.flatnonzero(keeps_rules(arrays, columns)))


def key_of(arrays: Arrays, columns: Columns, taken: list[int]) -> tuple[float, float, float, float]:
    placed = {int(a) for p in taken for a in columns.atoms[columns.at[p] : columns.at[p + 1]]}
    out = [a for a in range(len(arrays.component)) if a not in placed]
    if any(arrays.lock[a] >= 0 or math.isinf(arrays.out_price) for a in out):
        return (math.inf,) * 4
    weight = sum(arrays.out_price * arrays.atom_load[a] for a in out)
    units = sum(arrays.units_at[a + 1] - arrays.units_at[a] for a in out)
    return weight, units, columns.soft[taken].sum(), columns.distance[taken].sum()


def best_key(arrays: Arrays, columns: Columns, packages: tuple[int, int]) -> tuple[float, ...] | None:
    rows = [set(columns.atoms[columns.at[p] : columns.at[p + 1]].tolist()) for p in range(len(columns.hub))]
    keys = []

    def extend(taken: list[int], used: set[int], since: int) -> None:
        if packages[0] <= len(taken) <= packages[1]:
            keys.append(key_of(arrays, columns, taken))
        for number in range(since, len(rows)):
            if not rows[number] & used and len(taken) < packages[1]:
                extend([*taken, number], used | rows[number], number + 1)

    extend([], set(), 0)
    best = min(keys, default=(math.inf,) * 4)
    return None if math.isinf(best[0]) else best


def labels_key(arrays: Arrays, labels: np.ndarray) -> tuple[float, ...]:
    groups = [np.flatnonzero(labels == p).tolist() for p in range(labels.max() + 1)]
    columns = columns_of(arrays, groups)
    assert keeps_rules(arrays, columns).all()
    return key_of(arrays, columns, list(range(len(groups))))


def close(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-6))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most=7), st.sampled_from([(1, 2), (2, 2), (1, 9), (3, 5)]), st.integers(0, 3))
def test_the_plan_chosen_is_the_best_that_the_packages_make(
    problem: Problem, packages: tuple[int, int], skip: int
) -> None:
    try:
        arrays = arrays_of(compile_problem(problem))
    except Contradiction:
        return
    columns = every_column(arrays)
    if skip:
        columns = some_columns(columns, np.flatnonzero(np.arange(len(columns.hub)) % (skip + 1)))
    best, labels = best_key(arrays, columns, packages), choose(arrays, columns, packages)
    assert (labels is None) == (best is None)
    if labels is None or best is None:
        return
    assert close(labels_key(arrays, labels), best)
    again = choose(arrays, columns, packages, labels)
    assert again is not None
    assert close(labels_key(arrays, again), best)


def test_a_start_joins_with_its_own_packages_and_is_never_made_worse() -> None:
    arrays = arrays_of(compile_problem(strip(6, packages=3)))
    start = np.array([0, 0, 1, 1, 2, 2])
    none = columns_of(arrays, [])
    assert choose(arrays, none, (3, 3), start).tolist() == start.tolist()
    worse = columns_of(arrays, [[0], [1, 2, 3]])
    assert choose(arrays, worse, (3, 3), start).tolist() == start.tolist()
    assert choose(arrays, columns_of(arrays, [[0, 1, 2], [3, 4, 5]]), (3, 3)) is None


def test_a_window_places_its_own_atoms_only() -> None:
    arrays = arrays_of(compile_problem(strip(6)))
    columns = columns_of(arrays, [[0, 1], [2, 3], [1, 2, 3], [3, 4], [4, 5]])
    labels = choose(arrays, columns, (1, 2), atoms=[0, 1, 2, 3])
    assert labels.tolist() == [0, 0, 1, 1, OUT, OUT]


def test_prices_pay_for_the_plan_and_for_no_package_more_than_it_costs() -> None:
    arrays = arrays_of(compile_problem(strip(6)))
    columns = every_column(arrays)
    found = prices(arrays, columns, (2, 2))
    assert math.isclose(found.value, 2 * 200.0)
    brought = np.add.reduceat(found.atom[columns.atoms], columns.at[:-1]) + found.package
    assert (brought <= columns.distance + 1e-6).all()
    assert math.isclose(found.atom.sum() + 2 * found.package, found.value)
