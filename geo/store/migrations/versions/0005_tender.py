"""The life of a round: steps in their order, bids, award and contracts; what a district asks of bidders."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0005_tender.sql")


def downgrade() -> None:
    run("0005_down.sql")
