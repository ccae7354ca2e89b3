"""Several people at one survey at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from geo.errors import WanggeError
from geo.survey.confirming import Tick, confirm
from geo.survey.progress import difference
from geo.survey.taking import read_books, take
from tests.geo.survey.conftest import PLANNER, TODAY, Office, write


def test_what_two_confirm_at_once_is_written_once(office: Office) -> None:
    number = office.send()
    path = office.sheet(number)
    with office.store.begin(PLANNER) as db:
        codes = db.scalars(
            text("SELECT unit FROM survey_unit WHERE survey = :n ORDER BY unit"), {"n": number}
        ).all()

    def hand(book: Any) -> None:
        for code in codes:
            write(book, code, "户数", 4321)

    office.take(number, office.fill(path, hand))
    with office.store.begin(PLANNER) as db:
        ticks = [Tick(one.unit, item.field, item.now, item.came) for one in difference(db, number, TODAY) for item in one.items]  # fmt: skip

    def go(_: int) -> str:
        try:
            with office.store.begin(PLANNER) as db:
                return f"{confirm(db, number, ticks, day=TODAY, from_date=TODAY).units} units"
        except WanggeError as error:
            return error.type

    with ThreadPoolExecutor(3) as crowd:
        assert sorted(crowd.map(go, range(3))) == [f"{len(codes)} units", "stale", "stale"]
    with office.store.begin(PLANNER) as db:
        made = db.scalar(
            text("SELECT count(*) FROM change_set WHERE subject = :s"), {"s": f"survey {number}"}
        )
        assert made == 1


def test_one_file_sent_by_several_at_once_is_taken_once(office: Office) -> None:
    number = office.send()
    books = read_books([(office.sheet(number), "s.xlsx")])

    def go(_: int) -> bool:
        with office.store.begin(PLANNER) as db:
            return bool(take(db, number, books, day=TODAY)[0]["again"])

    with ThreadPoolExecutor(3) as crowd:
        assert sorted(crowd.map(go, range(3))) == [False, True, True]
