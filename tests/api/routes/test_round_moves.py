"""Live editing of a draft: figures at once, two officers who see each other, nothing lost."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from tests.api.routes.conftest import DISTRICT, EVERYWHERE, LAST_MONTH, Desk

RULES = {"area": DISTRICT, "households": [1, 1_000_000], "willing": "any", "within_subdistrict": False}


def large(desk: Desk, count: int = 500, name: str = "大批次") -> dict[str, Any]:
    """A draft of so many units of the demo, a package for each neighbourhood."""
    with desk.store.begin(EVERYWHERE) as db:
        codes = db.scalars(
            text("SELECT code FROM unit_at(:d) WHERE households IS NOT NULL ORDER BY code LIMIT :n"),
            {"d": LAST_MONTH, "n": count},
        ).all()
    lots: dict[str, list[str]] = {}
    for code in codes:
        lots.setdefault(code[:12], []).append(code)
    packages = [{"name": f"包{where}", "units": units} for where, units in lots.items()]
    saved = desk.user("officer").post(
        "/api/rounds", json={"name": name, "rules": RULES, "packages": packages}
    )
    assert saved.status_code == 201, saved.text[:500]
    return saved.json()


def move(
    desk: Desk, number: int, moves: Sequence[tuple[str, str | None]], who: str = "officer", **more: Any
) -> Any:
    body = {"moves": [{"unit": unit, "to": to} for unit, to in moves], **more}
    return desk.ask(number, "moves", who, body)


def members(desk: Desk, number: int) -> dict[str, list[str]]:
    return {lot["name"]: lot["members"] for lot in desk.get(f"/api/rounds/{number}")["packages"]}


@pytest.fixture
def draft(desk: Desk) -> dict[str, Any]:
    return large(desk, 60, "小批次")


def test_moves_renames_locks_and_their_undo(desk: Desk, draft: dict[str, Any]) -> None:
    number, (first, second, *_) = draft["id"], draft["packages"]
    before, unit = members(desk, number), first["members"][0]
    made = move(
        desk, number, [(unit, second["name"])], renames={second["name"]: "新名"}, locks={unit: "新名"}
    )
    assert made.status_code == 200, made.text[:500]
    body = made.json()
    assert made.headers["ETag"] == f'"{body["version"]}"' == '"2"'
    assert {each["name"] for each in body["packages"]} == {first["name"], "新名"}
    after = members(desk, number)
    assert unit in after["新名"]
    assert unit not in after[first["name"]]
    seen = {lot["name"]: lot for lot in desk.get(f"/api/rounds/{number}")["packages"]}
    for each in body["packages"]:
        assert (each["households"], each["hub"]) == (
            seen[each["name"]]["households"],
            seen[each["name"]]["hub"],
        )
    assert desk.get(f"/api/rounds/{number}")["rules"]["locks"] == {unit: "新名"}
    assert desk.ask(number, "moves", "officer", body["undo"]).status_code == 200
    assert members(desk, number) == before
    assert desk.get(f"/api/rounds/{number}")["rules"]["locks"] == {}


def test_a_move_tells_the_same_as_saving_it_all(desk: Desk, draft: dict[str, Any]) -> None:
    number, (first, second, third, *_) = draft["id"], draft["packages"]
    moves = [(first["members"][0], third["name"]), (second["members"][0], None)]
    told = move(desk, number, moves).json()
    seen = desk.get(f"/api/rounds/{number}")
    assert seen["outcome"]["violations"] == told["violations"]
    assert any(each["rule"] == "contiguity" and len(each["pieces"]) > 1 for each in told["violations"])
    lots = [{"name": lot["name"], "units": lot["members"]} for lot in seen["packages"] if lot["members"]]
    body = {"name": seen["name"], "rules": seen["rules"], "packages": lots}
    saved = desk.user("officer").put(f"/api/rounds/{number}", json=body, headers=desk.tag(number)).json()
    assert saved["outcome"]["violations"] == told["violations"]


def test_a_package_is_made_emptied_and_dropped(desk: Desk, draft: dict[str, Any]) -> None:
    number, first = draft["id"], draft["packages"][0]
    split = move(desk, number, [(first["members"][0], "分出")]).json()
    assert [each["name"] for each in split["packages"]] == sorted(["分出", first["name"]])
    assert desk.ask(number, "moves", "officer", {"drop": ["分出"]}).status_code == 422
    merged = move(desk, number, [(first["members"][0], first["name"])], drop=["分出"])
    assert merged.status_code == 200, merged.text[:500]
    assert "分出" not in members(desk, number)
    assert members(desk, number)[first["name"]] == first["members"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"moves": [{"unit": "990101001001C999", "to": None}]}, "moves"),
        ({"renames": {"没有": "名"}}, "renames"),
        ({"drop": ["没有"]}, "drop"),
        ({"moves": [{"unit": "x", "to": None}]}, "moves.0.unit"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    desk: Desk, draft: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = desk.ask(draft["id"], "moves", "officer", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert desk.get(f"/api/rounds/{draft['id']}")["version"] == 1


def test_two_officers_see_each_other_or_a_conflict_with_the_other_version(
    desk: Desk, draft: dict[str, Any]
) -> None:
    number, (first, second, *_) = draft["id"], draft["packages"]
    unit, other = (
        first["members"][:2] if len(first["members"]) > 1 else (first["members"][0], second["members"][0])
    )
    stale = desk.tag(number)
    assert move(desk, number, [(unit, second["name"])]).status_code == 200
    body = {"moves": [{"unit": other, "to": None}]}
    late = desk.user("officer2").post(f"/api/rounds/{number}/moves", json=body, headers=stale)
    assert late.status_code == 412
    told = late.json()
    assert told["current"]["version"] == 2
    assert (
        unit in next(lot for lot in told["current"]["packages"] if lot["name"] == second["name"])["members"]
    )
    (change,) = told["changes"]
    assert (change["actor"], change["kind"]) == ("officer", "edit")
    assert change["what"]["moves"] == [{"unit": unit, "from": first["name"], "to": second["name"]}]
    # keep mine: the same move again, on theirs
    tag = {"If-Match": f'"{told["current"]["version"]}"'}
    assert (
        desk.user("officer2").post(f"/api/rounds/{number}/moves", json=body, headers=tag).status_code == 200
    )
    seen = desk.get(f"/api/rounds/{number}/changes?since=1")
    assert [(each["version"], each["actor"]) for each in seen["changes"]] == [(2, "officer"), (3, "officer2")]
    # save as: a copy with everything in it, and both stay
    copied = desk.user("officer2").post(f"/api/rounds/{number}/copy", json={"name": "我的一版"})
    assert copied.status_code == 201
    assert members(desk, copied.json()["id"]) == {k: v for k, v in members(desk, number).items() if v}


def test_no_move_without_a_version_and_none_in_a_round_that_is_no_draft(
    desk: Desk, draft: dict[str, Any]
) -> None:
    address = f"/api/rounds/{draft['id']}/moves"
    assert desk.user("officer").post(address, json={"moves": []}).status_code == 428
    with desk.store.begin(EVERYWHERE) as db:
        db.execute(
            text(
                "UPDATE tender_round SET state = 'submitted', version = 2, stepped_on = '2026-11-01',"
                " submitted_by = 'os:test' WHERE id = :n"
            ),
            {"n": draft["id"]},
        )
    assert desk.ask(draft["id"], "moves", "officer", {"moves": []}).status_code == 409


def everything(desk: Desk, number: int) -> Any:
    """All that a draft is: each package with number, ceiling, hub, services and units, and the locks."""
    seen = desk.get(f"/api/rounds/{number}")
    names = ("number", "name", "hub", "ceiling_fen", "lots", "members")
    return [{name: lot[name] for name in names} for lot in seen["packages"]], seen["rules"]["locks"]


def some_edit(dice: random.Random, packages: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    """An edit as people make them: units moved, also to a new package; joined and dropped; renamed; locked."""
    full = [lot for lot in packages if lot["members"]]
    lot, other = dice.sample(full, 2)
    unit = dice.choice(lot["members"])
    return dice.choice(
        [
            {"moves": [{"unit": unit, "to": other["name"]}]},
            {"moves": [{"unit": unit, "to": None}], "locks": {other["members"][0]: other["name"]}},
            {"moves": [{"unit": unit, "to": f"新{turn}"}], "renames": {other["name"]: f"改{turn}"}},
            {
                "moves": [{"unit": each, "to": other["name"]} for each in lot["members"]],
                "drop": [lot["name"]],
            },
            {"renames": {lot["name"]: other["name"], other["name"]: lot["name"]}},
            {"renames": {lot["name"]: f"名{turn}"}, "locks": {unit: f"名{turn}"}},
            {"made": {f"空{turn}": {"ceiling_fen": 100 * turn}}},
        ]
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_undone_is_the_start_and_all_redone_is_the_end(
    desk: Desk, draft: dict[str, Any], seed: int
) -> None:
    number, dice = draft["id"], random.Random(seed)
    services = [{"name": "甲标", "services": ["order"]}, {"name": "乙标", "services": ["cleaning", "green"]}]
    packages = [
        {"name": lot["name"], "units": lot["members"], "hub": lot["members"][-1], "ceiling_fen": 1000 + place,
         "lots": services if place % 2 else []}
        for place, lot in enumerate(draft["packages"])
    ]  # fmt: skip
    body = {"name": draft["name"], "rules": draft["rules"], "packages": packages}
    saved = desk.user("officer").put(f"/api/rounds/{number}", json=body, headers=desk.tag(number))
    assert saved.status_code == 200, saved.text[:500]

    def step(edit: dict[str, Any]) -> dict[str, Any]:
        made = desk.ask(number, "moves", "officer", edit)
        assert made.status_code == 200, (edit, made.text[:500])
        return dict(made.json()["undo"])

    start = everything(desk, number)
    undos = [step(some_edit(dice, everything(desk, number)[0], turn)) for turn in range(10)]
    end = everything(desk, number)
    redos = [step(each) for each in reversed(undos)]
    assert everything(desk, number) == start
    for each in reversed(redos):
        step(each)
    assert everything(desk, number) == end


def test_a_package_that_is_renamed_and_dropped_at_once_comes_back(desk: Desk, draft: dict[str, Any]) -> None:
    number, (first, second, *_) = draft["id"], draft["packages"]
    start = everything(desk, number)
    moves = [(unit, second["name"]) for unit in first["members"]]
    made = move(desk, number, moves, drop=[first["name"]], renames={first["name"]: "别名"})
    assert made.status_code == 200, made.text[:500]
    back = desk.ask(number, "moves", "officer", made.json()["undo"])
    assert back.status_code == 200, back.text[:500]
    assert everything(desk, number) == start


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"made": {"包990101001001": {}}}, "made"),
        ({"made": {"新": {"ceiling_fen": -1}}}, "made.新.ceiling_fen"),
        ({"made": {"新": {"lots": [{"name": "a", "services": ["order"]}] * 2}}}, "made.新.lots"),
        ({"hubs": {"新": "x"}}, "hubs.新"),
    ],
)
def test_a_package_that_cannot_be_made_is_refused(
    desk: Desk, draft: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = desk.ask(draft["id"], "moves", "officer", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_move_among_five_hundred(desk: Desk, record_property: Any) -> None:
    """What it costs this process; the figure is recorded, not asserted."""
    draft = large(desk)
    number, lots = draft["id"], draft["packages"]
    assert sum(len(lot["members"]) for lot in lots) == 500
    spent = []
    for place in range(10):
        unit, to = lots[place]["members"][0], lots[place + 1]["name"]
        tag = desk.tag(number)
        body = {"moves": [{"unit": unit, "to": to}]}
        began = time.process_time()
        answer = desk.user("officer").post(f"/api/rounds/{number}/moves", json=body, headers=tag)
        spent.append(round(1000 * (time.process_time() - began)))
        assert answer.status_code == 200, answer.text[:400]
        assert {each["name"] for each in answer.json()["packages"]} == {lots[place]["name"], to}
    record_property("milliseconds", spent)
    print("CPU ms of a move among 500:", spent)
