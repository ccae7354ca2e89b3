"""What is missing before a unit can be let, and which mode fits it: figures in, codes and figures out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tender.modes import Cluster, Facts, NearFirm, Outlook, Thresholds, outlook

LIMITS = Thresholds()
WELL = Facts(
    "community", households=400, floor_area=3e4, fee=0.8, building_count=9, willing=True, vote="passed",
    cluster=Cluster(4, 1200),
)  # fmt: skip
FIRM = NearFirm("91", "示例物业", "A", "990101001001C002", 120.0)


def best(facts: Facts, limits: Thresholds = LIMITS) -> tuple[str, str]:
    first = outlook(facts, limits).suggestions[0]
    return first.mode, first.code


def missing(facts: Facts) -> set[str]:
    return {each.code for each in outlook(facts, LIMITS).missing}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (WELL, ("let", "large_together")),
        (replace(WELL, willing=None), ("let", "large_together_ask")),
        (replace(WELL, cluster=Cluster(1, 400)), ("let", "large_alone")),
        (replace(WELL, willing=False), ("undecided", "refused")),
        (replace(WELL, willing=False, firm=FIRM), ("joint", "strong_firm_near")),
        (replace(WELL, cluster=Cluster(2, 180)), ("self", "few_together")),
        (replace(WELL, cluster=Cluster(2, 180), firm=FIRM), ("joint", "strong_firm_near")),
        (
            Facts("building_group", households=40, cluster=Cluster(1, 40), firm=FIRM),
            ("self", "single_building"),
        ),
        (replace(WELL, building_count=2, cluster=Cluster(2, 180)), ("self", "single_building")),
        (Facts("community", cluster=Cluster(2, 180, unknown=1)), ("undecided", "size_unknown")),
    ],
)
def test_mode_follows_size_contiguity_will_and_firms_nearby(facts: Facts, expected: tuple[str, str]) -> None:
    assert best(facts) == expected


@pytest.mark.parametrize("firm", [replace(FIRM, metres=201.0), replace(FIRM, grade="C")])
def test_a_firm_too_far_or_too_weak_takes_nobody_along(firm: NearFirm) -> None:
    assert best(replace(WELL, cluster=Cluster(2, 180), firm=firm))[0] == "self"


def test_the_other_modes_that_fit_are_told_too() -> None:
    modes = [each.mode for each in outlook(replace(WELL, firm=FIRM), LIMITS).suggestions]
    assert modes == ["let", "joint"]


def test_thresholds_are_the_districts() -> None:
    assert best(WELL, Thresholds(let_households=1300))[0] == "self"
    near = replace(WELL, cluster=Cluster(2, 180), firm=replace(FIRM, metres=400.0))
    assert best(near, Thresholds(joint_metres=400))[0] == "joint"


def test_a_unit_is_ready_when_nothing_that_blocks_is_missing() -> None:
    assert outlook(WELL, LIMITS).as_json()["ready"]
    assert outlook(replace(WELL, fee=None), LIMITS).as_json()["ready"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(WELL, households=None), "households_unknown"),
        (replace(WELL, willing=False), "refused"),
        (replace(WELL, vote=None), "vote_missing"),
        (replace(WELL, vote="failed"), "vote_failed"),
        (replace(WELL, cluster=Cluster(2, 180)), "under_minimum"),
        (replace(WELL, mid_contract=True), "mid_contract"),
        (replace(WELL, taken=True), "taken"),
    ],
)
def test_what_blocks_a_letting_is_named(facts: Facts, code: str) -> None:
    assert missing(facts) - missing(WELL) == {code}
    assert not outlook(facts, LIMITS).as_json()["ready"]


@given(
    kind=st.sampled_from(["community", "building_group"]),
    households=st.none() | st.integers(0, 3000),
    cluster=st.builds(Cluster, st.integers(1, 40), st.integers(0, 20_000), st.integers(0, 5)),
    willing=st.none() | st.booleans(),
    vote=st.sampled_from([None, "passed", "failed"]),
    firm=st.none() | st.just(FIRM),
)
def test_every_unit_has_a_mode_and_its_figures_are_plain(
    kind, households, cluster, willing, vote, firm
) -> None:
    judged: Outlook = outlook(
        Facts(kind, households=households, cluster=cluster, willing=willing, vote=vote, firm=firm), LIMITS
    )
    assert judged.suggestions
    assert len({each.mode for each in judged.suggestions}) == len(judged.suggestions)
    if willing is False:
        assert "let" not in {each.mode for each in judged.suggestions}
    assert all(
        isinstance(value, int | float | str) for each in judged.suggestions for value in each.figures.values()
    )
