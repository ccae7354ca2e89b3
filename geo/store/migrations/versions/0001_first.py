"""The first schema: boundaries, services, people, plans, packages, audit; history, scope and authorship from the start."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0001_first.sql", "0001_rules.sql", "0001_reads.sql")


def downgrade() -> None:
    run("0001_down.sql")
