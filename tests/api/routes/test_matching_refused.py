"""What cannot be decided about a row is refused with its own reason, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.conftest import Client
from tests.api.routes import test_matching
from tests.api.routes.test_matching import Work, check, code, decide, rows_of

app, settings, sheet, work = (
    test_matching.app,
    test_matching.settings,
    test_matching.sheet,
    test_matching.work,
)


def test_a_choice_that_makes_no_sense_is_told_as_what_it_is(as_user: Client, work: Work, sheet: Path) -> None:
    planner = as_user("planner")
    number = check(planner, work, sheet)["matching"]["id"]
    wrongs: list[tuple[dict[str, Any], int, str]] = [
        ({"choice": "none", "code": code(2)}, 422, "code"),
        ({"choice": "match"}, 422, "code"),
        ({"choice": "new"}, 422, "choice"),
        ({"choice": "none", "number": 99}, 404, "number"),
    ]
    for wrong, status, field in wrongs:
        answer = decide(planner, number, {"number": 3, "version": 1, **wrong})
        assert (answer.status_code, answer.json()["field"]) == (status, field)
        assert answer.json()["zh"]
    both = [{"number": 3, "version": 1, "choice": "match", "code": code(n)} for n in (2, 3)]
    assert decide(planner, number, *both).json()["field"] == "decisions"
    assert [row["version"] for row in rows_of(planner, number)] == [1, 1]
