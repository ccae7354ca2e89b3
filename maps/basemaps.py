"""Base maps (底图) that an installation has chosen: where their tiles are, in which system, and what stands below them.

Nothing here asks anybody for anything: a browser does, and only for hosts that the settings name. Providers' tiles are
in Web Mercator (`w`) or in degrees (`c`, EPSG:4490); those of AMap are shifted (GCJ-02, 加偏) and are moved under the
data, never the data over them. Review numbers (审图号) change with every edition, so they are settings and not guessed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from geo.settings import Settings

Matrix = Literal["w", "c"]

LOCAL: Final = "/api/basemaps"
_TIANDITU: Final = {"vec": "cva", "img": "cia", "ter": "cta"}
"""Layer of Tianditu (天地图) → the layer of its labels."""
_AMAP: Final = {
    "amap": (
        "https://webrd0{s}.is.autonavi.com",
        "/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",
    ),
    "amap-img": ("https://webst0{s}.is.autonavi.com", "/appmaptile?style=6&x={x}&y={y}&z={z}"),
}
_OSM_CREDIT: Final = "© OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class BaseMap:
    """One base map: addresses of its layers from the lowest, with {z} {x} {y} and {s}, one of `servers`."""

    name: str
    urls: tuple[str, ...]
    servers: str = ""
    matrix: Matrix = "w"
    shifted: bool = False
    max_zoom: int = 18
    credit: str = ""
    approval: str = ""
    vector: bool = False
    """Its tiles are shapes that the page paints, not pictures."""

    def told(self) -> dict[str, Any]:
        """Return what a page is told."""
        return asdict(self)

    def hosts(self) -> set[str]:
        """Return the hosts that a browser may ask for it, as a policy names them; none where we serve it."""
        return {
            f"{parts.scheme}://{parts.netloc.replace('{s}', server)}"
            for url in self.urls
            for server in (self.servers or " ").split(",")
            if (parts := urlsplit(url)).netloc
        }


def chosen(settings: Settings) -> list[BaseMap]:
    """Return the base maps of an installation, in the order of its setting; none by default."""
    return [_made(name, settings) for name in settings.basemaps]


def hosts(settings: Settings) -> list[str]:
    """Return every host that pages with a map may fetch pictures from."""
    return sorted({host for each in chosen(settings) for host in each.hosts()})


def _made(name: str, settings: Settings) -> BaseMap:
    approval = settings.basemap_approvals.get(
        name, settings.basemap_approvals.get(name.partition("-")[0], "")
    )
    if name.startswith("tianditu-"):
        return _tianditu(name, settings, approval)
    if name in _AMAP:
        host, path = _AMAP[name]
        url = (settings.amap_host or host) + path
        return BaseMap(name, (url,), "1,2,3,4", shifted=True, credit="© 高德地图 AMap", approval=approval)
    if name == "osm":
        return BaseMap(name, (settings.osm_url,), "a,b,c", max_zoom=19, credit=_OSM_CREDIT, approval=approval)
    shifted = name == "folder" and settings.basemap_shifted
    return BaseMap(
        name,
        (f"{LOCAL}/{name}/{{z}}/{{x}}/{{y}}",),
        shifted=shifted,
        credit=settings.basemap_credit,
        approval=approval,
    )


def _tianditu(name: str, settings: Settings, approval: str) -> BaseMap:
    layer = name.removeprefix("tianditu-")
    matrix = settings.tianditu_matrix
    key = settings.tianditu_key.get_secret_value() if settings.tianditu_key else ""
    urls = tuple(
        f"{settings.tianditu_host}/{each}_{matrix}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={each}"
        f"&STYLE=default&TILEMATRIXSET={matrix}&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
        for each in (layer, _TIANDITU[layer])
    )
    deepest = 14 if layer == "ter" else 18
    credit = "© 天地图 国家地理信息公共服务平台"
    return BaseMap(name, urls, "0,1,2,3,4,5,6,7", matrix, False, deepest, credit, approval)
