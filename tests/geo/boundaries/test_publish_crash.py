"""A published plan is wholly there or wholly not, also when PostgreSQL is killed in the middle."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest
from shapely import LineString
from sqlalchemy import text

from geo.boundaries import plans
from geo.errors import WanggeError
from geo.store.cluster import ensure_cluster, stop_cluster, supervise
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare
from tests.api.world import build

TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
PLANNER = Scope("planner", ("990101",))
REVIEWER = Scope("reviewer", ("990101",))
AREA = "990101001001"
KILLS = 8


@pytest.fixture
def data() -> Iterator[Path]:
    """A cluster of its own, in a folder that its user can enter, and a supervisor that brings it back."""
    base = Path(tempfile.mkdtemp(prefix="wangge-crash-"))
    base.chmod(0o755)
    data, stop = base / "data", Event()
    prepare(ensure_cluster(data).url("postgres"))
    keeper = Thread(target=supervise, args=(data, stop))
    keeper.start()
    yield data
    stop.set()
    keeper.join()
    stop_cluster(data)
    shutil.rmtree(base)


def kill_database(data: Path) -> None:
    """SIGKILL the postmaster and every process of its group, as the machine's out-of-memory killer might."""
    pid = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and parent_of(entry) == pid
    ]
    for each in (pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def parent_of(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None


def answered(store: Store) -> float:
    """Wait until the database answers again; returns the seconds that took."""
    began = time.monotonic()
    while True:
        try:
            with store.begin(PLANNER) as db:
                db.execute(text("SELECT 1"))
            return time.monotonic() - began
        except WanggeError:
            assert time.monotonic() - began < 60, "the database did not come back"
            time.sleep(0.1)


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
        plans.split_grid(db, plan, code, LineString([(x, 30.9), (x, 31.1)]), as_of=NEXT, preview=False)
        plans.submit(db, plan, "planner")
    return plan, code


def test_eight_kills_leave_nothing_half_published(data: Path, record_property) -> None:
    address = ensure_cluster(data)
    store = Store(address.url("wangge_app"))
    build(store)
    chance = random.Random(7)
    outcomes, back = [], []
    for number in range(KILLS):
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
        time.sleep(chance.uniform(0, 0.08))
        kill_database(data)
        worker.join()
        back.append(answered(store))
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
