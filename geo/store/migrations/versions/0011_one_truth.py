"""One truth per code, date and moment, held without an index of three columns over every row of the large tables."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0011_one_truth.sql")


def downgrade() -> None:
    run("0011_down.sql")
