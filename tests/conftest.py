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
from hypothesis import settings
from sqlalchemy import make_url

from api.demo import BUSINESS_DATE, load_demo
from geo.settings import Settings
from geo.store.cluster import ClusterAddress, ensure_cluster, stop_cluster
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare

# no test asserts a time: the first call of a compiled loop takes seconds, and machines are shared
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

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


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a demo installation."""
    return Settings(data=tmp_path_factory.mktemp("demo"), demo=True, today=BUSINESS_DATE, min_free_share=0.0)


@pytest.fixture(scope="session")
def demo_database(databases: Databases, demo_settings: Settings) -> str:
    """The name of a database with the demo district, loaded once a run. Do not write to it: take a copy."""
    name = databases.create(name="demo_district")
    store = Store(databases.url(name))
    load_demo(store, demo_settings, lambda _text: None)
    store.dispose()
    return name


@pytest.fixture(scope="module")
def demo(databases: Databases, demo_database: str) -> Iterator[Store]:
    """A store on a copy of the demo district that a module's tests share: for reading."""
    name = databases.create(demo_database)
    store = Store(databases.url(name))
    yield store
    store.dispose()
    databases.drop(name)


@pytest.fixture
def demo_copy(databases: Databases, demo_database: str) -> Iterator[Store]:
    """A store on the test's own copy of the demo district: for writing."""
    name = databases.create(demo_database)
    store = Store(databases.url(name))
    yield store
    store.dispose()
    databases.drop(name)


@pytest.fixture(scope="session")
def district() -> Scope:
    """The scope of somebody responsible for the whole demo district."""
    return Scope(actor="planner", areas=("990101",))
