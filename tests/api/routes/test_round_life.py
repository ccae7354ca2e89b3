"""The whole life of a round over HTTP, on the demo at its first and its last month."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.api.routes.conftest import LAST_MONTH, MONTH_0, Desk, awarded, drawn, firms, opened

COVERAGE = "/api/coverage?region=990101000000&level=district&basis=count&as_of={}"


def served(desk: Desk, day: date) -> int:
    return int(desk.get(COVERAGE.format(day))["total"]["numerator"])


@pytest.mark.parametrize(("month", "least"), [(MONTH_0, 140), (LAST_MONTH, 50)])
def test_a_round_goes_from_pool_to_contract_and_coverage_follows(desk: Desk, month: date, least: int) -> None:
    desk.today(month)
    pool = desk.get("/api/bundles/pool?region=990101000000&standalone=false")["units"]
    assert len(pool) >= least
    number = drawn(desk, rules={"standalone": False})["id"]
    day = opened(desk, number, month)
    seen = awarded(desk, number, firms(desk))
    assert seen["state"] == "awarded"
    before = served(desk, day)
    for lot in seen["packages"]:
        body = {
            "package": lot["number"],
            "kind": "regular",
            "start": str(day),
            "end": str(day + timedelta(days=1000)),
        }
        seen = desk.take(number, "contract", "officer", body)
    assert seen["state"] == "contracted"
    assert {lot["service"] for lot in seen["packages"]} == {"served"}
    gained = served(desk, day) - before
    assert gained > 0
    assert desk.take(number, "close", "officer", {})["state"] == "closed"
