"""No sentence of the service reaches a Chinese reader in English: every one that can be said has its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo.errors
from geo.errors import WanggeError
from maps.words.problems import in_chinese, sentences, with_chinese

ROOT = Path(__file__).parents[2]
SPOKEN = ("geo/tender", "geo/survey", "geo/jobs.py", "geo/boundaries", "geo/ingest", "geo/crs.py", "geo/crs_control.py", "geo/store",
          "api/routes/rounds.py", "api/routes/awards.py", "api/routes/documents.py", "api/routes/firms.py",
          "api/routes/inbox.py", "api/routes/surveys.py",
          "api/routes/matching.py", "api/routes/bundles.py", "api/routes/imports.py", "api/routes/plans.py",
          "api/routes/plan_edits.py", "api/routes/plan_review.py", "api/routes/plan_exports.py", "api/deps.py",
          "api/bodies.py", "api/access.py", "api/middleware.py", "api/papers.py")  # fmt: skip
"""Where problems of rounds, packages, plans, surveys and imports are raised."""
NOT_SHOWN = {
    "{} ({})",
}
"""Sentences put together from others."""
FAMILY = {
    name
    for name, kind in vars(geo.errors).items()
    if isinstance(kind, type) and issubclass(kind, WanggeError)
}


def template(node: ast.expr) -> str | None:
    """The sentence of a constant or an f-string, {} for what varies; None for one made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def said() -> Iterator[tuple[str, str]]:
    for place in SPOKEN:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                    continue
                sentence = template(node.args[0])
                if sentence is None:
                    continue
                if node.func.id in FAMILY:
                    yield str(file.relative_to(ROOT)), sentence


def test_every_problem_of_rounds_packages_plans_surveys_and_imports_has_its_chinese() -> None:
    told = list(said())
    assert len(told) > 150
    missing = [
        (file, text)
        for file, text in told
        if text not in NOT_SHOWN and in_chinese(text.replace("{}", "7")) is None
    ]
    assert missing == []


@pytest.mark.parametrize(("english", "chinese"), sentences().items(), ids=lambda text: text[:40])
def test_a_sentence_keeps_what_varies_and_holds_no_english(english: str, chinese: str) -> None:
    places = english.count("{}")
    used = {int(number) for number in re.findall(r"\{(\d+)\}", chinese)}
    assert used <= set(range(places))
    assert re.search("[\u4e00-\u9fff]", chinese)
    made = in_chinese(english.replace("{}", "某某"))
    assert made is not None
    assert "{" not in made


@given(st.text(max_size=80), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3))
def test_whatever_a_problem_says_its_document_stays_whole(detail: str, more: dict[str, str]) -> None:
    document = {**more, "detail": detail}
    told = with_chinese(document)
    assert {name: told[name] for name in document if name != "zh"} == {
        name: value for name, value in document.items() if name != "zh"
    }


def test_names_stay_as_they_are_and_words_of_the_service_are_put_into_chinese() -> None:
    assert in_chinese("no firm 91340100MA2{0}W in your area") == "辖区内没有企业 91340100MA2{0}W"
    assert in_chinese("a trial contract lasts 180 days at most, here until 2027-05-01") == (
        "试用合同最长 180 天，这里最晚到 2027-05-01"
    )
    assert in_chinese("nobody ever said this") is None


def test_a_field_is_called_as_its_reader_knows_it() -> None:
    bad = {
        "detail": "Input should be greater than or equal to 1",
        "field": "bids.1.price_fen",
        "errors": [{}],
    }
    assert with_chinese(bad)["zh"] == "第 2 行报价：不能小于 1"
    finding = {"detail": "until then there are 3 days", "gate": [{"zh": "投标时间只有 3 天"}]}
    assert with_chinese(finding)["zh"] == "投标时间只有 3 天"
