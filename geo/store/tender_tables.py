"""The tables of tender rounds (招标批次) as SQLAlchemy sees them: packages, lots, bids, contracts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Identity,
    Integer,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.tables import REGION_CODE, metadata


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


_LIVE_ROUND: Final = "state IN ('submitted', 'published', 'opened', 'awarded', 'contracted')"
_LIVE_PACKAGE: Final = "round_live AND state IN ('planned', 'awarded')"

tender_round = Table(
    "tender_round",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("area", REGION_CODE, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("rules", JSONB, nullable=False),
    Column("outcome", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("live", Boolean, Computed(_LIVE_ROUND, persisted=True)),
    Column("terms", JSONB, nullable=False),
    Column("ground", JSONB),
    Column("stepped_on", Date),
    *_text("remark", "submitted_by", "published_by"),
    Column("published_on", Date),
    Column("bids_until", Date),
    Column("opened_on", Date),
    Column("proposal", JSONB),
    *_text("proposed_by"),
    Column("proposed_at", DateTime(timezone=True)),
    *_text("awarded_by"),
    Column("awarded_on", Date),
    Column("relet_of", BigInteger),
)

package = Table(
    "package",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    *_text("hub"),
    Column("state", Text, nullable=False),
    Column("round_live", Boolean, nullable=False),
    Column("ceiling_fen", BigInteger),
    *_text("firm"),
    Column("price_fen", BigInteger),
    Column("points", Numeric(10, 4)),
    Column("failure", JSONB),
    Column("relet_in", BigInteger),
    Column("live", Boolean, Computed(_LIVE_PACKAGE, persisted=True)),
)

package_unit = Table(
    "package_unit",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("unit_kind", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("package", Integer, nullable=False),
)

round_change = Table(
    "round_change",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("what", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

bid = Table(
    "bid",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("package", Integer, primary_key=True),
    Column("firm", Text, primary_key=True),
    Column("price_fen", BigInteger, nullable=False),
    Column("score", Numeric(8, 4), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("number", Integer, nullable=False),
)

contract = Table(
    "contract",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("round", BigInteger, nullable=False),
    Column("package", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("firm", Text, nullable=False),
    Column("price_fen", BigInteger, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("signed_by", Text, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("follows", BigInteger),
    Column("change_set", BigInteger, nullable=False),
)

service_lot = Table(
    "service_lot",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("package", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("services", ARRAY(Text), nullable=False),
)

unit_service = Table(
    "unit_service",
    metadata,
    Column("round", BigInteger, primary_key=True),
    Column("unit_kind", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("package", Integer, nullable=False),
    Column("lot", Integer, nullable=False),
    Column("live", Boolean, nullable=False),
)

inbox_read = Table(
    "inbox_read",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""What each person marked as read."""
