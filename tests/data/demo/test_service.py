"""Three years of service: 420 of 560 at the start, 504 at the end, rebounds between."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from data.demo import District

MONTHS = [d.date() for d in pd.date_range("2023-11-01", "2026-11-01", freq="MS")]


def states(district: District) -> pd.DataFrame:
    """Served (True), unserved (False) or unknown (None) by unit and month, the obvious way, row by row."""
    table: dict[str, list[bool | None]] = {}
    for unit, group in district.service_periods.groupby("unit"):
        rows = list(group.itertuples())
        line: list[bool | None] = []
        for day in MONTHS:
            begun = [r for r in rows if r.start <= day]
            live = [r for r in begun if pd.isna(r.end) or r.end > day]
            line.append(any(r.mode != "none" for r in live) if begun else None)
        table[str(unit)] = line
    return pd.DataFrame.from_dict(table, orient="index", columns=MONTHS)


@pytest.fixture(scope="module")
def table(district: District) -> pd.DataFrame:
    return states(district)


def test_served_at_both_ends(district: District, table: pd.DataFrame) -> None:
    own = table.loc[district.communities["code"]]
    assert own.notna().all().all()
    assert own[MONTHS[0]].sum() == 420
    assert own[MONTHS[-1]].sum() == 504


def test_coverage_rises_year_by_year(district: District, table: pd.DataFrame) -> None:
    count = table.loc[district.communities["code"]].sum().astype(int)
    assert count.iloc[0] < count.iloc[12] < count.iloc[24] < count.iloc[36]


def test_rebounds(district: District, table: pd.DataFrame) -> None:
    own = table.loc[district.communities["code"]].astype(bool)
    was, now = own.to_numpy()[:, :-1], own.to_numpy()[:, 1:]
    falls = pd.Series((was & ~now).sum(axis=1), index=own.index)
    cleared = own.index[~own[MONTHS[0]] & (falls > 0)]
    assert (falls > 0).sum() == 24
    assert len(cleared) == 16
    still_dark = own.index[(falls > 0) & ~own[MONTHS[-1]]]
    assert len(still_dark) == 12


def test_the_unserved_of_today_are_mostly_old_and_known_in_both_ways(
    district: District, table: pd.DataFrame
) -> None:
    kinds = district.communities.set_index("code")["kind"]
    dark = table.loc[kinds.index]
    dark = dark.index[~dark[MONTHS[-1]].astype(bool)]
    assert len(dark) == 56
    assert (kinds[dark] == "old").sum() >= 50
    open_none = district.service_periods[
        (district.service_periods["mode"] == "none") & district.service_periods["end"].isna()
    ]
    assert dark.isin(open_none["unit"]).sum() >= 40
    assert (~dark.isin(open_none["unit"])).sum() >= 4, "some lapsed with no row after"


def test_stand_alone_buildings(district: District, table: pd.DataFrame) -> None:
    alone = district.building_groups.loc[district.building_groups["community"].isna(), "code"]
    known = alone[alone.isin(table.index)]
    assert len(known) == 77
    assert table.loc[known, MONTHS[0]].sum() == 24
    assert table.loc[known, MONTHS[-1]].sum() == 39


def test_periods_of_a_unit_do_not_overlap(district: District) -> None:
    for _, rows in district.service_periods.groupby("unit"):
        ends = rows["end"].tolist()
        starts = rows["start"].tolist()
        for end, start in zip(ends, starts[1:], strict=False):
            assert not pd.isna(end)
            assert end <= start
        assert all(pd.isna(end) or end > start for start, end in zip(starts, ends, strict=True))


def test_firms_serve_and_self_management_has_none(district: District) -> None:
    periods = district.service_periods
    without = periods["mode"].isin(["none", "self", "custody"])
    assert periods.loc[without, "firm"].isna().all()
    assert periods.loc[~without, "firm"].isin(district.firms["code"]).all()
    assert set(periods["unit_kind"]) == {"community", "building_group"}


def test_books_run_by_the_month(district: District) -> None:
    assert all(
        day.day == 1 for column in ("start", "end") for day in district.service_periods[column].dropna()
    )


def test_a_renewal_starts_on_the_day_the_old_contract_ends(district: District) -> None:
    """Else every renewal would look like a rebound of a day: only a lapse may leave a gap."""
    gaps = 0
    for _, rows in district.service_periods.groupby("unit"):
        gaps += sum(end != start for end, start in zip(rows["end"], rows["start"][1:], strict=False))
    assert gaps == 6, "six lapses have no row of their own, yet the service was found again"


def test_contracts_that_end_soon(district: District) -> None:
    periods, today = district.service_periods, date(2026, 11, 1)
    soon = periods[(periods["mode"] != "none") & (periods["start"] <= today)]
    soon = soon[[not pd.isna(e) and today < e <= today + timedelta(days=90) for e in soon["end"]]]
    kinds = district.communities.set_index("code")["kind"]
    assert soon["unit"].map(kinds).value_counts().to_dict() == {"old": 30, "commercial": 9, "resettlement": 3}
    assert len(soon) == 46


def test_large_and_small_firms(district: District) -> None:
    now = district.service_periods[
        district.service_periods["end"].isna() | (district.service_periods["end"] > date(2026, 11, 1))
    ]
    share = now["firm"].value_counts()
    assert share.iloc[0] >= 3 * share.median()
