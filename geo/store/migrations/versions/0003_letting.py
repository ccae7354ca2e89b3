"""What decides whether and how a unit is let, thresholds of modes, figures of a job, and packages let by service."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQL = files("geo.store.migrations") / "sql"


def _run(name: str) -> None:
    # Straight to the driver, as in 0001: the scripts hold colons and percent signs that are not parameters.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute((SQL / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    _run("0003_letting.sql")


def downgrade() -> None:
    _run("0003_down.sql")
