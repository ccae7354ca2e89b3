"""The inbox: whoever must know of a step hears of it, whoever need not does not, and it ends when it is done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from geo.tender.steps import STEPS
from tests.api import world
from tests.api.conftest import add_person
from tests.api.routes.conftest import Desk, bid, bring_to, draft_of, step_to
from tests.api.world import HERE


def items(desk: Desk, who: str) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in desk.get("/api/inbox", who)["items"]}


@pytest.fixture
def two(small: Desk) -> Desk:
    """The small world with people responsible elsewhere, who must never hear of anything."""
    add_person(small.store, "far", ("officer", "reviewer"), ("990102000000",))
    return small


def bar(desk: Desk, until: str = "2027-06-01") -> None:
    seen = desk.get(f"/api/bidders/{world.FIRM}?region={HERE}000")
    noted = desk.user("officer").patch(
        f"/api/firms/{world.FIRM}",
        json={"barred_until": until},
        headers={"If-Match": f'"{seen["version"]}"'},
    )
    assert noted.status_code == 200, noted.text


def test_a_published_round_is_told_to_those_who_made_it_until_its_days_are_over(two: Desk) -> None:
    two.user("officer").put(
        f"/api/districts/{HERE[:6]}000000/bidding", json={"least_bidders": 1, "least_days": 20}
    )
    number = draft_of(two)
    bring_to(two, number, "published")
    told = items(two, "officer")["round_published"]
    assert (told["round"], told["due"]) == (number, "2026-11-21")
    assert items(two, "officer2") == items(two, "reviewer") == items(two, "far") == {}
    two.today(date(2026, 11, 21))
    assert items(two, "officer").keys() == items(two, "officer2").keys() == {"round_open"}


def test_a_voided_round_is_told_to_officers_and_its_author_until_it_is_let_again(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "published")
    two.take(number, "void", "reviewer", {"remark": "文件有误"})
    for who in ("officer", "officer2"):
        told = items(two, who)
        assert told.keys() == {"round_voided"}
        assert "文件有误" in told["round_voided"]["zh"]
    assert items(two, "reviewer") == items(two, "far") == {}
    two.today(date(2026, 12, 1))
    assert items(two, "officer") == {}, "a month later it is no news any more"
    two.today(date(2026, 11, 1))
    two.take(number, "relet", "officer2", {"name": "再来"})
    assert items(two, "officer") == {}


def test_who_submitted_a_round_hears_of_its_return_though_another_wrote_it(two: Desk) -> None:
    number = draft_of(two)
    two.take(number, "submit", "officer2", {})
    two.take(number, "return", "reviewer", {"remark": "缺表决"})
    assert items(two, "officer").keys() == items(two, "officer2").keys() == {"round_returned"}


def test_an_award_that_was_taken_back_is_told_with_who_did_it_until_bids_are_mended(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "opened")
    two.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    two.take(number, "award", "officer")
    two.take(number, "award", "reviewer", method="DELETE")
    told = items(two, "officer")
    assert told.keys() == {"award_returned"}
    assert "reviewer" in told["award_returned"]["zh"]
    assert items(two, "reviewer") == {}
    two.take(number, "bids", "officer", {"bids": [bid(price=4_000_000)]}, "PUT")
    assert items(two, "officer").keys() == {"round_bids"}


def test_a_barred_bidder_is_told_to_officers_and_to_who_is_to_confirm_the_award(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "opened")
    two.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    assert "firm_barred" not in items(two, "officer")
    two.take(number, "award", "officer")
    bar(two)
    for who in ("officer", "officer2", "reviewer"):
        told = items(two, who)["firm_barred"]
        assert (told["round"], told["count"]) == (number, 1)
    assert items(two, "far") == items(two, "supervisor") == {}
    bar(two, "2026-01-01")
    assert "firm_barred" not in items(two, "officer")


def test_a_barred_winner_is_told_until_its_package_failed(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "awarded")
    bar(two)
    for who in ("officer", "reviewer"):
        assert items(two, who)["winner_barred"]["round"] == number
    two.take(number, "fail", "reviewer", {"package": 1, "remark": "中标人被禁投"})
    assert items(two, "officer").keys() == {"packages_failed"}
    assert items(two, "reviewer") == {}


def test_a_draft_is_told_of_communities_that_another_round_took(two: Desk) -> None:
    first, second = draft_of(two, "先"), draft_of(two, "后")
    step_to(two, first, "submitted")
    assert items(two, "officer")["draft_taken"]["round"] == second
    assert "draft_taken" not in items(two, "officer2")
    two.take(first, "void", "reviewer", {"remark": "撤"})
    assert "draft_taken" not in items(two, "officer")


def test_every_step_of_a_round_leaves_something_for_somebody_or_ends_it(two: Desk) -> None:
    """Walked from step to step, nobody has to guess who is next: there is an item as long as a step is open."""
    number = draft_of(two)
    for state in ("submitted", "published", "opened", "awarded", "contracted"):
        step_to(two, number, state)
        heard = {kind for who in ("officer", "officer2", "reviewer", "reviewer2") for kind in items(two, who)}
        assert heard, state
    step_to(two, number, "closed")
    assert items(two, "officer") == items(two, "reviewer") == {}
    assert {each.ends for each in STEPS.values()} >= {"voided", "closed", "draft"}


def test_a_winner_barred_after_the_proposal_is_not_awarded_until_the_bar_is_lifted(two: Desk) -> None:
    """The bar is noted a day after the proposal: the proposal still computes as it did, and is refused all the same."""
    number = draft_of(two)
    bring_to(two, number, "opened")
    two.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    made = two.take(number, "award", "officer")
    two.today(date(2026, 11, 2))
    bar(two)
    refused = two.ask(number, "award/confirm", "reviewer", {"hash": made["hash"]})
    assert refused.status_code == 409
    told = refused.json()
    assert told["firms"][0]["code"] == world.FIRM
    assert told["firms"][0]["standing"][0]["code"] == "barred"
    assert "2027-06-01" in told["zh"]
    assert "解除" in told["zh"]
    assert "lift its bar" in told["detail"]
    bar(two, "2026-01-01")
    two.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})


def test_a_notice_is_marked_as_read_by_one_person_and_is_news_again_when_it_changes(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "opened")
    (item,) = two.get("/api/inbox")["items"]
    assert (item["read_at"], two.get("/api/inbox")["unread"]) == (None, 1)
    marked = two.user("officer").post("/api/inbox/read", json={"keys": [item["key"]]})
    assert (marked.status_code, marked.json()) == (200, {"marked": 1})
    assert two.user("officer").post("/api/inbox/read", json={"keys": [item["key"]]}).json() == {"marked": 0}
    mine, theirs = two.get("/api/inbox"), two.get("/api/inbox", "officer2")
    assert (mine["unread"], len(mine["items"])) == (0, 1), "it stays until it is done"
    assert mine["items"][0]["read_at"] is not None
    assert theirs["unread"] == 1
    back = {"keys": [item["key"]], "read": False}
    assert two.user("officer").post("/api/inbox/read", json=back).json() == {"marked": 1}
    assert two.get("/api/inbox")["unread"] == 1
    two.user("officer").post("/api/inbox/read", json={"keys": [item["key"]]})
    two.take(number, "bids", "officer", {"bids": [bid()]}, "PUT")
    two.take(number, "award", "officer")
    two.take(number, "award", "reviewer", method="DELETE")
    assert two.get("/api/inbox")["unread"] == 1
    assert two.user("officer").post("/api/inbox/read", json={"keys": ["x"]}).status_code == 422


def test_one_of_something_is_said_in_the_singular(two: Desk) -> None:
    number = draft_of(two)
    bring_to(two, number, "awarded")
    assert items(two, "officer")["round_contract"]["en"].startswith("1 package of round")


def test_a_survey_is_told_when_it_is_late_and_when_its_answers_wait_to_those_who_may_confirm(
    two: Desk,
) -> None:
    add_person(two.store, "field", ("planner",), ("990101000000",))
    asked = {"area": f"{HERE}000", "due": "2026-11-03", "fields": ["households"]}
    made = two.user("field").post("/api/surveys", json=asked)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert items(two, "field") == {}, "nothing is late on its last day, nothing came back"
    two.today(date(2026, 11, 4))
    late = items(two, "field")["survey_overdue"]
    assert (late["survey"], late["due"], late["link"]) == (number, "2026-11-03", f"/surveys/{number}")
    assert "survey_overdue" in items(two, "officer")
    assert items(two, "reviewer") == items(two, "supervisor") == items(two, "far") == {}
    unit = {"unit": world.COMMUNITY, "field": "households", "text": "77"}
    assert two.user("field").put(f"/api/surveys/{number}/answers", json=unit).status_code == 200
    waits = items(two, "field")["survey_confirm"]
    assert (waits["count"], waits["en"].count("1 difference waits")) == (1, 1)
    shown = two.get(f"/api/surveys/{number}/difference", "field")["units"][0]["items"][0]
    tick = {"unit": world.COMMUNITY, "field": "households", "old": shown["now"], "new": 77}
    done = two.user("field").post(f"/api/surveys/{number}/confirm", json={"items": [tick]})
    assert done.status_code == 200, done.text
    assert "survey_confirm" not in items(two, "field")


def test_a_survey_that_should_be_back_before_it_goes_out_is_refused(two: Desk) -> None:
    asked = {"area": f"{HERE}000", "as_of": "2026-11-01", "due": "2026-10-01"}
    refused = two.user("planner").post("/api/surveys", json=asked)
    assert (refused.status_code, refused.json()["field"]) == (422, "due")
