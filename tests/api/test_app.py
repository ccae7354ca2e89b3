"""The application as a whole: what it describes, to whom, and what it takes in an address."""

from __future__ import annotations

import inspect

import pytest
from fastapi.testclient import TestClient

from api.app import endpoints


@pytest.fixture
def planner(as_user) -> TestClient:
    return as_user("planner")


@pytest.mark.parametrize("address", ["/docs", "/redoc", "/openapi.json", "/metrics", "/docs/oauth2-redirect"])
def test_the_documentation_is_not_for_strangers(anonymous: TestClient, address: str):
    assert anonymous.get(address).status_code in {401, 404}


def test_the_documentation_lists_the_problems_of_each_route(planner: TestClient):
    described = planner.get("/openapi.json").json()
    for path, item in described["paths"].items():
        for method, operation in item.items():
            responses = operation["responses"]
            assert {"422", "503"} <= set(responses), (method, path)
            for status, response in responses.items():
                assert status < "400" or list(response["content"]) == ["application/problem+json"], (
                    method,
                    path,
                    status,
                )
    me = described["paths"]["/api/me"]["get"]["responses"]
    assert {"401", "403"} <= set(me)
    assert "401" not in described["paths"]["/healthz"]["get"]["responses"]


def test_versions_are_for_people_who_are_signed_in(anonymous: TestClient, planner: TestClient):
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    assert set(planner.get("/healthz").json()["versions"]) == {"wangge", "python", "postgresql", "postgis"}


def test_no_endpoint_blocks_the_event_loop():
    """psycopg2 waits: a route that were `async def` would stop everybody else."""
    assert not [route.path for route, _ in endpoints() if inspect.iscoroutinefunction(route.endpoint)]


@pytest.mark.parametrize(
    "query", ["asof=2020-01-01", "sort=name", "filter=1%3D1", "columns=password_hash", "as_of=2026-01-01&x="]
)
def test_a_parameter_that_nobody_knows_is_422_not_ignored(planner: TestClient, query: str):
    for address in ("/api/communities", "/api/coverage", "/api/me"):
        answer = planner.get(f"{address}?{query}")
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] in query
