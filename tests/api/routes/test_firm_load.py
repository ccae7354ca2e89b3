"""What a firm serves counts in the whole district for everybody who may ask, and nobody learns where it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from geo.people.roles import BUSINESS
from geo.store.engine import Scope
from tests.api import world
from tests.api.conftest import add_person
from tests.api.routes.conftest import DEAL, DISTRICT, EVERYWHERE, Desk, bring_to, draft_of


@pytest.fixture
def busiest(desk: Desk) -> dict[str, Any]:
    """The firm with most households, as the district's officer sees it."""
    found = desk.get(f"/api/bidders?region={DISTRICT}")["firms"]
    return max(found, key=lambda each: each["serving"])


def part_of(desk: Desk, code: str) -> str:
    """A sub-district in which the firm serves something, but not all."""
    units = desk.get(f"/api/bidders/{code}?region={DISTRICT}")["serving_units"]
    places = {each["unit"][:9] for each in units}
    assert len(places) > 1, "the demo's largest firm serves in several sub-districts"
    return f"{min(places)}000"


@pytest.mark.parametrize("role", BUSINESS)
def test_a_part_of_the_district_sees_the_load_of_all_of_it_and_its_own_units(
    desk: Desk, busiest: dict[str, Any], role: str
) -> None:
    part = part_of(desk, busiest["code"])
    add_person(desk.store, "part", (role,), (part,))
    address = f"/api/bidders/{busiest['code']}?region={part}"
    seen = desk.get(address, "part")
    assert [seen[name] for name in ("serving", "free", "units", "unknown")] == [
        busiest[name] for name in ("serving", "free", "units", "unknown")
    ]
    assert 0 < seen["here"] < seen["serving"]
    assert {each["unit"][:9] for each in seen["serving_units"]} == {part[:9]}
    assert sum(each["households"] for each in seen["ends"]) == seen["here"]
    listed = desk.get(f"/api/bidders?region={part}", "part")["firms"]
    assert next(each for each in listed if each["code"] == busiest["code"])["serving"] == busiest["serving"]


def test_a_firm_that_is_full_elsewhere_may_not_take_more_here(desk: Desk, busiest: dict[str, Any]) -> None:
    part = part_of(desk, busiest["code"])
    add_person(desk.store, "part", ("officer",), (part,))
    officer = desk.user("officer")
    noted = officer.patch(
        f"/api/firms/{busiest['code']}",
        json={"capacity": busiest["serving"]},
        headers={"If-Match": f'"{busiest["version"]}"'},
    )
    assert noted.status_code == 200, noted.text
    assert desk.get(f"/api/bidders/{busiest['code']}?region={part}", "part")["free"] == 0


def test_what_a_firm_won_counts_until_it_is_served_in_every_part_of_the_district(small: Desk) -> None:
    place = f"/api/bidders/{world.FIRM}?region={world.HERE}000"
    before = small.get(place)
    number = draft_of(small)
    bring_to(small, number, "awarded")
    won = small.get(place)
    households = small.get(f"/api/rounds/{number}")["packages"][0]["households"]
    assert (won["won"], won["won_packages"], won["serving"]) == (households, 1, before["serving"])
    add_person(small.store, "beside", ("officer",), ("990101002000",))
    beside = f"/api/bidders/{world.FIRM}?region=990101002000"
    assert small.get(beside, "beside")["won"] == households, "wherever it lies"
    later = {**DEAL, "start": "2026-12-01", "end": "2027-12-01"}
    small.take(number, "contract", "officer", later)
    assert small.get(place)["won"] == households, "a contract that begins later"
    small.today(date(2026, 12, 1))
    served = small.get(place)
    assert (served["won"], served["serving"]) == (0, before["serving"] + households)


def test_another_district_counts_nothing_and_the_scope_is_as_it_was(
    desk: Desk, busiest: dict[str, Any]
) -> None:
    ask = text("SELECT coalesce(sum(households), 0) FROM firm_load('2026-11-01') WHERE firm = :code")
    seen = text("SELECT current_setting('wangge.areas'), (SELECT count(*) FROM community)")
    for areas in (("320102",), ("990102003",)):
        with desk.store.begin(Scope("os:test", areas)) as db:
            assert db.scalar(ask, {"code": busiest["code"]}) == 0
    with desk.store.begin(Scope("os:test", ("990101001",))) as db:
        before = db.execute(seen).one()
        assert db.scalar(ask, {"code": busiest["code"]}) == busiest["serving"]
        assert db.execute(seen).one() == before
    with desk.store.begin(Scope("os:test")) as db:
        assert db.scalar(ask, {"code": busiest["code"]}) == 0


def test_only_the_application_may_ask(desk: Desk) -> None:
    with pytest.raises(Exception, match="database") as refused, desk.store.begin(EVERYWHERE) as db:
        db.execute(text("SET LOCAL ROLE pg_monitor"))
        db.execute(text("SELECT * FROM wangge.firm_load('2026-11-01')"))
    assert isinstance(refused.value.__cause__, DBAPIError)
