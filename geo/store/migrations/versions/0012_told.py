"""Scores of matching that a district sets, what a firm has won and does not serve yet, what somebody read."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0012_told.sql")


def downgrade() -> None:
    run("0012_down.sql")
