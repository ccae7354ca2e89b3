"""Survey sheets (摸底表): what went out, what came back, and what of it was confirmed."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0009_survey.sql")


def downgrade() -> None:
    run("0009_down.sql")
