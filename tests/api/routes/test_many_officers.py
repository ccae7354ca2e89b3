"""Fifty officers at work on ten rounds at once, against a served application: no edit is lost."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text

from geo.people.sessions import issue_token
from tests.api.conftest import add_person
from tests.api.routes.conftest import EVERYWHERE, Desk
from tests.api.routes.test_round_moves import large

OFFICERS, ROUNDS, EDITS = 50, 10, 4


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The application behind a real server on a free port of this machine; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(desk.app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class Officer:
    """One of the fifty: moves two units of his or her own in one round, and reads in between."""

    def __init__(
        self, base: str, token: str, number: int, units: list[str], lots: list[str], seed: int
    ) -> None:
        self.client = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self.number, self.units, self.lots = number, units, lots
        self.chance = random.Random(seed)
        self.kept: dict[str, str] = {}
        self.done = self.refused = 0

    def work(self) -> None:
        with self.client:
            self._work()

    def _work(self) -> None:
        version = 1
        while self.done < EDITS:
            unit, to = self.chance.choice(self.units), self.chance.choice(self.lots)
            version = self.move(unit, to, version)
            if self.chance.random() < 0.3:
                read = self.chance.choice(("", "/changes?since=1", "/money", "/history"))
                answer = self.client.get(f"/api/rounds/{self.number}{read}")
                assert answer.status_code in (200, 503), answer.text[:200]

    def move(self, unit: str, to: str, version: int) -> int:
        """Move until it is taken: after a 412, on the other version that came with it (keep mine)."""
        while True:
            answer = self.client.post(
                f"/api/rounds/{self.number}/moves",
                json={"moves": [{"unit": unit, "to": to}]},
                headers={"If-Match": f'"{version}"'},
            )
            if answer.status_code == 200:
                self.kept[unit], self.done = to, self.done + 1
                return int(answer.json()["version"])
            self.refused += 1
            if answer.status_code == 412:
                told = answer.json()
                assert told["changes"], "a conflict says what the others did"
                version = told["current"]["version"]
            else:
                assert answer.status_code == 503, answer.text[:200]  # busy: told so, and asked again
                time.sleep(0.2)


def test_fifty_officers_on_ten_rounds_lose_no_edit(desk: Desk, record_property: Any) -> None:
    drafts = [large(desk, 60, f"批次{place}") for place in range(ROUNDS)]
    with served(desk) as base:
        officers = [
            Officer(
                base,
                _token(desk, f"officer-{place}"),
                draft["id"],
                *_share(draft, place // ROUNDS),
                seed=place,
            )
            for place in range(OFFICERS)
            for draft in (drafts[place % ROUNDS],)
        ]
        with ThreadPoolExecutor(OFFICERS) as pool:
            for task in [pool.submit(each.work) for each in officers]:
                task.result()
    done = sum(each.done for each in officers)
    assert done == OFFICERS * EDITS
    for draft in drafts:
        mine = [each for each in officers if each.number == draft["id"]]
        seen = desk.get(f"/api/rounds/{draft['id']}")
        place = {unit: lot["name"] for lot in seen["packages"] for unit in lot["members"]}
        for each in mine:
            assert {unit: place[unit] for unit in each.kept} == each.kept
        # every acknowledged edit is a version of its own, on record with who made it
        assert seen["version"] == 1 + sum(each.done for each in mine)
        told = desk.get(f"/api/rounds/{draft['id']}/changes?since=1")["changes"]
        assert [each["version"] for each in told] == list(range(2, seen["version"] + 1))
        assert len({each["actor"] for each in told}) == len(mine)
        assert replayed(draft, told) == place
    with desk.store.begin(EVERYWHERE) as db:
        assert db.scalar(text("SELECT count(*) FROM unit_service s WHERE NOT EXISTS (SELECT 1 FROM package_unit u"
                              " WHERE u.round = s.round AND u.unit = s.unit AND u.package = s.package)")) == 0  # fmt: skip
    refused = sum(each.refused for each in officers)
    record_property("refused", refused)
    print(f"{done} edits kept, {refused} refused and made again")


def replayed(draft: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, str]:
    """Unit → package after all changes on record, one after the other."""
    place = {unit: lot["name"] for lot in draft["packages"] for unit in lot["members"]}
    for change in changes:
        for move in change["what"]["moves"]:
            assert place[move["unit"]] == move["from"], "a change begins where the one before ended"
            place[move["unit"]] = move["to"]
    return place


def _share(draft: dict[str, Any], part: int) -> tuple[list[str], list[str]]:
    """Two units that nobody else moves, and the packages of the round."""
    units = [unit for lot in draft["packages"] for unit in lot["members"]]
    return units[2 * part : 2 * part + 2], [lot["name"] for lot in draft["packages"]]


def _token(desk: Desk, name: str) -> str:
    add_person(desk.store, name, ("officer",))
    return issue_token(desk.store, name, 1, "os:test")
