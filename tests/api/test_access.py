"""Sessions over HTTP: cookies, CSRF, and what ends them (rows 2, 3 and 6 of the security checklist)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from geo.people.links import invite
from geo.people.signing import TRIES
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.api.conftest import add_person

ORIGIN = {"Origin": "http://testserver"}
PASSWORD = "correct horse battery"
Browse = Callable[[], TestClient]


@pytest.fixture
def browser(app: FastAPI) -> Browse:
    """Fresh browsers on our own site."""
    return lambda: TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=ORIGIN)


def person_with_password(store: Store, username: str, roles: tuple[str, ...] = ("planner",)) -> None:
    from geo.people.passwords import hash_password

    person = add_person(store, username, roles)
    with store.begin(Scope("os:test", duty="security")) as db:
        db.execute(
            text("UPDATE person SET password_hash = :hash, password_changed_at = now() WHERE id = :id"),
            {"hash": hash_password(PASSWORD), "id": person},
        )


def sign_in(client: TestClient, username: str, password: str = PASSWORD) -> dict[str, str]:
    answer = client.post("/api/session", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    return {"X-CSRF-Token": answer.json()["csrf"]}


def test_signing_in_and_out(browser: Browse, store: Store):
    person_with_password(store, "alice")
    client = browser()
    assert client.get("/api/me").status_code == 401
    token = sign_in(client, "alice")
    me = client.get("/api/me").json()
    assert (me["username"], me["roles"], me["csrf"]) == ("alice", ["planner"], token["X-CSRF-Token"])
    assert me["areas"] == [{"code": "990101000000", "name": "990101000000", "level": None}]
    assert me["business_date"] == "2026-11-01"
    kept = dict(client.cookies)
    assert client.delete("/api/session", headers=token).status_code == 204
    assert client.get("/api/me").status_code == 401
    thief = browser()
    thief.cookies.update(kept)
    assert thief.get("/api/me").status_code == 401, "the cookie is dead, not only forgotten"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: FastAPI, browser: Browse, store: Store):
    person_with_password(store, "alice")
    answer = browser().post("/api/session", json={"username": "alice", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_in_production_cookies_need_https(settings: Settings, store: Store):
    person_with_password(store, "alice")
    app = create_app(Settings(data=settings.data, production=True), store)
    client = TestClient(app, base_url="https://testserver", headers={"Origin": "https://testserver"})
    answer = client.post("/api/session", json={"username": "alice", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-wangge-8080=")
    assert "Secure" in answer.headers["set-cookie"]
    assert client.get("/api/me").status_code == 200


def test_two_services_on_one_host_do_not_sign_each_other_out(settings: Settings, store: Store):
    """A browser sends the cookies of a host to every port of it."""
    person_with_password(store, "alice")
    one, other = (
        TestClient(create_app(settings.model_copy(update={"port": port}), store), headers=ORIGIN)
        for port in (8123, 8124)
    )
    sign_in(one, "alice")
    other.cookies.update(dict(one.cookies))
    assert other.get("/api/me").status_code == 401
    sign_in(other, "alice")
    one.cookies.update(dict(other.cookies))
    assert one.get("/api/me").status_code == 200


def test_signing_in_again_gives_another_key(browser: Browse, store: Store):
    person_with_password(store, "alice")
    client = browser()
    sign_in(client, "alice")
    first = client.cookies["wangge-8080"]
    sign_in(client, "alice")
    assert client.cookies["wangge-8080"] != first
    old = browser()
    old.cookies.set("wangge-8080", first)
    assert old.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://testserver"},
        {"X-CSRF-Token": "right"},
        {"Origin": "http://evil.example", "X-CSRF-Token": "right"},
        {"Origin": "null", "X-CSRF-Token": "right"},
        {"Origin": "http://testserver.evil.example", "X-CSRF-Token": "right"},
        {"Origin": "http://testserver", "X-CSRF-Token": "wrong"},
        {"Origin": "http://testserver", "X-CSRF-Token": "名"},
    ],
)
def test_a_cookie_alone_writes_nothing(app: FastAPI, browser: Browse, store: Store, headers: dict[str, str]):
    person_with_password(store, "keeper", ("security",))
    own = browser()
    right = sign_in(own, "keeper")
    client = TestClient(app, raise_server_exceptions=False)
    client.cookies.update(dict(own.cookies))
    sent = {k: (right["X-CSRF-Token"] if v == "right" else v).encode() for k, v in headers.items()}
    body = {"username": "newcomer", "name": "新人", "roles": ["planner"], "areas": ["990101000000"]}
    assert client.post("/api/people", json=body, headers=sent).status_code == 403
    assert own.post("/api/people", json=body, headers=right).status_code == 201


def test_another_site_cannot_sign_somebody_in(app: FastAPI, store: Store):
    person_with_password(store, "alice")
    client = TestClient(app, headers={"Origin": "http://evil.example"})
    body = {"username": "alice", "password": PASSWORD}
    assert client.post("/api/session", json=body).status_code == 403
    as_form = client.post("/api/session", data=body, headers={"Origin": "http://testserver"})
    assert as_form.status_code == 422, "only JSON, which no form can send"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nonsense",
        "Bearer ",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbGFubmVyIn0.",
        "Basic cGxhbm5lcjp4",
        "bearer",
    ],
)
def test_invented_tokens_are_nobody(anonymous: TestClient, header: str):
    assert anonymous.get("/api/me", headers={"Authorization": header}).status_code == 401


def test_lockout_over_http_until_the_administrator_unlocks(browser: Browse, as_user, store: Store):
    person_with_password(store, "alice")
    for _ in range(TRIES):
        wrong = browser().post("/api/session", json={"username": "alice", "password": "wrong"})
        assert wrong.status_code == 401
    right = browser().post("/api/session", json={"username": "alice", "password": PASSWORD})
    assert right.status_code == 401
    assert right.json()["detail"] == wrong.json()["detail"], "the lock does not show"
    keeper = as_user("security")
    assert keeper.get("/api/people/alice").json()["locked"] is True
    assert keeper.post("/api/people/alice/unlock").json()["locked"] is False
    sign_in(browser(), "alice")


@pytest.mark.parametrize("change", [{"roles": ["officer"]}, {"areas": ["990101001000"]}, {"disabled": True}])
def test_new_rights_are_in_force_at_the_next_request(
    browser: Browse, as_user, store: Store, change: dict[str, object]
):
    person_with_password(store, "alice")
    client = browser()
    sign_in(client, "alice")
    assert as_user("security").patch("/api/people/alice", json=change).status_code == 200
    assert client.get("/api/me").status_code == 401


def test_ones_own_password(browser: Browse, store: Store):
    person_with_password(store, "alice")
    client, other = browser(), browser()
    token = sign_in(client, "alice")
    sign_in(other, "alice")
    body = {"current": PASSWORD, "password": "another good one"}
    answer = client.post("/api/password", json=body, headers=token)
    assert answer.status_code == 200
    assert answer.json()["csrf"] != token["X-CSRF-Token"]
    assert client.get("/api/me").status_code == 200
    assert other.get("/api/me").status_code == 401


def test_a_password_that_came_of_age_opens_nothing_but_its_change(settings: Settings, store: Store):
    person_with_password(store, "alice")
    with store.begin(Scope("os:test", duty="security")) as db:
        db.execute(text("UPDATE person SET password_changed_at = now() - interval '91 days'"))
    app = create_app(settings.model_copy(update={"password_days": 90}), store)
    client = TestClient(app, headers=ORIGIN, follow_redirects=False)
    token = sign_in(client, "alice")
    assert client.get("/api/me").json()["must_change_password"] is True
    assert client.get("/openapi.json").status_code == 403
    assert client.get("/plans").headers["location"] == "/account"
    body = {"current": PASSWORD, "password": "another good one"}
    assert client.post("/api/password", json=body, headers=token).status_code == 200
    assert client.get("/openapi.json").status_code == 200


def test_the_demo_from_its_link(browser: Browse, store: Store):
    client = browser()
    key = invite(store, demo=True, by="os:test")
    entered = client.get("/enter", params={"key": key})
    assert (entered.status_code, entered.headers["location"]) == (303, "/demo")
    assert client.get("/").headers["location"] == "/demo"
    step = client.get("/api/session").json()
    assert step["step"] == "choose"
    assert [person["username"] for person in step["people"]][:2] == ["planner", "officer"]
    for username, home in (("planner", "/plans"), ("supervisor", "/overview"), ("system", "/account")):
        assert client.post("/api/session/choose", json={"username": username}).status_code == 200
        assert client.get("/api/me").json()["username"] == username
        assert client.get("/").headers["location"] == home
    again = browser().get("/enter", params={"key": key})
    assert again.headers["location"] == "/sign-in?link=used"


def test_nobody_without_the_link_sees_the_demo_people(anonymous: TestClient):
    answer = anonymous.get("/api/session").json()
    assert answer["step"] is None
    assert "people" not in answer


def test_an_empty_installation_from_its_link(settings: Settings, store: Store):
    app = create_app(settings.model_copy(update={"demo": False}), store)
    client = TestClient(app, headers=ORIGIN, follow_redirects=False)
    entered = client.get("/enter", params={"key": invite(store, demo=False, by="os:test")})
    assert entered.headers["location"] == "/sign-in?step=appoint"
    assert client.get("/api/session").json()["step"] == "appoint"
    body = {"username": "keeper", "name": "秦守一", "password": "short"}
    assert client.post("/api/session/appoint", json=body).json()["field"] == "password"
    answer = client.post("/api/session/appoint", json={**body, "password": "long enough, surely"})
    assert answer.status_code == 201
    token = {"X-CSRF-Token": answer.json()["csrf"]}
    assert client.get("/api/me").json()["areas"][0]["name"] == "全国"
    newcomer = {"username": "alice", "name": "新人", "roles": ["planner"], "areas": ["990101000000"]}
    assert client.post("/api/people", json=newcomer, headers=token).status_code == 201
    path = client.post("/api/people/alice/link", headers=token).json()["path"]
    alice = TestClient(app, headers=ORIGIN, follow_redirects=False)
    assert alice.get(path).headers["location"] == "/sign-in?step=password"
    assert alice.get("/api/session").json()["username"] == "alice"
    assert alice.post("/api/session/password", json={"password": "her own good words"}).status_code == 200
    assert alice.get("/api/me").json()["username"] == "alice"


def test_what_a_body_may_not_hold_is_refused_not_obeyed(as_user):
    keeper = as_user("security")
    body = {"username": "newcomer", "name": "新人", "roles": ["planner"], "areas": ["990101000000"]}
    for extra in ({"id": 1}, {"demo": True}, {"password_hash": "x"}, {"version": 2}):
        assert keeper.post("/api/people", json={**body, **extra}).status_code == 422
    assert keeper.patch("/api/people/security", json={"roles": ["planner"]}).status_code == 403
    assert (
        keeper.patch("/api/people/planner", json={"roles": ["auditor", "system"]}).json()["field"] == "roles"
    )
    foreign = keeper.patch("/api/people/planner", json={"areas": ["110101000000"]})
    assert (foreign.status_code, foreign.json()["field"]) == (422, "areas")


HOSTILE = [
    "' ; DROP TABLE person --",
    "{{7*7}}",
    "${1}",
    "</script>",
    "\u202eabc",
    "😀",
    "𠮷",
    "%00",
    'a\\b"c',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_back_letter_by_letter(as_user, name: str):
    keeper = as_user("security")
    answer = keeper.patch("/api/people/planner", json={"name": name})
    assert answer.status_code == 200
    assert keeper.get("/api/people/planner").json()["name"] == name
