"""docs/bundle.md is held to the code: its files are written, its commands are run, its Python is tried."""

from __future__ import annotations

import argparse
import doctest
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.commands import bundle
from tests.api.commands.test_bundle import run
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "bundle.md").read_text("utf-8")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what follows that, its text."""

    language: str
    note: str
    text: str


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", PAGE, re.M | re.S)]
RUNS = [
    pytest.param(place, line, id=line.split("--", 1)[1][:40])
    for place, block in enumerate(BLOCKS)
    if block.language == "sh"
    for line in block.text.splitlines()
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, as the working folder."""
    for block in BLOCKS:
        if block.language == "csv":
            (tmp_path / block.note).write_text(block.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("place", "line"), RUNS)
def test_every_command_runs(place: int, line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, command, *words = shlex.split(line)
    assert (program, command) == ("wangge", "bundle")
    wanted = int(BLOCKS[place].note.removeprefix("fails=") or 0)
    assert run(*words) == wanted
    assert (folder / words[words.index("--out") + 1]).exists() is (wanted == 0)
    told = capsys.readouterr()
    following = [block for block in BLOCKS[place + 1 :] if block.language in ("output", "sh")][:1]
    if following and following[0].language == "output" and "\n" not in BLOCKS[place].text.strip():
        said = told.out or told.err
        checker = doctest.OutputChecker()
        assert checker.check_output(following[0].text, said, doctest.ELLIPSIS), said


def test_the_page_has_what_is_tested() -> None:
    assert len(RUNS) >= 5
    assert {block.language for block in BLOCKS} == {"sh", "csv", "output", "python"}


def test_the_library_does_what_the_page_says() -> None:
    for block in BLOCKS:
        if block.language == "python":
            test = doctest.DocTestParser().get_doctest(block.text, {}, "docs/bundle.md", "docs/bundle.md", 0)
            report: list[str] = []
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
            assert report == [], "".join(report)


def test_the_page_names_every_rule_and_no_option_that_is_not_there() -> None:
    parser = argparse.ArgumentParser()
    bundle.add_parsers(parser.add_subparsers())
    action = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    known = {option for each in action.choices["bundle"]._actions for option in each.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE))
    assert named <= known
    assert known - named - {"-h", "--help", "--no-progress", "--progress"} == set()
