"""The first schema: boundaries, services, people, plans, packages, audit; history, scope and authorship from the start."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = files("geo.store.migrations") / "sql"


def _run(name: str) -> None:
    # Straight to the driver: the scripts hold colons and percent signs that are not parameters.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute((SQL / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    for name in ("0001_first.sql", "0001_rules.sql", "0001_reads.sql"):
        _run(name)


def downgrade() -> None:
    _run("0001_down.sql")
