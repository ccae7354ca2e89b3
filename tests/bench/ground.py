"""A demo installation of its own to measure on, started by the same command as anybody's."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg2
from sqlalchemy import event, make_url

from geo.settings import Settings
from geo.store.cluster import ClusterAddress, ensure_cluster
from geo.store.engine import APP_ROLE, Scope, Store

WANGGE = Path(sys.executable).parent / "wangge"
SCOPE = Scope(actor="supervisor", areas=("990101",))
"""Who everybody in a table is: the same role under the same policies."""


@dataclass
class Ground:
    """A running demo: its folder, port, database, and how long it took to come up."""

    data: Path
    port: int
    cold_s: float
    address: ClusterAddress = field(init=False)
    store: Store = field(init=False)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.address = ensure_cluster(self.data)
        self.store = Store(self.address.url(APP_ROLE))
        self.settings = Settings(data=self.data, min_free_share=0.0, demo=True, today="2026-11-01")  # type: ignore[arg-type]  # pydantic parses it

    @property
    def service(self) -> int:
        """The process that serves."""
        return int(json.loads((self.data / "service.json").read_text())["pid"])

    def wangge(self, *words: str) -> str:
        """Run the command line on this installation; returns the last line that it prints."""
        return wangge(*words, data=self.data, port=self.port)

    def bare(self, database: str | None = None) -> Any:
        """A connection of psycopg2 as the application role."""
        url = make_url(self.address.url(APP_ROLE, database))
        return psycopg2.connect(
            host=url.query["host"], user=url.username, dbname=url.database, options="-c search_path=wangge,public"
        )  # fmt: skip

    def statements(self, ask: Any) -> list[tuple[str, Any]]:
        """What our code sends to the database for `ask(session)`: the very statements, to be sent by others."""
        sent: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
            sent.append((statement, parameters))

        event.listen(self.store.engine, "before_cursor_execute", note)
        with self.store.begin(SCOPE) as db:
            ask(db)
        event.remove(self.store.engine, "before_cursor_execute", note)
        return sent  # the first sets the scope


class Client:
    """One signed-in script with one connection that stays open."""

    def __init__(self, ground: Ground, user: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", ground.port, timeout=30)
        self.etag = ""
        self._headers = {"Authorization": f"Bearer {ground.wangge('token', '--user', user)}"}

    def get(self, path: str) -> bytes:
        """Return the body; raises RuntimeError when the answer is no success."""
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> bytes:
        """Send JSON; otherwise as :meth:`get`."""
        return self._ask("POST", path, json.dumps(body))

    def send(self, method: str, path: str, body: object, version: int) -> bytes:
        """Send JSON that starts from a version; otherwise as :meth:`get`."""
        return self._ask(method, path, json.dumps(body), {"If-Match": f'"{version}"'})

    def tagged(self, path: str) -> tuple[bytes, str]:
        """Return the body and its ETag."""
        return self._ask("GET", path), self.etag

    def unchanged(self, path: str, tag: str) -> None:
        """Ask for what is known already; raises RuntimeError when the answer is no 304."""
        self._ask("GET", path, None, {"If-None-Match": tag}, expected=range(304, 305))

    def _ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        expected: range = range(200, 300),
    ) -> bytes:
        more = {**headers, **({} if body is None else {"Content-Type": "application/json"})}
        try:
            self._connection.request(method, path, body, headers=self._headers | more)
            answer = self._connection.getresponse()
        except (
            http.client.RemoteDisconnected
        ):  # the service closes a connection that was idle for five seconds
            self._connection.close()
            return self._ask(method, path, body, headers, expected)
        said = answer.read()
        self.etag = answer.headers.get("ETag", "")
        if answer.status not in expected:
            raise RuntimeError(f"{path}: {answer.status} {said[:300]!r}")
        return said


def wangge(*words: str, data: Path, port: int) -> str:
    environment = {**os.environ, "WANGGE_DATA": str(data), "WANGGE_PORT": str(port)}
    done = subprocess.run([WANGGE, *words], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"wangge {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


@contextmanager
def demo() -> Iterator[Ground]:
    """Start a demo in a folder of its own; everything is removed again."""
    top = Path(tempfile.mkdtemp(prefix="wangge-bench-"))
    top.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = top / "data"
    try:
        began = time.perf_counter()
        wangge("up", "--no-open", data=data, port=port)
        yield Ground(data, port, time.perf_counter() - began)
    finally:
        wangge("down", data=data, port=port)
        shutil.rmtree(top)
