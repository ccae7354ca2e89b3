"""What rows without a code may mean, and what people decided about them."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0007_matching.sql")


def downgrade() -> None:
    run("0007_down.sql")
