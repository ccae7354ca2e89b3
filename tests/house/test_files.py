"""Whole files: their size, their words, who loads them, who tests them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT, files, modules, name_of, texts

COMFORTABLE, LONGEST = 400, 500
"""Lines of a file: above the first only with a reason here, never above the second."""

LONG_FOR_A_REASON = {
    "geo/store/migrations/sql/0001_first.sql": "one schema, read from top to bottom",
}
GENERATED = {"requirements.lock", "package-lock.json"}
PROSE = {"LICENSE", "README.md", "CHANGELOG.md"}


def sizes() -> dict[str, int]:
    return {
        name: text.count("\n")
        for name, text in texts(".py", ".sql", ".js", ".html", ".css", ".md", "")
        if name not in GENERATED | PROSE
    }


def test_no_file_needs_a_map_of_itself() -> None:
    long = {name for name, lines in sizes().items() if lines > COMFORTABLE}
    assert long == set(LONG_FOR_A_REASON)
    assert [name for name, lines in sizes().items() if lines > LONGEST] == []


def test_word_lists_have_the_same_words() -> None:
    """A word that one language lacks is shown in the other."""
    zh, en = (
        json.loads((ROOT / f"maps/words/{language}.json").read_text("utf-8")) for language in ("zh", "en")
    )
    assert keys_of({"a": {"b": "x"}}) == {"a.b"}
    assert keys_of(zh) == keys_of(en)


def keys_of(words: dict[str, Any], before: str = "") -> set[str]:
    return {
        key
        for name, value in words.items()
        for key in (keys_of(value, f"{before}{name}.") if isinstance(value, dict) else {before + name})
    }


# ---- queries nobody asks --------------------------------------------------------------------------------------


def loaded_queries(sources: dict[str, str]) -> set[str]:
    """Which names occur as a whole string anywhere in Python: the last part of a `.sql` file's path."""
    return set(re.findall(r"""["']([\w-]+)(?:\.sql)?["']""", "\n".join(sources.values())))


def test_every_query_is_loaded_by_somebody() -> None:
    named = loaded_queries({module.path: module.source for module in modules()})
    assert [name for name, _ in texts(".sql") if Path(name).stem not in named] == []


def test_a_query_that_nobody_loads_is_seen() -> None:
    assert loaded_queries({"a.py": 'query("geo.coverage", "rollup")'}) >= {"rollup"}
    assert "series" not in loaded_queries({"a.py": "# series.sql is not loaded"})


def test_queries_never_repair_geometry() -> None:
    """ST_MakeValid on 3,000 random vertices takes the server down; ForceRHR turns rings the wrong way round."""
    harmful = re.compile(r"\bST_(MakeValid|ForceRHR|Buffer|UnaryUnion)\s*\(", re.IGNORECASE)
    assert harmful.search("SELECT st_makevalid(geom)")
    found = [f"{name}: {match[0]}" for name, text in texts(".sql", ".py") if not name.startswith("tests/") for match in harmful.finditer(text)]  # fmt: skip
    assert found == []


# ---- words ----------------------------------------------------------------------------------------------------

HOSTS = (
    "npmjs", "pypi.org", "pythonhosted", "crates.io", "unpkg", "jsdelivr", "cdnjs", "cloudflare", "googleapis",
    "gstatic", "fontawesome.com", "bootstrapcdn", "openstreetmap.org", "mapbox.com", "aliyun", "tuna.tsinghua",
)  # fmt: skip
"""Nothing is fetched from these: not by a page, not by an address left in a file."""
LISTS_OF_ADDRESSES = {"tests/house/test_files.py", "package-lock.json"}


def hosts_in(text: str) -> list[str]:
    return [host for host in HOSTS if host in text.lower()]


def test_no_file_names_a_registry_or_a_cdn() -> None:
    assert hosts_in('<script src="//cdn.jsdelivr.net/x.js">') == ["jsdelivr"]
    checked = ((name, text) for name, text in texts() if name not in LISTS_OF_ADDRESSES)
    assert {name: found for name, text in checked if (found := hosts_in(text))} == {}


def test_pages_name_no_other_host() -> None:
    """No address with a host in what a browser gets, `//host` included; names of XML vocabularies are none."""
    address = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
    assert address.search('url("//fonts.example.org/a.woff")')
    found = {
        name: match[0]
        for name, text in texts(".js", ".css", ".html", ".svg")
        if name.startswith("maps/") and (match := address.search(text))
    }
    assert found == {}


# ---- a page that shows a name as text -------------------------------------------------------------------------


def markup_sinks(text: str) -> list[str]:
    return re.findall(
        r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function)\b", text
    )


def test_scripts_never_make_markup_of_text() -> None:
    """A community named `<img onerror=…>` runs wherever a string becomes markup."""
    assert markup_sinks("cell.innerHTML = name") == ["innerHTML"]
    assert {name: found for name, text in texts(".js") if name.startswith("maps/") and (found := markup_sinks(text))} == {}  # fmt: skip


# ---- tests mirror the tree ------------------------------------------------------------------------------------


def test_tests_mirror_the_folders() -> None:
    """A folder of tests that names no folder of the product tests something that has moved or gone."""
    apart = {"browser", "bench", "house"}
    folders = {
        path.parent.relative_to(ROOT / "tests") for path in files() if name_of(path).startswith("tests/")
    }
    assert [str(f) for f in sorted(folders) if f.parts and f.parts[0] not in apart and not (ROOT / f).is_dir()] == []  # fmt: skip


@pytest.mark.parametrize("floor", ["geo", "maps", "api", "data"])
def test_every_folder_of_the_product_is_tested(floor: str) -> None:
    words = {Path(module.path).parent.relative_to(floor).parts[:1] for module in modules() if module.floor == floor}  # fmt: skip
    tested = {Path(name).relative_to(f"tests/{floor}").parts[0] for name, _ in texts(".py") if name.startswith(f"tests/{floor}/")}  # fmt: skip
    untested = {word[0] for word in words if word and word[0] not in tested | INDIRECTLY}
    assert untested == set()


INDIRECTLY = {
    "words",  # every page's test reads them
    "pages",  # tests/api/test_pages.py, and the browser
}


def test_nothing_is_too_large_to_review() -> None:
    """Half a megabyte of one file in git is for ever."""
    assert [name_of(path) for path in files() if path.stat().st_size > 512 * 1024] == []
