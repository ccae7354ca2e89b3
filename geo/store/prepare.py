"""Bring a database up to date: the part that needs a superuser, then the migrations as the owner."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

import psycopg2
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from geo.errors import WanggeError
from geo.store.engine import APP_ROLE, OWNER_ROLE

log = logging.getLogger(__name__)

MIGRATION_LOCK = 0x77616E67  # "wang"

SUPERUSER_SQL = """\
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
-- Row-level security keeps an index from being used by an operator that is not leakproof: measured on 500,000
-- buildings, a box query takes 73-320 ms without these two lines and 0.4 ms with them.
ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
ALTER FUNCTION geometry_overlaps_nd(geometry, geometry) LEAKPROOF;
-- The same holds for the planner's statistics: without these three, `valid @> date` counts as half a percent of any
-- table under row-level security, a join with the service periods becomes a loop in a loop, and a list of 560
-- communities takes 180 ms to count instead of 20. None of them can fail or tell anything about a value.
ALTER FUNCTION range_contains_elem(anyrange, anyelement) LEAKPROOF;
ALTER FUNCTION daterange_subdiff(date, date) LEAKPROOF;
ALTER FUNCTION tstzrange_subdiff(timestamptz, timestamptz) LEAKPROOF;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_owner') THEN CREATE ROLE wangge_owner NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') THEN
        CREATE ROLE wangge_app LOGIN NOBYPASSRLS;
    END IF;
    EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO wangge_owner', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO wangge_app', current_database());
END $$;
CREATE SCHEMA IF NOT EXISTS wangge AUTHORIZATION wangge_owner;
GRANT USAGE ON SCHEMA wangge TO wangge_app;
"""


GRANT = "GRANT wangge_owner, wangge_app TO LOGIN;\n"
NO_LOGIN = """\
-- WANGGE_DATABASE_URL names no login of its own. Let the one that the service will come in with become both roles:
-- GRANT wangge_owner, wangge_app TO "that login";
"""


class DatabaseNotReadyError(WanggeError):
    """The database lacks what only a superuser can give it."""

    status, type, title = 503, "database-not-ready", "The database is not prepared"


def preparation(url: str | None) -> str:
    """Return what a superuser runs once: SUPERUSER_SQL, and the leave for the login of `url` to become both roles."""
    login = make_url(url).username if url else None
    if login is None or login in (APP_ROLE, OWNER_ROLE):
        return SUPERUSER_SQL + NO_LOGIN
    # Printed for a person to read and run, never run by us: a name cannot be bound there, so it is quoted.
    return SUPERUSER_SQL + GRANT.replace("LOGIN", '"' + login.replace('"', '""') + '"')


def prepare(url: str) -> None:
    """Make roles, extensions and schema where the login may, then migrate to the newest version.

    Safe to call twice and from two processes at once (an advisory lock makes the second wait).
    Raises DatabaseNotReadyError with what to do: where the database cannot be reached, or where a superuser is
    needed and this login is none.
    """
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
            _superuser_part(connection)
            _check_roles(connection)
            migrate_to(connection, "head")
    except OperationalError as error:
        raise _unreachable(error) from error
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    """Return an engine that has connected once. Raises DatabaseNotReadyError where it cannot."""
    options = {"options": "-c search_path=wangge,public -c lock_timeout=60000", "connect_timeout": 5}
    try:
        engine = create_engine(make_url(url), poolclass=NullPool, connect_args=options)
        engine.connect().close()
    except ArgumentError as error:
        raise DatabaseNotReadyError(
            "WANGGE_DATABASE_URL cannot be read: write postgresql://user:password@host:5432/database"
        ) from error
    except DBAPIError as error:
        raise _unreachable(error) from error
    return engine


def _unreachable(error: DBAPIError) -> DatabaseNotReadyError:
    said = str(error.orig).strip().partition("\n")[0]
    return DatabaseNotReadyError(
        f"the database does not answer; look at WANGGE_DATABASE_URL and at it: {said}"
    )


def _check_roles(connection: Connection) -> None:
    """See that this login may become the owner (to migrate) and the application (to serve)."""
    try:
        for become in _BECOME:
            connection.execute(become)
    except ProgrammingError as error:
        raise DatabaseNotReadyError(
            "this database login may not become wangge_owner and wangge_app: run what `wangge database prepare`"
            " prints as a superuser"
        ) from error
    finally:
        connection.rollback()


def _superuser_part(connection: Connection) -> None:
    if connection.scalar(_PREPARED) and connection.scalar(_LEAKPROOF):
        connection.rollback()
        return
    try:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(SUPERUSER_SQL)
        connection.commit()
    except psycopg2.Error as error:
        connection.rollback()
        if not connection.scalar(_PREPARED):
            raise DatabaseNotReadyError(
                "this database login is no superuser: run what `wangge database prepare` prints as one"
            ) from error
        connection.rollback()
        log.warning(
            "lists and boxes will be slow: some operators are not LEAKPROOF; a superuser can mend it by what"
            " `wangge database prepare` prints"
        )


_PREPARED = text("""
SELECT (SELECT count(*) FROM pg_roles WHERE rolname IN ('wangge_owner', 'wangge_app')) = 2
   AND to_regnamespace('wangge') IS NOT NULL
   AND (SELECT count(*) FROM pg_extension WHERE extname IN ('postgis', 'btree_gist')) = 2
""")
_BECOME = (text("SET LOCAL ROLE wangge_owner"), text("SET LOCAL ROLE wangge_app"))
_LEAKPROOF = text(
    "SELECT coalesce(bool_and(proleakproof), false) FROM pg_proc"
    " WHERE proname IN ('geometry_overlaps', 'range_contains_elem', 'daterange_subdiff', 'tstzrange_subdiff')"
)


def migrate_to(connection: Connection, revision: str) -> None:
    """Move a database to a revision, forward or backward, as the owner."""
    script = Config()
    script.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script.attributes["connection"] = connection
    connection.execute(text("SET ROLE wangge_owner"))
    connection.commit()
    try:
        current = command.downgrade if revision == "base" or revision.startswith("-") else command.upgrade
        current(script, revision)
    finally:
        connection.execute(text("RESET ROLE"))
        connection.commit()
