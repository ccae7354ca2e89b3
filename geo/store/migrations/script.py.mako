"""${message}"""

from __future__ import annotations

from geo.store.migrations.scripts import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    run("${up_revision}_name.sql")


def downgrade() -> None:
    run("${up_revision}_down.sql")
