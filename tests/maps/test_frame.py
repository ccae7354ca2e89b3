import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser

import folium
import pytest

from maps import build
from maps.frame import PAGES, STATIC, LocalMap, policy_of, render
from maps.words import LANGUAGES, choose, words

EVERY = [(name, language) for name in PAGES for language in LANGUAGES]


class _Reader(HTMLParser):
    """Collects tags, references and inline scripts of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.references += [found[key] or "" for key in ("src", "href", "action") if key in found]
        if found.get("id"):
            self.ids.append(found["id"] or "")


def read(name: str, language: str) -> tuple[str, _Reader]:
    text = render(PAGES[name], language).html.decode()
    reader = _Reader()
    reader.feed(text)
    return text, reader


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_page_names_no_other_host(name: str, language: str) -> None:
    text, reader = read(name, language)
    assert [found for found in reader.references if "//" in found] == []
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text.replace("http://www.w3.org", "")) == []


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_inline_script_is_named_in_the_policy_and_no_handler_is_inline(
    name: str, language: str
) -> None:
    text, reader = read(name, language)
    csp = render(PAGES[name], language).csp
    scripts = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", text, re.S)
    for code in scripts:
        assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in csp
    assert csp.count("sha256-") == len(set(scripts))
    assert [tag for tag, attrs in reader.tags if any(key.startswith("on") for key in attrs)] == []
    assert "unsafe-inline" not in csp.split("style-src")[0]


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_page_states_its_language_and_each_id_once(name: str, language: str) -> None:
    _, reader = read(name, language)
    assert reader.tags[0] == ("html", {"lang": LANGUAGES[language]})
    assert len(reader.ids) == len(set(reader.ids))


def test_a_page_is_the_same_bytes_in_another_process() -> None:
    code = (
        "from maps.frame import PAGES, render;"
        "print(*(render(p, l).etag for p in PAGES.values() for l in ('zh', 'en')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=build.ROOT
    )
    assert done.stdout.split() == [render(PAGES[name], language).etag for name, language in EVERY]


def test_a_page_asks_only_for_files_that_are_there() -> None:
    build.build()
    for name in PAGES:
        _, reader = read(name, "zh")
        for reference in reader.references:
            if reference.startswith("/static/"):
                prefix = next(known for known in STATIC if reference.startswith(known + "/"))
                assert (STATIC[prefix] / reference.removeprefix(prefix + "/")).is_file(), reference


def test_the_lists_of_folium_do_not_leak() -> None:
    before = list(folium.Map.default_js)
    one = LocalMap()
    one.add_js_link("extra", "/static/js/extra.js")
    assert ("extra", "/static/js/extra.js") not in LocalMap().default_js
    assert folium.Map.default_js == before


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        render(PAGES["overview"], "fr")
    with pytest.raises(KeyError):
        words("fr")


def test_the_language_comes_from_the_first_wish_that_we_speak() -> None:
    assert choose("fr", None, "en-US,en;q=0.5") == "en"
    assert choose() == "zh"


def test_both_dictionaries_say_the_same_words() -> None:
    zh, en = words("zh"), words("en")
    assert {section: set(said) for section, said in zh.items()} == {
        section: set(said) for section, said in en.items()
    }


def test_a_policy_without_inline_scripts_has_no_hash() -> None:
    assert "script-src 'self';" in policy_of("<p>nothing</p>")
