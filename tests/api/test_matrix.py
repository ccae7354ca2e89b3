"""Route × role × area: generated from the table in `matrix.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app, endpoints
from geo.people.roles import ROLES
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Store
from tests.api.matrix import EVERYONE, FILTERED, HIDDEN, MATRIX, Row
from tests.api.world import HERE, OUTSIDERS, World, build

WORLD_DATABASE = "matrix_world"
OPEN_WRITES = {"/api/session", "/api/session/choose", "/api/session/appoint", "/api/session/password"}
OWN_WRITES = {"/api/session", "/api/password", "/api/jobs/{number}/cancel", "/api/inbox/read"}
"""What everybody who is signed in may change: the own session, password, jobs, and marks of what was read."""
ASKED_BY_POST = {"/api/assign", "/api/rounds/{number}/documents/{file}"}
"""Questions too long for an address, or for one request: they change nothing."""

As = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def world(databases) -> Iterator[World]:
    """The small world, in a database that others are cloned from."""
    databases.create(name=WORLD_DATABASE)
    store = Store(databases.url(WORLD_DATABASE))
    built = build(store)
    store.dispose()
    yield built
    databases.drop(WORLD_DATABASE)


@pytest.fixture(scope="module")
def as_anyone(databases, world: World, tmp_path_factory) -> Iterator[As]:
    """Clients on one database that all refusals and reads share."""
    name = databases.create(WORLD_DATABASE)
    store = Store(databases.url(name))
    yield clients(store, tmp_path_factory.mktemp("data"))
    store.dispose()
    databases.drop(name)


@pytest.fixture
def as_writer(databases, world: World, tmp_path: Path) -> Iterator[As]:
    """Clients on a database of their own."""
    name = databases.create(WORLD_DATABASE)
    store = Store(databases.url(name))
    yield clients(store, tmp_path)
    store.dispose()
    databases.drop(name)


def clients(store: Store, data: Path) -> As:
    app = create_app(Settings(data=data, demo=True, today=date(2026, 11, 1)), store)

    @cache
    def client(username: str) -> TestClient:
        """The client of a person; the empty name is nobody."""
        headers = (
            {"Authorization": f"Bearer {issue_token(store, username, 1, 'os:test')}"} if username else {}
        )
        return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=headers)

    return client


def call(client: TestClient, row: Row, world: World):
    url = row.address.format(
        plan=world.plan,
        round=world.round,
        change_set=world.change_set,
        job=world.job,
        proposal=world.proposal,
        survey=world.survey,
        matching=world.matching,
    )
    return client.request(row.method, url, json=row.json, files=row.files, headers=row.headers)


def rows(wanted: Callable[[Row], bool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [row for row in MATRIX if wanted(row)], ids=str)


def test_every_route_has_its_row_and_every_row_its_route():
    routes = {(method, route.path) for route, _ in endpoints() for method in route.methods or ()}
    told = [(row.method, row.path) for row in MATRIX]
    assert len(told) == len(set(told)), "a route has two rows"
    assert routes - set(told) == set(), "routes without a row in tests/api/matrix.py"
    assert set(told) - routes == set(), "rows whose route is gone"


def test_the_table_and_the_routes_name_the_same_roles():
    named = {(row.method, row.path): set(row.roles) for row in MATRIX}
    for route, permission in endpoints():
        for method in route.methods or ():
            if permission is None or (method, route.path) not in named:
                continue
            roles = set(EVERYONE) if permission.everybody else set(permission.roles)
            assert named[method, route.path] == roles, (method, route.path)


def test_no_write_is_open_and_none_is_the_supervisors_but_their_own():
    for row in MATRIX:
        if row.is_write and not row.roles:
            assert row.path in OPEN_WRITES, row
        if row.is_write and "supervisor" in row.roles:
            assert row.path in OWN_WRITES | ASKED_BY_POST, row


@rows(lambda row: bool(row.roles))
def test_nobody_gets_401_and_pages_lead_to_signing_in(row: Row, as_anyone: As, world: World):
    answer = call(as_anyone(""), row, world)
    if row.is_page:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
    else:
        assert answer.status_code == 401, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@rows(lambda row: bool(set(ROLES) - set(row.roles)) and bool(row.roles))
def test_other_roles_get_403(row: Row, as_anyone: As, world: World):
    for role in sorted(set(ROLES) - set(row.roles)):
        answer = call(as_anyone(role), row, world)
        assert answer.status_code == 403, (role, answer.text)


@rows(lambda row: not row.is_write)
def test_whoever_may_read_gets_an_answer(row: Row, as_anyone: As, world: World):
    for who in row.roles or ("", "planner"):
        answer = call(as_anyone(who), row, world)
        if answer.status_code == 303 and row.path == "/":
            continue
        assert answer.status_code == row.status, (who, answer.text)


@rows(lambda row: row.is_write)
def test_whoever_may_write_can(row: Row, as_writer: As, world: World):
    who = row.roles[0] if row.roles else ""
    answer = call(as_writer(who), row, world)
    assert answer.status_code == row.status, answer.text


@pytest.mark.parametrize("where", OUTSIDERS)
@rows(lambda row: row.ground == HIDDEN)
def test_what_lies_in_another_area_is_404(row: Row, where: str, as_anyone: As, world: World):
    for role in row.roles:
        answer = call(as_anyone(f"{role}.{where}"), row, world)
        assert answer.status_code == 404, (role, answer.text)


@pytest.mark.parametrize("where", OUTSIDERS)
@rows(lambda row: row.ground == FILTERED)
def test_answers_hold_nothing_from_another_area(row: Row, where: str, as_anyone: As, world: World):
    for role in row.roles:
        if not row.is_write:
            inside = call(as_anyone(role), row, world)
            assert HERE in inside.text, (
                "the row proves nothing: who is responsible here sees nothing from here either"
            )
        outside = call(as_anyone(f"{role}.{where}"), row, world)
        assert outside.status_code < 400, outside.text
        assert HERE not in outside.text, role
