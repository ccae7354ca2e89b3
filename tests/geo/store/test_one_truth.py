"""One truth per code, date and moment in the large tables: against a plain oracle, and with two writers at once."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo.errors import Conflict, WanggeError
from geo.store.engine import Scope, Store
from geo.store.prepare import migrate_to
from tests.conftest import Databases
from tests.geo.store.test_schema import change_set

DISTRICT = Scope("planner", ("990101",))
LINE = "LINESTRING(117.3 31.8,117.31 31.81)"
INSERT = text(
    "INSERT INTO base_feature (code, kind, geom, valid, recorded, opened_by) VALUES (:code, 'river',"
    f" ST_GeomFromText('{LINE}', 4490), CAST(:valid AS daterange), CAST(:recorded AS tstzrange), :by)"
)
DAY, MOMENT = date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
Span = tuple[int | None, int | None]
Row = tuple[Span, Span]
"""Dates in the world and moments of knowledge, as numbers; None is open."""

OPEN: Span = (None, None)
CURRENT: Row = (OPEN, (5, None))
KNOWN_NO_MORE: Row = (OPEN, (1, 6))
ENDED: Row = ((None, 9), (5, None))
BOTH: Row = ((2, 9), (1, 6))
ROWS = [CURRENT, KNOWN_NO_MORE, ENDED, BOTH]


def spans(open_start: bool) -> st.SearchStrategy[Span]:
    start = st.integers(0, 4) | st.none() if open_start else st.integers(0, 4)
    return st.tuples(start, st.integers(5, 8) | st.none()) | st.tuples(st.integers(0, 3), st.just(4))


def values(row: Row, code: str, by: int) -> dict[str, object]:
    (start, end), (since, until) = row
    days = [None if day is None else str(DAY + timedelta(days=day)) for day in (start, end)]
    moments = [None if hour is None else str(MOMENT + timedelta(hours=hour)) for hour in (since, until)]
    valid, recorded = (f"[{a or ''},{b or ''})" for a, b in (days, moments))
    return {"code": code, "valid": valid, "recorded": recorded, "by": by}


def meet(one: Span, other: Span) -> bool:
    def before(end: int | None, start: int | None) -> bool:
        return end is not None and start is not None and end <= start

    return not before(one[1], other[0]) and not before(other[1], one[0])


def clash(one: Row, other: Row) -> bool:
    return meet(one[0], other[0]) and meet(one[1], other[1])


def add(store: Store, code: str, *rows: Row) -> None:
    """Insert rows by one statement."""
    with store.begin(DISTRICT) as db:
        by = change_set(db)
        db.connection().execute(INSERT, [values(row, code, by) for row in rows])


@given(rows=st.lists(st.tuples(spans(True), spans(False)), min_size=2, max_size=6), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_overlaps_is_refused_and_nothing_else(
    store: Store, rows: list[Row], data: st.DataObject
) -> None:
    with store.begin(DISTRICT) as db:
        code = f"990101-{db.scalar(text('SELECT count(*) FROM change_set'))}"
    there: list[Row] = []
    for row in rows:
        if any(clash(row, known) for known in there):
            with pytest.raises(Conflict):
                add(store, code, row)
        else:
            add(store, code, row)
            there.append(row)
    if there and data.draw(st.booleans()):
        add(store, code + "-X", *there)  # of another code, and by one statement
    with store.begin(DISTRICT) as db:
        found = db.scalar(text("SELECT count(*) FROM base_feature WHERE code = :code"), {"code": code})
        assert found == len(there)


def test_two_rows_of_one_statement_are_held_against_each_other(store: Store) -> None:
    both = text(
        "INSERT INTO base_feature (code, kind, geom, valid, recorded, opened_by)"
        f" SELECT '990101-1', 'river', ST_GeomFromText('{LINE}', 4490), v::daterange, r::tstzrange, :by"
        " FROM unnest(CAST(:valid AS text[]), CAST(:recorded AS text[])) AS t (v, r)"
    )
    for pair in product(ROWS, ROWS):
        rows = [values(row, "", 0) for row in pair]
        columns = {name: [row[name] for row in rows] for name in ("valid", "recorded")}
        with pytest.raises(Conflict), store.begin(DISTRICT) as db:
            db.execute(both, {**columns, "by": change_set(db)})


def waits(store: Store) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.begin(DISTRICT) as db:
        return bool(db.scalar(text(waiting)))


def until_waiting(store: Store, future: Future[None]) -> None:
    """Return once the other writer waits for a lock; it must not end before."""
    while not waits(store):
        assert not future.done(), future.exception()
        time.sleep(0.01)


class _GivesUp(Exception):
    """The first writer does not commit."""


def first_then(
    store: Store, code: str, first: Row, second: Row, *, keep: bool = True
) -> BaseException | None:
    """Let a second writer begin while the first one's row is not committed; returns what became of the second."""
    with ThreadPoolExecutor(1) as other, suppress(_GivesUp), store.begin(DISTRICT) as db:
        db.execute(INSERT, values(first, code, change_set(db)))
        future = other.submit(add, store, code, second)
        until_waiting(store, future)
        if not keep:
            raise _GivesUp
    return future.exception()


@pytest.mark.parametrize("registered", [True, False])
def test_of_two_writers_at_once_one_gets_in(store: Store, registered: bool) -> None:
    for number, (first, second) in enumerate(product(ROWS, ROWS)):
        code = f"990101-{number}"
        if registered:
            add(store, code, (OPEN, (0, 1)))
        assert isinstance(first_then(store, code, first, second), Conflict), (first, second)
        with store.begin(DISTRICT) as db:
            found = db.scalar(text("SELECT count(*) FROM base_feature WHERE code = :code"), {"code": code})
        assert found == 1 + registered


def test_the_second_writer_gets_in_where_the_first_gives_up(store: Store) -> None:
    for number, (first, second) in enumerate(product(ROWS, ROWS)):
        assert first_then(store, f"990101-{number}", first, second, keep=False) is None, (first, second)


def test_both_writers_get_in_where_their_rows_do_not_meet(store: Store) -> None:
    assert first_then(store, "990101-1", ENDED, ((9, None), (5, None))) is None
    assert first_then(store, "990101-2", KNOWN_NO_MORE, (OPEN, (6, None))) is None
    assert first_then(store, "990101-3", CURRENT, (OPEN, (1, 5))) is None


def test_a_row_that_is_closed_meanwhile_leaves_room(store: Store) -> None:
    """The writer of a new row waits for the one who closes the old one, and finds what that left."""
    add(store, "990101-1", CURRENT)
    with ThreadPoolExecutor(1) as other, store.begin(DISTRICT) as db:
        until = MOMENT + timedelta(hours=7)
        db.execute(
            text("UPDATE base_feature SET recorded = tstzrange(lower(recorded), :until)"),
            {"until": until},
        )
        later = other.submit(add, store, "990101-1", (OPEN, (7, None)))
        until_waiting(store, later)
    assert later.exception() is None
    with pytest.raises(Conflict):
        add(store, "990101-1", ((None, 3), (6, 7)))


def test_a_code_that_is_retired_meanwhile_is_not_used(store: Store) -> None:
    add(store, "990101-1", (OPEN, (0, 1)))
    with ThreadPoolExecutor(1) as other, store.begin(DISTRICT) as db:
        db.execute(text("SELECT retire_codes('base_feature', ARRAY['990101-1'], '2026-01-05')"))
        later = other.submit(add, store, "990101-1", CURRENT)
        until_waiting(store, later)
    with pytest.raises(Conflict, match="retired"):
        later.result()


def test_an_undone_code_that_is_brought_again_meanwhile_is_registered(store: Store) -> None:
    """The register forgets the code while somebody waits to use it: it is entered anew."""
    with store.begin(DISTRICT) as db:
        born = change_set(db)
        db.execute(INSERT, values((OPEN, (0, 1)), "990101-1", born))
    with ThreadPoolExecutor(1) as other, store.begin(DISTRICT) as db:
        db.execute(text("SELECT forget_codes(:born)"), {"born": born})
        later = other.submit(add, store, "990101-1", CURRENT)
        until_waiting(store, later)
    assert later.exception() is None
    add_again = (OPEN, (3, 6))
    with pytest.raises(Conflict):
        add(store, "990101-1", add_again)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_who_does_not_see_what_is_committed_may_not_write(store: Store, level: str) -> None:
    bound = store.engine.execution_options(isolation_level=level)
    with (
        Session(bound, info={"scope": DISTRICT}) as db,
        pytest.raises(DBAPIError, match="read what is committed"),
    ):
        db.execute(INSERT, values(CURRENT, "990101-1", change_set(db)))


@pytest.mark.parametrize(
    "recorded",
    ["tstzrange(lower(recorded), NULL)", "tstzrange(lower(recorded), upper(recorded) + interval '1 s')",
     "tstzrange(lower(recorded) - interval '1 s', upper(recorded))"],
)  # fmt: skip
def test_what_is_known_no_more_is_not_known_again(store: Store, recorded: str) -> None:
    add(store, "990101-1", KNOWN_NO_MORE)
    with pytest.raises(Conflict), store.begin(DISTRICT) as db:
        db.execute(text(f"UPDATE base_feature SET recorded = {recorded}"))


def as_superuser(databases: Databases, database: str) -> Connection:
    options = {"options": "-c search_path=wangge,public"}
    return create_engine(
        databases.url(database, "postgres"), poolclass=NullPool, connect_args=options
    ).connect()


@pytest.mark.parametrize("change", ["valid = daterange(NULL, NULL)", "code = '990101-2'"])
def test_not_even_the_owner_moves_a_row(
    databases: Databases, database: str, store: Store, change: str
) -> None:
    add(store, "990101-1", ENDED)
    with as_superuser(databases, database) as db, pytest.raises(DBAPIError, match="only ever closed"):
        db.execute(text("SELECT set_config('wangge.actor', 'x', true)"))
        db.execute(text(f"UPDATE base_feature SET {change}"))


def test_who_has_no_area_is_held_against_every_row(databases: Databases, database: str, store: Store) -> None:
    """A superuser passes by the policies; the check must not see less than he writes."""
    add(store, "990101-1", KNOWN_NO_MORE)
    with (
        as_superuser(databases, database) as db,
        pytest.raises(DBAPIError, match="would hold for the same date"),
    ):
        db.execute(text("SELECT set_config('wangge.actor', 'x', true)"))
        db.execute(INSERT, values(CURRENT, "990101-1", 1))


def test_the_scope_is_as_it_was_after_the_check(store: Store) -> None:
    with store.begin(DISTRICT) as db:
        db.execute(INSERT, values(CURRENT, "990101-1", change_set(db)))
        assert db.scalar(text("SELECT current_setting('wangge.areas')")) == '{"990101"}'


@pytest.mark.parametrize("table", ["building_group", "building", "base_feature"])
def test_the_refusal_names_the_code_and_nothing_more(store: Store, table: str) -> None:
    add_ground_of_buildings(store)
    with pytest.raises(WanggeError) as refusal, store.begin(DISTRICT) as db:
        known = "code, name, geom, tstzrange('2026-01-01', NULL), 1"
        columns = {"building_group": "neighbourhood", "building": "building_group", "base_feature": "kind"}[
            table
        ]
        db.execute(text(
            f"INSERT INTO {table} (code, name, geom, recorded, opened_by, {columns}, valid)"
            f" SELECT {known}, {columns}, daterange(NULL, '2026-05-01') FROM {table}"
        ))  # fmt: skip
    assert isinstance(refusal.value, Conflict)
    assert "Key (code)=(990101" in refusal.value.message


def add_ground_of_buildings(store: Store) -> None:
    square = "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope(117.3, 31.8, 117.31, 31.81, 4490)))"
    with store.begin(DISTRICT) as db:
        by = change_set(db)
        for code, level, parent in [("990101000000", "district", "990100000000"),
                                    ("990101001000", "subdistrict", "990101000000"),
                                    ("990101001001", "neighbourhood", "990101001000")]:  # fmt: skip
            db.execute(text(
                "INSERT INTO region (code, level, parent, name, geom, valid, opened_by)"
                f" VALUES (:code, :level, :parent, 'r', {square}, '(,)', :by)"
            ), {"code": code, "level": level, "parent": parent, "by": by})  # fmt: skip
        for statement in (
            f"building_group (code, name, neighbourhood, geom, valid, opened_by) VALUES ('990101001001S001', 'g', '990101001001', {square}, '(,)', :by)",
            f"building (code, name, building_group, geom, valid, opened_by) VALUES ('990101001001S001001', 'b', '990101001001S001', {square}, '(,)', :by)",
            f"base_feature (code, name, kind, geom, valid, opened_by) VALUES ('990101-1', 'f', 'river', {square}, '(,)', :by)",
        ):
            db.execute(text(f"INSERT INTO {statement}"), {"by": by})


def test_a_database_of_before_is_brought_up_with_its_history(
    databases: Databases, database: str, store: Store
) -> None:
    engine = create_engine(
        databases.url(database, "postgres"), poolclass=NullPool,
        connect_args={"options": "-c search_path=wangge,public"},
    )  # fmt: skip
    with engine.connect() as connection:
        migrate_to(connection, "0010")
    add(store, "990101-1", (OPEN, (1, 5)))
    add(store, "990101-1", ((None, 9), (5, None)), ((9, None), (5, None)))
    with pytest.raises(Conflict):
        add(store, "990101-1", KNOWN_NO_MORE)
    with as_superuser(databases, database) as connection:
        migrate_to(connection, "head")
    for row in ROWS:
        with pytest.raises(Conflict):
            add(store, "990101-1", row)
    with store.begin(DISTRICT) as db:
        assert db.scalar(text("SELECT count(*) FROM base_feature")) == 3
