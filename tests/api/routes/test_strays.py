"""Members of packages that have left the pool: each is told with its reason, and nobody who is still in it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.api import world
from tests.api.routes.conftest import EVERYWHERE, RULES, Desk, draft_of, step_to
from tests.api.routes.test_round_gate import periods

UNIT = world.COMMUNITY


def strays(desk: Desk, *units: str, of_round: int = 0) -> list[dict[str, Any]]:
    body = {"area": RULES["area"], "units": units or (UNIT,), "round": of_round}
    answer = desk.user("officer").post("/api/bundles/strays", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["strays"])


def test_who_is_in_the_pool_is_no_stray(small: Desk) -> None:
    assert strays(small) == []


def test_a_unit_of_whose_service_nothing_is_known_is_told_as_such(small: Desk) -> None:
    (one,) = strays(small, UNIT, world.STAND_ALONE)
    assert (one["code"], one["why"], one["blocks"]) == (world.STAND_ALONE, "unknown", False)


def test_a_firm_that_serves_is_named_with_its_days(small: Desk) -> None:
    periods(small, UNIT, ("2026-10-01", "2028-10-01", "market"))
    (one,) = strays(small)
    assert (one["code"], one["why"], one["blocks"]) == (UNIT, "served", True)
    assert (one["firm"], one["since"], one["until"]) == (world.FIRM, "2026-10-01", "2028-10-01")
    assert one["firm_name"]
    # A contract that ends within the settings' days brings its unit back into the pool.
    periods(small, UNIT, ("2026-10-01", "2026-12-01", "market"))
    assert strays(small) == []


def test_a_live_round_is_named_and_a_round_is_no_stranger_to_itself(small: Desk) -> None:
    first = draft_of(small, "先送的")
    draft_of(small, "后来的")
    assert strays(small) == []
    step_to(small, first, "submitted")
    (one,) = strays(small)
    assert (one["why"], one["round"], one["round_name"]) == ("taken", first, "先送的")
    assert strays(small, of_round=first) == []


def test_a_unit_that_is_gone_keeps_its_last_name(small: Desk) -> None:
    (name,) = [
        u["name"]
        for u in small.get(f"/api/bundles/pool?region={RULES['area']}")["units"]
        if u["code"] == UNIT
    ]
    with small.store.begin(EVERYWHERE) as db:
        change = db.scalar(
            text(
                "INSERT INTO change_set (kind, area, subject) VALUES ('correction', '990101', 't') RETURNING id"
            )
        )
        db.execute(
            text(
                "UPDATE community SET recorded = tstzrange(lower(recorded), now()), closed_by = :c"
                " WHERE code = :u AND upper_inf(recorded)"
            ),
            {"c": change, "u": UNIT},
        )
    (one,) = strays(small)
    assert (one["why"], one["name"], one["blocks"]) == ("gone", name, True)


@pytest.mark.parametrize("code", ["990102001001C001"])
def test_a_unit_of_another_district_is_gone_and_nameless(small: Desk, code: str) -> None:
    (one,) = strays(small, code)
    assert (one["why"], one["name"], one["firm"]) == ("gone", None, None)
