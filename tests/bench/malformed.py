"""Ten thousand malformed shapes and the hostile files of the checklist, by the library and over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from geo.errors import WanggeError
from geo.ingest.importer import ImportOptions, import_file
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.store.prepare import prepare
from tests.bench.ground import Ground
from tests.bench.measure import say
from tests.geo.ingest import malformed, office
from tests.geo.ingest.checklist import checklist
from tests.geo.ingest.malformed import Case

SHAPES, OVER_HTTP, SEED = 10_000, 400, 20261101
AREAS = Scope(actor="os:bench", areas=("",))
WATCHED = (Path("/tmp"), Path("/etc"), Path.home(), Path.cwd())
BOUNDARY = "wangge-bench-boundary"


def run(ground: Ground, shapes: int = SHAPES) -> None:
    """Print outcomes by format, what was left behind, and whether the database ran on. Exits where something fell."""
    started, before = _started(ground), _listed(ground)
    fell: list[str] = []
    with tempfile.TemporaryDirectory(prefix="wangge-malformed-") as name, _listener() as (port, calls):
        own = Path(name)
        tempfile.tempdir = str(own / "temporary")
        (own / "temporary").mkdir()
        (own / "files").mkdir()
        with _database(ground) as store:
            import_file(store, AREAS, office.regions(own / "files"), settings=ground.settings)
            by_library = _by_library((store, ground.settings), own / "files", shapes, port, fell)
        by_http = _by_http(ground, port, fell)
        left = sorted(path.name for path in (own / "temporary").iterdir())
        strangers = sorted(path.name for path in own.iterdir() if path.name not in ("temporary", "files"))
        tempfile.tempdir = None
        called = len(calls)
    # the folder itself is made by the first upload; nothing may stay in it
    outside = sorted(_listed(ground) - before - {str(ground.data / "uploads")})
    _show(f"{shapes:,} malformed shapes through the importer (seed {SEED})", by_library)
    _show("The same formats and the checklist through POST /api/imports", by_http)
    say(
        f"\nleft in the temporary folder: {left or 'nothing'}; beside it: {strangers or 'nothing'}; outside: {outside or 'nothing'}"
    )
    say(
        f"calls to the port that hostile files name: {called}; database started {started}, then {_started(ground)}"
    )
    for one in fell:
        say(f"FELL: {one}")
    if fell or left or strangers or outside or called or started != _started(ground):
        raise SystemExit("a malformed file did what it must not")


def _started(ground: Ground) -> str:
    with ground.bare() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        return str(cursor.fetchone()[0])


def _listed(ground: Ground) -> set[str]:
    """Names in folders where nothing may appear: those of the machine, and of the installation."""
    folders = [*WATCHED, ground.data, ground.data / "uploads"]
    found = {path for folder in folders if folder.is_dir() for path in folder.iterdir()}
    # Others use the machine's temporary folder too: of that only names that would be ours.
    return {
        str(path)
        for path in found
        if path.parent != WATCHED[0] or path.name.startswith(("wangge-read", "wangge-evil", "evil"))
    }


@contextmanager
def _database(ground: Ground) -> Iterator[Store]:
    """A database of its own, beside that of the demo."""
    url = ground.address.url(ground.address.superuser, "postgres")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE bench_malformed"))
    prepare(ground.address.url(ground.address.superuser, "bench_malformed"))
    store = Store(ground.address.url("wangge_app", "bench_malformed"))
    yield store
    store.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE bench_malformed WITH (FORCE)"))
    admin.dispose()


# ---------------------------------------------------------------- by the library


def _by_library(
    where: tuple[Store, Settings], folder: Path, shapes: int, port: int, fell: list[str]
) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for number, case in enumerate([*malformed.cases(SEED, shapes), *checklist(port)]):
        path = folder / f"{number}-{case.name}"
        path.write_bytes(case.content)
        counts = found.setdefault(case.what, Counter())
        counts.update(files=1, shapes=case.shapes)
        counts.update(_outcome(where, path, case, fell))
        path.unlink()
    return found


def _outcome(where: tuple[Store, Settings], path: Path, case: Case, fell: list[str]) -> Counter[str]:
    began = time.perf_counter()
    try:
        options = ImportOptions(kind="communities", crs="EPSG:4490", dry_run=path.name[0] in "02468")
        report = import_file(where[0], AREAS, path, options=options, settings=where[1])
    except WanggeError as error:
        if error.status >= 500:
            fell.append(f"{case.what} {path.name}: {error.status} {error.message}")
        return Counter({f"file {error.status}": 1, "shapes refused": case.shapes, **_slow(began)})
    except Exception as error:
        fell.append(f"{case.what} {path.name}: {type(error).__name__} {error}"[:300])
        return Counter({"fell": 1})
    counts = report.counts
    loaded = report.loadable
    return Counter(
        {"file reported": 1, "shapes refused": counts["refused"] + case.shapes - counts["read"], "shapes mended": counts["repaired"],
         "shapes good": loaded - counts["repaired"], **_slow(began)}
    )  # fmt: skip


def _slow(began: float) -> dict[str, int]:
    return {"over 10 s": 1} if time.perf_counter() - began > 10 else {}


# ---------------------------------------------------------------- over HTTP


def _by_http(ground: Ground, port: int, fell: list[str]) -> dict[str, Counter[str]]:
    token = ground.wangge("token", "--user", "planner").split()[-1]
    found: dict[str, Counter[str]] = {}
    for case in [*malformed.cases(SEED + 1, OVER_HTTP, 10), *checklist(port)]:
        counts = found.setdefault(case.what, Counter())
        counts["files"] += 1
        status, answer = _send(ground, token, case)
        if status >= 500:
            fell.append(f"HTTP {case.what} {case.name}: {status} {answer}")
        state = _ended(ground, token, answer["job"]) if status == 202 else ""
        if "something went wrong" in state:
            fell.append(f"HTTP {case.what} {case.name}: {state}")
        counts[f"{status} {state.partition(':')[0]}".strip()] += 1
    return found


def _send(ground: Ground, token: str, case: Case) -> tuple[int, Any]:
    fields = {"kind": "communities", "dry_run": "true"}
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    )
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{case.name}"\r\n\r\n'
    body = head.encode() + file.encode() + case.content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return _ask(ground, token, "POST", "/api/imports", body)


def _ask(ground: Ground, token: str, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", ground.port, timeout=120)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def _ended(ground: Ground, token: str, job: int) -> str:
    """Return how a job ended: its state, and its note where it failed; the upload that was kept for it is let go."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        _, answer = _ask(ground, token, "GET", f"/api/jobs/{job}")
        if answer["state"] not in ("waiting", "doing"):
            _ask(ground, token, "DELETE", f"/api/imports/kept/{job}")
            return f"{answer['state']}: {answer.get('note') or ''}"
        time.sleep(0.1)
    return "something went wrong: it never ended"


@contextmanager
def _listener() -> Iterator[tuple[int, list[int]]]:
    """A port of this machine, and how often it was called."""
    calls: list[int] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def listen() -> None:
            while not done.is_set():
                try:
                    server.accept()[0].close()
                    calls.append(os.getpid())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], calls
        done.set()
        thread.join()


def _show(title: str, found: dict[str, Counter[str]]) -> None:
    outcomes = sorted({name for counts in found.values() for name in counts} - {"files", "shapes"})
    say(f"\n### {title}\n")
    say(f"| | files | shapes | {' | '.join(outcomes)} |")
    say(f"|---|{'---:|' * (len(outcomes) + 2)}")
    total: Counter[str] = Counter()
    for what, counts in found.items():
        total.update(counts)
        say(
            f"| {what} | {counts['files']} | {counts['shapes'] or '–'} | {' | '.join(str(counts[name]) for name in outcomes)} |"
        )
    say(
        f"| all | {total['files']} | {total['shapes'] or '–'} | {' | '.join(str(total[name]) for name in outcomes)} |"
    )
