"""Signing in, lockout, and what ends a session: rows 1 and 2 of the security checklist."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from geo.errors import BadInput, Busy, NotFound, NotSignedIn
from geo.people import passwords
from geo.people.sessions import Opened, find_actor, hash_of, issue_token
from geo.people.signing import REFUSAL, TRIES, change_password, sign_in, sign_out
from geo.people.trail import Origin
from geo.store.engine import Scope, Store
from tests.geo.people.conftest import PASSWORD, add_person, audit_rows

HERE = Origin("request-1", "192.0.2.7")
AUTH = Scope(actor="os:test", duty="auth")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody wait for a place, however slow the machine."""
    monkeypatch.setattr(passwords, "_PATIENCE_SECONDS", 300.0)
    monkeypatch.setattr(passwords, "_line", threading.BoundedSemaphore(100))


def fail(store: Store, username: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(NotSignedIn, match=REFUSAL):
            sign_in(store, username, "wrong " * 3, HERE)


def change(store: Store, statement: str, **values: object) -> None:
    with store.begin(Scope(actor="os:test", duty="security")) as db:
        db.execute(text(statement), values)


def test_a_right_password_opens_a_session_with_roles_and_areas(store: Store, alice: str):
    opened = sign_in(store, alice, PASSWORD, HERE)
    actor = find_actor(store, opened.key, "browser")
    assert actor is not None
    assert (actor.username, actor.roles, actor.areas) == ("alice", {"planner"}, ("990101",))
    assert actor.csrf == opened.csrf
    assert find_actor(store, opened.key, "token") is None, "a cookie's key is no bearer token"
    assert find_actor(store, opened.key + "x", "browser") is None


def test_the_database_never_holds_a_key(store: Store, alice: str):
    opened = sign_in(store, alice, PASSWORD, HERE)
    with store.begin(AUTH) as db:
        rows = db.execute(text("SELECT session::text AS said, token_hash FROM session")).all()
    assert [bytes(row.token_hash) for row in rows] == [hash_of(opened.key)]
    assert opened.key not in rows[0].said


def test_five_failures_lock_and_the_right_password_is_refused(store: Store, alice: str):
    fail(store, alice, TRIES)
    with pytest.raises(NotSignedIn, match=REFUSAL):
        sign_in(store, alice, PASSWORD, HERE)


def test_four_failures_do_not_and_success_starts_anew(store: Store, alice: str):
    for _ in range(3):
        fail(store, alice, TRIES - 1)
        sign_in(store, alice, PASSWORD, HERE)


def test_the_count_survives_a_restart(store: Store, databases, database: str, alice: str):
    fail(store, alice, TRIES - 1)
    other = Store(databases.url(database))
    fail(other, alice)
    with pytest.raises(NotSignedIn):
        sign_in(other, alice, PASSWORD, HERE)
    other.dispose()


def test_guesses_at_the_same_time_are_counted_one_by_one(store: Store, alice: str, patience: None):
    """Twenty guesses at once, the last one right: no more than five may ever be looked at."""

    def guess(number: int) -> bool:
        try:
            sign_in(store, alice, f"a wrong guess {number}", Origin(str(number), f"192.0.2.{number}"))
        except NotSignedIn:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert not any(threads.map(guess, range(20)))
    with store.begin(AUTH) as db:
        row = db.execute(text("SELECT failures, locked_at FROM person")).one()
    assert row.failures == TRIES
    assert row.locked_at is not None
    assert len(audit_rows(store, "lockout")) == 1
    with pytest.raises(NotSignedIn):
        sign_in(store, alice, PASSWORD, HERE)


def test_a_right_password_among_wrong_ones_keeps_its_owner_in(store: Store, alice: str, patience: None):
    """Four wrong and one right at the same time: whichever order, nobody is left half-locked."""
    words = [PASSWORD, *(f"a wrong guess {n}" for n in range(TRIES - 1))]

    def guess(word: str) -> bool:
        try:
            sign_in(store, alice, word, HERE)
        except NotSignedIn:
            return False
        return True

    with ThreadPoolExecutor(TRIES) as threads:
        won = list(threads.map(guess, words))
    with store.begin(AUTH) as db:
        row = db.execute(text("SELECT failures, locked_at FROM person")).one()
    assert not any(won[1:])
    assert won[0] == (row.locked_at is None)


def test_unknown_names_disabled_people_and_people_without_password_get_the_same_sentence(
    store: Store, alice: str
):
    add_person(store, "bob", password=None)
    change(store, "UPDATE person SET disabled = true WHERE username = 'alice'")
    for name in ("nobody", "bob", "alice", "'; DROP TABLE person --", "", "名字"):
        with pytest.raises(NotSignedIn, match=REFUSAL):
            sign_in(store, name, PASSWORD, HERE)


def test_each_try_is_on_record_without_what_was_typed(store: Store, alice: str):
    sign_in(store, alice, PASSWORD, HERE)
    fail(store, alice)
    fail(store, "my-password-in-the-wrong-field")
    rows = audit_rows(store, "sign-in")
    assert [(row["actor"], row["success"]) for row in rows] == [
        ("alice", True),
        ("alice", False),
        ("unknown", False),
    ]
    assert {(row["request_id"], row["source"]) for row in rows} == {("request-1", "192.0.2.7")}
    assert "my-password" not in str(rows)
    assert PASSWORD not in str(rows)


def test_signing_in_again_replaces_the_session(store: Store, alice: str):
    first = sign_in(store, alice, PASSWORD, HERE)
    second = sign_in(store, alice, PASSWORD, HERE, replaces=first.key)
    assert first.key != second.key
    assert find_actor(store, first.key, "browser") is None
    assert find_actor(store, second.key, "browser") is not None


def test_signing_out_ends_this_session_only(store: Store, alice: str):
    first, second = sign_in(store, alice, PASSWORD, HERE), sign_in(store, alice, PASSWORD, HERE)
    sign_out(store, alice, first.key, HERE)
    assert find_actor(store, first.key, "browser") is None
    assert find_actor(store, second.key, "browser") is not None


def opened_and_token(store: Store, username: str) -> tuple[Opened, str]:
    return sign_in(store, username, PASSWORD, HERE), issue_token(store, username, 1, "os:test")


def test_a_new_password_ends_everything_else(store: Store, alice: str):
    old, token = opened_and_token(store, alice)
    fresh = change_password(store, alice, PASSWORD, "another good one", HERE)
    assert find_actor(store, old.key, "browser") is None
    assert find_actor(store, token, "token") is None
    assert find_actor(store, fresh.key, "browser") is not None
    fail(store, alice)
    sign_in(store, alice, "another good one", HERE)


@pytest.mark.parametrize(("current", "fresh"), [(PASSWORD, "short"), (PASSWORD, PASSWORD)])
def test_a_weak_or_an_old_password_changes_nothing(store: Store, alice: str, current: str, fresh: str):
    old, token = opened_and_token(store, alice)
    with pytest.raises(BadInput):
        change_password(store, alice, current, fresh, HERE)
    assert find_actor(store, old.key, "browser") is not None
    assert find_actor(store, token, "token") is not None


def test_a_wrong_current_password_counts_towards_lockout(store: Store, alice: str):
    for _ in range(TRIES):
        with pytest.raises(NotSignedIn):
            change_password(store, alice, "not the current one", "another good one", HERE)
    with pytest.raises(NotSignedIn):
        sign_in(store, alice, PASSWORD, HERE)


def test_a_disabled_person_is_out_at_once(store: Store, alice: str):
    opened, token = opened_and_token(store, alice)
    change(store, "UPDATE person SET disabled = true WHERE username = 'alice'")
    assert find_actor(store, opened.key, "browser") is None
    assert find_actor(store, token, "token") is None


@pytest.mark.parametrize(
    ("age", "column", "alive"),
    [("29 minutes", "seen_at", True), ("31 minutes", "seen_at", False)],
)
def test_an_idle_session_ends_and_a_used_one_does_not(
    store: Store, alice: str, age: str, column: str, alive: bool
):
    opened = sign_in(store, alice, PASSWORD, HERE)
    change(store, "UPDATE session SET seen_at = clock_timestamp() - CAST(:age AS interval)", age=age)
    assert (find_actor(store, opened.key, "browser") is not None) == alive
    with store.begin(AUTH) as db:
        fresh = db.scalar(text("SELECT seen_at > clock_timestamp() - interval '1 minute' FROM session"))
    assert fresh == alive, "being used is noted"


def test_no_session_outlives_twelve_hours(store: Store, alice: str):
    opened = sign_in(store, alice, PASSWORD, HERE)
    with store.begin(AUTH) as db:
        left = db.scalar(text("SELECT expires_at - clock_timestamp() <= interval '12 hours' FROM session"))
    assert left
    change(store, "UPDATE session SET expires_at = clock_timestamp() - interval '1 second'")
    assert find_actor(store, opened.key, "browser") is None


def test_a_token_lives_its_days_and_needs_a_person(store: Store, alice: str):
    token = issue_token(store, alice, 2, "os:root")
    change(store, "UPDATE session SET seen_at = clock_timestamp() - interval '1 day'")
    assert find_actor(store, token, "token") is not None, "a script may rest"
    change(store, "UPDATE session SET expires_at = clock_timestamp()")
    assert find_actor(store, token, "token") is None
    with pytest.raises(NotFound):
        issue_token(store, "nobody", 1, "os:root")
    assert [(row["actor"], row["object"]) for row in audit_rows(store, "token")] == [("os:root", "alice")]


def test_a_password_comes_of_age_where_the_setting_says_so(store: Store, alice: str):
    opened, token = opened_and_token(store, alice)
    change(store, "UPDATE person SET password_changed_at = clock_timestamp() - interval '91 days'")
    due = [find_actor(store, opened.key, "browser", days).must_change_password for days in (0, 90, 100)]
    assert due == [False, True, False]
    assert not find_actor(store, token, "token", 90).must_change_password


def test_people_sign_in_while_a_long_import_is_under_way(store: Store, alice: str):
    """The chain of the audit is one: who holds its lock for a whole import keeps everybody else out."""
    with store.begin(Scope("os:test", areas=("",))) as db:
        db.execute(
            text("INSERT INTO change_set (kind, area, subject) VALUES ('import', '990101', 'communities')")
        )
        sign_in(store, alice, PASSWORD, HERE)
    actions = [row["action"] for row in audit_rows(store) if row["action"] in {"sign-in", "import"}]
    assert actions == ["sign-in", "import"]


def test_who_finds_no_place_to_be_looked_at_has_not_tried(
    store: Store, alice: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(passwords, "_PATIENCE_SECONDS", 0.01)
    with passwords.place(), passwords.place():
        for _ in range(TRIES + 1):
            with pytest.raises(Busy):
                sign_in(store, alice, PASSWORD, HERE)
    sign_in(store, alice, PASSWORD, HERE)
