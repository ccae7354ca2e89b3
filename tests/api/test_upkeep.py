"""What the service does for itself."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from geo.people.demo import seed_demo_people
from geo.settings import Settings
from geo.store.engine import Store

PARTITIONS = "SELECT to_regclass('wangge.audit_' || to_char(now() + interval '1 month', 'YYYY_MM'))"


def ask(databases, database: str, *statements: str) -> str | None:
    import psycopg2
    from sqlalchemy import make_url

    url = make_url(databases.url(database, databases.address.superuser))
    connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname=database)
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row[0] if row else None


def test_next_month_has_room_in_the_audit(app: FastAPI, databases, database: str):
    name = ask(databases, database, PARTITIONS)
    assert name is not None
    ask(databases, database, f"DROP TABLE {name}")
    assert ask(databases, database, PARTITIONS) is None
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
    assert ask(databases, database, PARTITIONS) == name


def test_it_starts_without_its_database_and_says_so(settings: Settings, caplog: pytest.LogCaptureFixture):
    nowhere = Store("postgresql+psycopg2://wangge_app@/none?host=/nonexistent")
    with TestClient(create_app(settings, nowhere), raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 503
    nowhere.dispose()
    assert "could not be made" in caplog.text


def test_a_row_of_the_audit_makes_room_for_itself(store: Store, databases, database: str):
    """A script of the next month writes though the service was not started since."""
    for month in ("now()", "now() + interval '1 month'"):
        name = ask(
            databases, database, f"SELECT 'audit_' || to_char(({month}) AT TIME ZONE 'UTC', 'YYYY_MM')"
        )
        ask(databases, database, f"DROP TABLE wangge.{name}")
    seed_demo_people(store)  # rows written one by one, by triggers, in one transaction
    assert ask(databases, database, "SELECT count(*) FROM wangge.audit") > 0
    assert ask(databases, database, PARTITIONS) is not None
