"""Plans of any area as tessellations: steps undone and done again, comments, approval."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0004_plans.sql")


def downgrade() -> None:
    run("0004_down.sql")
