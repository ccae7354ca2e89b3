"""What the service does for itself while it serves: long work in a thread, and room in the audit once a day."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import create_task_group, sleep
from anyio.to_thread import run_sync
from fastapi import FastAPI

from api import papers
from geo.boundaries.plans import suggesting
from geo.errors import WanggeError
from geo.ingest import uploads
from geo.jobs import Worker
from geo.people import trail
from geo.store.engine import Store
from geo.tender import work

log = logging.getLogger(__name__)

DAY: Final = 24 * 3600.0
AGAIN: Final = 60.0
"""Seconds until a step that failed is tried again."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Work as long as the application serves."""
    store: Store = app.state.store
    settings = app.state.settings
    # A thread each: packages do not wait behind a city's import, nor the other way round.
    workers = [Worker(store, kind.handlers(store, settings)) for kind in (uploads, work, suggesting, papers)]
    for worker in workers:
        worker.start()
    pause = await _make_months(store)
    try:
        async with create_task_group() as tasks:
            tasks.start_soon(_every_day, store, pause)
            yield
            tasks.cancel_scope.cancel()
    finally:
        for worker in workers:
            await run_sync(worker.stop)


async def _every_day(store: Store, pause: float) -> None:
    while True:
        await sleep(pause)
        pause = await _make_months(store)


async def _make_months(store: Store) -> float:
    """Make the audit's next months; returns the seconds until it is to be done again."""
    try:
        await run_sync(trail.make_months, store)
    except WanggeError as error:
        log.warning("the audit's next month could not be made: %s", error.message)
        return AGAIN
    return DAY
