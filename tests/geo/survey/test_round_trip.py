"""Out and back through real workbooks and a real store: the difference holds what was filled in, and nothing else."""

from __future__ import annotations

from typing import Any

from geo.survey.confirming import Tick, confirm, undo
from geo.survey.progress import difference, progress
from tests.geo.survey.conftest import PLANNER, TODAY, Office, write


def changes(office: Office, number: int) -> list[tuple[str, str, str, Any, Any]]:
    with office.store.begin(PLANNER) as db:
        return [
            (one.unit, item.field, item.kind, item.sent, item.came)
            for one in difference(db, number, TODAY)
            for item in one.items
        ]


def units(office: Office, number: int) -> list[Any]:
    from geo.survey.issuing import _units

    with office.store.begin(PLANNER) as db:
        return _units(db, number, None)


def test_a_sheet_that_comes_back_as_it_went_changes_nothing(office: Office) -> None:
    number = office.send(standalone=True)
    report = office.take(number, office.sheet(number))[0]
    assert (report["answers"], report["strays"], report["done"]) == (0, [], 0)
    assert report["rows"] == len(units(office, number)) > 10
    assert changes(office, number) == []


def test_what_was_filled_in_is_confirmed_shown_and_taken_back(office: Office) -> None:
    number = office.send()
    first, second = units(office, number)[:2]
    def hand(book: Any) -> None:
        write(book, first.unit, "户数", "１２ 户")
        write(book, first.unit, "人防物防技防", "有 门岗" if first.sent["no_security"] is not False else "无")
        write(book, second.unit, "户数", "十来户")
    report = office.take(number, office.fill(office.sheet(number), hand))[0]
    assert (report["answers"], report["unreadable"]) == (3, 1)
    kinds = {(unit, field): kind for unit, field, kind, _, _ in changes(office, number)}
    assert kinds[second.unit, "households"] == "unreadable"
    with office.store.begin(PLANNER) as db:
        found = difference(db, number, TODAY)
        ticks = [Tick(one.unit, item.field, item.now, item.came) for one in found for item in one.items if item.reads_ok] if False else [Tick(one.unit, item.field, item.now, item.came) for one in found for item in one.items if one.writable(item)]
        done = confirm(db, number, ticks, day=TODAY, from_date=TODAY)
    assert (done.fields, done.units) == (2, 1)
    kinds = {(unit, field): kind for unit, field, kind, _, _ in changes(office, number)}
    assert kinds == {(first.unit, "households"): "settled", (first.unit, "no_security"): "settled", (second.unit, "households"): "unreadable"}
    with office.store.begin(PLANNER) as db:
        undo(db, number, done.change_set)
    kinds = {(unit, field): kind for unit, field, kind, _, _ in changes(office, number)}
    assert kinds[first.unit, "households"] in ("changed", "known")
    with office.store.begin(PLANNER) as db:
        print(progress(db, number, difference(db, number, TODAY))[0])
