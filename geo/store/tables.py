"""The tables as SQLAlchemy sees them. The migrations make them; a test holds the two against each other.

Every *history* table keeps two clocks: `valid` (true in the world) and `recorded` (what we knew when), and the
change sets that opened and closed each row. Geometry is MultiPolygon in EPSG:4490 (CGCS2000), lon/lat order.
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, DOMAIN, JSONB, TSTZRANGE
from sqlalchemy.sql.operators import OperatorClass

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class RegionCode(DOMAIN):
    """The domain `region_code`: text of twelve digits, compared like text."""

    operator_classes = OperatorClass.STRING


REGION_CODE = RegionCode("region_code", Text, check="VALUE ~ '^[0-9]{12}$'", create_type=False)


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _number(*names: str) -> list[Column[int]]:
    return [Column(name, Integer) for name in names]


def _shape(kind: str = "MULTIPOLYGON", *, nullable: bool = False) -> Column[Any]:
    return Column("geom", Geometry(kind, srid=4490, spatial_index=False), nullable=nullable)


def _stance() -> list[Column[Any]]:
    return [Column("willing", Boolean), Column("anchor", Boolean), *_text("vote")]


def _area() -> Column[float]:
    return Column("area_m2", Double, Computed("st_area((geom)::geography)", persisted=True))


def _history(name: str, *columns: Column[Any]) -> Table:
    """A table with both clocks, and what the file wrote.

    `source_row` is the row of the file that opened the version (None where no file did). `source_crs` is the system
    that the shape came in, and how it was known. `written` is field → text of its cell where the value is not that.
    """
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        *columns,
        Column("valid", DATERANGE, nullable=False),
        Column("recorded", TSTZRANGE, nullable=False),
        Column("opened_by", BigInteger, nullable=False),
        Column("closed_by", BigInteger),
        Column("source_row", Integer),
        Column("source_crs", Text),
        Column("written", JSONB(none_as_null=True)),
    )


change_set = Table(
    "change_set",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("area", Text, nullable=False),
    Column("subject", Text, nullable=False),
    *_text("source", "source_crs", "source_sha256", "reason"),
    Column("undone_by", BigInteger),
)

code_register = Table(
    "code_register",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("born_in", BigInteger, nullable=False),
    Column("retired_on", Date),
)

region = _history(
    "region",
    Column("code", REGION_CODE, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent", REGION_CODE),
    Column("name", Text, nullable=False),
    _shape(nullable=True),
    _area(),
)

grid = _history(
    "grid",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("neighbourhood", REGION_CODE, nullable=False),
    *_text("responsible"),
    Column("team", JSONB, nullable=False),
    Column("came_from", ARRAY(Text), nullable=False),
    _shape(),
    _area(),
)

community = _history(
    "community",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False),
    Column("neighbourhood", REGION_CODE, nullable=False),
    *_text("address", "kind"),
    *_number("built_year", "building_count", "households", "residents"),
    Column("floor_area", Double),
    Column("no_managing_unit", Boolean),
    Column("no_property_service", Boolean),
    Column("no_security", Boolean),
    Column("fee", Double),
    Column("collection_rate", Double),
    *_stance(),
    _shape(),
    _area(),
)

building_group = _history(
    "building_group",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    *_text("community"),
    Column("neighbourhood", REGION_CODE, nullable=False),
    *_text("address"),
    *_number("building_count", "households", "residents"),
    Column("floor_area", Double),
    *_stance(),
    _shape(),
    _area(),
)

building = _history(
    "building",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    *_text("building_group", "community"),
    *_number("floors", "units", "households", "residents"),
    Column("floor_area", Double),
    _shape(),
    _area(),
)

base_feature = _history(
    "base_feature",
    Column("code", Text, nullable=False),
    *_text("name"),
    Column("kind", Text, nullable=False),
    _shape("GEOMETRY"),
)

firm = _history(
    "firm",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    *_text("grade"),
    Column("region", REGION_CODE, nullable=False),
    *_text("contact", "phone"),
    Column("graded_on", Date),
    Column("barred_until", Date),
    Column("capacity", Integer),
    Column("related", ARRAY(Text)),
)

service_period = _history(
    "service_period",
    Column("unit_kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("mode", Text, nullable=False),
    *_text("firm", "note", "kind"),
)

branch = _history(
    "branch",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    *_text("grid", "community"),
)

area_setting = Table(
    "area_setting",
    metadata,
    Column("area", Text, primary_key=True),
    Column("three_no", Text, nullable=False),
    Column("made_up", Boolean, nullable=False),
    Column("modes", JSONB, nullable=False),
    Column("bidding", JSONB, nullable=False),
    Column("matching", JSONB, nullable=False),
    *_number("grid_least", "grid_most"),
)

_where = "layer", "area"
layer_write = Table("layer_write", metadata, *(Column(name, Text, nullable=False) for name in _where))
layer_version = Table(
    "layer_version", metadata, *(Column(name, Text, nullable=False) for name in _where),
    Column("number", BigInteger, nullable=False),
)  # fmt: skip

grid_plan = Table(
    "grid_plan",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("area", REGION_CODE, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("based_on", DateTime(timezone=True), nullable=False),
    *_text("submitted_by", "reviewed_by", "remark"),
    Column("valid_from", Date),
    Column("published_in", BigInteger),
    Column("layer", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("world", ARRAY(BigInteger)),
    Column("lineage", JSONB, nullable=False),
    Column("settled", JSONB, nullable=False),
    *_text("reason", "approved_by"),
    Column("approved_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("outcome", JSONB),
)

grid_plan_cell = Table(
    "grid_plan_cell",
    metadata,
    Column("plan", BigInteger, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("came_from", ARRAY(Text), nullable=False),
    _shape(nullable=True),
    Column("base", BigInteger),
    Column("gone", Boolean, nullable=False),
)

grid_plan_step = Table(
    "grid_plan_step",
    metadata,
    Column("plan", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("what", JSONB, nullable=False),
    Column("before", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("after", JSONB, nullable=False),
    Column("codes", ARRAY(Text), nullable=False),
    Column("world", JSONB),
)

grid_plan_comment = Table(
    "grid_plan_comment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("plan", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    *_text("cell"),
    Column("lon", Double),
    Column("lat", Double),
)

person = Table(
    "person",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("password_changed_at", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False),
    Column("locked_at", DateTime(timezone=True)),
    Column("disabled", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

person_role = Table(
    "person_role",
    metadata,
    Column("person", BigInteger, primary_key=True),
    Column("role", Text, primary_key=True),
)

person_area = Table(
    "person_area",
    metadata,
    Column("person", BigInteger, primary_key=True),
    Column("region", REGION_CODE, primary_key=True),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", BigInteger),
    Column("csrf", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("cancel", Boolean, nullable=False),
    Column("progress", Double, nullable=False),
    *_text("note"),
    Column("request", JSONB, nullable=False),
    Column("result", JSONB),
    Column("figures", JSONB),
    Column("tries", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    *_text("area"),
    Column("success", Boolean, nullable=False),
    *_text("request_id", "source"),
    Column("detail", JSONB, nullable=False),
    Column("previous", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
)

_KEPT_TWICE = (region, grid, community, building_group, building, base_feature, firm, service_period, branch)
HISTORY: dict[str, Table] = {table.name: table for table in _KEPT_TWICE}
"""The tables that keep two clocks, by name; the order is the order of loading (parents first)."""
