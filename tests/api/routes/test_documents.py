"""Papers of a round over HTTP: they open, and their numbers are the service's own."""

from __future__ import annotations

import io
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook

from api import papers
from geo.errors import Conflict
from geo.jobs import Handle, Worker, read_job
from tests.api.conftest import add_person
from tests.api.routes.conftest import EVERYWHERE, Desk, drawn

TERMS = {
    "start": "2027-01-01", "years": 3, "subsidy": ["0.3", "0.2", "0.1"], "cost_per_m2": "0.6",
    "assumed_fee": "0.5", "assumed_rate": "0.6", "budgets": {"2027": "100000.00"},
}  # fmt: skip


@pytest.fixture
def told(desk: Desk) -> tuple[Desk, dict[str, Any]]:
    """A round of six packages with terms; the desk and the round."""
    made = drawn(desk, "二〇二六年第一批", most=6)
    body = {
        "name": made["name"], "rules": made["rules"], "terms": TERMS,
        "packages": [{"name": lot["name"], "units": lot["members"]} for lot in made["packages"]],
    }  # fmt: skip
    address = f"/api/rounds/{made['id']}"
    saved = desk.user("officer").put(address, json=body, headers=desk.tag(made["id"]))
    assert saved.status_code == 200, saved.text
    return desk, saved.json()


def paper(desk: Desk, number: int, file: str) -> bytes:
    answer = desk.user("officer").get(f"/api/rounds/{number}/documents/{file}")
    assert answer.status_code == 200, answer.text[:300]
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.content


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_formulas_of_the_lot_schedule_come_to_the_money_of_the_round(
    told: tuple[Desk, dict[str, Any]],
) -> None:
    desk, made = told
    book = load_workbook(io.BytesIO(paper(desk, made["id"], "lots.xlsx")))
    overview, units, terms = book.worksheets
    assert [terms.cell(row, 2).value for row in range(4, 8)] == [0.3, 0.2, 0.1, 0.6]
    money = {lot["number"]: lot for lot in desk.get(f"/api/rounds/{made['id']}/money")["packages"]}
    rows = [[cell.value for cell in row] for row in units.iter_rows(min_row=4)]
    assert len(rows) == sum(len(lot["members"]) for lot in made["packages"])
    for place, lot in enumerate(made["packages"], 4):
        mine = [row for row in rows if row[0] == lot["id"]]
        assert sum(row[7] for row in mine if row[7] != "—") == lot["households"]
        area = [Decimal(str(row[9])) for row in mine if row[9] != "—"]
        if len(area) == len(mine):
            # What the formulas say, worked out: subsidy, income and cost of the first year, each unit to the fen.
            first = money[lot["number"]]["years"][0]
            assert sum(cents(each * Decimal("0.3")) for each in area) == Decimal(first["subsidy"])
            assert sum(cents(each * Decimal("0.6") * 12) for each in area) == Decimal(first["cost"])
            income = [
                Decimal(str(row[9])) * Decimal(str(row[10])) * 12 * Decimal(str(row[11])) for row in mine
            ]
            assert sum(map(cents, income)) == Decimal(first["income"])
        assert overview.cell(place, 2).value == lot["id"]
        # a dash where nothing of the package is known, else the sum
        assert "SUMIF(" in str(overview.cell(place, 8).value)
        assert str(overview.cell(place, 8).value).startswith("=IF(AND(")
    assert "SUM(" in str(overview.cell(4 + len(made["packages"]), 8).value)


def test_the_annex_tells_every_package_with_a_map_and_the_rounds_own_figures(
    told: tuple[Desk, dict[str, Any]],
) -> None:
    desk, made = told
    document = Document(io.BytesIO(paper(desk, made["id"], "annex.docx")))
    assert len(document.inline_shapes) == len(made["packages"])
    listed = [[cell.text for cell in row.cells] for row in document.tables[1].rows][1:-1]
    assert [(row[0], row[4]) for row in listed] == [
        (lot["id"], f"{lot['households']:,}") for lot in made["packages"]
    ]
    money = desk.get(f"/api/rounds/{made['id']}/money")["packages"]
    years = [[cell.text for cell in row.cells] for row in document.tables[3].rows][1:]
    for row, year in zip(years, money[0]["years"], strict=True):
        told_by_api = [year[name] for name in ("subsidy", "income", "cost", "balance")]
        assert row[2:] == ["—" if each is None else f"{Decimal(each):,.2f}" for each in told_by_api]
    facts = {row.cells[0].text: row.cells[1].text for row in document.tables[0].rows}
    assert facts["合同起始日（计划）"] == "2027年1月1日"
    assert facts["物业费不明的按"] == "0.50 元/㎡·月"


def test_the_map_book_has_a_page_for_each_package_with_its_households(
    told: tuple[Desk, dict[str, Any]],
) -> None:
    desk, made = told
    book = pypdfium2.PdfDocument(paper(desk, made["id"], "maps.pdf"))
    assert len(book) == len(made["packages"]) + 1
    assert [round(side / 72 * 25.4) for side in book[0].get_size()] == [420, 297]
    for place, lot in enumerate(made["packages"], 1):
        text = book[place].get_textpage().get_text_range()
        assert f"{lot['households']:,} 户" in text
        assert "比例尺" in text
        assert "内部使用，未经审图不得公开" in text


def test_papers_of_a_day_gone_by_keep_their_day_and_an_empty_round_has_none(desk: Desk) -> None:
    desk.today(date(2023, 11, 1))
    made = drawn(desk, "月初", most=2)
    book = load_workbook(io.BytesIO(paper(desk, made["id"], "lots.xlsx")))
    assert "2023年11月1日" in str(book.worksheets[0].cell(2, 1).value)
    empty = desk.user("officer").post(
        "/api/rounds", json={"name": "空", "rules": made["rules"], "packages": []}
    )
    answer = desk.user("officer").get(f"/api/rounds/{empty.json()['id']}/documents/maps.pdf")
    assert answer.status_code == 409


def worker(desk: Desk) -> Worker:
    return Worker(desk.store, papers.handlers(desk.store, desk.app.state.settings))


def test_a_paper_is_made_as_work_once_and_then_given_out(told: tuple[Desk, dict[str, Any]]) -> None:
    desk, made = told
    address = f"/api/rounds/{made['id']}/documents/annex.docx"
    officer = desk.user("officer")
    asked = officer.post(address)
    assert (asked.status_code, asked.headers["Location"]) == (202, f"/api/jobs/{asked.json()['job']}")
    assert officer.post(address).json()["job"] == asked.json()["job"], "who asks twice waits for the same"
    assert worker(desk).run_once()
    job = desk.get(f"/api/jobs/{asked.json()['job']}")
    assert (job["state"], job["progress"], job["figures"]) == ("done", 1.0, job["figures"])
    assert (officer.post(address).status_code, officer.post(address).json()["state"]) == (200, "done")
    (kept,) = (desk.app.state.settings.data / "papers").iterdir()
    answer = officer.get(address)
    assert answer.content == kept.read_bytes()
    assert answer.headers["ETag"] == f'"{job["result"]["etag"]}"'
    assert officer.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_changed_round_another_day_and_another_person_have_another_paper(
    told: tuple[Desk, dict[str, Any]],
) -> None:
    desk, made = told
    address = f"/api/rounds/{made['id']}/documents/lots.xlsx"
    tags = [desk.user("officer").get(address).headers["ETag"] for _ in range(2)]
    assert tags[0] == tags[1]
    tags.append(desk.user("officer2").get(address).headers["ETag"])
    edit = {"moves": [{"unit": made["packages"][0]["members"][0], "to": made["packages"][1]["name"]}]}
    moved = desk.user("officer").post(
        f"/api/rounds/{made['id']}/moves", json=edit, headers=desk.tag(made["id"])
    )
    assert moved.status_code == 200, moved.text
    tags.append(desk.user("officer").get(address).headers["ETag"])
    desk.today(date(2026, 11, 2))
    tags.append(desk.user("officer").get(address).headers["ETag"])
    assert len(set(tags)) == len(tags) - 1


def test_a_corrected_figure_is_a_new_paper_though_the_round_is_the_same(
    told: tuple[Desk, dict[str, Any]],
) -> None:
    desk, made = told
    address = f"/api/rounds/{made['id']}/documents/lots.xlsx"
    before = desk.user("officer").get(address).headers["ETag"]
    codes = (code for lot in made["packages"] for code in lot["members"])
    form = f"/api/communities/{next(code for code in codes if code[-4] == 'C')}"
    tag = {"If-Match": desk.user("officer").get(f"{form}/fields").headers["ETag"]}
    mended = desk.user("officer").post(
        f"{form}/corrections", json={"fields": {"name": "改名后的小区"}}, headers=tag
    )
    assert mended.status_code == 200, mended.text
    assert desk.user("officer").get(address).headers["ETag"] != before


def test_a_paper_is_stopped_by_who_asked_and_leaves_no_file(told: tuple[Desk, dict[str, Any]]) -> None:
    desk, made = told
    address = f"/api/rounds/{made['id']}/documents/maps.pdf"
    supervisor = desk.user("supervisor")
    waiting = supervisor.post(address).json()["job"]
    assert desk.user("reviewer").post(f"/api/jobs/{waiting}/cancel").status_code == 403
    assert supervisor.post(f"/api/jobs/{waiting}/cancel").status_code == 202
    again = supervisor.post(address).json()["job"]
    assert again != waiting
    handler = papers.paper_handler(desk.store, desk.app.state.settings)

    class Midway(Handle):
        """Somebody stops it once half is drawn."""

        def report(self, share: float, note: str, figures: Any = None) -> None:
            super().report(share, note, figures)
            if share > 0.5:
                self.stop.set()

    with desk.store.begin(EVERYWHERE) as db:
        job = read_job(db, EVERYWHERE, again)
    with pytest.raises(Conflict, match="stopped"):
        handler(job, Midway())
    assert not (desk.app.state.settings.data / "papers").exists()


def test_nobody_elsewhere_has_a_paper_made(told: tuple[Desk, dict[str, Any]]) -> None:
    desk, made = told
    add_person(desk.store, "far", ("officer",), ("320102000000",))
    assert desk.user("far").post(f"/api/rounds/{made['id']}/documents/annex.docx").status_code == 404
    refused = desk.user("officer").post(f"/api/rounds/{made['id']}/documents/contract.docx")
    assert refused.status_code == 422
