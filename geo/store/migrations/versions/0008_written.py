"""What the file wrote stays with its row: texts of unknown cells, the row's number, the system of its shape."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0008_written.sql")


def downgrade() -> None:
    run("0008_down.sql")
