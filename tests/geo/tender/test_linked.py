"""Who is whose neighbour in the demo's pool (邻接), by the real database: what the officer sees is what the engine uses."""

from __future__ import annotations

from datetime import date

import pytest

from geo.store.engine import Scope, Store
from geo.tender.linked import linked
from geo.tender.rules import BundleRules
from geo.tender.survey import Ground, survey

RULES = BundleRules(area="990101000000", standalone=False, willing="any")


def ground_of(store: Store, rules: BundleRules) -> Ground:
    with store.begin(Scope("officer", ("990101",))) as db:
        return survey(db, rules, date(2026, 11, 1), 90, with_modes=False)


def told(store: Store, rules: BundleRules) -> dict[tuple[str, str], str]:
    return {(each["a"], each["b"]): each["kind"] for each in linked(ground_of(store, rules), rules)}


@pytest.fixture(scope="module")
def asked(demo: Store) -> dict[tuple[str, str], str]:
    return told(demo, RULES)


def test_pairs_that_packages_may_use_are_those_of_the_engine(
    demo: Store, asked: dict[tuple[str, str], str]
) -> None:
    ground = ground_of(demo, RULES)
    street = {code: each.subdistrict for code, each in ground.candidates.items()}
    engine = {
        tuple(sorted((link.a, link.b)))
        for link in ground.problem.links
        if link.cut is None and street[link.a] == street[link.b]
    }
    assert {pair for pair, kind in asked.items() if kind == "open"} == engine
    assert {"open", "barrier", "gap"} <= set(asked.values())


def test_a_pair_cut_by_hand_and_one_joined_are_told_as_such(
    demo: Store, asked: dict[tuple[str, str], str]
) -> None:
    cut = min(pair for pair, kind in asked.items() if kind == "open")
    joined = min(pair for pair, kind in asked.items() if kind == "barrier")
    by_hand = told(demo, RULES.model_copy(update={"links_cut": (cut,), "links_added": (joined,)}))
    assert (by_hand[cut], by_hand[joined]) == ("cut", "added")
    rest = {pair: kind for pair, kind in by_hand.items() if pair not in (cut, joined) and kind != "gap"}
    assert rest.items() <= asked.items()


def test_another_sub_district_is_no_neighbour_only_where_packages_keep_to_one(demo: Store) -> None:
    wide = RULES.model_copy(update={"gap": 2000.0})
    across = {pair for pair, kind in told(demo, wide).items() if kind == "border"}
    free = told(demo, wide.model_copy(update={"within_subdistrict": False}))
    assert across
    assert {free[pair] for pair in across} == {"open", "barrier"}
    assert "border" not in free.values()
