"""The README and docs/http.md are held to the code: every place, command, setting, route, picture named is there."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from api.app import endpoints
from api.cli import parser
from geo.people.roles import ROLES
from geo.settings import Settings
from tests.house.lints import LINTS
from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
HTTP = (ROOT / "docs" / "http.md").read_text("utf-8")
LARGEST_PICTURE = 300 * 1024


def section(title: str) -> str:
    """The text below a heading, up to the next heading of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^#{{1,3}} |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title!r}"
    return found[2]


def cells(text: str) -> list[list[str]]:
    rows = (
        line.replace(r"\|", "\0").strip("|").split("|") for line in text.splitlines() if line.startswith("|")
    )
    return [[cell.strip().replace("\0", "|") for cell in row] for row in rows][2:]


def quoted(text: str) -> list[str]:
    """What stands between backquotes, fenced blocks left out."""
    return re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


# ---- Where to change what -------------------------------------------------------------------------------------

PLACES = [place for row in cells(section("Where to change what")) for place in quoted(row[1])]


def is_there(place: str) -> bool:
    """Whether `file` exists, or `file:symbol` defines the symbol."""
    name, _, symbol = place.partition(":")
    path = ROOT / name
    if not path.is_file():
        return False
    return not symbol or symbol in set(defined(path.suffix, path.read_text("utf-8")))


def defined(suffix: str, text: str) -> Iterator[str]:
    if suffix == ".py":
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
    elif suffix == ".sql":
        yield from re.findall(r"CREATE (?:OR REPLACE )?(?:FUNCTION|TABLE|VIEW|TYPE|DOMAIN) (\w+)", text)
    elif suffix == ".js":
        yield from re.findall(r"export (?:async )?(?:function|const|class|let) (\w+)", text)


@pytest.mark.parametrize("place", PLACES)
def test_place_is_there(place: str) -> None:
    assert is_there(place)


def test_a_place_that_moved_is_seen() -> None:
    assert len(PLACES) > 30
    assert not is_there("geo/nowhere.py")
    assert not is_there("geo/settings.py:Nothing")
    assert is_there("geo/settings.py:Settings")


# ---- commands -------------------------------------------------------------------------------------------------


def commands(whole: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every command by its words: `token`, `database prepare`."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                deeper = commands(below)
                found |= {f"{name} {rest}": each for rest, each in deeper.items()} or {name: below}
    return found


def named_commands() -> list[str]:
    return [text for text in quoted(README) if text.startswith("wangge ")] + re.findall(
        r"^(?:TOKEN=\$\()?\.venv/bin/(wangge [^)\n]*)", README, re.MULTILINE
    )


def test_every_command_is_named_and_every_named_one_is_there() -> None:
    known = commands(parser())
    named = {text.removeprefix("wangge ") for text in named_commands()}
    assert [text for text in named if not any(text == c or text.startswith(f"{c} ") for c in known)] == []
    rows = [quoted(row[0])[0].removeprefix("wangge ") for row in cells(section("Command line"))]
    assert [c for c in known if not any(text == c or text.startswith(f"{c} ") for text in rows)] == []


def test_every_named_option_is_there() -> None:
    known = commands(parser())
    for text in named_commands():
        words = text.removeprefix("wangge ")
        command = next(
            c for c in sorted(known, key=len, reverse=True) if words == c or words.startswith(f"{c} ")
        )
        options = {option for action in known[command]._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", words)) <= options, text


# ---- settings, routes, people ---------------------------------------------------------------------------------


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    rows = {quoted(row[0])[0]: row[1].strip("`") for row in cells(section("Settings"))}
    assert set(rows) == {f"WANGGE_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default, written = field.default, rows[f"WANGGE_{name.upper()}"]
        if isinstance(default, bool):
            assert written == str(default).lower()
        elif isinstance(default, tuple):
            assert written == ",".join(f"{value:g}" for value in default)
        elif isinstance(default, int | float | str):
            assert written == str(default)


def test_every_route_is_named_and_every_named_one_is_there() -> None:
    routes = {f"{method} {route.path}" for route, _ in endpoints() for method in route.methods or ()}
    named = {text for text in quoted(HTTP) if re.match(r"(GET|POST|PUT|PATCH|DELETE) /", text)}
    assert sorted(named - routes) == []
    lists = {f"{name}/{{code}}" for name in named}  # "with /{code} one of them"
    pages = {f"GET {path}" for path in quoted(HTTP) if path.startswith("/")}
    unnamed = routes - named - lists - pages - {"GET /", "GET /enter"}
    assert sorted(unnamed) == []


def test_every_role_stands_in_the_table() -> None:
    assert [quoted(row[0])[0] for row in cells(section("People"))] == list(ROLES)


# ---- links and pictures ---------------------------------------------------------------------------------------

TARGETS = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]


@pytest.mark.parametrize("target", TARGETS)
def test_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_pictures_are_shown_small_and_of_the_size_of_an_office_screen() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert [path.name for path in pictures if f"docs/pictures/{path.name}" not in README] == []
    for path in pictures:
        head = path.read_bytes()[:24]
        assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (1366, 768), path.name
        assert path.stat().st_size < LARGEST_PICTURE, path.name


def test_contributing_lists_every_lint_with_its_reason() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [lint.__name__ for lint in LINTS if f"| `{lint.__name__}` | {lint.__doc__} |" not in text] == []


def test_changelog_has_the_version() -> None:
    assert re.search(
        rf"^## \[{re.escape(version('wangge'))}\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
