"""The plans page under load: how soon an edit is answered, and what a pan over 500 cells and 60,000 buildings costs.

The town of `town.py` beside the demo. Answers over HTTP as the page asks them, by a planner of the town; traces by
Chromium itself: every task of the page's main thread while the map is dragged there and back.
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from geo.people.register import Change, insert_person
from geo.people.trail import Origin
from tests.bench import town
from tests.bench.ground import Client, Ground
from tests.bench.measure import Meter, say

WHO: Final = "towner"
AREAS: Final = {
    "neighbourhood, 10 grids, 500 buildings": "990201001001",
    "sub-district, 200 grids, 10,000 buildings": "990201001000",
    "district, 500 grids, 50,200 buildings": "990201000000",
}
ALLOWED_MS: Final = {
    "neighbourhood, 10 grids, 500 buildings": 200,
    "sub-district, 200 grids, 10,000 buildings": 500,
}
SAMPLES, TRACES, LONG_MS = 9, 5, 50.0
TASKS: Final = ("ThreadControllerImpl::RunTask",)
"""What Chromium calls a task; the RunTask of its developer tools is the same once more."""
Task = tuple[float, float]
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


def run(ground: Ground) -> None:
    """Print both tables."""
    with ground.bare() as connection, connection.cursor() as cursor:
        counted = town.build(cursor)
    with ground.store.begin(Origin().scope("os:bench", duty="security")) as db:
        insert_person(db, WHO, Change("测试员", ("planner",), ("990200000000",)), demo=True)
    with ground.bare() as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"\n### The plans page on {counted['grid']} grids and {counted['building']:,} buildings\n")
    for part in (answers, tiles, pans):
        part(ground)


# ---------------------------------------------------------------- answers


def answers(ground: Ground) -> None:
    client = Client(ground, WHO)
    say(
        "| an edit's answer, as previewed while the line is drawn | area | median ms | slowest ms | CPU ms | at most |"
    )
    say("|---|---|---:|---:|---:|---:|")
    for name, area in AREAS.items():
        plan = json.loads(client.post("/api/plans", {"area": area, "title": "量测"}))["id"]
        meter = Meter(ground.data, (ground.service,))
        for operation, ask in _edits(client, plan, area).items():
            ask(0)
            cpu, walls = meter.cpu_s(), []
            for sample in range(SAMPLES):
                began = time.perf_counter()
                ask(sample)
                walls.append(1000 * (time.perf_counter() - began))
            spent = 1000 * (meter.cpu_s() - cpu) / SAMPLES
            allowed = ALLOWED_MS.get(name)
            say(
                f"| {operation} | {name} | {statistics.median(walls):.0f} | {max(walls):.0f} | {spent:.0f} | {allowed or '–'} |"
            )


def _edits(client: Client, plan: int, area: str) -> dict[str, Callable[[int], object]]:
    """Edits in the middle of an area: a split, a moved corner, a border drawn anew, a merge; and one that is kept."""
    rows = {6: 25, 9: 10, 12: 0}[len(area.rstrip("0")) if len(area.rstrip("0")) in (6, 9) else 12]
    corner = town.place(5, rows)
    code = _code(rows, 5)
    version = [1]

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            client.post(f"/api/plans/{plan}/operations", {**body, "preview": True})
        )
        return found

    def line(*places: tuple[float, float]) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": [list(place) for place in places]}

    def shift(sample: int) -> float:
        return 0.0001 * (1 + sample)

    inner = town.bend(6, rows, 6, rows + 1)
    x, y, s = corner[0], corner[1], town.SIDE

    def kept(sample: int) -> object:
        step = {"operation": "rename", "cell": code, "name": f"改名{sample} {version[0]}"}
        answer = client.send("POST", f"/api/plans/{plan}/operations", step, version[0])
        version[0] = json.loads(answer)["version"]
        return answer

    return {
        "split": lambda n: ask({"operation": "split", "cell": code, "line": line((x + 0.03 * s + shift(n) / 50, y - s / 5), (x + 0.05 * s, y + 1.2 * s))}),
        "move a vertex": lambda n: ask({"operation": "move", "from": list(inner), "to": [inner[0] + shift(n) / 20, inner[1]]}),
        "redraw a border": lambda n: ask({"operation": "reshape", "line": line((x + 0.9 * s, y + 0.2 * s), (x + s * 1.1 + shift(n) / 50, y + 0.5 * s), (x + 0.9 * s, y + 0.8 * s))}),
        "merge two": lambda _: ask({"operation": "merge", "cells": [code, _code(rows, 6)]}),
        "rename, kept": kept,
    }  # fmt: skip


def _code(row: int, column: int) -> str:
    part = max((each for each in town.PARTS if each.first <= row), key=lambda each: each.first)
    return f"{part.prefix}{row - part.first + 1:03}{column + 1:03}"


# ---------------------------------------------------------------- tiles


def tiles(ground: Ground) -> None:
    """What tiles cost: the heaviest of each zoom once, and again unchanged."""
    client, meter = Client(ground, WHO), Meter(ground.data, (ground.service,))
    middle = town.place(5, 35)
    say("\n| a tile of buildings | bytes | first ms | CPU ms | again, 304: ms | CPU ms |")
    say("|---|---:|---:|---:|---:|---:|")
    for zoom in (10, 12, 13, 14, 15, 16, 17):
        place = _tile(*middle, zoom)
        path = f"/api/tiles/buildings/{zoom}/{place[0]}/{place[1]}.mvt"
        cpu, began = meter.cpu_s(), time.perf_counter()
        data, tag = client.tagged(path)
        first, spent = 1000 * (time.perf_counter() - began), 1000 * (meter.cpu_s() - cpu)
        again, cost = _repeated(meter, lambda path=path, tag=tag: client.unchanged(path, tag))  # type: ignore[misc]  # mypy cannot infer defaults of a lambda
        say(f"| z{zoom} | {len(data):,} | {first:.0f} | {spent:.0f} | {again:.1f} | {cost:.1f} |")


def _repeated(meter: Meter, ask: Callable[[], object], times: int = 20) -> tuple[float, float]:
    ask()
    cpu, began = meter.cpu_s(), time.perf_counter()
    for _ in range(times):
        ask()
    return 1000 * (time.perf_counter() - began) / times, 1000 * (meter.cpu_s() - cpu) / times


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    from tests.geo.tiles.places import around

    place = around(lon, lat, zoom)
    return place.x, place.y


# ---------------------------------------------------------------- traces


def pans(ground: Ground) -> None:
    client = Client(ground, WHO)
    body = {"area": AREAS["district, 500 grids, 50,200 buildings"], "title": "拖动"}
    plan = json.loads(client.post("/api/plans", body))["id"]
    say(
        f"\n| pan over 500 cells with tiles of 60,200 buildings: tasks over {LONG_MS:.0f} ms, median of {TRACES} traces |"
        " by wall | longest ms | by CPU | longest ms |"
    )
    say("|---|---:|---|---:|---|")
    with _chromium() as browser:
        key = {"Authorization": f"Bearer {ground.wangge('token', '--user', WHO)}"}
        size: Any = {"width": 1366, "height": 768}
        page = browser.new_page(viewport=size, locale="zh-CN", extra_http_headers=key)
        page.goto(f"http://127.0.0.1:{ground.port}/plans/{plan}")
        expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=60_000)
        for name, zoom in {
            "all 500 cells in sight": None,
            "zoom 15": 15,
            "zoom 17, handles and snapping": 17,
        }.items():
            if zoom is not None:
                page.evaluate(
                    "([at, zoom]) => district_map.setView(at, zoom, { animate: false })",
                    [[*reversed(town.place(5, 25))], zoom],
                )
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1500)
            found = [_trace(browser, page) for _ in range(TRACES)]
            parts = []
            for which in (0, 1):
                counts = [sum(task[which] > LONG_MS for task in tasks) for tasks in found]
                longest = ", ".join(f"{max(task[which] for task in tasks):.0f}" for tasks in found)
                parts.append(f"{statistics.median(counts):.0f} | {longest}")
            say(f"| {name} | {' | '.join(parts)} |")


@contextmanager
def _chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no Chromium in PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


def _trace(browser: Browser, page: Page) -> list[Task]:
    """Drag the map there and back; return every task of the page's main thread: milliseconds of wall and of CPU."""
    browser.start_tracing(
        page=page,
        categories=["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"],
    )
    box = page.locator("#district_map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(x + 220 * _wave(step / 30), y + 120 * _wave(step / 20))
        page.wait_for_timeout(16)
    page.mouse.up()
    page.wait_for_timeout(700)
    raw = browser.stop_tracing()
    trace = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    return _main_tasks(trace["traceEvents"])


def _wave(share: float) -> float:
    return 1 - abs((share % 2) - 1)


def _main_tasks(events: list[dict[str, Any]]) -> list[Task]:
    """The tasks of the main thread that had most of them: the page's own."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each.get("name") == "thread_name" and each["args"].get("name") == "CrRendererMain"
    }
    tasks: dict[Any, list[Task]] = {key: [(0.0, 0.0)] for key in mains}
    for each in events:
        key = (each.get("pid"), each.get("tid"))
        if key in tasks and each.get("ph") == "X" and each.get("name") in TASKS:
            wall = each.get("dur", 0) / 1000
            tasks[key].append((wall, each.get("tdur", 1000 * wall) / 1000))
    return max(tasks.values(), key=len)
