"""The tables of surveys (摸底) as SQLAlchemy sees them; `geo.store.tables` says the rest."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Identity, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import REGION_CODE, metadata


def _text(*names: str, nullable: bool = True) -> list[Column[str]]:
    return [Column(name, Text, nullable=nullable) for name in names]


survey = Table(
    "survey",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("area", REGION_CODE, nullable=False),
    *_text("title", "chosen", "layout", "key", "author", nullable=False),
    Column("as_of", Date, nullable=False),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("standalone", Boolean, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("due", Date),
)

survey_unit = Table(
    "survey_unit",
    metadata,
    Column("survey", BigInteger, primary_key=True),
    Column("unit", Text, primary_key=True),
    *_text("unit_kind", "name", nullable=False),
    Column("neighbourhood", REGION_CODE, nullable=False),
    Column("about", JSONB, nullable=False),
    Column("sent", JSONB, nullable=False),
    *_text("outcome", "surveyor", "contact", "phone", "note"),
    Column("surveyed_on", Date),
    Column("returned_at", DateTime(timezone=True)),
)

survey_return = Table(
    "survey_return",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("survey", BigInteger, nullable=False),
    *_text("area", "name", "sha256", "actor", nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("report", JSONB, nullable=False),
)

survey_answer = Table(
    "survey_answer",
    metadata,
    Column("survey", BigInteger, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    *_text("text", "place", "actor", nullable=False),
    Column("came", JSONB),
    Column("reads", Boolean, nullable=False),
    *_text("doubt"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("settled", BigInteger),
)
