"""Plans where hardly any room is left: met by pressing, bettered out of all packages of a window."""

from __future__ import annotations

import numpy as np
import pytest

from geo.bundling.centres.annealing import grown, terms_of
from geo.bundling.centres.bound import duals_of
from geo.bundling.centres.plan import keeps_all, worth_of
from geo.bundling.centres.pressing import pressed
from geo.bundling.centres.renewing import renew
from geo.bundling.centres.sites import sites_of
from geo.bundling.forms.arrays import Whole, arrays_of
from geo.bundling.forms.model import compile_problem
from tests.bench.bundling_centres import centred_map


def never() -> bool:
    return False


@pytest.mark.parametrize("seed", [101, 102])
def test_a_plan_pressed_into_scarce_room_keeps_all_and_windows_only_better_it(seed: int) -> None:
    model = compile_problem(centred_map(80, 8, 0.02, seed))
    sites = sites_of(model, arrays_of(model))
    used = np.ones(8, dtype=np.bool_)
    prices = duals_of(sites, np.asarray(sites.may.any(axis=1)), used, never)[1]
    terms = terms_of(sites, prices + prices.mean() + 1.0, used)
    first = grown(sites, terms, prices, used)

    def plan() -> Whole:
        found = pressed(sites, terms, first, 80_000, 1, never)
        assert found is not None
        return found

    met = plan()
    assert keeps_all(sites, met)
    np.testing.assert_array_equal(met, plan())
    better = renew(sites, met, 12, never)
    assert keeps_all(sites, better)
    assert worth_of(sites, better) <= worth_of(sites, met)
    np.testing.assert_array_equal(better, renew(sites, met, 12, never))
    assert renew(sites, met, 0, never) is met
