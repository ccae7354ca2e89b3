"""Every step of a round is wholly there or wholly not, also when PostgreSQL is killed in the middle of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.boundaries import editing
from geo.boundaries.layers import Moment
from geo.errors import WanggeError
from geo.settings import CHINA_TIME
from geo.store.cluster import ensure_cluster
from geo.store.engine import Scope, Store
from geo.tender import awarding, bids, contracts, moves, rounds, steps
from geo.tender.rules import BundleRules
from geo.tender.settings import Bidding, set_bidding
from tests.api.world import COMMUNITY, FIRM, HERE, STAND_ALONE, build
from tests.geo.crashing import answered, cluster_of_its_own, kill_database

TODAY = date(2026, 11, 1)
OFFICER, REVIEWER = Scope("officer", ("990101",)), Scope("reviewer", ("990101",))
TIMES = 2
SEEN = text("""
SELECT r.state, r.version, r.proposal IS NOT NULL AS proposed,
       (SELECT string_agg(p.state, ',' ORDER BY p.number) FROM package p WHERE p.round = r.id) AS packages,
       (SELECT count(*) FROM package_unit u WHERE u.round = r.id) AS units,
       (SELECT count(*) FROM unit_service u WHERE u.round = r.id AND u.live) AS live,
       (SELECT count(*) FROM bid b WHERE b.round = r.id) AS bids,
       (SELECT count(*) FROM contract c WHERE c.round = r.id) AS contracts,
       (SELECT max(c.version) FROM round_change c WHERE c.round = r.id) AS told,
       (SELECT count(*) FROM service_period s JOIN package_unit u ON u.unit = s.unit AND u.round = r.id
         WHERE upper_inf(s.recorded) AND s.mode = 'market') AS periods
  FROM tender_round r WHERE r.id = :n""")
Act = Callable[[Session, int, int], Any]


def hand(actor: str, version: int) -> steps.Hand:
    return steps.Hand(actor, TODAY, version)


def received() -> list[bids.Received]:
    moment = datetime(2026, 11, 1, 9, tzinfo=CHINA_TIME)
    return [bids.Received(package=1, firm=FIRM, price_fen=1_000_000, score=Decimal(90), received_at=moment)]


def signed(unit_days: int) -> contracts.Signing:
    return contracts.Signing(package=1, start=TODAY, end=date(2027, 11, unit_days))


STEPS: tuple[tuple[str, Scope, Act], ...] = (
    ("edit", OFFICER, lambda db, n, v: moves.edit(db, n, v, "officer", moves.Edit.model_validate(
        {"moves": [{"unit": STAND_ALONE, "to": "甲"}]}))),
    ("submit", OFFICER, lambda db, n, v: steps.submit(db, n, hand("officer", v), None, ending_days=90)),
    ("publish", REVIEWER, lambda db, n, v: steps.publish(db, n, hand("reviewer", v), None, ending_days=90)),
    ("open", OFFICER, lambda db, n, v: steps.open_bids(db, n, hand("officer", v))),
    ("bids", OFFICER, lambda db, n, v: bids.write(db, n, hand("officer", v), received())),
    ("propose", OFFICER, lambda db, n, v: awarding.propose(db, n, hand("officer", v))),
    ("confirm", REVIEWER, lambda db, n, v: awarding.confirm(
        db, n, hand("reviewer", v), awarding.shown(db, n, TODAY)["hash"])),
    ("contract", OFFICER, lambda db, n, v: contracts.sign(db, n, hand("officer", v), signed(1))),
    ("close", OFFICER, lambda db, n, v: steps.close(db, n, hand("officer", v), None)),
)  # fmt: skip


@pytest.fixture
def data() -> Iterator[Path]:
    """The folder of a cluster that may be killed."""
    with cluster_of_its_own() as folder:
        yield folder


def ready(store: Store) -> int:
    """A draft in the small world that the gate lets through once both units are in; returns its number."""
    build(store)
    with store.begin(Scope("os:test", ("",))) as db:
        set_bidding(db, "990101000000", Bidding(least_bidders=1, least_days=0))
        for code in (COMMUNITY, STAND_ALONE):
            version = editing.form(db, code, Moment(TODAY)).version
            editing.save(db, code, version, {"vote": "passed"}, as_of=TODAY, from_date=None)
    rules = BundleRules(
        area=f"{HERE}000", households=(10, 1000), gap=5000, barriers=(), willing="any", added=(STAND_ALONE,)
    )
    draft = rounds.Draft(name="一轮", rules=rules, packages=[rounds.Lot(name="甲", units=[COMMUNITY])])
    with store.begin(OFFICER) as db:
        return rounds.save_new(db, draft, TODAY, ending_days=90)


def seen(store: Store, number: int) -> dict[str, Any]:
    with store.begin(OFFICER) as db:
        return dict(db.execute(SEEN, {"n": number}).mappings().one())


def test_kills_between_any_two_steps_leave_one_state_or_the_other(data: Path, record_property: Any) -> None:
    store = Store(ensure_cluster(data).url("wangge_app"))
    number = ready(store)
    chance, outcomes = random.Random(11), []
    for name, scope, act in STEPS:
        whole = _whole(store, number, scope, act)
        for _ in range(TIMES):
            before = seen(store, number)
            done = Event()

            def step(
                scope: Scope = scope, act: Act = act, version: int = before["version"], done: Event = done
            ) -> None:
                try:
                    with store.begin(scope) as db:
                        act(db, number, version)
                    done.set()
                except WanggeError:
                    pass

            worker = Thread(target=step)
            worker.start()
            time.sleep(chance.uniform(0, 0.06))
            kill_database(data)
            worker.join()
            answered(store, OFFICER)
            after = seen(store, number)
            assert after in (before, whole), (name, before, after, whole)
            assert after == whole or not done.is_set(), f"an acknowledged {name} was lost"
            outcomes.append((name, "after" if after == whole else "before"))
            if after == whole:
                break
        if seen(store, number) != whole:
            with store.begin(scope) as db:
                act(db, number, before["version"])
        assert seen(store, number) == whole, name
    store.dispose()
    record_property("outcomes", outcomes)
    print(outcomes)


def _whole(store: Store, number: int, scope: Scope, act: Act) -> dict[str, Any]:
    """What the step leads to, seen inside a transaction that is then given up."""

    class GivenUp(Exception):
        """No error: it only rolls back."""

    found: dict[str, Any] = {}
    try:
        with store.begin(scope) as db:
            version = db.execute(SEEN, {"n": number}).mappings().one()["version"]
            act(db, number, version)
            found = dict(db.execute(SEEN, {"n": number}).mappings().one())
            raise GivenUp
    except GivenUp:
        return found
