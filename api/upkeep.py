"""What the service does for itself while it serves: long work in a thread, room in the audit and a sweep once a day."""

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
from geo.ingest.matching import keeping
from geo.jobs import Worker
from geo.people import trail
from geo.settings import Settings
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
    pause = await _keep_house(store, settings)
    try:
        async with create_task_group() as tasks:
            tasks.start_soon(_every_day, store, settings, pause)
            yield
            tasks.cancel_scope.cancel()
    finally:
        for worker in workers:
            await run_sync(worker.stop)


async def _every_day(store: Store, settings: Settings, pause: float) -> None:
    while True:
        await sleep(pause)
        pause = await _keep_house(store, settings)


async def _keep_house(store: Store, settings: Settings) -> float:
    """Make the audit's next months, and sweep files of matchings; returns the seconds until it is to be done again."""
    try:
        await run_sync(trail.make_months, store)
        await run_sync(keeping.sweep, store, settings)
    except (WanggeError, OSError) as error:
        log.warning("room in the audit could not be made, or files not be swept: %s", error)
        return AGAIN
    return DAY
