"""`wangge database …`: prepare a foreign PostGIS, migrate it."""

from __future__ import annotations

import argparse
import sys

from api.opening import open_store
from geo.settings import Settings
from geo.store.prepare import preparation


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `database prepare` and `database migrate`."""
    database = chosen.add_parser("database", help="prepare or migrate the database")
    steps = database.add_subparsers(dest="step", required=True, metavar="STEP")
    prepare = steps.add_parser("prepare", help="print the SQL that needs a superuser")
    prepare.set_defaults(run=print_preparation)
    migrate = steps.add_parser("migrate", help="bring the tables up to date")
    migrate.set_defaults(run=run_migrations)


def print_preparation(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what a superuser runs once in the database: roles, extensions, leakproof operators, and who may be whom."""
    sys.stdout.write(preparation(settings.database_url))
    return 0


def run_migrations(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Migrate to the newest version; raises DatabaseNotReadyError with what to do."""
    open_store(settings, migrate=True).dispose()
    return 0
