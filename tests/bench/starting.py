"""How long until the service answers, and until a map is seen."""

from __future__ import annotations

import json
import shutil
import statistics
import time

from playwright.sync_api import Browser, sync_playwright

from tests.bench.ground import Client, Ground
from tests.bench.measure import say
from tests.browser.conftest import FLAGS

PAGES = {"/overview": "supervisor", "/status": "supervisor", "/heat": "supervisor", "/packages": "officer"}
DRAWN = """() => [...document.querySelectorAll('.leaflet-container canvas')].some(canvas => canvas.width &&
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value))"""


def run(ground: Ground) -> None:
    """Print both tables."""
    again = statistics.median(_timed(ground, "up", "--no-open") for _ in range(3))
    stopped = []
    for _ in range(3):
        ground.wangge("down")
        stopped.append(_timed(ground, "up", "--no-open"))
    say("\n### From the command to an answering service, seconds\n")
    say("| | s |\n|---|---:|")
    say(f"| `wangge up` on an empty folder: database, demo district, first packages | {ground.cold_s:.1f} |")
    say(f"| `wangge up` after `down` (median of 3) | {statistics.median(stopped):.1f} |")
    say(f"| `wangge up` while it serves (median of 3) | {again:.1f} |")
    clicks(ground)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        say("\nNo Chromium here: pages were not measured.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        say("\n### From the address to the map, milliseconds (Chromium, empty cache, median of 5)\n")
        say("| page | first map drawn | everything there |\n|---|---:|---:|")
        for path, person in PAGES.items():
            first, whole = _page(browser, ground, path, person)
            say(f"| {path} | {first:.0f} | {whole:.0f} |")
        browser.close()


POOL = {"area": "990101000000", "households": [300, 1500], "standalone": True}
"""What an officer asks first: packages of the whole district's pool."""


def clicks(ground: Ground, times: int = 5) -> None:
    """The first packages asked for after a start, and the second: asked to shown, polled as the page does."""
    pairs = []
    for _ in range(times):
        ground.wangge("down")
        ground.wangge("up", "--no-open")
        officer = Client(ground, "officer")
        pairs.append((_asked(officer), _asked(officer)))
    first, second = (statistics.median(times) for times in zip(*pairs, strict=True))
    slower = max(one - other for one, other in pairs)
    say("\n### From asking for packages to the answer, right after a start, seconds (median of 5)\n")
    say("| first | second | first slower at most by |\n|---:|---:|---:|")
    say(f"| {first:.1f} | {second:.1f} | {slower:+.1f} |")


def _asked(officer: Client) -> float:
    began = time.perf_counter()
    job = json.loads(officer.post("/api/bundles/jobs", POOL))["job"]
    while (state := json.loads(officer.get(f"/api/jobs/{job}"))["state"]) in ("waiting", "doing"):
        time.sleep(0.1)
    if state != "done":
        raise RuntimeError(f"the packages asked for ended as {state}")
    return time.perf_counter() - began


def _timed(ground: Ground, *words: str) -> float:
    began = time.perf_counter()
    ground.wangge(*words)
    return time.perf_counter() - began


def _page(browser: Browser, ground: Ground, path: str, person: str) -> tuple[float, float]:
    signed_in = browser.new_context()
    page = signed_in.new_page()
    page.goto(ground.wangge("link"))
    page.wait_for_selector("body[data-ready=yes]")
    page.click(f"button[data-user={person}]")
    page.wait_for_url(lambda address: not address.endswith("/demo"))
    state = signed_in.storage_state()
    signed_in.close()
    times = [_visit(browser, state, f"http://127.0.0.1:{ground.port}{path}") for _ in range(5)]
    return statistics.median(first for first, _ in times), statistics.median(whole for _, whole in times)


def _visit(browser: Browser, state: object, address: str) -> tuple[float, float]:
    context = browser.new_context(storage_state=state, viewport={"width": 1366, "height": 768})  # type: ignore[arg-type]  # as storage_state() gave it
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.wait_for_function(DRAWN, polling=50)
    first = page.evaluate("performance.now()")
    page.wait_for_selector("#loading", state="hidden")
    page.wait_for_load_state("networkidle")
    whole = page.evaluate("performance.now()") - 500  # networkidle waits half a second of silence
    context.close()
    return float(first), max(float(first), float(whole))
