"""Coverage by any level agrees with an obvious computation on the same tables."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import text

from geo.boundaries.layers import Moment
from geo.coverage.rollup import Basis, Level, Question, coverage, monthly
from geo.errors import BadInput
from geo.store.engine import Scope, Store

TODAY = date(2026, 11, 1)
MONTHS = [stamp.date() for stamp in pd.date_range("2023-11-01", "2026-11-01", freq="MS")]
PREFIX = {Level.DISTRICT: 6, Level.SUBDISTRICT: 9, Level.NEIGHBOURHOOD: 12}


@pytest.fixture(scope="module")
def tables(demo: Store, district: Scope) -> dict[str, pd.DataFrame]:
    """Plain tables, read without any of the functions under test."""
    with demo.begin(district) as db:
        read = {
            "community": "SELECT code, households, floor_area FROM community",
            "alone": "SELECT code, households, floor_area FROM building_group WHERE community IS NULL",
            "period": "SELECT unit, mode, lower(valid) AS start, upper(valid) AS finish FROM service_period",
        }
        return {name: pd.DataFrame(db.execute(text(sql)).mappings().all()) for name, sql in read.items()}


def obvious(tables: dict[str, pd.DataFrame], basis: Basis, standalone: bool, day: date) -> pd.DataFrame:
    """Units with `served` (True, False, None) and `measure`, one unit after the other."""
    units = pd.concat([tables["community"], tables["alone"]] if standalone else [tables["community"]])
    begun = tables["period"][tables["period"].start <= day]
    running = begun[begun.finish.isna() | (begun.finish > day)].set_index("unit")["mode"]
    known = set(begun.unit)

    def served(code: str) -> bool | None:
        if code in running.index:
            return running[code] != "none"
        return False if code in known else None

    measure = {"count": 1.0, "households": units.households, "floor_area": units.floor_area}[basis.value]
    return units.assign(served=[served(code) for code in units.code], measure=measure)


def figures(part: pd.DataFrame) -> tuple[float, float, int]:
    known = part[part.served.notna() & part.measure.notna()]
    return (
        round(known[known.served.astype(bool)].measure.sum(), 3),
        round(known.measure.sum(), 3),
        int(len(part) - len(known)),
    )


def told(row: dict) -> tuple[float, float, int]:
    return round(row["numerator"], 3), round(row["denominator"], 3), row["unknown"]


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("basis", Basis)
def test_every_month_agrees_with_pandas(demo, district, tables, basis: Basis, standalone: bool) -> None:
    with demo.begin(district) as db:
        series = monthly(db, Question("", basis, standalone), MONTHS[0], MONTHS[-1], Moment(TODAY))
    assert [row["date"] for row in series] == [day.isoformat() for day in MONTHS]
    for row, day in zip(series, MONTHS, strict=True):
        assert told(row) == figures(obvious(tables, basis, standalone, day)), day


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("level", PREFIX)
def test_every_region_agrees_with_pandas(
    demo, district, tables, level: Level, basis: Basis, standalone: bool
) -> None:
    with demo.begin(district) as db:
        found = coverage(db, Question("", basis, standalone), level, Moment(TODAY))
    units = obvious(tables, basis, standalone, TODAY)
    expected = {code: figures(part) for code, part in units.groupby(units.code.str[: PREFIX[level]])}
    assert {
        row["code"][: PREFIX[level]]: told(row) for row in found["rows"] if row["denominator"]
    } == expected


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("day", [MONTHS[0], MONTHS[17], TODAY])
def test_rows_add_up_to_the_district(
    demo, everywhere, level: Level, basis: Basis, standalone: bool, day: date
) -> None:
    with demo.begin(everywhere) as db:
        found = coverage(db, Question("", basis, standalone), level, Moment(day))
        whole = coverage(db, Question("", basis, standalone), Level.DISTRICT, Moment(day))
    for part in ("numerator", "denominator", "unknown"):
        assert sum(row[part] for row in found["rows"]) == pytest.approx(whole["rows"][0][part], abs=1e-3)
        assert found["total"][part] == pytest.approx(whole["total"][part], abs=1e-3)


def test_the_demo_rises_from_420_to_504(demo, district) -> None:
    with demo.begin(district) as db:
        series = monthly(db, Question("", Basis.COUNT, False), MONTHS[0], MONTHS[-1], Moment(TODAY))
    assert (series[0]["numerator"], series[0]["denominator"]) == (420, 560)
    assert (series[-1]["numerator"], series[-1]["denominator"]) == (504, 560)


def test_what_nobody_knows_is_counted_beside(demo, district) -> None:
    with demo.begin(district) as db:
        with_alone = coverage(db, Question("", Basis.COUNT, True), Level.DISTRICT, Moment(TODAY))["total"]
        area = coverage(db, Question("", Basis.FLOOR_AREA, False), Level.DISTRICT, Moment(TODAY))["total"]
    assert with_alone["unknown"] > 0
    assert with_alone["denominator"] + with_alone["unknown"] == 560 + 84
    assert area["unknown"] > 0


def test_units_without_any_period_are_unknown_and_their_share_null(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        db.execute(text("UPDATE service_period SET recorded = tstzrange(lower(recorded), now())"))
    with demo_copy.begin(district) as db:
        found = coverage(db, Question("", Basis.COUNT, False), Level.SUBDISTRICT, Moment(TODAY))
    assert {row["share"] for row in found["rows"]} == {None}
    assert found["total"] == {"numerator": 0, "denominator": 0, "unknown": 560, "share": None}


def test_a_subdistricts_officer_sees_that_subdistrict_alone(demo) -> None:
    with demo.begin(Scope("local", ("990101003",))) as db:
        found = coverage(db, Question("", Basis.COUNT, False), Level.SUBDISTRICT, Moment(TODAY))
    assert [row["code"] for row in found["rows"]] == ["990101003000"]
    assert found["total"]["denominator"] == found["rows"][0]["denominator"]


def test_a_series_backwards_is_refused(demo, district) -> None:
    with pytest.raises(BadInput) as refusal, demo.begin(district) as db:
        monthly(db, Question("", Basis.COUNT, False), TODAY, date(2026, 1, 1), Moment(TODAY))
    assert refusal.value.field == "to"


def test_a_series_stands_on_firsts_of_months(demo, district) -> None:
    with demo.begin(district) as db:
        series = monthly(
            db, Question("", Basis.COUNT, False), date(2026, 1, 31), date(2026, 4, 30), Moment(TODAY)
        )
    assert [row["date"] for row in series] == ["2026-02-01", "2026-03-01", "2026-04-01"]


def test_a_series_of_regions_adds_up_to_that_of_the_area(demo, district) -> None:
    question = Question("", Basis.HOUSEHOLDS, True)
    with demo.begin(district) as db:
        whole = monthly(db, question, date(2026, 6, 1), TODAY, Moment(TODAY))
        parts = monthly(db, question, date(2026, 6, 1), TODAY, Moment(TODAY), Level.SUBDISTRICT)
        with pytest.raises(BadInput):
            monthly(db, question, date(2026, 6, 1), TODAY, Moment(TODAY), Level.GRID)
    assert len({row["code"] for row in parts}) == 13
    for row in whole:
        mine = [part for part in parts if part["date"] == row["date"]]
        assert sum(part["numerator"] for part in mine) == row["numerator"]
        assert sum(part["unknown"] for part in mine) == row["unknown"]
