"""Load handed on along chains of packages: what a plan gains, and what it never loses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.bundling import Activity, Centre, Link, Problem, Rules, Unit
from geo.bundling.centres.annealing import Terms, grown, terms_of
from geo.bundling.centres.passing import handed_on
from geo.bundling.centres.plan import keeps_all, over_capacity, worth_of
from geo.bundling.centres.sites import Sites, sites_of
from geo.bundling.forms.arrays import Whole, arrays_of
from geo.bundling.forms.model import compile_problem


def never() -> bool:
    return False


def given_sites(problem: Problem) -> tuple[Sites, Terms, Whole]:
    """A problem, and a first plan that looks at short ways only."""
    model = compile_problem(problem)
    sites = sites_of(model, arrays_of(model))
    count = len(sites.unit)
    used = np.ones(count, dtype=np.bool_)
    usual = float(sites.cost[sites.may].mean()) / float(sites.arrays.atom_load.mean())
    terms = terms_of(sites, np.full(count, 0.3 * usual), used)
    return sites, terms, grown(sites, terms, np.zeros(count), used)


def in_a_row(loads: list[float], centres: dict[int, float]) -> Problem:
    units = tuple(Unit(f"u{place}", 100.0 * place, 0.0, {"w": load}) for place, load in enumerate(loads))
    links = tuple(Link(f"u{place}", f"u{place + 1}") for place in range(len(loads) - 1))
    chosen = tuple(Centre(f"u{place}", room) for place, room in centres.items())
    return Problem(units, links, Rules((Activity("w"),), centres=chosen))


def test_what_is_too_much_passes_over_full_packages_to_the_one_with_room() -> None:
    # five centres in a row, all full but the last; the first holds one unit too many
    loads = [10.0] * 15
    problem = in_a_row(loads, {1: 20.0, 4: 30.0, 7: 30.0, 10: 30.0, 13: 40.0})
    sites, terms, plan = given_sites(problem)
    assert over_capacity(sites, plan) == pytest.approx(10.0)
    found = handed_on(sites, terms, plan, never)
    assert keeps_all(sites, found)
    np.testing.assert_array_equal(found, [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4])


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Units on a grid, some not to share a package, some locked, round centres with little room."""
    side = draw(st.integers(4, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = [[f"r{row}c{column}" for column in range(side)] for row in range(side)]
    flat = [name for row in names for name in row]
    loads = dict(zip(flat, rng.lognormal(3.0, 0.8, len(flat)), strict=True))
    places = draw(st.integers(2, max(2, side * side // 6)))
    chosen = [flat[place] for place in rng.choice(len(flat), places, replace=False)]
    room = sum(loads.values()) / places * draw(st.sampled_from([1.02, 1.2, 1.5]))
    rest = [name for name in flat if name not in chosen]
    locked = {rest[0]: "A"} if draw(st.booleans()) else {}
    apart = ((rest[1], rest[2]),) if draw(st.booleans()) else ()
    most = draw(st.sampled_from([None, 1.3 * side * side / places]))
    activities = (Activity("w"), Activity("n", None, most))
    units = tuple(
        Unit(
            name,
            100.0 * (place % side),
            100.0 * (place // side),
            {"w": loads[name], "n": 1.0},
            lock=locked.get(name),
        )
        for place, name in enumerate(flat)
    )
    links = [Link(names[a][b], names[a][b + 1]) for a in range(side) for b in range(side - 1)]
    links += [Link(names[a][b], names[a + 1][b]) for a in range(side - 1) for b in range(side)]
    centres = tuple(Centre(name, max(float(room), loads[name])) for name in chosen)
    rules = Rules(
        activities, centres=centres, apart=apart, leave_out_price=draw(st.sampled_from([None, 5.0]))
    )
    return Problem(units, tuple(links), rules)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 2**32))
def test_handing_on_breaks_no_package_and_worsens_no_plan(problem: Problem, seed: int) -> None:
    sites, terms, plan = given_sites(problem)
    plan = np.where(plan == len(sites.unit), -1, plan)
    found = handed_on(sites, terms, plan, never)
    np.testing.assert_array_equal(found, handed_on(sites, terms, plan, never))
    assert over_capacity(sites, found) <= over_capacity(sites, plan) + 1e-9 or keeps_all(sites, found)
    if keeps_all(sites, plan):
        assert keeps_all(sites, found)
        assert worth_of(sites, found) <= worth_of(sites, plan)
    np.testing.assert_array_equal(found == -1, plan == -1)
    for site in range(len(sites.unit)):
        assert_in_one_piece(sites, np.flatnonzero(found == site), int(sites.atom[site]))
    for atom in np.flatnonzero(found >= 0).tolist():
        foes = sites.arrays.foes[sites.arrays.foes_at[atom] : sites.arrays.foes_at[atom + 1]]
        assert not (found[foes] == found[atom]).any()


def assert_in_one_piece(sites: Sites, atoms: Whole, home: int) -> None:
    inside, seen, todo = set(atoms.tolist()), {home}, [home]
    assert home in inside
    while todo:
        for other in sites.model.neighbours[todo.pop()]:
            if other in inside and other not in seen:
                seen.add(other)
                todo.append(other)
    assert seen == inside
