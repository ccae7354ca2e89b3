"""Migrations are plain SQL: a step of `versions` names its scripts, which lie in `sql`."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files

from alembic import op

SQL = files("geo.store.migrations") / "sql"


def run(*names: str) -> None:
    """Run scripts in order, in the migration's own transaction.

    Straight to the driver: they hold colons and percent signs that are not parameters.
    """
    with closing(op.get_bind().connection.cursor()) as cursor:
        for name in names:
            cursor.execute((SQL / name).read_text(encoding="utf-8"))
