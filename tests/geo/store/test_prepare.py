"""What only a superuser can give a database, and what happens without it."""

from __future__ import annotations

import logging

import psycopg2
import pytest
from sqlalchemy import make_url, text

from geo.errors import WanggeError
from geo.store.engine import Scope, Store
from geo.store.health import database_versions
from geo.store.prepare import SUPERUSER_SQL, DatabaseNotReadyError, preparation, prepare
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
    as_superuser(
        databases, database, "CREATE ROLE plain_login LOGIN; GRANT wangge_owner, wangge_app TO plain_login"
    )
    with caplog.at_level(logging.WARNING):
        prepare(databases.url(database, "plain_login"))
    assert "LEAKPROOF" in caplog.text
    as_superuser(
        databases, database, "REVOKE wangge_owner, wangge_app FROM plain_login; DROP ROLE plain_login"
    )


def test_an_empty_database_without_a_superuser_says_what_to_do(databases: Databases) -> None:
    name = databases.create("template0")
    try:
        with pytest.raises(DatabaseNotReadyError, match="wangge database prepare"):
            prepare(databases.url(name, "wangge_app"))
    finally:
        databases.drop(name)


def test_what_is_printed_is_enough_for_a_login_that_is_no_superuser(databases: Databases) -> None:
    """An administrator runs the SQL once; then the login migrates, and serves under row-level security."""
    name, login = databases.create("template0"), 'o"hara-login'
    databases.execute("""CREATE ROLE "o""hara-login" LOGIN NOINHERIT""")
    url = databases.url(name, login)
    try:
        with pytest.raises(DatabaseNotReadyError, match="wangge database prepare"):
            prepare(url)
        as_superuser(databases, name, preparation(url))
        prepare(url)
        store = Store(url)
        with store.begin(Scope("os:test", ("990101",))) as db:
            assert db.scalar(text("SELECT current_user")) == "wangge_app"
            assert db.scalar(text("SELECT row_security_active('wangge.community')"))
        store.dispose()
    finally:
        databases.drop(name)
        databases.execute("""DROP ROLE "o""hara-login\"""")


def test_a_login_that_may_not_become_our_roles_is_told_what_to_do(
    databases: Databases, database: str
) -> None:
    as_superuser(databases, database, "CREATE ROLE stranger_login LOGIN NOINHERIT")
    try:
        with pytest.raises(DatabaseNotReadyError, match="may not become wangge_owner and wangge_app"):
            prepare(databases.url(database, "stranger_login"))
    finally:
        databases.execute("DROP ROLE stranger_login")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql+psycopg2://me@127.0.0.1:1/map",
        "postgresql+psycopg2://me@/map?host=/nonexistent",
        "postgresql+psycopg2://me@127.0.0.1:1/map?no_such_option=1",
    ],
)
def test_a_wrong_address_is_one_sentence(url: str) -> None:
    with pytest.raises(DatabaseNotReadyError, match="WANGGE_DATABASE_URL"):
        prepare(url)


def test_a_database_that_is_not_there_is_one_sentence(databases: Databases) -> None:
    with pytest.raises(DatabaseNotReadyError, match="does not exist"):
        prepare(databases.url("no_such_database", databases.address.superuser))


@pytest.mark.parametrize(
    "url", [None, "postgresql+psycopg2:///map", "postgresql+psycopg2://wangge_app@db/map"]
)
def test_without_a_login_of_its_own_the_leave_is_a_comment(url: str | None) -> None:
    added = preparation(url).removeprefix(SUPERUSER_SQL)
    assert "GRANT wangge_owner, wangge_app" in added
    assert all(line.startswith("--") for line in added.splitlines())


def test_health_names_both_versions(store: Store) -> None:
    found = database_versions(store)
    assert int(found["postgresql"].split(".")[0]) >= 15
    assert float(found["postgis"][:3]) >= 3.3
