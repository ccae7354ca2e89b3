"""The end of a contract: 结束日期 is the first day without service, 合同到期日 the last day with it."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geo.ingest.report import ImportReport
from geo.ingest.templates import template
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows


@pytest.fixture
def contracts(neighbourhood: ImportReport, load: Import, tmp_path: Path) -> ImportReport:
    """The communities, loaded where their neighbourhood is."""
    assert neighbourhood.counts["new"] == 4
    return load(office.communities(tmp_path))


def ledger(folder: Path, header: str, rows: list[tuple[int, str, str | None]]) -> Path:
    """A list of contracts whose last column has this header."""
    cells = [(f"{office.NEIGHBOURHOOD}C{n:03d}", "小区", "自管", start, end) for n, start, end in rows]
    frame = pd.DataFrame(cells, columns=["服务对象编码", "对象类型", "服务方式", "开始日期", header])
    return office.write(folder / "台账.xlsx", frame, None)


def ends(rows: Rows) -> list[date | None]:
    return [row[0] for row in rows("SELECT upper(valid) FROM service_period ORDER BY unit, lower(valid)")]


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize("header", ["合同到期日", "到期日", "到期日期"])
def test_a_day_of_expiry_is_the_last_day_of_service(
    load: Import, rows: Rows, tmp_path: Path, header: str
) -> None:
    path = ledger(
        tmp_path,
        header,
        [(1, "2024-01-01", "2024-12-31"), (1, "2025-01-01", None), (2, "2025-03-01", "2025-03-01"),
         (3, "2025-01-01", "9999-12-31")],
    )  # fmt: skip
    report = load(path)
    assert report.findings == []
    assert ends(rows) == [date(2025, 1, 1), None, date(2025, 3, 2), date.max]
    (note,) = report.as_json()["notes"]
    assert header in note["zh"]
    assert "last day included" in note["en"]


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize("header", ["结束日期", "终止日期"])
def test_an_end_is_the_first_day_without_service(
    load: Import, rows: Rows, tmp_path: Path, header: str
) -> None:
    report = load(ledger(tmp_path, header, [(1, "2024-01-01", "2024-12-31"), (1, "2024-12-31", None)]))
    assert (report.findings, report.notes) == ([], [])
    assert ends(rows) == [date(2024, 12, 31), None]


def test_the_template_says_which_is_which() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template("service-periods")))
    said = {row[0].value: row[4].value for row in book.worksheets[1].iter_rows(min_row=2)}
    assert "不含当日" in str(said["结束日期"])
    assert "合同到期日" in str(said["结束日期"])


def test_a_file_that_shortens_a_contract_says_whose_and_until_when_it_ran_before_it_is_loaded(
    contracts: ImportReport, load: Import, tmp_path: Path
) -> None:
    assert contracts.change_set
    load(office.firms(tmp_path))
    load(office.periods(tmp_path, [(1, "市场化", office.FIRM, "2024-01-01", "2027-01-01"),
                                   (2, "市场化", office.FIRM, "2024-01-01", "2027-01-01"),
                                   (3, "市场化", office.FIRM, "2024-01-01", "2026-01-01")]))  # fmt: skip
    later = [
        (1, "市场化", office.FIRM, "2024-01-01", "2025-01-01"),
        (2, "自管", None, "2024-01-01", None),
        (3, "市场化", office.FIRM, "2024-01-01", "2027-01-01"),
    ]
    report = load(office.periods(tmp_path, later, "改.xlsx"), dry_run=True)
    found = [(one.row, one.key, one.text) for one in report.findings]
    assert found == [
        (2, "contract_cut", "甲物业 2024-01-01 – 2027-01-01 → 2025-01-01"),
        (3, "contract_cut", "甲物业 2024-01-01 – 2027-01-01 → ×"),
    ]
    assert report.change_set is None
