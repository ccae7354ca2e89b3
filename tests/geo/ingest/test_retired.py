"""Codes that were retired are refused row by row; the register of codes is bounded by the scope."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

pytestmark = pytest.mark.usefixtures("neighbourhood")


def test_a_retired_code_costs_its_row_and_a_trial_says_so(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    load(office.communities(tmp_path, 3), valid_from=date(2020, 1, 1))
    retired = f"{office.NEIGHBOURHOOD}C001"
    with store.begin(everywhere) as session:
        values = {"codes": [retired], "day": date(2025, 1, 1)}
        by = session.scalar(
            text("INSERT INTO change_set (kind, area, subject) VALUES ('change', '990101', 'x') RETURNING id")
        )
        session.execute(
            text("UPDATE community SET recorded = tstzrange(lower(recorded), now()), closed_by = :by"
                 " WHERE code = ANY (:codes)"), {**values, "by": by},
        )  # fmt: skip
        session.execute(
            text("INSERT INTO community (code, name, neighbourhood, kind, geom, valid, opened_by)"
                 " SELECT code, name, neighbourhood, kind, geom, daterange('2020-01-01', :day), :by FROM community"
                 " WHERE code = ANY (:codes)"), {**values, "by": by},
        )  # fmt: skip
        session.execute(text("SELECT retire_codes('community', :codes, :day)"), values)
    path = office.communities(tmp_path, 4)
    for trial in (True, False):
        report = load(path, valid_from=date(2026, 1, 1), dry_run=trial)
        refused = [one for one in report.findings if one.severity == "refused"]
        assert [(one.code, one.key, one.text) for one in refused] == [(retired, "retired", "2025-01-01")]
        assert "2025-01-01 停用" in refused[0].reason()
        assert (report.counts["new"], report.counts["refused"]) == (1, 1)
    assert rows("SELECT count(*) FROM community WHERE code = :code AND valid @> DATE '2026-01-01'"
                " AND upper_inf(recorded)", code=retired) == [(0,)]  # fmt: skip
    earlier = load(path, valid_from=date(2024, 1, 1))
    assert (earlier.counts["refused"], earlier.counts["changed"]) == (0, 2), "its past may still be corrected"


def test_codes_are_retired_and_forgotten_within_the_scope_only(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    by = load(office.communities(tmp_path, 1)).change_set
    code = f"{office.NEIGHBOURHOOD}C001"
    listed = text("SELECT code FROM retired_codes('community', ARRAY[:code])")
    with store.begin(Scope("stranger", ("990102",))) as session:
        session.execute(text("SELECT forget_codes(:by)"), {"by": by})
    with store.begin(everywhere) as session:
        session.execute(
            text("SELECT retire_codes('community', ARRAY[:code], DATE '2025-01-01')"), {"code": code}
        )
        assert session.scalars(listed, {"code": code}).all() == [code], "the stranger made nobody forget it"
    with store.begin(Scope("stranger", ("990102",))) as session:
        assert session.scalars(listed, {"code": code}).all() == []
    with store.begin(everywhere) as session:
        session.execute(text("SELECT forget_codes(:by)"), {"by": by})
        assert session.scalars(listed, {"code": code}).all() == []


def test_only_an_imports_codes_are_forgotten(store: Store, everywhere: Scope) -> None:
    with store.begin(everywhere) as session:
        by = session.scalar(
            text(
                "INSERT INTO change_set (kind, area, subject) VALUES ('publish', '990101', 'x') RETURNING id"
            )
        )
        session.execute(
            text("INSERT INTO firm (code, name, region, valid, opened_by)"
                 " VALUES ('91990101MA00000018', 'x', '990101000000', '[,)', :by)"), {"by": by},
        )  # fmt: skip
        session.execute(text("SELECT retire_codes('firm', ARRAY['91990101MA00000018'], DATE '2025-01-01')"))
        session.execute(text("SELECT forget_codes(:by)"), {"by": by})
        kept = text("SELECT code FROM retired_codes('firm', ARRAY['91990101MA00000018'])")
        assert session.scalars(kept).all() == ["91990101MA00000018"]
