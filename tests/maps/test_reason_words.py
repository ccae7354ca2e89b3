"""Every reason that can come out of the engine or the tender rules has words, found by reading the sources.

A reason is built as `Reason(code, text, figures)`. Codes put together from a prefix and a kind are counted out here,
kind by kind, from the same lists that the engine takes them from; a prefix that is not known fails.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geo.bundling import prices, told
from geo.bundling.problem import BORDER
from geo.bundling.reasons import binding, smallest
from geo.tender.rules import BundleRules
from maps import build
from maps.words import LANGUAGES, words

SOURCES = sorted(
    path for room in ("bundling", "tender") for path in (build.ROOT / "geo" / room).rglob("*.py")
)
SECTIONS = ("why", "conflicts", "binds", "better")
NEVER_SHOWN = {"left_out"}
"""Stands for a unit left out where the plan is only priced."""


def calls(path: Path) -> Iterator[ast.Call]:
    """Every reason that a file builds, of the engine's kind."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geo.bundling")]  # fmt: skip
    if not any(name.name == "Reason" for node in taken for name in node.names):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
            if any(isinstance(each, ast.Starred) for each in node.args):
                continue  # one that was kept is read back
            yield node


def keys_of(module: Any, function: str) -> set[str]:
    """The keys of every dictionary, and the words compared with, in a function of the engine."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    body = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
    )
    found = {key.value for node in ast.walk(body) if isinstance(node, ast.Dict) for key in node.keys if isinstance(key, ast.Constant)}  # fmt: skip
    for node in ast.walk(body):
        if isinstance(node, ast.Compare):
            found |= {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
    return {str(each) for each in found}


PREFIXES = {
    "rule_": keys_of(smallest, "_subject"),
    "binds_": {kind.removeprefix("max_") for kind in keys_of(binding, "_subject")}
    - {"limit", "value", "metres"},
    "better_": set(told._MARKS),
}


def codes() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        for call in calls(path):
            code = call.args[0]
            if isinstance(code, ast.Constant):
                found.add(str(code.value))
            elif isinstance(code, ast.JoinedStr):
                prefix = code.values[0]
                assert isinstance(prefix, ast.Constant), ast.unparse(call)
                found |= {f"{prefix.value}{kind}" for kind in PREFIXES[str(prefix.value)]}
            else:  # a reason told again with more figures keeps its code
                assert isinstance(code, ast.Attribute), ast.unparse(call)
                assert code.attr == "code", ast.unparse(call)
    return found - NEVER_SHOWN


def test_the_sources_are_read() -> None:
    assert {"isolated", "no_room", "binds_barrier", "rule_anchors", "better_distance", "refused"} <= codes()
    assert len(codes()) > 60


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(codes()))
def test_every_reason_has_words(language: str, code: str) -> None:
    said = words(language)
    assert any(code in said[section] for section in SECTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_that_is_priced_has_a_name(language: str) -> None:
    weighed = [name for name in BundleRules.model_fields if name in ("households", "floor_area")]
    soft = [f"{prices._PRICE_OF}{name}" for name in (*weighed, "money", BORDER)]
    assert {*prices._TOGETHER, *weighed, "money", *soft} <= set(words(language)["price_rule"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_that_can_be_mended_has_words_for_it(language: str) -> None:
    kinds = keys_of(smallest, "_subject")
    assert {*kinds, "money"} <= set(words(language)["fix"])
