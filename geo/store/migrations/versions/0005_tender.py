"""The life of a round: steps in their order, bids, award and contracts; what a district asks of bidders."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = files("geo.store.migrations") / "sql"


def _run(name: str) -> None:
    # Straight to the driver, as in 0001: the scripts hold colons and percent signs that are not parameters.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute((SQL / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    _run("0005_tender.sql")


def downgrade() -> None:
    _run("0005_down.sql")
