"""What a firm serves in a whole district, as a number: its capacity is used up wherever it serves."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0010_firm_load.sql")


def downgrade() -> None:
    run("0010_down.sql")
