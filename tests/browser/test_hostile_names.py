"""Hole 1 in a real browser: hostile names run on stock Folium and stay literal text through the encoder."""

from pathlib import Path

import folium
import pytest
from playwright.sync_api import Browser, Page

from maps import build
from maps.frame import LocalMap
from maps.safe import encode, harden

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<img src=x onerror=\"window.ran='img'\">",
    "${window.ran='literal'}",
    "`+(window.ran='tick')+`",
    "</script><script>window.ran='script'</script>",
    "'\"><svg onload=\"window.ran='svg'\">",
)


def drawn(text: str, folder: Path) -> Path:
    """A file with a map that shows the text in an open popup, a tooltip and a layer name."""
    build.build()
    district = LocalMap()
    vendor = (build.VENDOR / "leaflet").as_uri()
    district.default_js = [("leaflet", f"{vendor}/leaflet.js")]
    district.default_css = [("leaflet_css", f"{vendor}/leaflet.css")]
    marker = folium.CircleMarker((35, 105), popup=folium.Popup(text), tooltip=folium.Tooltip(text))
    folium.FeatureGroup(name=text).add_child(marker).add_to(district)
    folium.LayerControl(collapsed=False).add_to(district)
    target = folder / "map.html"
    # Folium fills its popups through jQuery; two lines stand in for what it asks of it.
    stand_in = (
        "<script>$ = h => Object.assign(document.createElement('div'), {innerHTML: h}).children</script>"
    )
    target.write_text(
        district.get_root().render().replace("<head>", "<head>" + stand_in, 1), encoding="utf-8"
    )
    return target


def visit(browser: Browser, path: Path) -> Page:
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.route(
        "**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort()
    )
    page.set_default_timeout(5_000)
    page.goto(path.as_uri())
    page.evaluate("district_map instanceof L.Map && district_map.eachLayer(l => l.getPopup && l.openPopup())")
    page.wait_for_timeout(300)
    return page


@pytest.mark.parametrize("payload", [PAYLOADS[0], PAYLOADS[1], PAYLOADS[3]])
def test_a_hostile_name_runs_on_stock_folium(browser: Browser, tmp_path: Path, payload: str) -> None:
    page = visit(browser, drawn(payload, tmp_path))
    assert page.evaluate("window.ran") is not None
    page.close()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_encoder_keeps_it_literal(browser: Browser, tmp_path: Path, payload: str) -> None:
    harden()
    page = visit(browser, drawn(encode(payload), tmp_path))
    assert page.evaluate("window.ran") is None
    assert payload in page.locator(".leaflet-popup-content").inner_text()
    assert payload in page.locator(".leaflet-control-layers").inner_text()
    page.close()
