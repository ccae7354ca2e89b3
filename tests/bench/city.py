"""The first view of every map page on a made-up city: 60,000 buildings, 5,000 communities, one supervisor for all.

Chromium with an empty cache, medians of five. Bytes are counted by the browser itself: as they came over the wire with
their headers, and as they were when unpacked. A view stands when the map's ground and shapes are painted and the page
asks for nothing any more.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from geo.people.register import Change, insert_person
from geo.people.trail import Origin
from tests.bench import made_city
from tests.bench.ground import Ground
from tests.bench.measure import say
from tests.browser.conftest import FLAGS

WHO: Final = "cityward"
PAGES: Final = ("/status", "/overview", "/heat", "/packages")
SAMPLES: Final = 5
QUIET_S: Final = 0.4
"""A page that asked for nothing for so long has its first view."""
PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class View:
    """One first view: seconds until it stood, bytes on the wire and unpacked, and how many requests it took."""

    seconds: float
    sent: int
    unpacked: int
    requests: int


def run(ground: Ground) -> None:
    """Build the city beside the demo and print the table."""
    build(ground)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        say("\nNo Chromium here: pages were not measured.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        views(ground, browser)
        browser.close()


def build(ground: Ground) -> None:
    """Fill the database with the city, and appoint somebody who is responsible for all of it."""
    with ground.bare() as connection, connection.cursor() as cursor:
        counted = made_city.build(cursor)
    with ground.store.begin(Origin().scope("os:bench", duty="security")) as db:
        roles = ("supervisor", "officer")
        insert_person(db, WHO, Change("市督导", roles, (made_city.CITY,)), demo=True)
    with ground.bare() as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(
        f"\n### The first view of a city: {counted['community']:,} communities, {counted['building']:,} buildings\n"
    )


def views(ground: Ground, browser: Browser) -> None:
    """Print what the first view of each page costs."""
    token = ground.wangge("token", "--user", WHO)
    say("| page | s | kB on the wire | kB unpacked | requests |\n|---|---:|---:|---:|---:|")
    for path in PAGES:
        seen = [first_view(browser, token, f"http://127.0.0.1:{ground.port}{path}") for _ in range(SAMPLES)]
        middle = [statistics.median(getattr(view, name) for view in seen) for name in View.__slots__]
        seconds, sent, unpacked, requests = middle
        say(f"| {path} | {seconds:.1f} | {sent / 1000:.0f} | {unpacked / 1000:.0f} | {requests:.0f} |")


class Counter:
    """What a page loads, told by the browser's own network log."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.sent = self.unpacked = self.requests = 0
        self.last = time.perf_counter()
        self._open: set[str] = set()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._opened)
        session.on("Network.dataReceived", lambda said: self._note(0, said["dataLength"]))
        session.on("Network.loadingFinished", lambda said: self._closed(said, said["encodedDataLength"]))
        session.on("Network.loadingFailed", lambda said: self._closed(said, 0))

    def quiet(self) -> bool:
        """Whether nothing is under way, and nothing has been for a while."""
        return not self._open and time.perf_counter() - self.last > QUIET_S

    def _opened(self, said: dict[str, Any]) -> None:
        self.requests += 1
        if not said["request"]["url"].endswith("worker.js"):  # a worker's own script ends in the worker's log
            self._open.add(said["requestId"])
        self._note(0, 0)

    def _closed(self, said: dict[str, Any], sent: float) -> None:
        self._open.discard(said["requestId"])
        self._note(sent, 0)

    def _note(self, sent: float, unpacked: float) -> None:
        self.sent += int(sent)
        self.unpacked += int(unpacked)
        self.last = time.perf_counter()


def first_view(
    browser: Browser, token: str, address: str, then: Callable[[Page], None] | None = None
) -> View:
    """Open a page with an empty cache and wait until it stands; `then` may look at it."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768},
        locale="zh-CN",
        extra_http_headers={"Authorization": f"Bearer {token}"},
    )
    page = context.new_page()
    counter = Counter(context, page)
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("body[data-ready=yes]", timeout=120_000)
    while not counter.quiet():
        page.wait_for_timeout(20)
        if time.perf_counter() - began > PATIENCE_S:
            raise SystemExit(f"{address} does not come to rest")
    view = View(counter.last - began, counter.sent, counter.unpacked, counter.requests)
    if then is not None:
        then(page)
    context.close()
    return view


def picture(folder: Path, name: str) -> Callable[[Page], None]:
    """Keep a picture of the page, for somebody to look at."""
    return lambda page: void(page.screenshot(path=folder / f"{name}.png"))


def void(_value: object) -> None:
    """Nothing of a value."""
