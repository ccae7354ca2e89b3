"""Out and back through real workbooks and a real store: confirmed, refused, undone, and who may see what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment
from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.store.engine import Scope
from geo.survey.confirming import Confirmed, Tick, confirm, undo
from geo.survey.issuing import write_sheets
from geo.survey.progress import Answered, difference, last_surveys, progress
from geo.survey.sending import Wanted, find, send, surveys, withdraw
from geo.survey.sheet import Unit
from geo.survey.taking import settle
from tests.geo.survey.conftest import PLANNER, SUBDISTRICT, TODAY, Office, write

OTHER = "990101002"
YESTERDAY = date(2026, 10, 31)


def units(office: Office, number: int) -> list[Unit]:
    with office.store.begin(PLANNER) as db:
        rows = db.execute(text("SELECT * FROM survey_unit WHERE survey = :n ORDER BY unit"), {"n": number})
        return [Unit(r.unit, r.unit_kind, r.neighbourhood, r.name, r.about, r.sent) for r in rows]


def found(office: Office, number: int) -> list[Answered]:
    with office.store.begin(PLANNER) as db:
        return difference(db, number, TODAY)


def kinds(office: Office, number: int) -> dict[tuple[str, str], str]:
    return {(one.unit, item.field): item.kind for one in found(office, number) for item in one.items}


def ticks(answered: Iterable[Answered], *, usual: bool = False) -> list[Tick]:
    return [
        Tick(one.unit, item.field, item.now, item.came)
        for one in answered
        for item in one.items
        if (one.ticked(item) if usual else one.writable(item))
    ]


def confirmed(
    office: Office, number: int, *, since: date = TODAY, usual: bool = False, shorten: bool = False
) -> Confirmed:
    with office.store.begin(PLANNER) as db:
        wanted = ticks(difference(db, number, TODAY), usual=usual)
        return confirm(db, number, wanted, day=TODAY, from_date=since, shorten=shorten)


def now(office: Office, unit: str, field: str, day: date = TODAY) -> Any:
    with office.store.begin(PLANNER) as db:
        facts = db.execute(
            text("SELECT facts FROM surveyed_at(:d) WHERE unit = :u"), {"d": day, "u": unit}
        ).scalar_one()
        return facts[field]


def back(office: Office, number: int, *cells: tuple[str, str, Any]) -> dict[str, Any]:
    """Send the sheet, fill in (unit, header, value), take it back."""

    def hand(book: Any) -> None:
        for code, header, value in cells:
            write(book, code, header, value)

    return office.take(number, office.fill(office.sheet(number), hand))[0]


def test_a_sheet_that_comes_back_as_it_went_changes_nothing(office: Office) -> None:
    number = office.send(standalone=True)
    report = office.take(number, office.sheet(number))[0]
    assert (report["answers"], report["strays"], report["done"]) == (0, [], 0)
    assert report["rows"] == len(units(office, number)) > 10
    assert kinds(office, number) == {}


def test_what_was_filled_in_is_confirmed_with_its_source_and_taken_back(office: Office) -> None:
    number = office.send()
    first, second = units(office, number)[:2]
    new = not first.sent["no_security"]
    report = back(office, number, (first.unit, "户数", "１２ 户"), (first.unit, "人防物防技防", "无" if new else "有"),
                  (second.unit, "户数", "十来户"))  # fmt: skip
    assert (report["answers"], report["unreadable"], report["new"]) == (3, 1, 3)
    assert [item.field for item in found(office, number)[0].items] == ["no_security", "households"]
    done = confirmed(office, number)
    assert (done.fields, done.units) == (2, 1)
    assert now(office, first.unit, "households") == 12
    assert now(office, first.unit, "households", YESTERDAY) == first.sent["households"]
    with office.store.begin(PLANNER) as db:
        told = form(db, first.unit, Moment(TODAY, None)).fields["households"]
        assert (told["value"], told["source"]) == (12, f"三防摸底 第 {number} 号，2026-11-01")
        assert last_surveys(db, first.unit)[0]["survey"] == number
    assert kinds(office, number) == {
        (first.unit, "households"): "settled", (first.unit, "no_security"): "settled",
        (second.unit, "households"): "unreadable",
    }  # fmt: skip
    with office.store.begin(PLANNER) as db:
        undo(db, number, done.change_set)
    assert now(office, first.unit, "households") == first.sent["households"]
    assert kinds(office, number)[first.unit, "households"] == "changed"
    with office.store.begin(PLANNER) as db, pytest.raises(Conflict):
        undo(db, number, done.change_set)
    assert confirmed(office, number).fields == 2


def test_the_same_file_again_changes_nothing_and_a_later_one_counts(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    path = office.fill(office.sheet(number), lambda book: write(book, code, "户数", 7))
    assert office.take(number, path)[0]["new"] == 1
    again = office.take(number, path)[0]
    assert (again["again"], again["new"]) == (True, 0)
    resaved = office.fill(path, lambda book: None)
    assert office.take(number, resaved)[0]["new"] == 0
    confirmed(office, number)
    assert office.take(number, office.fill(path, lambda book: None))[0]["new"] == 0
    assert kinds(office, number) == {(code, "households"): "settled"}
    assert back(office, number, (code, "户数", 8))["new"] == 1
    assert confirmed(office, number).fields == 1
    assert now(office, code, "households") == 8


def test_a_later_sheet_that_says_what_went_out_takes_the_open_answer_back(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    back(office, number, (code, "户数", 7))
    office.take(
        number, office.fill(office.sheet(number), lambda book: write(book, code, "摸底情况", "已摸底"))
    )
    assert kinds(office, number) == {}


def test_what_somebody_else_changed_meanwhile_is_a_conflict_with_both_shown(office: Office) -> None:
    number = office.send()
    first, second, third = [one.unit for one in units(office, number)[:3]]
    with office.store.begin(PLANNER) as db:
        for code, value in ((first, 501), (second, 502), (third, 503)):
            version = form(db, code, Moment(TODAY, None)).version
            save(db, code, version, {"households": value}, as_of=TODAY, from_date=TODAY)
    back(office, number, (first, "户数", 77), (second, "户数", 502), (third, "摸底情况", "已摸底"))
    assert kinds(office, number) == {
        (first, "households"): "conflict", (second, "households"): "same", (third, "households"): "elsewhere"
    }  # fmt: skip
    (clash,) = [item for one in found(office, number) for item in one.items if item.kind == "conflict"]
    assert (clash.came, clash.now) == (77, 501)
    assert not any(one.ticked(item) for one in found(office, number) for item in one.items)
    assert found(office, number)[0].changed["by"] == "planner"
    confirmed(office, number)
    assert [now(office, code, "households") for code in (first, second)] == [77, 502]


def test_known_to_unknown_is_asked_and_unknown_stays_unknown(office: Office) -> None:
    number = office.send(fields=("no_security", "households", "mode"))
    known = next(
        one for one in units(office, number) if one.sent["no_security"] is not None and one.sent["mode"]
    )
    back(
        office,
        number,
        (known.unit, "人防物防技防", "不清楚"),
        (known.unit, "户数", None),
        (known.unit, "服务方式", "不清楚"),
    )
    assert set(kinds(office, number).values()) == {"unknown"}
    (answered,) = found(office, number)
    assert not any(answered.ticked(item) for item in answered.items)
    # That nobody knows who serves is no service, and a record cannot say it.
    assert {item.field: answered.writable(item) for item in answered.items} == {"no_security": True, "households": True, "mode": False}  # fmt: skip
    confirmed(office, number)
    assert (now(office, known.unit, "no_security"), now(office, known.unit, "households")) == (None, None)
    assert now(office, known.unit, "mode") == known.sent["mode"]


def test_a_mode_changes_from_a_date_and_goes_back(office: Office) -> None:
    number = office.send(fields=("mode",))
    served = next(one for one in units(office, number) if one.sent["mode"] == "market")
    bare = next(one for one in units(office, number) if one.sent["mode"] == "none")
    back(office, number, (served.unit, "服务方式", "自管"), (bare.unit, "服务方式", "社区代管"))
    by_unit = {one.unit: one for one in found(office, number)}
    assert by_unit[served.unit].under_contract is not None
    assert not by_unit[served.unit].ticked(by_unit[served.unit].items[0])
    with pytest.raises(Conflict) as refused:
        confirmed(office, number)
    (contract,) = refused.value.extra["contracts"]
    assert (contract["unit"], contract["ends"]) == (served.unit, by_unit[served.unit].under_contract)
    assert contract["would_end"] == TODAY.isoformat()
    assert contract["firm"] in refused.value.message
    assert now(office, bare.unit, "mode") == "none", "nothing was written"
    done = confirmed(office, number, shorten=True)
    assert (now(office, served.unit, "mode"), now(office, served.unit, "mode", YESTERDAY)) == (
        "self",
        "market",
    )
    assert now(office, bare.unit, "mode") == "custody"
    with office.store.begin(PLANNER) as db:
        undo(db, number, done.change_set)
    assert (now(office, served.unit, "mode"), now(office, bare.unit, "mode")) == ("market", "none")


def test_answers_that_contradict_each_other_are_not_ticked(office: Office) -> None:
    number = office.send()
    one = next(one for one in units(office, number) if one.sent["mode"] == "market" and one.sent["no_property_service"] is False)  # fmt: skip
    back(office, number, (one.unit, "物业服务", "无"))
    (answered,) = found(office, number)
    assert answered.contradiction
    assert ticks([answered], usual=True) == []


def test_nothing_is_written_when_a_value_looks_different_by_now(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    back(office, number, (code, "户数", 7))
    shown = ticks(found(office, number))
    with office.store.begin(PLANNER) as db:
        version = form(db, code, Moment(TODAY, None)).version
        save(db, code, version, {"households": 1}, as_of=TODAY, from_date=None)
    with pytest.raises(Stale) as refusal, office.store.begin(PLANNER) as db:
        confirm(db, number, shown, day=TODAY, from_date=TODAY)
    assert refusal.value.extra["items"] == [{"unit": code, "field": "households", "now": 1, "came": 7}]
    assert now(office, code, "households") == 1


def test_a_confirmation_on_which_somebody_built_is_not_undone(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    back(office, number, (code, "户数", 7))
    done = confirmed(office, number)
    with office.store.begin(PLANNER) as db:
        version = form(db, code, Moment(TODAY, None)).version
        save(db, code, version, {"households": 9}, as_of=TODAY, from_date=None)
    with pytest.raises(Conflict, match=code), office.store.begin(PLANNER) as db:
        undo(db, number, done.change_set)
    assert now(office, code, "households") == 9


def test_days_on_which_it_cannot_hold_are_refused(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    back(office, number, (code, "户数", 7))
    with office.store.begin(PLANNER) as db:
        version = form(db, code, Moment(TODAY, None)).version
        save(db, code, version, {"residents": 9}, as_of=TODAY, from_date=YESTERDAY)
    for day in (date(2026, 10, 1), date(2026, 11, 2)):
        with pytest.raises(BadInput) as refusal:
            confirmed(office, number, since=day)
        assert refusal.value.field == "from_date"
    confirmed(office, number, since=YESTERDAY)
    assert now(office, code, "households", YESTERDAY) == 7


def test_an_unreadable_cell_is_settled_by_who_asked_again(office: Office) -> None:
    number = office.send()
    code = units(office, number)[0].unit
    back(office, number, (code, "户数", "十来户"))
    with office.store.begin(PLANNER) as db, pytest.raises(BadInput):
        settle(db, number, code, "households", "还是十来户")
    with office.store.begin(PLANNER) as db:
        settle(db, number, code, "households", "12 户")
    assert kinds(office, number) == {(code, "households"): "changed"}
    assert confirmed(office, number).fields == 1


def test_files_of_neighbourhoods_come_back_one_by_one_and_progress_tells_who_is_missing(
    office: Office,
) -> None:
    number = office.send(standalone=True)
    places = sorted({one.neighbourhood for one in units(office, number)})
    first, second = places[:2]
    paths = []
    for place in (first, second):
        code = next(one.unit for one in units(office, number) if one.neighbourhood == place)

        def hand(book: Any, code: str = code, place: str = place) -> None:
            book.worksheets[0]["B2"], book.worksheets[0]["D2"] = f"员{place[-1]}", date(2026, 10, 30)
            write(book, code, "摸底情况", "已摸底" if place == first else "无法进入")

        paths.append(office.fill(office.sheet(number, neighbourhood=place), hand))
    assert [one["rows"] > 0 for one in office.take(number, *paths)] == [True, True]
    with office.store.begin(PLANNER) as db:
        told = {one["code"]: one for one in progress(db, number, difference(db, number, TODAY))}
        assert sum(one["sent"] for one in told.values()) == find(db, number)["sent"]
    assert (told[first]["done"], told[first]["outstanding"], told[first]["surveyors"]) == (1, told[first]["sent"] - 1, [f"员{first[-1]}"])  # fmt: skip
    assert (told[second]["done"], told[second]["unreachable"]) == (0, 1)
    assert told[places[2]]["returned_at"] is None


def test_who_is_chosen(office: Office) -> None:
    every = {one.unit for one in units(office, office.send())}
    old = units(office, office.send(chosen="old"))
    assert 0 < len(old) < len(every)
    gaps = units(office, office.send(chosen="gaps", fields=("no_security", "fee")))
    assert gaps
    assert all(None in one.sent.values() for one in gaps)
    number = office.send(chosen="never")
    code = units(office, number)[0].unit
    back(office, number, (code, "摸底情况", "已摸底"), (code, "联系人", "李四"))
    assert {one.unit for one in units(office, office.send(chosen="never"))} == every - {code}
    again = next(one for one in units(office, office.send()) if one.unit == code)
    assert (again.about["contact"], again.about["surveyed_on"]) == ("李四", TODAY.isoformat())


def test_a_file_of_another_survey_is_refused_and_one_without_its_hidden_sheet_taken(office: Office) -> None:
    first, second = office.send(), office.send()
    with pytest.raises(BadInput, match=f"belongs to survey {first}"):
        office.take(second, office.sheet(first))
    code = units(office, second)[0].unit

    def hand(book: Any) -> None:
        write(book, code, "户数", 7)
        del book["_base"]

    report = office.take(second, office.fill(office.sheet(first), hand))[0]
    assert (report["marked"], report["answers"]) == (False, 1)


def test_a_sub_district_answers_for_itself_alone(office: Office) -> None:
    number = office.send("990101000000")
    here = Scope("local", (SUBDISTRICT[:9],))
    elsewhere = next(one.unit for one in units(office, number) if one.unit.startswith(OTHER))
    own = next(one.unit for one in units(office, number) if one.unit.startswith(SUBDISTRICT[:9]))

    def hand(book: Any) -> None:
        write(book, own, "户数", 7)
        write(book, elsewhere, "户数", 7)

    path = office.fill(office.sheet(number), hand)
    report = office.take(number, path, scope=here)[0]
    assert report["answers"] == 1
    assert {one["why"] for one in report["strays"]} == {"foreign"}
    with office.store.begin(here) as db:
        assert [one.unit for one in difference(db, number, TODAY)] == [own]
        done = confirm(db, number, ticks(difference(db, number, TODAY)), day=TODAY, from_date=TODAY)
        assert done.units == 1
        assert surveys(db)[0]["sent"] < find_whole(office, number)
    with office.store.begin(Scope("foreign", ("990102",))) as db:
        assert surveys(db) == []
        with pytest.raises(NotFound):
            difference(db, number, TODAY)
    with pytest.raises(NotFound), office.store.begin(here) as db:
        send(db, Wanted("990101000000", TODAY))


def find_whole(office: Office, number: int) -> int:
    with office.store.begin(PLANNER) as db:
        return int(find(db, number)["sent"])


def test_a_survey_that_nobody_answered_can_be_withdrawn(office: Office) -> None:
    first, second = office.send(), office.send()
    office.take(second, office.sheet(second))
    with office.store.begin(PLANNER) as db:
        withdraw(db, first)
        assert [one["id"] for one in surveys(db)] == [second]
    with pytest.raises(Conflict), office.store.begin(PLANNER) as db:
        withdraw(db, second)


@pytest.mark.parametrize(
    "wanted", [{"fields": ("nothing",)}, {"fields": ()}, {"chosen": "old", "area": "990101999000"}]
)
def test_a_survey_of_nothing_or_nobody_is_refused(office: Office, wanted: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        office.send(**wanted)


def test_sheets_and_confirmations_stand_in_the_audit(office: Office) -> None:
    number = office.send()
    back(office, number, (units(office, number)[0].unit, "户数", 7))
    confirmed(office, number)
    with office.store.begin(Scope("auditor", duty="auditor")) as db:
        rows = db.execute(text("SELECT action, actor FROM audit WHERE object = :o ORDER BY id"), {"o": f"survey {number}"}).all()  # fmt: skip
    assert rows == [(action, "planner") for action in ("survey.sent", "export", "survey.returned", "change")]


def test_a_copy_of_a_sheet_holds_what_went_out_not_what_is_there_today(office: Office) -> None:
    number = office.send()
    one = units(office, number)[0]
    with office.store.begin(PLANNER) as db:
        version = form(db, one.unit, Moment(TODAY, None)).version
        save(db, one.unit, version, {"households": 4321}, as_of=TODAY, from_date=TODAY)
    office.take(number, office.sheet(number))
    assert kinds(office, number) == {}
    with office.store.begin(PLANNER) as db, pytest.raises(NotFound):
        write_sheets(db, number, office.folder / "x.xlsx", neighbourhood="990101009009")
