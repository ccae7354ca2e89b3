"""The guard in front of every route: limits, headers, problem documents, the log (rows 8, 11, 23 and 25)."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from fastapi import APIRouter, FastAPI, UploadFile
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from api.deps import AsOf, Db, IfMatch, IfMatchVersion, KnownAt, PeopleDb, Region
from geo.people.links import invite
from geo.settings import Settings
from geo.store.engine import Store

PROBLEM = "application/problem+json"
probe = APIRouter()
"""Routes that do what no real one should."""


@probe.get("/api/probe/crash")
def crash() -> None:
    raise RuntimeError("a secret of the house")


@probe.get("/api/probe/commit")
def fail_at_commit(db: PeopleDb) -> dict[str, str]:
    """Two duties for one person: a deferred trigger says no, when the transaction commits."""
    db.execute(text("INSERT INTO person_role SELECT id, 'auditor' FROM person WHERE username = 'system'"))
    return {"said": "done"}


@probe.get("/api/probe/duty")
def look_at_people(db: Db) -> dict[str, object]:
    return {"people": db.scalar(text("SELECT count(*) FROM person"))}


@probe.get("/api/probe/broken")
def broken_query(db: Db) -> None:
    db.execute(text("SELECT 1/0"))


@probe.get("/api/probe/no-such-table")
def no_such_table(db: Db, phone: str) -> None:
    db.execute(text("SELECT * FROM nowhere WHERE phone = :phone"), {"phone": phone})


@probe.post("/api/probe/body")
def take_body(body: dict[str, object]) -> dict[str, object]:
    return body


@probe.post("/api/imports/probe")
def take_file(file: UploadFile) -> dict[str, object]:
    return {"size": len(file.file.read())}


@probe.get("/api/probe/when")
def when(as_of: AsOf, known_at: KnownAt, region: Region) -> dict[str, object]:
    return {"as_of": as_of, "known_at": known_at, "region": region}


@probe.put("/api/probe/edit")
def edit(tag: IfMatch) -> dict[str, str]:
    return {"tag": tag}


@probe.put("/api/probe/version")
def edit_version(version: IfMatchVersion) -> dict[str, int]:
    return {"version": version}


@pytest.fixture
def store(shared_store: Store) -> Store:
    """These tests only look."""
    return shared_store


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    app.include_router(probe)
    return app


@pytest.fixture
def planner(as_user) -> TestClient:
    return as_user("planner")


# ---------------------------------------------------------------- limits


def post_json(client: TestClient, body: str | bytes):
    return client.post("/api/probe/body", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":' + "[" * 150 + "]" * 150 + "}",
        '{"a": NaN}',
        '{"a": [1, -Infinity]}',
        '{"a": 1e400}',
        '{"a": "\\u0000"}',
        '{"a\\u0000": 1}',
        '{"a": "\\ud800"}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ',
        "\xff\xfe",
    ],
)
def test_harmful_json_is_422(planner: TestClient, body: str):
    answer = post_json(planner, body.encode("latin-1"))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["type"] == "urn:wangge:problem:bad-input"


def test_good_json_passes_untouched(planner: TestClient):
    body = {
        "deep": json.loads("[" * 90 + "]" * 90),
        "n": [1, 2.5, -0.0, 1e300],
        "t": "' ; DROP </script> 𠮷 \\u0000",
    }
    assert post_json(planner, json.dumps(body)).json() == body


def test_a_body_over_the_limit_is_413(settings: Settings, planner: TestClient):
    answer = post_json(planner, b'"' + b"x" * settings.max_body + b'"')
    assert answer.status_code == 413
    assert answer.json()["limit"] == settings.max_body


def test_a_body_that_hides_its_length_is_413(settings: Settings, planner: TestClient):
    parts = (b"x" * 65536 for _ in range(settings.max_body // 65536 + 2))
    assert post_json(planner, parts).status_code == 413


def test_files_have_a_limit_of_their_own(settings: Settings, store: Store, as_user):
    app = create_app(settings.model_copy(update={"max_upload": 3 * 2**20}), store)
    app.include_router(probe)
    client = TestClient(app, raise_server_exceptions=False, headers=as_user("planner").headers)
    size = settings.max_body + 1000
    assert client.post("/api/imports/probe", files={"file": b"x" * size}).json() == {"size": size}
    assert client.post("/api/imports/probe", files={"file": b"x" * 4 * 2**20}).status_code == 413

    def hidden():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(64):
            yield b"x" * 65536
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    streamed = client.post("/api/imports/probe", content=hidden(), headers=headers)
    assert streamed.status_code == 413
    assert streamed.headers["content-type"] == PROBLEM


def test_nobody_uploads_anything(anonymous: TestClient):
    assert anonymous.post("/api/imports/probe", files={"file": b"x"}).status_code == 401


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("supervisor", "/api/imports", 403),
        ("auditor", "/api/imports", 403),
        (None, "/api/imports", 401),
        ("planner", "/api/people", 403),
        ("planner", "/api/imports", 400),
    ],
)
def test_a_body_is_taken_from_nobody_who_may_not_send_it(
    app: FastAPI, as_user, who: str | None, path: str, status: int
):
    """The framework asks who may use a route only when it has the whole body."""
    taken: list[int] = []
    answered: list[int] = []

    async def receive() -> dict[str, object]:
        taken.append(65536)
        return {"type": "http.request", "body": b"x" * 65536, "more_body": len(taken) < 16}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])  # type: ignore[arg-type]  # ASGI says that it is a number

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    if who is not None:
        headers.append((b"authorization", as_user(who).headers["authorization"].encode()))
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http", "http_version": "1.1",
             "server": ("127.0.0.1", 80), "root_path": "", "state": {}}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert (answered, bool(taken)) == ([status], status == 400)


@pytest.mark.parametrize("address", ["/api/me?x=%00", "/api/people/a%00b", "/api/me?%00=1", "/static/js/%00"])
def test_nul_in_an_address_is_422(planner: TestClient, address: str):
    assert planner.get(address).status_code == 422


# ---------------------------------------------------------------- problems


def test_a_crash_tells_nothing_but_a_number_to_quote(planner: TestClient, caplog: pytest.LogCaptureFixture):
    answer = planner.get("/api/probe/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request"] == answer.headers["x-request-id"]
    assert answer.json()["request"] in caplog.text
    assert "a secret of the house" in caplog.text, "the log has it"


def test_a_commit_that_fails_is_not_reported_as_done(as_user):
    answer = as_user("security").get("/api/probe/commit")
    assert answer.status_code == 422, answer.text
    assert "done" not in answer.text
    assert as_user("security").get("/api/people/system").json()["roles"] == ["system"]


def test_a_query_that_fails_is_a_problem(planner: TestClient):
    answer = planner.get("/api/probe/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)


def test_the_districts_data_come_without_the_people(as_user):
    for who in ("planner", "security", "auditor"):
        assert as_user(who).get("/api/probe/duty").json() == {"people": 0}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/me", 405),
        ("GET", "/static/js/nothing.js", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    planner: TestClient, method: str, address: str, status: int
):
    answer = planner.request(method, address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


def test_bad_parameters_name_their_field(as_user):
    answer = as_user("auditor").get("/api/audit?limit=0&before=x")
    assert answer.status_code == 422
    assert answer.json()["field"] in {"limit", "before"}
    assert {fault["field"] for fault in answer.json()["errors"]} == {"limit", "before"}
    answer = as_user("security").post(
        "/api/people", json={"username": "Not A Name", "name": "x" * 61, "roles": "planner"}
    )
    assert {fault["field"] for fault in answer.json()["errors"]} == {"username", "name", "roles", "areas"}
    assert "Not A Name" not in answer.text


def test_when_the_database_is_gone_it_says_503_and_when_to_return(settings: Settings):
    nowhere = Store("postgresql+psycopg2://wangge_app@/none?host=/nonexistent")
    client = TestClient(create_app(settings, nowhere), raise_server_exceptions=False)
    for address, headers in (("/healthz", {}), ("/api/me", {"Authorization": "Bearer x"})):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
        assert int(answer.headers["retry-after"]) > 0
        assert "nonexistent" not in answer.text
    assert client.get("/static/css/wangge.css").status_code == 200, "files need no database"
    nowhere.dispose()


# ---------------------------------------------------------------- what routes ask for


@pytest.mark.parametrize(
    "query",
    ["as_of=0", "as_of=1700000000", "as_of=2026-13-01", "as_of=2026-11-01T00:00", "as_of=99999-01-01", "as_of=",
     "as_of=1800-01-01", "known_at=0", "known_at=soon", "known_at=0001-01-01T00:00", "region=99", "region=99010100000x",
     "region=٩٩٠١٠١٠٠٠٠٠٠"],
)  # fmt: skip
def test_nonsense_is_422(planner: TestClient, query: str):
    answer = planner.get(f"/api/probe/when?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == query.partition("=")[0]


def test_dates_moments_and_regions(planner: TestClient):
    def ask(query: str) -> dict[str, str]:
        return planner.get(f"/api/probe/when?{query}").json()

    assert ask("") == {"as_of": "2026-11-01", "known_at": None, "region": None}
    assert ask("as_of=2025-02-28")["as_of"] == "2025-02-28"
    assert ask("known_at=2026-11-01T08:00:00Z")["known_at"] == "2026-11-01T08:00:00Z"
    assert ask("known_at=2026-11-01T08:00:00+08:00")["known_at"] == "2026-11-01T08:00:00+08:00"
    assert ask("known_at=2026-11-01T08:00")["known_at"] == "2026-11-01T08:00:00+08:00"
    assert ask("region=990101001000")["region"] == "990101001000"


@pytest.mark.parametrize("region", ["990100000000", "990102000000", "000000000000", "110101000000"])
def test_a_foreign_region_is_404(planner: TestClient, region: str):
    assert planner.get(f"/api/probe/when?region={region}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"), [(None, 428), ("*", 428), ('"3"', 200), ('W/"3"', 200), ("3", 200)]
)
def test_an_edit_says_what_it_starts_from(planner: TestClient, sent: str | None, status: int):
    headers = {"If-Match": sent} if sent else {}
    assert planner.put("/api/probe/edit", headers=headers).status_code == status
    answer = planner.put("/api/probe/version", headers=headers)
    assert answer.status_code == status
    assert status != 200 or answer.json() == {"version": 3}


def test_a_version_is_a_number(planner: TestClient):
    for tag in ('"x"', '"-1"', '"' + "9" * 30 + '"'):
        assert planner.put("/api/probe/version", headers={"If-Match": tag}).status_code == 422


# ---------------------------------------------------------------- headers, log, documentation


@pytest.mark.parametrize("address", ["/healthz", "/api/me", "/sign-in", "/static/css/wangge.css", "/nothing"])
def test_every_answer_carries_the_safe_headers(anonymous: TestClient, address: str):
    headers = anonymous.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert len(headers["x-request-id"]) == 32


def test_answers_with_data_are_not_kept(planner: TestClient):
    assert planner.get("/api/me").headers["cache-control"] == "no-store"


def test_the_log_says_who_and_what_but_no_secret(
    anonymous: TestClient, planner: TestClient, store: Store, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    key = invite(store, demo=True, by="os:test") or ""
    anonymous.get("/enter", params={"key": key})
    anonymous.post("/api/session", json={"username": "planner", "password": "my-secret-password"})
    planner.get("/api/me")
    anonymous.post("/api/session", json={"username": ["my-secret-password"]})
    assert planner.get("/api/probe/no-such-table?phone=13800138000").status_code == 500
    assert "nowhere" in caplog.text, "the log tells what failed"
    ours = "\n".join(line for line in caplog.text.splitlines() if "httpx" not in line)
    assert "planner GET '/api/me' 200" in ours
    token = planner.headers["authorization"].split()[1]
    cookies = list(dict(anonymous.cookies).values())
    for secret in (key, "my-secret-password", token, "13800138000", *cookies):
        assert secret not in ours


def test_an_application_with_an_unguarded_route_does_not_start(
    monkeypatch: pytest.MonkeyPatch, settings, store
):
    from types import ModuleType

    import api.app

    module = ModuleType("unguarded")
    module.router = APIRouter()  # type: ignore[attr-defined]
    module.router.add_api_route("/api/unguarded", crash)
    monkeypatch.setattr(api.app, "ROUTES", (*api.app.ROUTES, module))
    with pytest.raises(ValueError, match="who may use it"):
        create_app(settings, store)
