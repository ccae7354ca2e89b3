"""A planner's hand in the editor: places on the map in pixels, and operations that the service would accept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import shapely
from playwright.sync_api import Page, expect
from shapely.geometry import shape

from tests.browser.conftest import Service

Place = tuple[float, float]
METRE = 1e-5
"""About a metre, in degrees."""


@dataclass(frozen=True)
class Hand:
    """One person before one draft."""

    page: Page
    service: Service

    @property
    def plan(self) -> str:
        return self.page.url.rstrip("/").rsplit("/", 1)[-1]

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.request.get(f"{self.service.address}/api/plans/{self.plan}").json()
        return found

    def cells(self) -> dict[str, shapely.Geometry]:
        return {cell["id"]: shape(cell["geometry"]) for cell in self.read()["cells"]["features"]}

    def would(self, **operation: Any) -> bool:
        """Whether the service would do an operation; asked beside the page, whose console stays clean."""
        csrf = self.page.request.get(f"{self.service.address}/api/me").json()["csrf"]
        url = f"{self.service.address}/api/plans/{self.plan}/operations"
        body = {**operation, "preview": True}
        headers = {"X-CSRF-Token": csrf or "", "Origin": self.service.address}
        return self.page.request.post(url, data=body, headers=headers).ok

    def pixel(self, place: Place) -> Place:
        box = self.page.locator("#district_map").bounding_box()
        assert box is not None
        at = self.page.evaluate(
            "([lon, lat]) => { const at = district_map.latLngToContainerPoint([lat, lon]); return [at.x, at.y]; }",
            list(place),
        )
        return box["x"] + at[0], box["y"] + at[1]

    def choose(self, code: str) -> None:
        self.page.locator(f'#tree [data-code="{code}"]').click()

    def draw(self, *places: Place) -> None:
        """Click places exactly: Alt holds the snapping back."""
        self.page.keyboard.down("Alt")
        for place in places:
            self.page.mouse.click(*self.pixel(place))
        self.page.keyboard.up("Alt")

    def drag(self, start: Place, end: Place) -> None:
        self.page.mouse.move(*self.pixel(start))
        self.page.mouse.down()
        self.page.keyboard.down("Alt")
        self.page.mouse.move(*self.pixel(end), steps=6)
        self.page.mouse.up()
        self.page.keyboard.up("Alt")

    def apply(self, step: int) -> None:
        """Enter, once what would be is known to be valid."""
        expect(self.page.locator("#apply")).to_be_enabled(timeout=20_000)
        self.page.locator("#district_map").focus()
        self.page.keyboard.press("Enter")
        self.at_step(step)

    def at_step(self, step: int) -> None:
        expect(self.page.locator("#saved")).to_contain_text(f"第 {step} 步", timeout=20_000)


def cut(hand: Hand) -> tuple[str, list[Place]]:
    """A cell with homes and a straight line that may split it."""
    for code, cell in hand.cells().items():
        west, south, east, north = cell.bounds
        for share in (0.5, 0.4, 0.6, 0.3, 0.7):
            x, y = west + (east - west) * share, south + (north - south) * share
            for line in ([(x, south - 9 * METRE), (x, north + 9 * METRE)], [(west - 9 * METRE, y), (east + 9 * METRE, y)]):  # fmt: skip
                if hand.would(operation="split", cell=code, line=line_string(line)):
                    return code, line
    raise AssertionError("no cell can be split by a straight line")


def pair(hand: Hand, without: set[str]) -> tuple[str, str]:
    """Two neighbours that may be merged."""
    for one, other in neighbours(hand.cells(), without):
        if hand.would(operation="merge", cells=[one, other]):
            return one, other
    raise AssertionError("no two cells can be merged")


def bend(hand: Hand, without: set[str]) -> tuple[str, Place, Place]:
    """A cell, a corner on a border it shares, and a place to move it to."""
    cells = hand.cells()
    for one, other in neighbours(cells, without):
        border = shapely.line_merge(cells[one].intersection(cells[other]))
        if border.geom_type != "LineString" or len(border.coords) < 3:
            continue
        for x, y in border.coords[1:-1]:
            for dx, dy in ((6, 0), (-6, 0), (0, 6), (0, -6)):
                goal = (x + dx * METRE, y + dy * METRE)
                if hand.would(operation="move", **{"from": [x, y], "to": list(goal)}):
                    return one, (x, y), goal
    raise AssertionError("no corner can be moved")


def free(hand: Hand) -> list[Place]:
    """Three corners and the closing point of ground that a new cell may take."""
    found = hand.read()
    frame = shapely.union_all([shape(each["geometry"]) for each in found["frame"]["features"]])
    taken = shapely.union_all([shape(cell["geometry"]) for cell in found["cells"]["features"]])
    for part in sorted(shapely.get_parts(frame.difference(taken)), key=shapely.area, reverse=True):
        at, half = shapely.maximum_inscribed_circle(part).coords, 0.0
        radius = shapely.Point(at[0]).distance(shapely.Point(at[1])) * 0.6
        for half in (radius, radius / 2):
            (x, y) = at[0]
            ring = [(x - half, y - half), (x + half, y - half), (x, y + half)]
            polygon = {"type": "Polygon", "coordinates": [[*map(list, ring), list(ring[0])]]}
            if hand.would(operation="draw", polygon=polygon):
                return ring
    raise AssertionError("no free ground")


def neighbours(cells: dict[str, shapely.Geometry], without: set[str]) -> Iterator[tuple[str, str]]:
    """Cells of one neighbourhood that share more than a corner."""
    for one, other in combinations(sorted(set(cells) - without), 2):
        if one[:12] == other[:12] and cells[one].intersection(cells[other]).length > 5 * METRE:
            yield one, other


def line_string(places: list[Place]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in places]}
