"""Contracts, trials and their conversion, failed packages let again, what ends soon, and the inbox of it all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from geo.store.engine import Scope
from geo.tender import awarding
from geo.tender.award import Award, award
from tests.api import world
from tests.api.routes.conftest import (
    DEAL,
    DISTRICT,
    LAST_MONTH,
    Desk,
    bid,
    bring_to,
    draft_of,
    step_to,
)
from tests.api.routes.test_round_gate import periods

HERE = f"{world.HERE}000"


def service(desk: Desk, day: str) -> tuple[Any, Any, Any]:
    found = desk.get(f"/api/communities/{world.COMMUNITY}?as_of={day}")["properties"]
    return found["served"], found["firm"], found["service_end"]


def kinds(desk: Desk, who: str) -> set[str]:
    return {each["kind"] for each in desk.get("/api/inbox", who)["items"]}


def test_a_contract_opens_service_and_coverage_follows(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "awarded")
    assert service(small, "2026-11-01")[0] is False
    address = f"/api/coverage?region={HERE}&level=subdistrict&basis=count"
    assert small.get(address)["total"]["numerator"] == 0
    seen = small.take(number, "contract", "officer", DEAL)
    assert seen["other_days"] == []
    assert service(small, "2026-11-01") == (True, world.FIRM, "2027-11-01")
    assert service(small, "2026-10-31")[0] is False
    assert service(small, "2027-11-01")[0] is False
    assert small.get(address)["total"]["numerator"] == 1
    assert seen["packages"][0]["service"] == "served"
    assert small.get(f"/api/bidders/{world.FIRM}?region={HERE}")["serving"] == 100


def test_service_begins_when_another_contract_ends_and_stops_where_one_begins(small: Desk) -> None:
    number = draft_of(small)
    periods(
        small, world.COMMUNITY, ("2024-01-01", "2026-12-01", "market"), ("2027-06-01", "2028-06-01", "market")
    )
    bring_to(small, number, "awarded")
    seen = small.take(number, "contract", "officer", DEAL)
    assert seen["other_days"] == [{"unit": world.COMMUNITY, "start": "2026-12-01", "end": "2027-06-01"}]
    assert [service(small, day)[0] for day in ("2026-11-30", "2026-12-01", "2027-05-31", "2027-06-01")] == [
        True
    ] * 4


def test_a_contract_that_leaves_no_day_or_lasts_too_long_is_refused(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "awarded")
    for body, status in (
        ({**DEAL, "end": "2029-11-02"}, 422),
        ({**DEAL, "start": "2026-10-31"}, 422),
        ({**DEAL, "kind": "trial", "end": "2027-11-01"}, 422),
        ({**DEAL, "package": 9}, 422),
    ):
        assert small.ask(number, "contract", "officer", body).status_code == status, body
    periods(small, world.COMMUNITY, ("2024-01-01", None, "market"))
    assert small.ask(number, "contract", "officer", DEAL).status_code == 409
    assert small.get(f"/api/rounds/{number}")["packages"][0]["state"] == "awarded"


def test_a_trial_is_followed_to_its_conversion(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "awarded")
    trial = {**DEAL, "kind": "trial", "end": "2027-02-01"}
    small.take(number, "contract", "officer", trial)
    with small.store.begin(small_scope()) as db:
        assert (
            db.scalar(text("SELECT kind FROM service_period WHERE upper_inf(recorded) AND mode = 'market'"))
            == "trial"
        )
    states = []
    for day in (LAST_MONTH, date(2027, 1, 15), date(2027, 2, 1)):
        small.today(day)
        (found,) = small.get(f"/api/tender/trials?region={HERE}")["trials"]
        states.append((found["state"], "trials_due" in kinds(small, "officer")))
    assert states == [("running", False), ("due", True), ("lapsed", True)]
    assert small.ask(number, "contract", "officer", trial).status_code == 409
    early = {**DEAL, "start": "2027-01-31", "end": "2029-01-31"}
    assert small.ask(number, "contract", "officer", early).status_code == 422
    seen = small.take(number, "contract", "officer", {**DEAL, "start": "2027-02-01", "end": "2029-02-01"})
    assert [(each["kind"], each["converted"]) for each in seen["packages"][0]["contracts"]] == [
        ("trial", True), ("regular", False),
    ]  # fmt: skip
    (found,) = small.get(f"/api/tender/trials?region={HERE}")["trials"]
    assert (found["state"], found["converted_on"]) == ("converted", "2027-02-01")
    assert service(small, "2028-01-01")[0] is True


def small_scope() -> Any:
    from geo.store.engine import Scope

    return Scope("officer", ("990101",))


def test_a_package_with_too_few_bidders_fails_and_is_let_again(small: Desk) -> None:
    small.user("officer").put(
        f"/api/districts/{DISTRICT}/bidding", json={"least_bidders": 3, "least_days": 0}
    )
    number = draft_of(small)
    bring_to(small, number, "opened")
    small.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    made = small.take(number, "award", "officer")
    (failed,) = made["award"]["failed"]
    assert failed["reason"]["code"] == "too_few"
    assert (
        small.ask(number, "bids", "officer", {"bids": []}, "PUT").status_code == 409
    )  # proposed: it stands still
    seen = small.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    assert (seen["state"], seen["packages"][0]["state"]) == ("awarded", "failed")
    assert seen["packages"][0]["failure"]["code"] == "too_few"
    assert "packages_failed" in kinds(small, "officer")
    again = small.take(number, "relet", "officer", {"name": "再招"})
    assert (again["state"], again["relet_of"], again["packages"][0]["members"]) == (
        "draft",
        number,
        [world.COMMUNITY],
    )
    assert small.get(f"/api/rounds/{number}")["packages"][0]["relet_in"] == again["id"]
    assert small.ask(number, "relet", "officer", {"name": "三招"}).status_code == 409
    assert "packages_failed" not in kinds(small, "officer")
    assert small.take(number, "close", "officer", {})["state"] == "closed"
    step_to(small, again["id"], "submitted")


def test_a_winner_who_does_not_sign_fails_the_package(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "awarded")
    assert small.ask(number, "fail", "reviewer", {"package": 1, "remark": "  "}).status_code == 422
    seen = small.take(number, "fail", "reviewer", {"package": 1, "remark": "弃标"})
    assert (seen["packages"][0]["state"], seen["packages"][0]["failure"]["code"]) == ("failed", "not_signed")
    name = small.get(f"/api/bidders/{world.FIRM}?region={HERE}")["name"]
    assert name in seen["packages"][0]["failure"]["zh"]
    again = draft_of(small, "第二批")
    step_to(small, again, "submitted")  # its units are free


def test_a_bid_that_changed_the_award_since_is_not_confirmed_unseen(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "opened")
    small.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    made = small.take(number, "award", "officer")
    found = small.get(f"/api/bidders/{world.FIRM}?region={HERE}")
    tag = {"If-Match": f'"{found["version"]}"'}
    barred = {"barred_until": "2030-01-01"}
    assert (
        small.user("officer").patch(f"/api/firms/{world.FIRM}", json=barred, headers=tag).status_code == 200
    )
    assert small.get(f"/api/bidders?region={HERE}")["firms"][0]["standing"][0]["code"] == "barred"
    refused = small.ask(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    assert refused.status_code == 409
    small.take(number, "award", "reviewer", None, "DELETE")
    fresh = small.take(number, "award", "officer")
    assert {each["reason"]["code"] for each in fresh["award"]["failed"]} == {"too_few"}


def test_what_ends_soon_is_a_risk_until_something_follows(small: Desk) -> None:
    periods(small, world.COMMUNITY, ("2024-01-01", "2026-12-31", "market"))
    address = f"/api/tender/expiring?region={HERE}"
    (found,) = small.get(address)["contracts"]
    assert (found["days"], found["risk"], found["round"]) == (60, True, None)
    assert {"expiring"} == kinds(small, "supervisor")
    number = draft_of(small)
    assert small.get(address)["contracts"][0]["round"] == number
    bring_to(small, number, "awarded")
    small.take(number, "contract", "officer", {**DEAL, "start": "2026-12-31", "end": "2027-12-31"})
    assert small.get(address)["contracts"][0]["risk"] is False
    assert kinds(small, "supervisor") == set()


def test_each_person_has_an_inbox_of_what_waits(small: Desk) -> None:
    number = draft_of(small)
    waits = {
        "submitted": ("reviewer", "round_publish"), "published": ("officer", "round_open"),
        "opened": ("officer", "round_bids"), "awarded": ("officer", "round_contract"),
        "contracted": ("officer", "round_close"),
    }  # fmt: skip
    assert kinds(small, "officer") == kinds(small, "reviewer") == set()
    for state, (who, kind) in waits.items():
        step_to(small, number, state)
        assert kinds(small, who) == {kind}, state
        other = "officer" if who == "reviewer" else "reviewer"
        assert kinds(small, other) == set(), state
    item = small.get("/api/inbox", "officer")["items"][0]
    assert (item["link"], item["round"]) == (f"/rounds/{number}", number)
    assert "小批次" in item["zh"]
    assert kinds(small, "officer.other-district") == kinds(small, "officer.other-subdistrict") == set()


def test_an_inbox_tells_of_returned_rounds_and_of_awards_to_confirm(small: Desk) -> None:
    number = draft_of(small)
    step_to(small, number, "submitted")
    small.take(number, "return", "reviewer", {"remark": "缺表决"})
    assert kinds(small, "officer") == {"round_returned"}
    assert "缺表决" in small.get("/api/inbox", "officer")["items"][0]["zh"]
    bring_to(small, number, "opened")
    small.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    small.take(number, "award", "officer")
    assert (kinds(small, "officer"), kinds(small, "reviewer")) == (set(), {"award_confirm"})


def test_a_round_with_a_running_trial_is_not_closed(small: Desk) -> None:
    """A round that is closed signs nothing: its trial could not be converted any more."""
    number = draft_of(small)
    bring_to(small, number, "awarded")
    small.take(number, "contract", "officer", {**DEAL, "kind": "trial", "end": "2027-02-01"})
    refused = small.ask(number, "close", "officer", {})
    assert (refused.status_code, refused.json()["trial_until"]) == (409, "2027-02-01")
    assert "round_close" not in kinds(small, "officer")
    small.today(date(2027, 2, 1))
    assert "round_close" in kinds(small, "officer")
    small.take(number, "contract", "officer", {**DEAL, "start": "2027-02-01", "end": "2028-02-01"})
    assert small.take(number, "close", "officer", {})["state"] == "closed"


def test_an_award_that_is_not_proven_is_confirmed_knowingly_only(
    small: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unproven(*given: Any, **more: Any) -> Award:
        made = award(*given, **more)
        return replace(made, proven=False, bound=made.points + 1)

    monkeypatch.setattr(awarding, "award", unproven)
    number = draft_of(small)
    bring_to(small, number, "opened")
    small.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    made = small.take(number, "award", "officer")
    refused = small.ask(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    assert (refused.status_code, refused.json()["proven"], refused.json()["bound"]) == (409, False, "91.5")
    told = {"hash": made["hash"], "unproven": True}
    assert small.take(number, "award/confirm", "reviewer", told)["state"] == "awarded"
    with small.store.begin(Scope("auditor", duty="auditor")) as db:
        assert db.scalar(text("SELECT count(*) FROM audit WHERE action = 'round.unproven'")) == 1


@pytest.mark.parametrize("moment", ["2026-10-31T23:59:00+08:00", "2026-11-02T00:00:00+08:00"])
def test_a_bid_that_came_too_early_or_too_late_is_refused(small: Desk, moment: str) -> None:
    number = draft_of(small)
    bring_to(small, number, "opened")
    refused = small.ask(number, "bids", "officer", {"bids": [bid(received_at=moment)]}, "PUT")
    assert (refused.status_code, refused.json()["field"]) == (422, "bids.0.received_at")


def test_who_sent_an_award_back_still_reviews_and_who_worked_does_not(small: Desk) -> None:
    with small.store.begin(Scope("os:test", (), "security")) as db:
        both = db.scalar(text("SELECT id FROM person WHERE username = 'officer2'"))
        db.execute(text("INSERT INTO person_role VALUES (:p, 'reviewer')"), {"p": both})
    number = draft_of(small)
    bring_to(small, number, "opened")
    small.take(number, "bids", "officer2", {"bids": [bid()]}, "PUT")
    small.take(number, "award", "officer")
    small.take(number, "award", "reviewer", None, "DELETE")
    made = small.take(number, "award", "officer")
    small.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    refused = small.ask(number, "fail", "officer2", {"package": 1, "remark": "x"})
    assert (refused.status_code, refused.json()["second"]) == (409, True)
    assert (
        small.take(number, "fail", "reviewer", {"package": 1, "remark": "弃标"})["packages"][0]["state"]
        == "failed"
    )
