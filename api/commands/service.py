"""`wangge up | serve | down | reset`: the service of one data folder on this machine."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import webbrowser
from importlib import import_module
from pathlib import Path

from api.commands import running
from api.commands.people import address, who
from api.demo import demo_settings, load_demo
from api.opening import open_store
from geo.errors import WanggeError
from geo.people.links import invite
from geo.settings import ENV_FILE, Settings, load_settings
from geo.store.cluster import stop_cluster

WAIT_S = 60.0
LOG = "service.log"
UPLOADS = frozenset({"uploads", "matchings"})
"""`geo.ingest.uploads.FOLDER` and `geo.ingest.matching.keeping.FOLDER`, not imported: they bring the readers."""
UPLOAD = re.compile(r"[0-9a-f]{32}")
OURS = frozenset({
    "postgres", "postgres.init", "postgres.lock", "postgres.live", "code.digest", "demo-files",
    ENV_FILE, LOG, running.CACHE, *UPLOADS, running.NOTE, f"{running.NOTE}.new", running.LOCK,
})  # fmt: skip
"""Every name that the service, its database and `./run` make in the data folder; `reset` deletes no other."""


class ServiceError(WanggeError):
    """The service cannot be started or stopped; says what to do."""

    status, type, title = 503, "service", "The service cannot do this"


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the four commands."""
    up = chosen.add_parser(
        "up", help="start everything, load the demo where there is nothing, print the address"
    )
    up.add_argument("--no-open", action="store_true", help="do not open a browser")
    up.add_argument("--foreground", action="store_true", help="serve in this process, for containers")
    up.set_defaults(run=bring_up)
    serve = chosen.add_parser("serve", help="serve in the foreground")
    serve.set_defaults(run=run_service)
    down = chosen.add_parser("down", help="end the service and its private database")
    down.set_defaults(run=bring_down)
    reset = chosen.add_parser("reset", help="end the service and delete its data")
    reset.add_argument("--yes", action="store_true", required=True, help="yes, delete")
    reset.set_defaults(run=delete_everything)


def bring_up(arguments: argparse.Namespace, settings: Settings) -> int:
    """Start, migrate, load the demo into an empty installation, serve, and print the address with a link."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with running.only_one(settings.data):
        already = running.of(settings.data)
        store = open_store(settings, migrate=already is None)
        settings = demo_settings(store, settings)
        if settings.demo and already is None:
            load_demo(store, settings, _say)
        if arguments.foreground:
            _print_link(settings, invite(store, demo=settings.demo, by=who()))
            store.dispose()
            return run_service(arguments, settings)
        if already is None:
            _start(settings)
        elif already.port != settings.port:
            raise ServiceError(
                f"the service of {settings.data} already runs on port {already.port}; end it first with ./run stop"
            )
        key = invite(store, demo=settings.demo, by=who())
        store.dispose()
    link = _print_link(settings, key)
    if not arguments.no_open and os.environ.get("DISPLAY"):
        webbrowser.open(link)
    return 0


def run_service(_arguments: argparse.Namespace, _settings: Settings) -> int:
    """Serve until told to stop, and keep the private database up meanwhile."""
    # Imported late: `up` and `down` do without the application, its maps and its solvers.
    import_module("api.serving").serve(load_settings())
    return 0


def bring_down(_arguments: argparse.Namespace, settings: Settings) -> int:
    """End the service, then its private database. What does not run is fine."""
    running.end(settings.data)
    if settings.database_url is None and settings.data.is_dir():
        stop_cluster(settings.data)
    return 0


def delete_everything(arguments: argparse.Namespace, settings: Settings) -> int:
    """End the service and delete what it made in its data folder; all else stays, a foreign database too."""
    bring_down(arguments, settings)
    if settings.data.is_dir():
        for entry in sorted(settings.data.iterdir()):
            if entry.name in OURS:
                _delete(entry)
        left = sorted(entry.name for entry in settings.data.iterdir())
        if left:
            _say(f"left in {settings.data}, because the service did not make it: {', '.join(left)}")
    if settings.database_url is not None:
        _say("the database behind WANGGE_DATABASE_URL was left as it is")
    return 0


def _delete(entry: Path) -> None:
    """Delete a file or a folder of ours; a folder with a name that others use too loses only our files."""
    if entry.is_symlink() or not entry.is_dir():
        entry.unlink()
    elif entry.name not in UPLOADS:
        shutil.rmtree(entry)
    else:
        for file in entry.iterdir():
            if UPLOAD.fullmatch(file.name):
                file.unlink()
        if not any(entry.iterdir()):
            entry.rmdir()


def _start(settings: Settings) -> None:
    """Start `wangge serve` apart from this process and wait until it answers."""
    if running.somebody_listens(settings.host, settings.port):
        raise ServiceError(f"port {settings.port} is taken by another program; choose one with WANGGE_PORT")
    log = settings.data / LOG
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from api.cli import main; sys.exit(main())", "serve"],
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True, cwd="/",
        )  # fmt: skip
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if running.healthy(address(settings)):
            return
        if process.poll() is not None:
            raise ServiceError(f"the service ended at once: {_last_line(log)} (all of it: {log})")
        time.sleep(0.1)
    process.terminate()
    raise ServiceError(f"the service did not answer within {WAIT_S:.0f} s; see {log}")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _print_link(settings: Settings, key: str | None) -> str:
    """Print where the service is; with a key, the link that signs in once."""
    link = f"{address(settings)}/enter?key={key}" if key else address(settings)
    note = "(one-time link / 一次性登录链接)" if key else "(sign in / 请登录)"
    sys.stdout.write(f"\nwangge 网格 {address(settings)}\n{link}  {note}\n")
    sys.stdout.flush()
    return link


def _say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()
