"""How often each layer was written, by area: what an unchanged vector tile is known by."""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0006_layer_versions.sql")


def downgrade() -> None:
    run("0006_down.sql")
