"""The tables of matching (匹配) as SQLAlchemy sees them; `geo.store.tables` says the rest."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Identity, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import metadata


def _text(*names: str, nullable: bool = True) -> list[Column[str]]:
    return [Column(name, Text, nullable=nullable) for name in names]


matching = Table(
    "matching",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("areas", ARRAY(Text), nullable=False),
    *_text("actor", "state", "kind", "source", "sha256", nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    *_text("upload"),
    Column("request", JSONB, nullable=False),
    Column("one_each", Boolean, nullable=False),
    Column("change_set", BigInteger),
)
"""One file whose rows are being settled; `upload` is its name in the data folder while it is open."""

matching_row = Table(
    "matching_row",
    metadata,
    Column("matching", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    *_text("class", "name", nullable=False),
    Column("version", Integer, nullable=False),
    Column("original", JSONB, nullable=False),
    Column("place", JSONB),
    Column("candidates", JSONB, nullable=False),
    Column("reason", JSONB, nullable=False),
    Column("may_be_new", Boolean, nullable=False),
    *_text("decision", "code", "decided_by"),
    Column("decided_at", DateTime(timezone=True)),
)
"""One row of it: what the file says, what it may mean, and what was decided."""
