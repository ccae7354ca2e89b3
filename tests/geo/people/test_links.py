"""One-time links: used once, for one purpose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from geo.errors import BadInput, Conflict, NotFound, NotSignedIn
from geo.people.demo import seed_demo_people
from geo.people.links import appoint, choices, choose, follow, invite, invite_person, next_step, set_password
from geo.people.roles import WHOLE_COUNTRY
from geo.people.sessions import Actor, find_actor, issue_token
from geo.people.signing import sign_in
from geo.people.trail import Origin
from geo.store.engine import Scope, Store
from tests.geo.people.conftest import PASSWORD, add_person, audit_rows

HERE = Origin("request-1", "192.0.2.7")
FRESH = "a password of my own"
SECURITY = Scope(actor="keeper", duty="security")
KEEPER = Actor("keeper", "秦守一", frozenset({"security"}), ("990101000000",), ("990101",), "browser", "x")


def link(store: Store, *, demo: bool) -> str:
    key = invite(store, demo=demo, by="os:root")
    assert key is not None
    return key


def test_a_link_is_followed_once(store: Store):
    key = link(store, demo=True)
    follow(store, key, demo=True, origin=HERE)
    with pytest.raises(NotFound):
        follow(store, key, demo=True, origin=HERE)


def test_of_many_who_follow_at_once_one_gets_in(store: Store):
    key = link(store, demo=True)

    def try_it(_: int) -> bool:
        try:
            follow(store, key, demo=True, origin=HERE)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(try_it, range(8))) == 1


@pytest.mark.parametrize("key", ["", "unknown", "x" * 43])
def test_an_invented_link_leads_nowhere(store: Store, key: str):
    with pytest.raises(NotFound):
        follow(store, key, demo=True, origin=HERE)


def test_an_old_link_leads_nowhere(store: Store):
    key = link(store, demo=True)
    with store.begin(SECURITY) as db:
        db.execute(text("UPDATE session SET expires_at = clock_timestamp()"))
    with pytest.raises(NotFound):
        follow(store, key, demo=True, origin=HERE)


def test_the_chooser_lets_one_be_each_demo_person_in_turn(store: Store):
    seed_demo_people(store)
    add_person(store, "alice")
    purpose, chooser = follow(store, link(store, demo=True), demo=True, origin=HERE)
    assert purpose == "choose"
    assert {person["username"] for person in choices(store, chooser.key, demo=True)} >= {"planner", "auditor"}
    planner = choose(store, chooser.key, "planner", demo=True, origin=HERE)
    officer = choose(store, chooser.key, "officer", demo=True, origin=HERE, replaces=planner.key)
    assert find_actor(store, planner.key, "browser") is None
    assert find_actor(store, officer.key, "browser").roles == {"officer"}
    with pytest.raises(NotFound):
        choose(store, chooser.key, "alice", demo=True, origin=HERE)


def test_the_chooser_is_shut_outside_the_demo(store: Store):
    seed_demo_people(store)
    _, chooser = follow(store, link(store, demo=True), demo=True, origin=HERE)
    assert next_step(store, chooser.key, demo=False) is None
    with pytest.raises(NotSignedIn):
        choose(store, chooser.key, "planner", demo=False, origin=HERE)


def test_the_first_administrator_is_appointed_for_the_whole_country(store: Store):
    purpose, step = follow(store, link(store, demo=False), demo=False, origin=HERE)
    assert purpose == "appoint"
    opened = appoint(store, step.key, "keeper", "秦守一", FRESH, HERE)
    actor = find_actor(store, opened.key, "browser")
    assert actor is not None
    assert (actor.roles, actor.regions, actor.areas) == ({"security"}, (WHOLE_COUNTRY,), ("",))
    sign_in(store, "keeper", FRESH, HERE)
    assert invite(store, demo=False, by="os:root") is None, "there is one now"


def test_there_is_one_first_administrator(store: Store):
    links = [link(store, demo=False) for _ in range(3)]
    first, second = (follow(store, key, demo=False, origin=HERE)[1].key for key in links[:2])
    appoint(store, first, "keeper", "秦守一", FRESH, HERE)
    with pytest.raises(Conflict):
        appoint(store, second, "second", "第二人", FRESH, HERE)
    with pytest.raises(NotSignedIn):
        appoint(store, first, "third", "第三人", FRESH, HERE)
    with pytest.raises(NotFound):
        follow(store, links[2], demo=False, origin=HERE)


def test_a_weak_password_appoints_nobody_and_the_step_stays_open(store: Store):
    _, step = follow(store, link(store, demo=False), demo=False, origin=HERE)
    with pytest.raises(BadInput):
        appoint(store, step.key, "keeper", "秦守一", "short", HERE)
    appoint(store, step.key, "keeper", "秦守一", FRESH, HERE)


def test_a_person_gets_a_password_by_a_link_and_all_else_ends(store: Store):
    add_person(store, "alice")
    token = issue_token(store, "alice", 1, "os:test")
    with store.begin(SECURITY) as db:
        older = invite_person(db, KEEPER, "alice")
        key = invite_person(db, KEEPER, "alice")
    with pytest.raises(NotFound):
        follow(store, older, demo=False, origin=HERE)
    purpose, step = follow(store, key, demo=False, origin=HERE)
    assert purpose == "password"
    assert next_step(store, step.key, demo=False).username == "alice"
    opened = set_password(store, step.key, FRESH, HERE)
    assert find_actor(store, opened.key, "browser").username == "alice"
    assert find_actor(store, token, "token") is None
    with pytest.raises(NotSignedIn):
        set_password(store, step.key, "and yet another one", HERE)
    with pytest.raises(NotSignedIn):
        sign_in(store, "alice", PASSWORD, HERE)
    sign_in(store, "alice", FRESH, HERE)


def test_each_step_is_good_for_its_purpose_only(store: Store):
    seed_demo_people(store)
    _, chooser = follow(store, link(store, demo=True), demo=True, origin=HERE)
    for attempt in (
        lambda: set_password(store, chooser.key, FRESH, HERE),
        lambda: appoint(store, chooser.key, "keeper", "秦守一", FRESH, HERE),
        lambda: choices(store, "unknown", demo=True),
    ):
        with pytest.raises(NotSignedIn):
            attempt()


def test_no_key_is_on_record(store: Store):
    key = link(store, demo=True)
    _, chooser = follow(store, key, demo=True, origin=HERE)
    said = str(audit_rows(store))
    assert key not in said
    assert chooser.key not in said
