from __future__ import annotations

import string
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadInput, Busy
from geo.people import passwords
from geo.people.passwords import LONGEST, check_rules, hash_password, matches


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "abcdefghijkl",
        "Abcdefg1",
        "abcdef1!",
        "ABCDEF1!",
        "网格化治理口令十二个字呢",
        "密码Abcde1",
    ],
)
def test_good_passwords_are_taken(password: str):
    check_rules(password, "somebody")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "abcdefgh",
        "abcdefg1",
        "ABCDEFGH1",
        "aaaaaaaaaaaaaaaa",
        "somebody-else-1",
        "SOMEBODY-else-1",
        "x" * 300,
    ],
)
def test_weak_passwords_are_refused_and_not_repeated(password: str):
    with pytest.raises(BadInput) as refusal:
        check_rules(password, "somebody")
    assert refusal.value.field == "password"
    assert not password or password not in refusal.value.message


@given(st.text(alphabet=string.ascii_lowercase + string.digits, max_size=11))
def test_two_classes_need_twelve_characters(password: str):
    with pytest.raises(BadInput):
        check_rules(password, "Ω")


def test_a_hash_is_argon2id_of_64_mib_and_salted():
    first, second = hash_password("correct horse battery"), hash_password("correct horse battery")
    assert first.startswith("$argon2id$v=19$m=65536,")
    assert first != second
    assert matches("correct horse battery", first)
    assert not matches("correct horse batterY", first)


def test_without_a_hash_nothing_matches_but_the_work_is_done(monkeypatch: pytest.MonkeyPatch):
    worked: list[str] = []
    real = passwords._hasher.verify
    monkeypatch.setattr(passwords._hasher, "verify", lambda *told: worked.append(told[1]) or real(*told))
    assert not matches("nobody has this password", None)
    assert [stored[:30] for stored in worked] == [hash_password("x")[:30]], (
        "the same cost as for a known name"
    )


def test_a_very_long_password_is_never_right():
    stored = hash_password("y" * LONGEST)
    assert not matches("y" * (LONGEST + 1), stored)


def test_who_comes_after_four_who_wait_is_refused_at_once(monkeypatch: pytest.MonkeyPatch):
    """Each who waits holds a thread that others need; nobody may take them all."""
    monkeypatch.setattr(passwords, "_PATIENCE_SECONDS", 300.0)
    let_go, inside = threading.Event(), threading.Semaphore(0)

    def hold() -> str:
        with passwords.place():
            inside.release()
            let_go.wait()
        return "through"

    with ThreadPoolExecutor(6) as threads:
        try:
            through = [threads.submit(hold) for _ in range(6)]
            inside.acquire()
            inside.acquire()
            while passwords._line._value:  # until the other four stand in line
                pass
            for _ in range(60):
                with pytest.raises(Busy), passwords.place():
                    pass
        finally:
            let_go.set()
        assert [each.result() for each in through] == ["through"] * 6
    with passwords.place():
        pass
