"""What owners think: asked only in pools, voted only by who agreed, and enough of each to try the product on."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data.demo import District
from data.demo.service import FIRST, LAST
from data.demo.wishes import to_be_let


def register(district: District) -> pd.DataFrame:
    alone = district.building_groups[district.building_groups["community"].isna()]
    columns = ["code", "willing", "vote"]
    return pd.concat([district.communities[columns], alone[columns]]).set_index("code")


def pool(district: District, day: date) -> set[str]:
    communities, groups = district.communities, district.building_groups
    old = set(communities.loc[communities["kind"] == "old", "code"])
    alone = set(groups.loc[groups["community"].isna(), "code"])
    return to_be_let(district.service_periods, old, alone, day)


def test_only_units_of_a_pool_were_asked_and_some_were_not(district: District) -> None:
    asked = set(register(district)["willing"].dropna().index)
    in_pools = pool(district, FIRST) | pool(district, LAST)
    assert asked < in_pools
    for day in (FIRST, LAST):
        assert 0.5 < len(asked & pool(district, day)) / len(pool(district, day)) < 0.9


def test_who_voted_had_agreed(district: District) -> None:
    found = register(district)
    voted = found[found["vote"].notna()]
    assert (voted["willing"] == True).all()  # noqa: E712 - a column of objects
    assert set(voted["vote"]) == {"passed", "failed"}
    assert (found["willing"] == False).sum() > 5  # noqa: E712 - a column of objects


def test_a_part_of_a_community_has_no_will_of_its_own(district: District) -> None:
    parts = district.building_groups[district.building_groups["community"].notna()]
    assert parts["willing"].isna().all()
    assert parts["vote"].isna().all()
