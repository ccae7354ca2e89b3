"""An importer on a fresh database, and a neighbourhood loaded into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geo.ingest.importer import ImportOptions, import_file
from geo.ingest.report import ImportReport
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.geo.ingest import office

SINCE = date(2023, 1, 1)
Import = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, today=date(2026, 11, 1), min_free_share=0.0)


@pytest.fixture
def load(store: Store, everywhere: Scope, settings: Settings) -> Import:
    """Import a file; what is given beside it are options (and `scope`)."""

    def run(path: Path, *, scope: Scope = everywhere, **options: Any) -> ImportReport:
        chosen = ImportOptions(**{"valid_from": SINCE, **options})
        return import_file(store, scope, path, options=chosen, settings=settings)

    return run


@pytest.fixture
def neighbourhood(load: Import, tmp_path: Path) -> ImportReport:
    """The regions, loaded."""
    return load(office.regions(tmp_path))


@pytest.fixture
def rows(store: Store, everywhere: Scope) -> Rows:
    """Rows of a query, seen by the command line."""

    def run(statement: str, **values: Any) -> list[Any]:
        with store.begin(everywhere) as session:
            return list(session.execute(text(statement), values).all())

    return run
