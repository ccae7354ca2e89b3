"""Money, points and counts in bodies: what cannot be one is refused with its field, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import world
from tests.api.routes.conftest import RULES, Desk, bid, bring_to, draft_of


@pytest.fixture
def opened(small: Desk) -> tuple[Desk, int]:
    number = draft_of(small)
    bring_to(small, number, "opened")
    return small, number


BAD_BIDS: list[tuple[str, Any]] = [
    ("price_fen", 0), ("price_fen", -1), ("price_fen", 10**13 + 1), ("price_fen", 123.45), ("price_fen", 5e6),
    ("price_fen", "5000000"), ("price_fen", True), ("price_fen", None),
    ("score", -0.01), ("score", 100.01), ("score", "NaN"), ("score", "Infinity"), ("score", "88.12345"), ("score", ""),
    ("package", 0), ("received_at", "2026-11-01T09:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD_BIDS, ids=str)
def test_a_bid_out_of_its_limits_is_refused_with_its_row_and_field(
    opened: tuple[Desk, int], field: str, value: Any
) -> None:
    desk, number = opened
    answer = desk.ask(number, "bids", "officer", {"bids": [bid(), bid(**{field: value})]}, "PUT")
    assert (answer.status_code, answer.json()["field"]) == (422, f"bids.1.{field}")
    assert desk.get(f"/api/rounds/{number}/bids")["bids"] == []


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_is_refused(opened: tuple[Desk, int], text: str) -> None:
    desk, number = opened
    body = f'{{"bids": [{{"package": 1, "firm": "{world.FIRM}", "price_fen": 1, "score": {text}}}]}}'
    headers = {**desk.tag(number), "Content-Type": "application/json"}
    answer = desk.user("officer").put(f"/api/rounds/{number}/bids", content=body, headers=headers)
    assert answer.status_code == 422
    assert desk.get(f"/api/rounds/{number}/bids")["bids"] == []


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"budgets": {"2027": "100.001"}}, "terms.budgets.2027"),
        ({"budgets": {"2027": -1}}, "terms.budgets.2027"),
        ({"budgets": {"2027": "1e12"}}, "terms.budgets.2027"),
        ({"budgets": {"1": 1}}, "terms.budgets.1.[key]"),
        ({"price_budget_fen": 1.5}, "terms.price_budget_fen"),
        ({"subsidy": ["NaN"]}, "terms.subsidy.0"),
        ({"assumed_rate": 1.01}, "terms.assumed_rate"),
        ({"cost_per_m2": -0.1}, "terms.cost_per_m2"),
    ],
)
def test_terms_out_of_their_limits_are_refused_with_their_field(
    small: Desk, terms: dict[str, Any], field: str
) -> None:
    body = {"name": "越界", "rules": RULES, "packages": [], "terms": terms}
    answer = small.user("officer").post("/api/rounds", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("ceiling", [-1, 10**13 + 1, 99.5, "100"])
def test_a_ceiling_out_of_its_limits_is_refused(small: Desk, ceiling: Any) -> None:
    lot = {"name": "甲", "units": [world.COMMUNITY], "ceiling_fen": ceiling}
    answer = small.user("officer").post(
        "/api/rounds", json={"name": "越界", "rules": RULES, "packages": [lot]}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "packages.0.ceiling_fen")


def test_a_price_to_the_fen_and_a_full_score_are_taken(opened: tuple[Desk, int]) -> None:
    desk, number = opened
    desk.take(number, "bids", "officer", {"bids": [bid(price=12_345_67, score="100")]}, "PUT")
    (kept,) = desk.get(f"/api/rounds/{number}/bids")["bids"]
    assert (kept["price_fen"], float(kept["score"])) == (1_234_567, 100)
