"""Take the README's pictures from a running demo: `python -m tests.browser.pictures [--only overview,plan]`.

Starts a demo of its own unless WANGGE_DATA and WANGGE_PORT name one that runs (it leaves an unsaved proposal, a draft
plan and a trial import there, nothing else). PNG, 1366×768, into docs/pictures. A picture is refused when its page
wrote a console error or asked another host.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
from playwright.sync_api import Browser, Page, sync_playwright
from shapely.geometry import shape

from tests.browser.conftest import FLAGS, Watch
from tests.browser.png import reduced

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LARGEST = 300 * 1024
WANGGE = Path(sys.executable).parent / "wangge"
SUBDISTRICT = "990101005000"


def wangge(*words: str) -> str:
    """Run the command line; returns the last line that it prints."""
    done = subprocess.run([WANGGE, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


@contextmanager
def demo() -> Iterator[None]:
    """A demo installation in a folder and on a port of its own, or the one that the environment names."""
    if "WANGGE_DATA" in os.environ:
        yield
        return
    data = tempfile.mkdtemp(prefix="wangge-pictures-")
    Path(data).chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ.update(WANGGE_DATA=f"{data}/data", WANGGE_PORT=str(port))
    try:
        wangge("up", "--no-open")
        yield
    finally:
        wangge("down")
        shutil.rmtree(data)


# ---- one function a picture -----------------------------------------------------------------------------------


def chooser(page: Page) -> None:
    page.goto(wangge("link"))
    ready(page)


def overview(page: Page) -> None:
    visit(page, "supervisor", "/overview")


def subdistrict(page: Page) -> None:
    visit(page, "supervisor", "/overview")
    page.get_by_role("row").nth(2).click()
    page.wait_for_url("**region=**")
    quiet(page)


def status(page: Page) -> None:
    visit(page, "supervisor", "/status")
    name = ask(page, f"/api/communities?region={SUBDISTRICT}&limit=40")["features"][20]["properties"]["name"]
    page.locator("#search input").fill(name)
    page.get_by_role("option").first.click()
    page.wait_for_selector("#details :not(.note)")
    for _ in range(4):
        page.click(".leaflet-control-zoom-out")
        quiet(page)


def heat(page: Page) -> None:
    visit(page, "supervisor", "/heat")


def packages(page: Page) -> None:
    visit(page, "officer", "/packages")
    page.click("#make")
    page.wait_for_selector("#cards > :nth-child(4)")
    page.keyboard.press("Escape")
    page.locator("#hint").click()
    page.keyboard.press("Digit2")
    quiet(page)


def tender(page: Page) -> None:
    visit(page, "officer", "/rounds/1")


def plan(page: Page) -> None:
    visit(page, "planner", "/plans")
    grids = ask(page, f"/api/grids?region={SUBDISTRICT}&limit=1000")["features"]
    area = max({g["properties"]["neighbourhood"] for g in grids}, key=lambda code: sum(g["id"].startswith(code) for g in grids))  # fmt: skip
    made = ask(page, "/api/plans", {"area": area, "title": "拆分过大的网格"})["id"]
    here = [grid for grid in grids if grid["id"].startswith(area) and grid["properties"]["kind"] == "basic"]
    grid, line = cut(page, made, here)
    page.goto(f"{page.url.split('/plans')[0]}/plans/{made}")
    ready(page)
    page.locator(f'#tree [data-code="{grid}"]').click()
    page.keyboard.press("z")
    page.keyboard.press("x")
    page.locator("#coordinates").click()
    page.fill("#points", "\n".join(f"{lon:.7f},{lat:.7f}" for lon, lat in line))
    page.wait_for_selector("#apply:enabled")
    page.locator("#coordinates").click()
    quiet(page)


def cut(page: Page, number: int, grids: list[dict[str, Any]]) -> tuple[str, list[tuple[float, float]]]:
    """The grid and the straight line across it that give the fairest halves; the service says what is possible."""
    best: tuple[int, str, list[tuple[float, float]]] = (0, "", [])
    for grid in grids:
        for line in lines_across(shape(grid["geometry"]).bounds):
            drawn = {"type": "LineString", "coordinates": line}
            body = {"operation": "split", "cell": grid["id"], "line": drawn, "preview": True}
            made = ask(page, f"/api/plans/{number}/operations", body, strict=False)
            parts = [
                cell["properties"] for cell in made.get("changed", []) if cell["id"] not in made["grown"]
            ]
            fewest = min((part["households"] or 0 for part in parts), default=0)
            best = max(best, (fewest, grid["id"], line))
    if not best[1]:
        raise SystemExit("no grid of the neighbourhood can be cut by a straight line")
    return best[1], best[2]


def lines_across(
    box: tuple[float, float, float, float], margin: float = 0.0003
) -> Iterator[list[tuple[float, float]]]:
    """Lines from side to side of a box (west, south, east, north in degrees), level and slightly tilted."""
    west, south, east, north = box
    for step in (0.3, 0.4, 0.5, 0.6, 0.7):
        for tilt in (-0.08, 0.0, 0.08):
            x0, x1 = (west + (step + side) * (east - west) for side in (-tilt, tilt))
            y0, y1 = (south + (step + side) * (north - south) for side in (-tilt, tilt))
            yield [(x0, south - margin), (x1, north + margin)]
            yield [(west - margin, y0), (east + margin, y1)]


def imports(page: Page) -> None:
    visit(page, "planner", "/imports")
    with tempfile.TemporaryDirectory() as folder:
        page.set_input_files("#file", office_file(page, Path(folder)))
        page.wait_for_selector("#queue-list tr[data-state=checked]")
    quiet(page)


def office_file(page: Page, folder: Path) -> Path:
    """Communities of one sub-district as an office sends them: Gauss–Krüger, and three rows that need attention."""
    exported = folder / "export.gpkg"
    exported.write_bytes(
        page.request.get(f"{origin(page)}/api/exports/communities?format=gpkg&region={SUBDISTRICT}").body()
    )
    frame = geopandas.read_file(exported).to_crs(4527)
    frame["户数"] = frame["户数"].astype(object)
    frame.loc[3, "户数"] = "约三百户"
    frame.loc[7, "建成年份"] = 2091
    frame.loc[11, "所属社区编码"] = "990101099001"
    sent = folder / "小区台账（街道上报）.gpkg"
    frame.to_file(sent, driver="GPKG")
    return sent


def community(page: Page) -> None:
    code = max(ask_as(page, "supervisor", f"/api/communities?region={SUBDISTRICT}&limit=60")["features"], key=lambda f: f["properties"]["households"] or 0)["id"]  # fmt: skip
    visit(page, "planner", f"/communities/{code}")


PICTURES: dict[str, Callable[[Page], None]] = {
    each.__name__: each
    for each in (chooser, overview, subdistrict, status, heat, packages, tender, plan, imports, community)
}


# ---- how a page is entered, asked and waited for ---------------------------------------------------------------


def origin(page: Page) -> str:
    return "/".join(page.url.split("/", 3)[:3])


def sign_in(page: Page, person: str) -> None:
    page.goto(wangge("link"))
    ready(page)
    page.click(f"button[data-user={person}]:enabled")
    page.wait_for_url(lambda address: not address.endswith("/demo"))


def visit(page: Page, person: str, path: str) -> None:
    sign_in(page, person)
    page.goto(origin(page) + path)
    ready(page)
    quiet(page)


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready=yes]")


def quiet(page: Page) -> None:
    """Until nothing loads, nothing says that it loads, the pointer is out of the way and two frames have been drawn."""
    page.mouse.move(683, 59)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("![...document.querySelectorAll('.busy')].some(busy => busy.checkVisibility())")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(400)  # the fade of a tooltip or a toast


def ask(page: Page, path: str, body: Any = None, *, strict: bool = True) -> dict[str, Any]:
    """What the API answers the person on the page; with a body, by POST."""
    address = origin(page) + path
    if body is None:
        answer = page.request.get(address)
    else:
        token = page.request.get(f"{origin(page)}/api/me").json()["csrf"]
        headers = {"X-CSRF-Token": token, "Content-Type": "application/json", "Origin": origin(page)}
        answer = page.request.post(address, data=json.dumps(body), headers=headers)
    if strict and not answer.ok:
        raise SystemExit(f"{path}: {answer.status} {answer.text()}")
    found: dict[str, Any] = answer.json()
    return found


def ask_as(page: Page, person: str, path: str) -> dict[str, Any]:
    sign_in(page, person)
    return ask(page, path)


def take(browser: Browser, name: str, language: str) -> None:
    """Take one picture in a window of its own; raises SystemExit when its page misbehaved."""
    watch = Watch()
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="zh-CN" if language == "zh" else "en"
    )
    watch.attach(context)
    page = context.new_page()
    page.set_default_timeout(20_000)
    PICTURES[name](page)
    path = FOLDER / (f"{name}.png" if language == "zh" else f"{name}.{language}.png")
    taken = page.screenshot()
    page.goto("about:blank")
    path.write_bytes(reduced(page, taken))
    context.close()
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}  {size // 1024} KB\n")
    if watch.foreign or watch.errors:
        raise SystemExit(f"{name}: {watch.foreign} {watch.errors}")
    if size > LARGEST:
        raise SystemExit(f"{name} has {size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PICTURES))
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with demo(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for name in arguments.only:
            take(browser, name, arguments.language)
        browser.close()


if __name__ == "__main__":
    main()
