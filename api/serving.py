"""Serves the application in the foreground, and keeps the private database up meanwhile."""

from __future__ import annotations

import os
import threading

import uvicorn

from api.app import create_app
from api.commands import running
from api.opening import open_store
from geo.bundling import warm
from geo.settings import Settings
from geo.store.cluster import supervise


def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    store = open_store(settings, migrate=True)
    stop = threading.Event()
    # what this service compiles for itself lies with its data, not in a home that it may not have
    os.environ.setdefault("XDG_CACHE_HOME", str(settings.data / running.CACHE))
    warm.in_background()
    if settings.database_url is None:
        threading.Thread(target=supervise, args=(settings.data, stop), name="supervisor", daemon=True).start()
    config = uvicorn.Config(
        create_app(settings, store),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )
    with running.noted(settings.data, settings.port):
        uvicorn.Server(config).run()
    stop.set()
    store.dispose()
