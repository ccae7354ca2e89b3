"""Tiles of base maps for tests: plain ground with one red mark at a known place, as each provider would cut them."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from geo.crs_shifted import wgs_to_gcj
from tests.browser.conftest import Service

ZOOM, SIDE = 16, 256
PLACE = (117.2345, 31.8123)
GROUND, MARK = (240, 240, 225), (255, 0, 0)


def mercator(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """Pixels from the upper left corner of the world."""
    whole = SIDE * 2**zoom
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360 * whole, down * whole


def degrees(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """The same for tiles in degrees: one tile is 360 / 2^zoom degrees wide and high, from 90 north."""
    whole = SIDE * 2**zoom
    return (lon + 180) / 360 * whole, (90 - lat) / 360 * whole


def shifted(lon: float, lat: float) -> tuple[float, float]:
    """Where GCJ-02 puts a place, by the formulas that the service itself reads files with."""
    x, y = wgs_to_gcj(np.array([[lon, lat]]))[0]
    return float(x), float(y)


def encoded(image: Image.Image) -> bytes:
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


PLAIN = encoded(Image.new("RGB", (SIDE, SIDE), GROUND))
AIR = encoded(Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0)))


def drawn(x: int, y: int, mark: tuple[float, float]) -> bytes:
    """A tile of plain ground; where the place falls into it, a red square of five pixels."""
    left, top = mark[0] - x * SIDE, mark[1] - y * SIDE
    if not (-3 < left < SIDE + 3 and -3 < top < SIDE + 3):
        return PLAIN
    image = Image.new("RGB", (SIDE, SIDE), GROUND)
    for i in range(-2, 3):
        for j in range(-2, 3):
            at = math.floor(left) + i, math.floor(top) + j
            if 0 <= at[0] < SIDE and 0 <= at[1] < SIDE:
                image.putpixel(at, MARK)
    return encoded(image)


PAINTED = """() => {
  const tiles = [...document.querySelectorAll(".base-tiles .leaflet-tile")];
  return tiles.length > 0 && tiles.every((tile) => tile.classList.contains("leaflet-tile-loaded") && getComputedStyle(tile).opacity === "1");
}"""


def painted(page: Page) -> None:
    """Every tile of the base map has come and has faded in."""
    page.wait_for_function(PAINTED)


def choose(service: Service, **settings: Any) -> None:
    """Let the installation offer base maps."""
    service.app.state.settings = service.app.state.settings.model_copy(update=settings)


def folder_of(tmp_path: Path, mark: tuple[float, float]) -> Path:
    """Tiles around the place as files."""
    x, y = (int(value // SIDE) for value in mark)
    for i in range(x - 4, x + 5):
        (tmp_path / str(ZOOM) / str(i)).mkdir(parents=True)
        for j in range(y - 4, y + 5):
            (tmp_path / str(ZOOM) / str(i) / f"{j}.png").write_bytes(drawn(i, j, mark))
    return tmp_path
