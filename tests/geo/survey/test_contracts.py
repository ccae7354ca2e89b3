"""A contract that a survey reaches, running or over, is not shortened before somebody said so."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from geo.errors import Conflict
from geo.store import history
from tests.geo.survey.conftest import PLANNER, TODAY, Office
from tests.geo.survey.test_round_trip import back, confirmed, found, now


def test_a_contract_that_is_over_today_is_not_shortened_unasked_either(office: Office) -> None:
    """What is confirmed from an earlier day on reaches the contract of then."""
    with office.store.begin(PLANNER) as db:
        unit = db.execute(text(
            "SELECT u.code FROM unit_at(:day) u WHERE u.code ^@ '990101001' AND u.unit_kind = 'community'"
            " AND NOT EXISTS (SELECT 1 FROM service_period p WHERE p.unit = u.code AND upper_inf(p.recorded)) LIMIT 1"
        ), {"day": TODAY}).scalar()  # fmt: skip
        if unit is None:
            unit = db.execute(text(
                "SELECT unit FROM service_period WHERE mode = 'none' AND upper_inf(recorded) AND unit ^@ '990101001'"
                " AND substr(unit, 13, 1) = 'C' GROUP BY unit HAVING count(*) = 1 LIMIT 1")).scalar_one()  # fmt: skip
        by = history.open_change_set(db, "change", "990101", "test")
        firm = db.execute(text("SELECT code FROM firm_at(:day) LIMIT 1"), {"day": TODAY}).scalar_one()
        db.execute(text("UPDATE service_period SET recorded = tstzrange(lower(recorded), now()), closed_by = :by"
                        " WHERE unit = :unit AND upper_inf(recorded)"), {"by": by, "unit": unit})  # fmt: skip
        db.execute(text("INSERT INTO service_period (unit_kind, unit, mode, firm, valid, opened_by)"
                        " VALUES ('community', :unit, 'market', :firm, '[2025-01-01,2026-06-01)', :by)"),
                   {"unit": unit, "firm": firm, "by": by})  # fmt: skip
    number = office.send(fields=("mode",))
    back(office, number, (unit, "服务方式", "自管"))
    (one,) = [one for one in found(office, number) if one.unit == unit]
    assert one.under_contract is None
    with pytest.raises(Conflict, match="until 2026-06-01 would end on 2026-01-01"):
        confirmed(office, number, since=date(2026, 1, 1))
    confirmed(office, number, since=date(2026, 6, 1))
    assert now(office, unit, "mode", date(2026, 5, 31)) == "market"
