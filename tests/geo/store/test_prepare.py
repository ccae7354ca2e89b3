"""What only a superuser can give a database, and what happens without it."""

from __future__ import annotations

import logging

import psycopg2
import pytest
from sqlalchemy import make_url, text

from geo.errors import WanggeError
from geo.store.engine import Scope, Store
from geo.store.health import database_versions
from geo.store.prepare import DatabaseNotReadyError, prepare
from tests.conftest import Databases


def as_superuser(databases: Databases, database: str, statement: str) -> None:
    url = make_url(databases.address.url(databases.address.superuser, database))
    connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname=url.database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def test_statistics_count_under_row_level_security(demo: Store) -> None:
    """An import leaves them fresh, and the operators are LEAKPROOF.

    Else the planner takes half a percent for `valid @> date`, and joins the periods by a loop in a loop.
    """
    with demo.begin(Scope("planner", ("990101",))) as db:
        periods = db.scalar(text("SELECT count(*) FROM service_period"))
        plan = db.scalar(
            text(
                "EXPLAIN (FORMAT JSON) SELECT * FROM service_period"
                " WHERE valid @> DATE '2026-11-01' AND recorded @> 'infinity'::timestamptz"
            )
        )
    assert periods > 1000
    assert plan[0]["Plan"]["Plan Rows"] > 10


def test_only_tables_of_history_are_refreshed(store: Store) -> None:
    with pytest.raises(WanggeError), store.begin(Scope("planner", ("990101",))) as db:
        db.execute(text("SELECT refresh_statistics('audit')"))


def test_lost_marks_are_put_back(databases: Databases, database: str) -> None:
    """Dump and restore lose LEAKPROOF; the next start as a superuser brings it back."""
    as_superuser(
        databases, database, "ALTER FUNCTION range_contains_elem(anyrange, anyelement) NOT LEAKPROOF"
    )
    prepare(databases.url(database, databases.address.superuser))
    with Store(databases.url(database)).begin(Scope("planner")) as db:
        assert db.scalar(text("SELECT proleakproof FROM pg_proc WHERE proname = 'range_contains_elem'"))


def test_without_a_superuser_the_service_runs_and_warns(
    databases: Databases, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    as_superuser(databases, database, "ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    as_superuser(databases, database, "CREATE ROLE plain_login LOGIN; GRANT wangge_owner TO plain_login")
    with caplog.at_level(logging.WARNING):
        prepare(databases.url(database, "plain_login"))
    assert "LEAKPROOF" in caplog.text
    as_superuser(databases, database, "REVOKE wangge_owner FROM plain_login; DROP ROLE plain_login")


def test_an_empty_database_without_a_superuser_says_what_to_do(databases: Databases) -> None:
    name = databases.create("template0")
    try:
        with pytest.raises(DatabaseNotReadyError, match="wangge database prepare"):
            prepare(databases.url(name, "wangge_app"))
    finally:
        databases.drop(name)


def test_health_names_both_versions(store: Store) -> None:
    found = database_versions(store)
    assert int(found["postgresql"].split(".")[0]) >= 15
    assert float(found["postgis"][:3]) >= 3.3
