"""What every test stands on: a real PostGIS of its own, and a fresh prepared database for each test that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from geo.store.cluster import ClusterAddress, ensure_cluster, stop_cluster
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare

TEMPLATE = "wangge_template"
_numbers = count(1)


@dataclass(frozen=True)
class Databases:
    """A running cluster in which databases are made from a template and dropped again."""

    address: ClusterAddress

    def create(self, template: str = TEMPLATE, name: str | None = None) -> str:
        """Make a database from a template; returns its name."""
        name = name or f"test_{next(_numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def url(self, name: str, user: str = "wangge_app") -> str:
        return self.address.url(user, name)

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside a transaction."""
        url = make_url(self.address.url(self.address.superuser, "postgres"))
        connection = psycopg2.connect(host=url.query["host"], user=url.username, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The cluster of this test run, in a folder of its own."""
    data = Path(tempfile.mkdtemp(prefix="wangge-tests-"))
    data.chmod(0o755)
    databases = Databases(ensure_cluster(data / "data"))
    databases.execute(f"CREATE DATABASE {TEMPLATE}")
    prepare(databases.url(TEMPLATE, databases.address.superuser))
    yield databases
    stop_cluster(data / "data")
    shutil.rmtree(data)


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The name of a fresh database with every migration run."""
    name = databases.create()
    yield name
    databases.drop(name)


@pytest.fixture
def store(databases: Databases, database: str) -> Iterator[Store]:
    """A store on the fresh database, as the application role."""
    store = Store(databases.url(database))
    yield store
    store.dispose()


@pytest.fixture
def everywhere() -> Scope:
    """The scope of the command line: all areas."""
    return Scope(actor="os:test", areas=("",))
