import os

import branca.element
import folium
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from maps.safe import encode, encode_tree, harden

PAYLOADS = (
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{{7*7}}",
    "{% raw %}{{ x }}",
    "{# gone #}",
    "<img src=x onerror=\"window.ran = 'img'\">",
    "</script><script>window.ran = 'script'</script>",
    "${window.ran = 'literal'}",
    "`;window.ran = 'tick';`",
    "\\u003cimg src=x onerror=window.ran=1\\u003e",
    "' ; DROP TABLE region; --",
    "𠮷 \u202eRTL\u202c 🏘️",
)


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branca as it is delivered, without the sandbox."""
    monkeypatch.setattr(branca.element, "Template", jinja2.Template)


@pytest.fixture
def hardened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branca.element, "Template", jinja2.Template)
    harden()


def page_with(text: str) -> str:
    """A Folium page with the text at each place of hole 1: popup, tooltip, layer name, icon, property."""
    district = folium.Map(tiles=None)
    marker = folium.Marker((31, 117), popup=folium.Popup(text), tooltip=folium.Tooltip(text))
    marker.add_child(folium.DivIcon(html=text))
    folium.FeatureGroup(name=text).add_child(marker).add_to(district)
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [117, 31]}}
    folium.GeoJson({**point, "properties": {"name": text}}).add_to(district)
    folium.LayerControl().add_to(district)
    return str(district.get_root().render())


@pytest.mark.usefixtures("stock")
def test_stock_folium_runs_a_name_as_a_template_on_the_server() -> None:
    assert str(os.getpid()) in page_with("pid:{{ cycler.__init__.__globals__.os.getpid() }}")
    assert "x49x" in page_with("x{{7*7}}x")


@pytest.mark.usefixtures("stock")
def test_html_escape_alone_does_not_stop_it() -> None:
    import html

    assert "x49x" in page_with(html.escape("x{{7*7}}x"))


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_encoder_alone_keeps_every_payload_literal(payload: str) -> None:
    rendered = page_with(encode(payload))
    assert str(os.getpid()) not in rendered
    assert "x49x" not in rendered
    assert "window.ran" not in rendered or encode(payload).split("window.ran")[0][-12:] in rendered
    assert "<img" not in rendered
    assert encode(payload) in rendered


@pytest.mark.usefixtures("hardened")
def test_the_sandbox_alone_keeps_the_interpreter_out_of_reach() -> None:
    with pytest.raises(SecurityError):
        page_with("{{ cycler.__init__.__globals__.os.getpid() }}")


def test_the_encoder_reaches_every_string_of_a_geojson() -> None:
    value = {"properties": {"{{a}}": ["<b>", {"n": 1.5, "none": None, "yes": True}]}, "pair": (1, "$")}
    assert encode_tree(value) == {
        "properties": {"&#123;&#123;a&#125;&#125;": ["&lt;b&gt;", {"n": 1.5, "none": None, "yes": True}]},
        "pair": [1, "&#36;"],
    }


def test_the_encoder_refuses_what_could_render_itself() -> None:
    with pytest.raises(TypeError, match="object"):
        encode_tree({"x": object()})


@given(st.text())
def test_no_text_is_read_as_a_template(text: str) -> None:
    encoded = encode(text)
    assert not set(encoded) & set("{}$\\`<>\"'")
    assert jinja2.Template(encoded, newline_sequence="\n", keep_trailing_newline=True).render() == (
        encoded.replace("\r\n", "\n").replace("\r", "\n")
    )
