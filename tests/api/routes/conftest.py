"""An application on the demo district whose business date a test moves, and the hands that take a round through its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Scope, Store
from tests.api import world
from tests.api.conftest import add_person

DISTRICT = "990101000000"
LAST_MONTH = date(2026, 11, 1)
MONTH_0 = date(2023, 11, 1)
EVERYWHERE = Scope("os:test", ("",))


@dataclass
class Desk:
    """The application, the store under it, and clients of the people by name."""

    app: FastAPI
    store: Store
    clients: dict[str, TestClient] = field(default_factory=dict)

    def today(self, day: date) -> None:
        """Move the business date."""
        self.app.state.settings = self.app.state.settings.model_copy(update={"today": day})

    def user(self, name: str) -> TestClient:
        """The client of a person, with a token."""
        if name not in self.clients:
            headers = {"Authorization": f"Bearer {issue_token(self.store, name, 1, 'os:test')}"}
            self.clients[name] = TestClient(self.app, raise_server_exceptions=False, headers=headers)
        return self.clients[name]

    def get(self, address: str, who: str = "officer") -> Any:
        answer = self.user(who).get(address)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tag(self, number: int) -> dict[str, str]:
        """The If-Match of a round as it stands."""
        return {"If-Match": self.user("officer").get(f"/api/rounds/{number}").headers["ETag"]}

    def ask(self, number: int, step: str, who: str, body: Any = None, method: str = "POST") -> Any:
        """Ask for a step of a round from its present version; returns the answer."""
        address = f"/api/rounds/{number}/{step}"
        return self.user(who).request(method, address, json=body, headers=self.tag(number))

    def take(self, number: int, step: str, who: str, body: Any = None, method: str = "POST") -> Any:
        """Take a step of a round; returns the body."""
        answer = self.ask(number, step, who, body, method)
        assert answer.status_code in (200, 201), answer.text[:600]
        return answer.json()

    def vote(self, units: list[str], day: date = date(2023, 1, 1)) -> None:
        """Note that the owners of these units agreed and voted for it."""
        with self.store.begin(EVERYWHERE) as db:
            for table in ("community", "building_group"):
                change = db.scalar(
                    text(
                        "INSERT INTO change_set (kind, area, subject) VALUES ('correction', '990101', 'votes') RETURNING id"
                    )
                )
                columns = db.scalars(
                    text(
                        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'wangge' AND table_name = :t"
                        " AND column_name NOT IN ('id', 'recorded', 'opened_by', 'closed_by', 'area_m2', 'willing', 'vote')"
                    ),
                    {"t": table},
                )
                names = ", ".join(columns)
                db.execute(
                    text(
                        f"UPDATE {table} SET recorded = tstzrange(lower(recorded), now()), closed_by = :by"
                        " WHERE code = ANY (:units) AND upper_inf(recorded)"
                    ),
                    {"units": units, "by": change},
                )
                db.execute(
                    text(
                        f"INSERT INTO {table} ({names}, willing, vote, opened_by)"
                        f" SELECT {names}, true, 'passed', :by FROM {table} WHERE code = ANY (:units) AND closed_by = :by"
                    ),
                    {"units": units, "by": change},
                )


@pytest.fixture
def desk(demo_copy: Store, tmp_path: Path) -> Desk:
    """The demo at its last month; a test may move the day."""
    settings = Settings(data=tmp_path, demo=True, today=LAST_MONTH)
    app = create_app(settings, demo_copy)
    add_person(demo_copy, "officer2", ("officer",))
    add_person(demo_copy, "reviewer2", ("reviewer",))
    return Desk(app, demo_copy)


@pytest.fixture
def small(store: Store, tmp_path: Path) -> Desk:
    """The small world of the matrix, where one bidder is enough and no day of bidding is asked for."""
    world.build(store)
    add_person(store, "officer2", ("officer",))
    add_person(store, "reviewer2", ("reviewer",))
    desk = Desk(create_app(Settings(data=tmp_path, demo=True, today=LAST_MONTH), store), store)
    rules = {"least_bidders": 1, "least_days": 0}
    assert desk.user("officer").put(f"/api/districts/{DISTRICT}/bidding", json=rules).status_code == 200
    desk.vote([world.COMMUNITY, world.STAND_ALONE])
    return desk


RULES = {"area": f"{world.HERE}000", "households": [10, 1000]}
DEAL = {"package": 1, "kind": "regular", "start": "2026-11-01", "end": "2027-11-01"}


def draft_of(desk: Desk, name: str = "小批次", units: tuple[str, ...] = (world.COMMUNITY,)) -> int:
    """A draft in the small world with one package; returns its number."""
    body = {"name": name, "rules": RULES, "packages": [{"name": "甲", "units": list(units)}]}
    saved = desk.user("officer").post("/api/rounds", json=body)
    assert saved.status_code == 201, saved.text[:600]
    return int(saved.json()["id"])


def bid(firm: str = world.FIRM, price: int = 5_000_000, **more: Any) -> dict[str, Any]:
    """One bid for the first package."""
    return {"package": 1, "firm": firm, "price_fen": price, "score": "88.5",
            "received_at": "2026-11-01T09:00:00+08:00", **more}  # fmt: skip


WAY = ("submitted", "published", "opened", "awarded", "contracted", "closed")


def bring_to(desk: Desk, number: int, state: str) -> None:
    """Take a draft of the small world as far as a state."""
    if state == "voided":
        bring_to(desk, number, "submitted")
        desk.take(number, "void", "reviewer", {"remark": "废标"})
    elif state != "draft":
        for each in WAY[: WAY.index(state) + 1]:
            step_to(desk, number, each)


def step_to(desk: Desk, number: int, state: str) -> None:
    """Take the one step that leads to a state."""
    if state == "submitted":
        desk.take(number, "submit", "officer", {})
    elif state == "published":
        desk.take(number, "publish", "reviewer", {})
    elif state == "opened":
        desk.take(number, "open", "officer")
    elif state == "awarded":
        desk.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
        made = desk.take(number, "award", "officer")
        desk.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    elif state == "contracted":
        desk.take(number, "contract", "officer", DEAL)
    else:
        desk.take(number, "close", "officer", {})


def drawn(
    desk: Desk, name: str = "一轮", rules: dict[str, Any] | None = None, most: int | None = None
) -> dict[str, Any]:
    """A draft of the pool's packages as the engine proposes them, whose owners all voted; returns the round."""
    asked = {"area": DISTRICT, "effort": 0.2, "willing": "any", **(rules or {})}
    plan = desk.user("officer").post("/api/bundles", json=asked)
    assert plan.status_code == 200, plan.text
    ends = desk.get(f"/api/tender/expiring?region={DISTRICT}")["contracts"]
    followed = {each["unit"] for each in ends if each["successor"]}
    packages = [each for each in plan.json()["packages"] if set(each["members"]) - followed]
    lots = [{"name": each["id"], "units": each["members"]} for each in packages][:most]
    desk.vote([unit for lot in lots for unit in lot["units"]])
    saved = desk.user("officer").post("/api/rounds", json={"name": name, "rules": asked, "packages": lots})
    assert saved.status_code == 201, saved.text
    return saved.json()


def firms(desk: Desk, count: int = 5) -> list[str]:
    """Codes of firms that may bid today."""
    found = desk.get(f"/api/bidders?region={DISTRICT}")["firms"]
    return [each["code"] for each in found if not each["standing"]][:count]


def opened(desk: Desk, number: int, day: date, least_days: int = 20) -> date:
    """Take a draft as far as its opening; returns the day of it."""
    desk.take(number, "submit", "officer", {})
    desk.take(number, "publish", "reviewer", {})
    later = day + timedelta(days=least_days)
    desk.today(later)
    desk.take(number, "open", "officer", {})
    return later


def bids_for(desk: Desk, number: int, who: list[str], price: int = 10_000_000) -> list[dict[str, Any]]:
    """A bid of each firm for each package; the firm that stands first has most points, for package after package."""
    seen = desk.get(f"/api/rounds/{number}")
    return [
        {
            "package": lot["number"], "firm": firm, "price_fen": price + place * 1000 + lot["number"],
            "score": 90 - (place + lot["number"]) % len(who),
            "received_at": f"{seen['published_on']}T09:{place:02d}:00+08:00",
        }
        for lot in seen["packages"]
        for place, firm in enumerate(who)
    ]  # fmt: skip


def awarded(desk: Desk, number: int, who: list[str]) -> dict[str, Any]:
    """Write bids down, propose and confirm the award; returns the round."""
    desk.take(number, "bids", "officer", {"bids": bids_for(desk, number, who)}, "PUT")
    made = desk.take(number, "award", "officer")
    return desk.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})
