"""The gate: what blocks a round, what its officer is told, each with its place and both sentences."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.api import world
from tests.api.routes.conftest import (
    DISTRICT,
    EVERYWHERE,
    LAST_MONTH,
    RULES,
    Desk,
    bring_to,
    draft_of,
    drawn,
    step_to,
)


def rules_of(desk: Desk, number: int, severity: str | None = None) -> dict[str, dict[str, Any]]:
    report = desk.get(f"/api/rounds/{number}/gate")
    wanted = [each for each in report["findings"] if severity in (None, each["severity"])]
    assert report["blocks"] == sum(each["severity"] == "block" for each in report["findings"])
    assert report["ready"] == (report["blocks"] == 0)
    assert all(
        each["zh"] and each["en"] and "{" not in each["zh"] + each["en"] for each in report["findings"]
    )
    return {each["rule"]: each for each in wanted}


def saved(desk: Desk, number: int, **changes: Any) -> None:
    """Save a draft again with other terms, rules or packages."""
    seen = desk.get(f"/api/rounds/{number}")
    lots = [{"name": lot["name"], "units": lot["members"]} for lot in seen["packages"]]
    body = {"name": seen["name"], "rules": seen["rules"], "terms": seen["terms"], "packages": lots, **changes}
    answer = desk.user("officer").put(f"/api/rounds/{number}", json=body, headers=desk.tag(number))
    assert answer.status_code == 200, answer.text[:400]


def periods(desk: Desk, unit: str, *spans: tuple[str, str | None, str]) -> None:
    """Give a unit these service periods (start, end, mode) in place of its own."""
    with desk.store.begin(EVERYWHERE) as db:
        change = db.scalar(
            text(
                "INSERT INTO change_set (kind, area, subject) VALUES ('change', '990101', 'test') RETURNING id"
            )
        )
        db.execute(
            text(
                "UPDATE service_period SET recorded = tstzrange(lower(recorded), now()), closed_by = :c"
                " WHERE unit = :u AND upper_inf(recorded)"
            ),
            {"c": change, "u": unit},
        )
        for start, end, mode in spans:
            db.execute(
                text(
                    "INSERT INTO service_period (unit_kind, unit, mode, firm, valid, opened_by) VALUES"
                    " ('community', :u, :m, :f, daterange(CAST(:s AS date), CAST(:e AS date)), :c)"
                ),
                {
                    "u": unit,
                    "m": mode,
                    "f": None if mode == "none" else world.FIRM,
                    "s": start,
                    "e": end,
                    "c": change,
                },
            )


def test_a_round_in_order_passes_and_is_told_what_it_should_know(small: Desk) -> None:
    number = draft_of(small)
    assert rules_of(small, number, "block") == {}
    assert "start_missing" in rules_of(small, number, "warn")
    step_to(small, number, "submitted")


def test_no_vote_and_a_failed_vote_block(small: Desk) -> None:
    number = draft_of(small)
    address = f"/api/units/{world.COMMUNITY}/stance"
    for vote, rule in (("failed", "vote_failed"), (None, "vote_missing")):
        tag = {"If-Match": small.user("officer").get(address).headers["ETag"]}
        assert small.user("officer").put(address, json={"vote": vote}, headers=tag).status_code == 200
        finding = rules_of(small, number, "block")[rule]
        assert (finding["units"], finding["package"]) == ([world.COMMUNITY], 1)
        assert 115 < finding["place"][0] < 117
        refused = small.ask(number, "submit", "officer", {})
        assert refused.status_code == 409
        assert rule in {each["rule"] for each in refused.json()["gate"]}


@pytest.mark.parametrize(
    ("end", "blocks"),
    [(LAST_MONTH + timedelta(days=90), False), (LAST_MONTH + timedelta(days=91), True), (None, True)],
)
def test_mid_contract_blocks_unless_it_ends_within_ninety_days(
    small: Desk, end: date | None, blocks: bool
) -> None:
    number = draft_of(small)
    periods(small, world.COMMUNITY, ("2024-01-01", end.isoformat() if end else None, "market"))
    assert ("mid_contract" in rules_of(small, number, "block")) == blocks


def test_a_unit_stands_in_one_live_round_at_most(small: Desk) -> None:
    first, second = draft_of(small), draft_of(small, "第二批")
    step_to(small, first, "submitted")
    taken = rules_of(small, second, "block")["taken"]
    assert taken["figures"] == {"unit": "苑990101001", "round": "小批次", "number": first}
    assert small.ask(second, "submit", "officer", {}).status_code == 409
    # the round's own units are not taken from itself: it is looked at again when it is published
    step_to(small, first, "published")
    # and the database refuses by itself what the gate was not asked about
    with pytest.raises(Exception, match="uq_unit_service_live"), small.store.begin(EVERYWHERE) as db:
        db.execute(
            text(
                "UPDATE tender_round SET state = 'submitted', version = version + 1, stepped_on = '2026-11-01',"
                " submitted_by = 'os:test' WHERE id = :n"
            ),
            {"n": second},
        )
    small.take(first, "void", "reviewer2", {"remark": "重来"})
    assert "taken" not in rules_of(small, second, "block")
    step_to(small, second, "submitted")


def test_bounds_and_empty_packages_block(small: Desk) -> None:
    number = draft_of(small)
    saved(small, number, rules={**RULES, "households": [500, 1000]})
    assert rules_of(small, number, "block")["households"]["figures"]["limit"] == "500"
    saved(small, number, rules=RULES, packages=[])
    assert set(rules_of(small, number, "block")) == {"no_packages"}
    assert "unassigned" in rules_of(small, number, "warn")


def test_budget_years_and_cost(small: Desk) -> None:
    number = draft_of(small)
    terms = {"start": "2026-12-01", "years": 3, "subsidy": ["1"], "budgets": {"2026": "10.00"}}
    saved(small, number, terms=terms)
    found = rules_of(small, number)
    assert found["budget_over"]["severity"] == "block"
    assert found["budget_missing"]["figures"]["year"] == "2027"
    costly = {**terms, "budgets": {"2026": "9000", "2027": "9000"}, "years": 4, "cost_per_m2": "1",
              "assumed_fee": "0.8", "assumed_rate": "0.5"}  # fmt: skip
    saved(small, number, terms=costly)
    found = rules_of(small, number)
    assert found["years_over"]["severity"] == "block"
    assert found["below_cost"]["severity"] == "warn"
    assert "1.04" in found["below_cost"]["zh"]
    assert found["below_cost"]["figures"]["by"] == "55,800.00"


def test_days_of_bidding_are_the_districts(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "submitted")
    small.user("officer").put(
        f"/api/districts/{DISTRICT}/bidding", json={"least_bidders": 1, "least_days": 20}
    )
    early = small.ask(number, "publish", "reviewer", {"bids_until": "2026-11-20"})
    assert (early.status_code, early.json()["gate"][0]["rule"]) == (409, "days_short")
    assert small.take(number, "publish", "reviewer", {})["bids_until"] == "2026-11-21"
    small.today(date(2026, 11, 20))
    assert small.ask(number, "open", "officer").status_code == 409
    small.today(date(2026, 11, 21))
    assert small.take(number, "open", "officer")["opened_on"] == "2026-11-21"


def test_a_broken_package_is_refused_with_its_pieces_and_their_place(desk: Desk) -> None:
    """The gate refuses a broken package first; mended by a move, the same round passes."""
    seen = drawn(desk, rules={"standalone": False}, most=12)
    number = seen["id"]
    lots = [lot for lot in seen["packages"] if len(lot["members"]) > 1]
    one, other = lots[0], lots[-1]
    assert one["members"][0][:9] != other["members"][0][:9]
    unit = one["members"][0]
    move = desk.take(number, "moves", "officer", {"moves": [{"unit": unit, "to": other["name"]}]})
    refused = desk.ask(number, "submit", "officer", {})
    assert refused.status_code == 409
    broken = next(each for each in refused.json()["gate"] if each["rule"] == "contiguity")
    assert broken["package_name"] == other["name"]
    assert [unit] in broken["pieces"]
    assert len(broken["place"]) == 2
    desk.take(number, "moves", "officer", move["undo"])
    assert desk.take(number, "submit", "officer", {})["state"] == "submitted"
