"""A published plan is wholly there or wholly not, also when PostgreSQL is killed in the middle."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from geo.boundaries import plans
from geo.boundaries.plans import requests as ask
from geo.errors import WanggeError
from geo.store.cluster import ensure_cluster
from geo.store.engine import Scope, Store
from tests.api.world import build
from tests.geo.crashing import answered, cluster_of_its_own, kill_database

TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
PLANNER = Scope("planner", ("990101",))
REVIEWER = Scope("reviewer", ("990101",))
AREA = "990101001001"
KILLS = 8


@pytest.fixture
def data() -> Iterator[Path]:
    """The folder of a cluster that may be killed."""
    with cluster_of_its_own() as folder:
        yield folder


def world_on(store: Store, day: date) -> set[str]:
    with store.begin(PLANNER) as db:
        return set(
            db.scalars(text("SELECT code FROM grid_at(:d) WHERE neighbourhood = :a"), {"d": day, "a": AREA})
        )


def submitted(store: Store, number: int) -> tuple[int, str]:
    """A plan that cuts the easternmost grid of today's and all published plans."""
    with store.begin(PLANNER) as db:
        code = db.scalar(
            text("SELECT code FROM grid_at(:d) WHERE neighbourhood = :a ORDER BY ST_XMax(geom) DESC LIMIT 1"),
            {"d": NEXT, "a": AREA},
        )
        x = 116.003 + 0.0007 * number
        plan = plans.create(db, AREA, f"第{number}次", TODAY)
        line = ask.Line(coordinates=[(x, 30.9), (x, 31.1)])
        plans.operate(db, plan, ask.Split(operation="split", cell=code, line=line), as_of=NEXT)
        plans.submit(db, plan, "planner", as_of=NEXT)
    return plan, code


def test_eight_kills_leave_nothing_half_published(data: Path, record_property) -> None:
    address = ensure_cluster(data)
    store = Store(address.url("wangge_app"))
    build(store)
    chance = random.Random(7)
    outcomes, back = [], []
    plan, _ = submitted(store, 0)
    began = time.monotonic()
    with store.begin(REVIEWER) as db:
        plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
    # the kills fall anywhere from before the first statement to after the commit, however slow the machine is
    lasts = 1.5 * (time.monotonic() - began)
    for number in range(1, KILLS + 1):
        plan, code = submitted(store, number)
        before = world_on(store, NEXT)
        acknowledged = Event()

        def publish(plan: int = plan, acknowledged: Event = acknowledged) -> None:
            try:
                with store.begin(REVIEWER) as db:
                    plans.publish(db, plan, "reviewer", NEXT, today=TODAY)
                acknowledged.set()
            except WanggeError:
                pass

        worker = Thread(target=publish)
        worker.start()
        time.sleep(chance.uniform(0, lasts))
        kill_database(data)
        worker.join()
        back.append(answered(store, PLANNER))
        after = world_on(store, NEXT)
        with store.begin(PLANNER) as db:
            state = plans.view(db, plan, TODAY)["state"]
        whole, nothing = code not in after and len(after) == len(before) + 1, after == before
        assert (state, whole, nothing) in {("published", True, False), ("submitted", False, True)}
        assert whole or not acknowledged.is_set(), "an acknowledged plan was lost"
        assert world_on(store, TODAY) == {f"{AREA}001"}
        outcomes.append(state)
    store.dispose()
    record_property("seconds_until_back", [round(seconds, 2) for seconds in back])
    record_property("outcomes", outcomes)
    print("back after", [round(seconds, 2) for seconds in back], outcomes)
