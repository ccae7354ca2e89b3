"""The audit: append-only, chained, and the verifier names the row that was touched (row 22)."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from geo.errors import WanggeError
from geo.people.trail import Wanted, others, read, record, verify
from geo.store.engine import Scope, Store
from tests.geo.people.conftest import add_person

AUDITOR = Scope(actor="auditor", duty="auditor", areas=())


def write(store: Store, count: int, area: str | None = None) -> None:
    for number in range(count):
        with store.begin(Scope("alice", request=f"r{number}", source="192.0.2.1")) as db:
            record(db, "export", f"thing {number}", area=area, detail={"number": number})


def everything(**filters: object) -> Wanted:
    return Wanted(areas=("",), **filters)


def test_rows_are_read_newest_first_page_by_page(store: Store):
    write(store, 5)
    with store.begin(AUDITOR) as db:
        first = read(db, everything(limit=3))
        rest = read(db, everything(limit=3, before=first[-1]["id"]))
    assert [row["object"] for row in first + rest] == [f"thing {n}" for n in (4, 3, 2, 1, 0)]
    assert first[0]["request_id"] == "r4"


def test_filters(store: Store):
    write(store, 2)
    with store.begin(Scope("bob")) as db:
        record(db, "export.gpkg", "all", success=False)
    cases = (
        ({"actor": "bob"}, 1),
        ({"action": "export"}, 3),
        ({"action": "export.gpkg"}, 1),
        ({"action": "exp"}, 0),
        ({"success": False}, 1),
        ({"actor": "alice", "success": False}, 0),
    )
    with store.begin(AUDITOR) as db:
        for filters, count in cases:
            assert len(read(db, everything(**filters))) == count, filters


def test_an_auditor_sees_the_own_area_and_the_people_in_it(store: Store):
    write(store, 1, "990101001")
    write(store, 1, "990102001")
    add_person(store, "near", areas=("990101001000",), password=None)
    add_person(store, "far", areas=("990102001000",), password=None)
    with store.begin(AUDITOR) as db:
        seen = read(db, Wanted(("990101",), others=others(store, ("990101",))))
    assert "990101001" in str(seen)
    assert "near" in str(seen)
    assert "990102001" not in str(seen)
    assert "far" not in str(seen)


def test_who_is_no_auditor_reads_nothing(store: Store):
    write(store, 1)
    for duty in ("", "auth", "security"):
        with store.begin(Scope("x", ("",), duty)) as db:
            assert read(db, everything()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'me'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO audit DEFAULT VALUES",
    ],
)
def test_the_application_cannot_rewrite_it(store: Store, statement: str):
    write(store, 1)
    with pytest.raises(WanggeError) as refusal, store.begin(AUDITOR) as db:
        db.execute(text(statement))
    assert isinstance(refusal.value.__cause__, ProgrammingError)


def test_a_row_without_author_is_refused(store: Store):
    with pytest.raises(WanggeError), store.begin(Scope("")) as db:
        record(db, "export", "thing")


def test_the_verifier_names_the_row_that_was_touched(store: Store, databases, database: str):
    write(store, 6)
    with store.begin(AUDITOR) as db:
        assert verify(db) == {"intact": True, "rows": 6, "first_broken": None}
        third = read(db, everything())[3]["id"]
    url = make_url(databases.url(database, databases.address.superuser))
    connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname=database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE wangge.audit SET object = 'thing Z' WHERE id = %s", (third,))
    connection.close()
    with store.begin(AUDITOR) as db:
        found = verify(db)
    assert not found["intact"]
    assert found["first_broken"]["id"] == third
