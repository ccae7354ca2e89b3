"""What decides whether and how a unit is let, thresholds of modes, figures of a job, and packages let by service."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0003_letting.sql")


def downgrade() -> None:
    run("0003_down.sql")
