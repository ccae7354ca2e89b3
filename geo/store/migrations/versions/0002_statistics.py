"""Fresh statistics for the planner after a load, by the role that owns nothing."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0002_statistics.sql")


def downgrade() -> None:
    run("0002_down.sql")
