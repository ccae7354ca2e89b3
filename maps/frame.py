"""The one page frame (页面框架): a Folium map in a constant shell that holds no user data.

A page is the same bytes for everyone who asks for it in one language: data arrives by fetch and is shown
with textContent.  So a page can be cached by its ETag, and its inline scripts can be named by hash in the
Content-Security-Policy.  Assets are local; the lists of scripts and styles that Folium keeps on its classes
are replaced for each map, so that nothing leaks between maps and Folium itself stays as it was.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import folium
from branca.element import Element, Figure, MacroElement
from folium.map import CustomPane
from folium.template import Template
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from geo.ingest.fields import KINDS
from geo.ingest.losses import DEGREES, LOSSES, NO_SHAPES, SHAPES_ONLY, UNNAMED, Loss, loses
from maps.classes import NO_DATA, PALETTES, POLICY_BREAKS
from maps.pages import PAGES, Page
from maps.safe import harden
from maps.words import LANGUAGES, words

__all__ = ["PAGES", "STATIC", "Page", "RenderedPage", "render", "with_pictures"]

_HERE: Final = Path(__file__).resolve().parent

STATIC: Final[dict[str, Path]] = {
    "/static/vendor": _HERE / "assets" / "vendor",
    "/static/js": _HERE / "js",
    "/static/css": _HERE / "css",
}
"""Address prefix → folder to mount there; open to all, because it holds no data."""

_PANES: Final = (("ground", 250), ("labels", 620), ("highlight", 610))
"""Leaflet panes below and above the shapes.  A canvas above swallows the clicks meant for the one below, so
all three let the pointer through, and what can be clicked lives on the one canvas between them."""

_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.S)

_CSP: Final = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page ready to be sent: UTF-8 bytes, the Content-Security-Policy that fits them, and a strong ETag."""

    html: bytes
    csp: str
    etag: str


_MAP_JS: Final = (("leaflet", "/static/vendor/leaflet/leaflet.js"),)
_MAP_CSS: Final = (("leaflet_css", "/static/vendor/leaflet/leaflet.css"),)


class LocalMap(folium.Map):
    """A Folium map (地图) on local files only, named ``district_map``, on plain grey ground.

    Folium's own header forbids zooming the page and loads libraries that nothing here uses; this one
    does neither.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <script>L_NO_TOUCH = false; L_DISABLE_3D = false;</script>
        {% endmacro %}
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}" tabindex="0"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }},
            crs: L.CRS.{{ this.crs }},
            ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(
            location=(35.0, 105.0),
            zoom_start=4,
            tiles=None,
            prefer_canvas=True,
            zoom_control=False,
            zoom_snap=0.25,
            **options,
        )
        self.default_js = list(_MAP_JS)
        self.default_css = list(_MAP_CSS)

    def get_name(self) -> str:
        """The same name in every process: a random one would defeat caching and the script hashes."""
        return "district_map"


class _Pane(CustomPane):
    """A Leaflet pane with a name that is the same every time."""

    def get_name(self) -> str:
        return f"pane_{self.name}"


class _Part(MacroElement):
    """A piece of the map with a name that is the same every time."""

    def __init__(self, name: str) -> None:
        Element.__init__(self)
        self._name = name

    def get_name(self) -> str:
        return self._name


class _Controls(_Part):
    """Metric scale, zoom buttons in the page's language, no attribution prefix (it links to another host)."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {% set map = this._parent.get_name() %}
        {{ map }}.attributionControl.setPrefix(false);
        L.control.zoom({{ this.zoom|tojavascript }}).addTo({{ map }});
        L.control.scale({position: "bottomright", metric: true, imperial: false}).addTo({{ map }});
        {% endmacro %}
        """
    )

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__("controls")
        self.zoom = {
            "position": "topright",
            "zoomInTitle": said["zoom_in"],
            "zoomOutTitle": said["zoom_out"],
        }


class _Script(_Part):
    """A classic script that the page's module needs before it starts (a Leaflet plugin)."""

    _template = Template(
        '{% macro header(this, kwargs) %}<script src="{{ this.url }}"></script>{% endmacro %}'
    )

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name)
        self.url = url


_PLUGINS: Final[dict[str, tuple[str, str]]] = {
    "heat": ("heat", "/static/vendor/leaflet.heat/leaflet-heat.js")
}
"""Page → the Leaflet plugin that only it uses."""


class _Shell(Figure):
    """The HTML document around a page.  Values enter once, escaped, and are never read as a template again.

    The parts that Folium and this module wrote are marked safe in the template: no user's text is in them.
    """

    def __init__(self, page: Page, language: str) -> None:
        super().__init__()
        self.header = Element()
        self.header._parent = self
        self.page = page
        self.language = language

    def render(self, **kwargs: Any) -> str:
        """The document: the children draw themselves into header, html and script first."""
        for child in self._children.values():
            child.render(**kwargs)
        said = words(self.language)
        return (
            _environment()
            .get_template(f"{self.page.name}.html")
            .render(
                page=self.page,
                pages=list(PAGES.values()),
                language=self.language,
                lang=LANGUAGES[self.language],
                say=said,
                head=_tidy(self.header.render(**kwargs)),
                map=_tidy(self.html.render(**kwargs)),
                script=_tidy(self.script.render(**kwargs)),
                kinds=list(KINDS),
                constants=_data_block(_constants(self.page, said, self.language)),
            )
        )


def render(page: Page, language: str = "zh") -> RenderedPage:
    """The page in a language (``zh`` or ``en``); the same bytes every time, made once a process.

    Raises KeyError for a language that is not spoken.
    """
    return _render(page, language)


@cache
def _render(page: Page, language: str) -> RenderedPage:
    harden()
    shell = _Shell(page, language)
    if page.has_map:
        _add_map(shell, page, words(language)["map"])
    html = shell.render().encode()
    return RenderedPage(html, policy_of(html.decode()), f'"{hashlib.sha256(html).hexdigest()[:32]}"')


def policy_of(html: str) -> str:
    """The Content-Security-Policy of a document: its inline scripts by SHA-256, all else from this host."""
    digests = {hashlib.sha256(code.encode()).digest() for code in _INLINE.findall(html)}
    hashes = sorted(base64.b64encode(digest).decode() for digest in digests)
    return _CSP.format(hashes="".join(f" 'sha256-{value}'" for value in hashes))


def with_pictures(policy: str, hosts: Sequence[str]) -> str:
    """A page's policy that lets pictures, and nothing else, come from these hosts too: base maps that were chosen."""
    return policy.replace("img-src 'self' data:", " ".join(["img-src 'self' data:", *hosts]))


def _add_map(shell: _Shell, page: Page, said: Mapping[str, str]) -> None:
    """Hang a Folium map with its panes and controls into the shell."""
    district = LocalMap()
    district.add_to(shell)
    for name, level in _PANES:
        _Pane(name, z_index=level, pointer_events=False).add_to(district)
    _Controls(said).add_to(district)
    if page.name in _PLUGINS:
        _Script(*_PLUGINS[page.name]).add_to(district)


def _tidy(text: str) -> str:
    """Folium's output without its blank lines and indents."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _data_block(value: Any) -> str:
    """JSON for a ``<script type="application/json">`` block, which a browser never runs."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _constants(page: Page, said: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What the modules of a page need to know and nobody owns: words, classes, the fields of an import."""
    known: dict[str, Any] = {"words": said, "classes": _classes(), "language": language}
    if page.name == "imports":
        known["kinds"] = {
            kind.name: [{"name": field.name, "header": field.header} for field in kind.fields]
            for kind in KINDS.values()
        }
        known["shapeless"] = [kind.name for kind in KINDS.values() if kind.shape == "none"]
        known["formats"] = [_format(name) for name in LOSSES]
        known["unnamed"] = _both(UNNAMED)
    return known


def _format(name: str) -> dict[str, Any]:
    """What a page says of a format of export: whether it takes tables and other systems, and what it loses."""
    return {
        "name": name,
        "tables": name not in SHAPES_ONLY,
        "degrees": loses(name, DEGREES),
        "losses": [_both(loss) for loss in LOSSES[name]],
        "shapes": not loses(name, NO_SHAPES),
    }


def _both(loss: Loss) -> dict[str, str]:
    return {"zh": loss.zh, "en": loss.en}


def _classes() -> dict[str, Any]:
    """Breaks and palettes, so that the modules in the browser hold no second copy of them."""
    return {"palettes": PALETTES, "policy": POLICY_BREAKS, "noData": NO_DATA}


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Our own templates: escaped, sandboxed, and refusing a name that is not there."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
