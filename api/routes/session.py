"""Signing in and out, one's own password, and the steps that a one-time link opens."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import drop_key, keep_key, link_cookie, session_cookie
from api.deps import Actor, From, Settings, Store, This, allow_signed_in, open_to_all
from api.languages import language_of
from geo.errors import BadInput, NotFound, NotSignedIn
from geo.people import links, signing
from geo.people.places import name_areas
from geo.people.sessions import Opened

router = APIRouter(tags=["session"])

Username = Annotated[str, Field(min_length=1, max_length=64)]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Credentials(_Body):
    """User name and password."""

    username: Username
    password: Password


class Choice(_Body):
    """The demo person to be."""

    username: Username


class Appointment(_Body):
    """The first security administrator (安全管理员)."""

    username: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
    name: Name
    password: Password


class NewPassword(_Body):
    """A password, chosen after following a link."""

    password: Password


class PasswordChange(_Body):
    """The password there was, and the one to come."""

    current: Password
    password: Password


def _welcome(response: Response, settings: Settings, opened: Opened) -> dict[str, object]:
    keep_key(response, settings, session_cookie(settings), opened.key)
    return {"username": opened.username, "csrf": opened.csrf}


@router.post("/api/session", dependencies=[open_to_all])
def sign_in(
    body: Credentials, response: Response, store: Store, settings: Settings, visit: This
) -> dict[str, object]:
    """Sign in with a password (登录). The key of the session is in the cookie."""
    opened = signing.sign_in(store, body.username, body.password, visit.origin, visit.session_key)
    return _welcome(response, settings, opened)


@router.delete("/api/session", dependencies=[allow_signed_in()], status_code=204)
def sign_out(response: Response, store: Store, settings: Settings, actor: Actor, visit: This) -> None:
    """Sign out (退出). A bearer token cannot be signed out; it ends by itself or with the person's rights."""
    if actor.kind != "browser" or visit.session_key is None:
        raise BadInput("only a browser's session can be signed out")
    signing.sign_out(store, actor.username, visit.session_key, visit.origin)
    drop_key(response, settings, session_cookie(settings))


@router.get("/api/session", dependencies=[open_to_all])
def what_next(store: Store, settings: Settings, visit: This) -> dict[str, object]:
    """Say what this browser may do before signing in: choose a demo person, appoint, set a password, or nothing."""
    key = visit.link_key
    step = links.next_step(store, key, demo=settings.demo) if key else None
    answer: dict[str, object] = {
        "signed_in": visit.actor is not None,
        "step": step.purpose if step else None,
        "username": step.username if step else None,
        "name": step.name if step else None,
        "demo": settings.demo,
    }
    if step is not None and step.purpose == "choose" and key:
        answer["people"] = links.choices(store, key, demo=settings.demo)
    return answer


def _link_key(visit: This) -> str:
    if visit.link_key is None:
        raise NotSignedIn("follow the one-time link first")
    return visit.link_key


@router.post("/api/session/choose", dependencies=[open_to_all])
def choose(
    body: Choice, response: Response, store: Store, settings: Settings, visit: This
) -> dict[str, object]:
    """Become a demo person (选择演示人员). The chooser stays open, so that one may be another later."""
    key = _link_key(visit)
    opened = links.choose(
        store, key, body.username, demo=settings.demo, origin=visit.origin, replaces=visit.session_key
    )
    return _welcome(response, settings, opened)


@router.post("/api/session/appoint", dependencies=[open_to_all], status_code=201)
def appoint(
    body: Appointment, response: Response, store: Store, settings: Settings, visit: This
) -> dict[str, object]:
    """Appoint the first security administrator of an installation."""
    opened = links.appoint(store, _link_key(visit), body.username, body.name, body.password, visit.origin)
    drop_key(response, settings, link_cookie(settings))
    return _welcome(response, settings, opened)


@router.post("/api/session/password", dependencies=[open_to_all])
def set_password(
    body: NewPassword, response: Response, store: Store, settings: Settings, visit: This
) -> dict[str, object]:
    """Set one's password after following the link that the security administrator gave."""
    opened = links.set_password(store, _link_key(visit), body.password, visit.origin)
    drop_key(response, settings, link_cookie(settings))
    return _welcome(response, settings, opened)


@router.post("/api/password", dependencies=[allow_signed_in()])
def change_password(
    body: PasswordChange, response: Response, store: Store, settings: Settings, actor: Actor, origin: From
) -> dict[str, object]:
    """Change one's own password (修改口令). Everything else that was open under the old one ends."""
    opened = signing.change_password(store, actor.username, body.current, body.password, origin)
    return _welcome(response, settings, opened)


@router.get("/enter", dependencies=[open_to_all], include_in_schema=False)
def enter(
    store: Store, settings: Settings, origin: From, key: Annotated[str, Query(max_length=100)]
) -> Response:
    """Follow a one-time link (一次性链接): used up here, it leads to the step that it opens."""
    try:
        purpose, opened = links.follow(store, key, demo=settings.demo, origin=origin)
    except NotFound:
        return RedirectResponse("/sign-in?link=used", 303)
    response = RedirectResponse("/demo" if purpose == "choose" else f"/sign-in?step={quote(purpose)}", 303)
    keep_key(response, settings, link_cookie(settings), opened.key)
    return response


@router.get("/api/me", dependencies=[allow_signed_in()])
def me(request: Request, store: Store, settings: Settings, actor: Actor) -> dict[str, object]:
    """Say who is asking, where, and by which date."""
    return {
        "username": actor.username,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "areas": name_areas(store, actor, settings.business_date()),
        "csrf": actor.csrf if actor.kind == "browser" else None,
        "must_change_password": actor.must_change_password,
        "demo": settings.demo,
        "business_date": settings.business_date().isoformat(),
        "lang": language_of(request),
    }
