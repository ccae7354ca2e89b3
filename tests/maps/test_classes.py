import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.classes import NO_DATA, PALETTES, policy, quantiles, spread

numbers = st.floats(allow_nan=True, allow_infinity=False, width=32) | st.none()


def test_policy_thresholds_put_a_limit_into_the_upper_class() -> None:
    classes = policy("coverage")
    assert [classes.index(share) for share in (0.0, 0.5999, 0.6, 0.9, 0.95, 1.0)] == [0, 0, 1, 3, 4, 4]
    assert classes.method == "policy"


def test_unknown_is_apart_from_zero() -> None:
    classes = policy("coverage")
    assert classes.colour(None) == classes.colour(math.nan) == NO_DATA
    assert classes.colour(0.0) == PALETTES["YlGn"][0] != NO_DATA
    assert classes.counts([0.0, None, math.nan, 0.97]) == ([1, 0, 0, 0, 1], 2)


@pytest.mark.parametrize("values", [[], [None, math.nan], [5.0], [7.0] * 9])
def test_data_without_spread_gives_one_class(values: list[float | None]) -> None:
    classes = quantiles(values)
    assert classes.breaks == ()
    assert len(classes.colours) == 1
    assert [classes.index(value) for value in values if value is not None and value == value] == [
        0 for value in values if value is not None and value == value
    ]


def test_repeated_values_give_fewer_classes() -> None:
    assert quantiles([0, 0, 0, 0, 0, 0, 1, 2]).breaks == pytest.approx((0.6,))


@given(st.lists(numbers), st.integers(2, 5))
def test_every_known_value_has_a_class_and_counts_add_up(values: list[float | None], count: int) -> None:
    classes = quantiles(values, count)
    assert list(classes.breaks) == sorted(set(classes.breaks))
    assert len(classes.colours) == len(classes.breaks) + 1 <= count
    tally, unknown = classes.counts(values)
    assert sum(tally) + unknown == len(values)
    assert unknown == sum(value is None or math.isnan(value) for value in values)


@given(st.integers(1, 5))
def test_a_spread_keeps_the_order_of_the_palette(count: int) -> None:
    steps = PALETTES["YlGn"]
    chosen = [steps.index(colour) for colour in spread(steps, count)]
    assert chosen == sorted(set(chosen))
