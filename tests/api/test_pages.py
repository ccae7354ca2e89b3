"""Pages: who gets which, in which language, and what a browser may keep."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from geo.store.engine import Store
from maps.frame import PAGES, STATIC


@pytest.fixture
def store(shared_store: Store) -> Store:
    """These tests only look."""
    return shared_store


def test_a_page_names_its_scripts_and_can_be_kept(as_user):
    client = as_user("planner")
    answer = client.get("/plans")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    again = client.get("/plans", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]


def test_a_kept_page_is_not_shown_to_who_may_not_see_it(anonymous: TestClient, as_user):
    etag = as_user("planner").get("/plans").headers["etag"]
    assert anonymous.get("/plans", headers={"If-None-Match": etag}).status_code == 303
    assert as_user("auditor").get("/plans", headers={"If-None-Match": etag}).status_code == 403


def test_signing_in_leads_back(anonymous: TestClient):
    location = anonymous.get("/overview?as_of=2026-01-01&level=grid").headers["location"]
    assert location == "/sign-in?next=%2Foverview%3Fas_of%3D2026-01-01%26level%3Dgrid"


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "language"),
    [
        ("", None, None, "zh-CN"),
        ("", None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("", None, "fr,zh-TW;q=0.9", "zh-CN"),
        ("", None, "fr,de", "zh-CN"),
        ("", "en", "zh", "en"),
        ("?lang=zh", "en", "en", "zh-CN"),
        ("?lang=en", None, "zh", "en"),
        ("?lang=xx", None, None, "zh-CN"),
    ],
)
def test_languages(
    anonymous: TestClient, query: str, cookie: str | None, accepted: str | None, language: str
):
    if cookie:
        anonymous.cookies.set("wangge_lang", cookie)
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = anonymous.get(f"/sign-in{query}", headers=headers)
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}"' in answer.text


def test_the_wished_language_is_kept(anonymous: TestClient):
    anonymous.get("/sign-in?lang=en")
    assert anonymous.get("/demo").headers["content-language"] == "en"


def test_every_role_has_a_home_it_may_open(as_user):
    homes = {}
    for role in ("planner", "officer", "supervisor", "reviewer", "system", "security", "auditor"):
        client = as_user(role)
        homes[role] = client.get("/").headers["location"]
        assert client.get(homes[role]).status_code == 200
    assert homes == {
        "planner": "/plans",
        "officer": "/packages",
        "supervisor": "/overview",
        "reviewer": "/plans",
        "system": "/account",
        "security": "/people",
        "auditor": "/audit",
    }


def test_files_are_asked_for_again_and_mostly_not_sent_again(anonymous: TestClient):
    answer = anonymous.get("/static/css/wangge.css")
    assert answer.headers["cache-control"] == "public, no-cache"
    again = anonymous.get("/static/css/wangge.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/js/../pages.py", "/static/js/%2e%2e/pages.py", "/static/css/..%2f..%2fgeo/errors.py"]
)
def test_files_outside_are_not_given_out(anonymous: TestClient, path: str):
    assert anonymous.get(path).status_code == 404


def test_modules_of_every_page_are_served_as_javascript(anonymous: TestClient):
    assert set(STATIC) == {"/static/vendor", "/static/js", "/static/css"}
    for name in PAGES:
        answer = anonymous.get(f"/static/js/pages/{name}.js")
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/javascript; charset=utf-8",
        ), name


def test_another_roles_page_is_403_in_its_own_frame(as_user):
    answer = as_user("auditor").get("/plans")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
