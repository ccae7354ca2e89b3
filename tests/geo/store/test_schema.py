"""What the database itself promises, whoever writes to it."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from geo.errors import BadInput, Conflict, NotFound, WanggeError
from geo.store.engine import Scope, Store
from geo.store.matching_tables import matching
from geo.store.prepare import migrate_to
from geo.store.survey_tables import survey
from geo.store.tender_tables import tender_round
from tests.conftest import Databases

DISTRICT = Scope("planner", ("990101",))
SQUARE = "MULTIPOLYGON(((117.3 31.8,117.31 31.8,117.31 31.81,117.3 31.81,117.3 31.8)))"
BOW_TIE = "MULTIPOLYGON(((117.3 31.8,117.31 31.81,117.31 31.8,117.3 31.81,117.3 31.8)))"

INSERT_REGION = text(
    "INSERT INTO region (code, level, parent, name, geom, valid, opened_by) VALUES (:code, :level, :parent, :name,"
    " ST_ForcePolygonCCW(ST_GeomFromText(:wkt, 4490)), daterange(CAST(:since AS date), NULL), :by)"
)
INSERT_GRID = text(
    "INSERT INTO grid (code, name, kind, neighbourhood, geom, valid, opened_by) VALUES (:code, 'g', 'basic',"
    " :parent, ST_ForcePolygonCCW(ST_GeomFromText(:wkt, 4490)), CAST(:valid AS daterange), :by)"
)


def change_set(db, area="990101") -> int:
    return db.scalar(
        text("INSERT INTO change_set (kind, area, subject) VALUES ('import', :area, 'test') RETURNING id"),
        {"area": area},
    )


def add_region(db, code, level, parent, wkt=SQUARE, since=None) -> None:
    values = {"code": code, "level": level, "parent": parent, "name": code, "wkt": wkt, "since": since}
    db.execute(INSERT_REGION, {**values, "by": change_set(db)})


def add_ground(store: Store) -> None:
    with store.begin(DISTRICT) as db:
        add_region(db, "990101000000", "district", "990100000000")
        add_region(db, "990101001000", "subdistrict", "990101000000")
        add_region(db, "990101001001", "neighbourhood", "990101001000")


def add_grid(store: Store, code="990101001001001", parent="990101001001", wkt=SQUARE, valid="[,)") -> None:
    with store.begin(DISTRICT) as db:
        db.execute(
            INSERT_GRID, {"code": code, "parent": parent, "wkt": wkt, "valid": valid, "by": change_set(db)}
        )


def test_models_and_migrations_agree(databases: Databases, database: str) -> None:
    engine = create_engine(
        databases.url(database, "postgres"),
        poolclass=NullPool,
        connect_args={"options": "-c search_path=wangge,public"},
    )

    def ours(_object, name, type_, reflected, _other) -> bool:
        # Partitions come and go by month; indexes and keys are the migrations' own business.
        foreign = name.startswith("audit_") or name == "spatial_ref_sys"
        return type_ in ("table", "column") and not (type_ == "table" and reflected and foreign)

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True, "compare_server_default": False}
        )
        assert survey.metadata is matching.metadata is tender_round.metadata
        assert compare_metadata(context, tender_round.metadata) == []


def test_migrations_run_down_and_up_again(databases: Databases, database: str) -> None:
    engine = create_engine(
        databases.url(database, "postgres"),
        poolclass=NullPool,
        connect_args={"options": "-c search_path=wangge,public"},
    )
    left = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'wangge'::regnamespace AND relkind IN ('r', 'p', 'v')"
    )
    with engine.connect() as connection:
        migrate_to(connection, "base")
        assert connection.scalars(left).all() == ["alembic_version"]
        migrate_to(connection, "head")
        assert "community" in connection.scalars(left).all()


def test_no_scope_sees_no_rows(store: Store) -> None:
    add_ground(store)
    with store.begin(Scope("somebody")) as db:
        assert db.scalar(text("SELECT count(*) FROM region")) == 0
    with store.engine.connect() as bare:
        assert bare.scalar(text("SELECT count(*) FROM region")) == 0


def test_another_area_is_neither_seen_nor_written(store: Store) -> None:
    add_ground(store)
    with store.begin(Scope("other", ("990102",))) as db:
        assert db.scalar(text("SELECT count(*) FROM region")) == 0
    with pytest.raises(NotFound), store.begin(Scope("other", ("990102",))) as db:
        change_set(db, "990101")


def test_a_scope_ends_with_its_transaction(store: Store) -> None:
    add_ground(store)
    for _ in range(3):
        with store.begin(DISTRICT) as db:
            assert db.scalar(text("SELECT count(*) FROM region")) == 3
        with store.begin(Scope("nobody")) as db:
            assert db.scalar(text("SELECT count(*) FROM region")) == 0


def test_a_write_without_author_is_refused(store: Store) -> None:
    with pytest.raises(WanggeError), store.begin(Scope("", ("990101",))) as db:
        change_set(db)


def test_the_application_owns_nothing_and_cannot_bypass(store: Store) -> None:
    with store.begin(DISTRICT) as db:
        assert db.scalar(text("SELECT count(*) FROM pg_class WHERE relowner = 'wangge_app'::regrole")) == 0
        role = db.execute(
            text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        assert role == (False, False)
        unprotected = text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'wangge'::regnamespace AND relkind = 'r'"
            " AND NOT relrowsecurity AND has_table_privilege('wangge_app', oid, 'SELECT')"
        )
        assert db.scalars(unprotected).all() == []


@pytest.mark.parametrize(
    ("wkt", "why"),
    [(BOW_TIE, "self-intersection"), ("MULTIPOLYGON EMPTY", "empty")],
)
def test_bad_geometry_is_refused_by_the_database(store: Store, wkt: str, why: str) -> None:
    add_ground(store)
    with pytest.raises(BadInput) as refusal:
        add_grid(store, wkt=wkt)
    assert refusal.value.field == "geom", why


def test_a_clockwise_exterior_is_refused(store: Store) -> None:
    add_ground(store)
    raw = text(
        "INSERT INTO grid (code, name, kind, neighbourhood, geom, valid, opened_by) VALUES ('990101001001009', 'g', 'basic',"
        " '990101001001', ST_ForcePolygonCW(ST_GeomFromText(:wkt, 4490)), '[,)', :by)"
    )
    with pytest.raises(BadInput), store.begin(DISTRICT) as db:
        db.execute(raw, {"wkt": SQUARE, "by": change_set(db)})


def test_codes_begin_with_their_parents_code(store: Store) -> None:
    add_ground(store)
    with pytest.raises(BadInput) as refusal:
        add_grid(store, code="990101002001001")
    assert refusal.value.field == "prefix"


def test_a_parent_must_exist(store: Store) -> None:
    add_ground(store)
    with pytest.raises(BadInput, match="990101001002"):
        add_grid(store, code="990101001002001", parent="990101001002")


def test_one_truth_per_code_and_date(store: Store) -> None:
    add_ground(store)
    add_grid(store, valid="[2024-01-01,)")
    with pytest.raises(Conflict):
        add_grid(store, valid="[2025-01-01,)")
    add_grid(store, valid="[2023-01-01,2024-01-01)")


def test_a_retired_code_is_never_used_again(store: Store) -> None:
    add_ground(store)
    add_grid(store, valid="[2024-01-01,2025-01-01)")
    with store.begin(DISTRICT) as db:
        db.execute(text("SELECT retire_codes('grid', ARRAY['990101001001001'], DATE '2025-01-01')"))
    with pytest.raises(Conflict, match="never used again"):
        add_grid(store, valid="[2026-01-01,)")


@pytest.mark.parametrize("statement", ["UPDATE grid SET name = 'x'", "DELETE FROM grid", "TRUNCATE grid"])
def test_history_is_not_rewritten(store: Store, statement: str) -> None:
    add_ground(store)
    add_grid(store)
    with pytest.raises(WanggeError), store.begin(DISTRICT) as db:
        db.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_audit_is_append_only_for_the_application(store: Store, statement: str) -> None:
    add_ground(store)
    with pytest.raises(WanggeError), store.begin(Scope("auditor", duty="auditor")) as db:
        db.execute(text(statement))


def test_the_audit_chain_names_a_forged_row(databases: Databases, database: str, store: Store) -> None:
    add_ground(store)
    auditor = Scope("auditor", duty="auditor")
    with store.begin(auditor) as db:
        assert db.scalar(text("SELECT count(*) FROM audit")) == 3
        assert db.execute(text("SELECT * FROM verify_audit()")).all() == []
    engine = create_engine(
        databases.url(database, "postgres"),
        poolclass=NullPool,
        connect_args={"options": "-c search_path=wangge,public"},
    )
    with engine.begin() as forger:
        forger.execute(text("SET session_replication_role = replica"))
        forger.execute(text("UPDATE audit SET actor = 'somebody else' WHERE id = 2"))
    with store.begin(auditor) as db:
        assert db.scalar(text("SELECT id FROM verify_audit()")) == 2


def test_the_audit_is_read_by_auditors_alone(store: Store) -> None:
    add_ground(store)
    with store.begin(DISTRICT) as db:
        assert db.scalar(text("SELECT count(*) FROM audit")) == 0


def test_nobody_holds_two_of_the_three_duties(store: Store) -> None:
    with (
        pytest.raises(BadInput, match="two of the duties"),
        store.begin(Scope("boss", duty="security")) as db,
    ):
        person = db.scalar(text("INSERT INTO person (username, name) VALUES ('both', 'Both') RETURNING id"))
        db.execute(text("INSERT INTO person_role VALUES (:p, 'system'), (:p, 'auditor')"), {"p": person})


def test_a_box_query_uses_the_spatial_index_under_row_level_security(store: Store) -> None:
    add_ground(store)
    explain = text(
        "EXPLAIN SELECT code FROM grid WHERE geom && ST_MakeEnvelope(117.3, 31.8, 117.301, 31.801, 4490)"
    )
    with store.begin(DISTRICT) as db:
        db.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(db.scalars(explain).all())
    assert "ix_grid_geom" in plan


def test_driver_errors_do_not_leak_rows(store: Store) -> None:
    add_ground(store)
    with pytest.raises(BadInput) as refusal:
        add_grid(store, wkt=BOW_TIE)
    assert "117.3" not in refusal.value.message
    assert not isinstance(refusal.value, DBAPIError)
