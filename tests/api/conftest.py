"""An application on a fresh database, people in it, and clients that act as they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from geo.people.demo import seed_demo_people
from geo.people.register import Change, insert_person
from geo.people.sessions import issue_token
from geo.people.trail import Origin
from geo.settings import Settings
from geo.store.engine import Store

DISTRICT = "990101000000"
OTHER_DISTRICT = "990102000000"
SUBDISTRICT = "990101001000"

Client = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def shared_store(databases) -> Iterator[Store]:
    """One database for a module whose tests leave nothing behind that another would trip over."""
    name = databases.create()
    store = Store(databases.url(name))
    yield store
    store.dispose()
    databases.drop(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, demo=True, today=date(2026, 11, 1))


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    seed_demo_people(store)
    return create_app(settings, store)


@pytest.fixture
def anonymous(app: FastAPI) -> Iterator[TestClient]:
    """Nobody: no cookie, no token."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def as_user(app: FastAPI, store: Store) -> Client:
    """Clients with a bearer token of the person named."""

    def client(username: str) -> TestClient:
        token = issue_token(store, username, 1, "os:test")
        headers = {"Authorization": f"Bearer {token}"}
        return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=headers)

    return client


def add_person(
    store: Store,
    username: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...] = (DISTRICT,),
    *,
    demo: bool = False,
) -> int:
    """Put a person into the register."""
    with store.begin(Origin().scope("os:test", duty="security")) as db:
        return insert_person(db, username, Change(f"人员{username}", roles, areas), demo=demo)
