"""Survey sheets over HTTP: sent, handed out, filled in, taken back, confirmed, undone; roles and areas."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from geo.people.sessions import issue_token
from geo.settings import Settings
from geo.store.engine import Store
from tests.api.conftest import add_person
from tests.geo.survey.conftest import write

SUBDISTRICT = "990101001000"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Desk:
    """Clients of the demo's people on one copy of the district."""

    def __init__(self, store: Store, settings: Settings, data: Path) -> None:
        self.store = store
        self.app = create_app(settings.model_copy(update={"data": data}), store)

    def user(self, name: str) -> TestClient:
        headers = {"Authorization": f"Bearer {issue_token(self.store, name, 1, 'os:test')}"}
        return TestClient(self.app, raise_server_exceptions=False, headers=headers)


@pytest.fixture(scope="module")
def desk(demo: Store, demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Shared: every test sends a survey of its own, of a neighbourhood of its own."""
    add_person(demo, "local", ("planner",), (SUBDISTRICT,))
    return Desk(demo, demo_settings, tmp_path_factory.mktemp("surveys"))


@pytest.fixture(scope="module")
def planner(desk: Desk) -> TestClient:
    return desk.user("planner")


def sent(client: TestClient, area: str = SUBDISTRICT, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/api/surveys", json={"area": area, **wanted})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/surveys/{answer.json()['id']}"
    made: dict[str, Any] = answer.json()
    return made


def book_of(client: TestClient, number: int, **query: Any) -> openpyxl.Workbook:
    answer = client.get(f"/api/surveys/{number}/sheets.xlsx", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def codes(book: openpyxl.Workbook) -> list[str]:
    return [str(cells[0].value) for sheet in book.worksheets for cells in sheet.iter_rows(min_row=5)
            if sheet.sheet_state == "visible" and str(cells[0].value).startswith("9901")]  # fmt: skip


def returned(client: TestClient, number: int, *books: openpyxl.Workbook) -> Any:
    files = []
    for at, book in enumerate(books):
        held = io.BytesIO()
        book.save(held)
        files.append(("file", (f"第{at}份.xlsx", held.getvalue())))
    return client.post(f"/api/surveys/{number}/returns", files=files)


def ticked(client: TestClient, number: int, name: str = "ticked") -> list[dict[str, Any]]:
    found = client.get(f"/api/surveys/{number}/difference").json()
    return [
        {"unit": unit["unit"], "field": item["field"], "old": item["now"], "new": item["came"]}
        for unit in found["units"] for item in unit["items"] if item[name]
    ]  # fmt: skip


def test_a_survey_goes_out_comes_back_is_confirmed_and_undone(planner: TestClient) -> None:
    number = sent(planner, chosen="all", standalone=True, title="秋季摸底")["id"]
    book = book_of(planner, number)
    first, second = codes(book)[:2]
    write(book, first, "户数", "１２ 户")
    write(book, second, "户数", "十来户")
    answer = returned(planner, number, book)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["files"][0]["name"], answer.json()["counts"]) == (
        "第0份.xlsx",
        {"changed": 1, "unreadable": 1},
    )
    asked = planner.put(
        f"/api/surveys/{number}/answers", json={"unit": second, "field": "households", "text": "15户"}
    )
    assert asked.json()["units"][0]["items"][0]["came"] == 15
    items = ticked(planner, number)
    assert {item["new"] for item in items} == {12, 15}
    done = planner.post(
        f"/api/surveys/{number}/confirm",
        json={"items": items[:1], "from_date": "2026-11-01", "reason": "街道核实"},
    )
    assert (done.status_code, done.json()["fields"]) == (200, 1)
    field = planner.get(f"/api/communities/{first}/fields").json()["fields"]["households"]
    assert (field["value"], field["source"]) == (12, f"秋季摸底 第 {number} 号，2026-11-01")
    seen = planner.get(f"/api/units/{first}/surveys").json()["surveys"][0]
    assert (seen["survey"], seen["outcome"], seen["day"]) == (number, "done", "2026-11-01")
    told = planner.get(f"/api/surveys/{number}").json()
    assert told["counts"] == {"settled": 1, "changed": 1}
    assert [one["reason"] for one in told["confirmations"]] == ["街道核实"]
    assert [one["confirmed"] + one["open"] for one in told["progress"] if one["done"]] == [2]
    undone = planner.post(f"/api/surveys/{number}/confirmations/{done.json()['change_set']}/undo")
    assert undone.status_code == 200
    assert len(ticked(planner, number)) == 2
    # An undone survey is none of the imports that the page of files lists.
    assert [one for one in planner.get("/api/imports").json()["imports"] if "survey" in one["subject"]] == []


def test_several_files_of_a_parcel_come_back_together(planner: TestClient) -> None:
    number = sent(planner)["id"]
    answer = planner.get(f"/api/surveys/{number}/sheets.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parcel:
        books = [openpyxl.load_workbook(io.BytesIO(parcel.read(name))) for name in parcel.namelist()]
    assert len(books) > 2
    for book in books:
        write(book, codes(book)[0], "摸底情况", "已摸底")
    reports = returned(planner, number, *books).json()["files"]
    assert [report["done"] for report in reports] == [1] * len(books)
    told = planner.get(f"/api/surveys/{number}").json()
    assert [one["done"] for one in told["progress"]] == [1] * len(books)
    assert returned(planner, number, books[0]).json()["files"][0]["new"] == 0


def test_what_looks_different_by_now_is_refused_with_what_it_is(planner: TestClient) -> None:
    number = sent(planner)["id"]
    book = book_of(planner, number)
    code = codes(book)[-1]
    write(book, code, "户数", 3)
    returned(planner, number, book)
    (item,) = ticked(planner, number)
    stale = planner.post(f"/api/surveys/{number}/confirm", json={"items": [{**item, "old": 1}]})
    assert (stale.status_code, stale.json()["items"][0]["now"]) == (412, item["old"])
    for wrong in ({"items": []}, {"items": [item], "from_date": "2027-01-01"}, {"items": [item, item]},
                  {"items": [{**item, "new": [1]}]}, {"items": [item], "source": "x"}):  # fmt: skip
        assert planner.post(f"/api/surveys/{number}/confirm", json=wrong).status_code == 422, wrong


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.xlsx", b"PK\x03\x04nonsense"), ("x.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600), ("x.csv", b""), ("x.gpkg", b"SQLite"),
     ("x.xlsx", b"<html>")],
)  # fmt: skip
def test_a_file_that_is_no_sheet_is_refused_by_name_and_nothing_is_left(
    planner: TestClient, desk: Desk, name: str, content: bytes
) -> None:
    number = sent(planner)["id"]
    answer = planner.post(f"/api/surveys/{number}/returns", files={"file": (name, content)})
    assert (answer.status_code, answer.json()["field"]) == (422, "file") or answer.json()["field"] == "format"
    assert list((desk.app.state.settings.data / "uploads").iterdir()) == []
    assert planner.get(f"/api/surveys/{number}").json()["returns"] == []


def test_a_formula_in_a_name_goes_out_as_text(planner: TestClient) -> None:
    code = codes(book_of(planner, sent(planner)["id"]))[0]
    form = planner.get(f"/api/communities/{code}/fields")
    tag = {"If-Match": form.headers["ETag"]}
    body = {"fields": {"name": "=1+1"}}
    assert planner.post(f"/api/communities/{code}/corrections", json=body, headers=tag).status_code == 200
    book = book_of(planner, sent(planner)["id"], neighbourhood=code[:12])
    cell = next(cells[1] for cells in book.worksheets[0].iter_rows(min_row=5) if cells[0].value == code)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_sub_district_sees_and_answers_its_own_rows_of_a_district_survey(
    planner: TestClient, desk: Desk
) -> None:
    number = sent(planner, "990101000000", fields=["households"])["id"]
    book = book_of(planner, number)
    own = next(code for code in codes(book) if code.startswith("990101001"))
    other = next(code for code in codes(book) if code.startswith("990101002"))
    write(book, own, "户数", 5)
    write(book, other, "户数", 6)
    local = desk.user("local")
    assert {code[:9] for code in codes(book_of(local, number))} == {"990101001"}
    answer = returned(local, number, book).json()
    assert answer["files"][0]["answers"] == 1
    assert other not in local.get(f"/api/surveys/{number}/difference").text
    items = [{"unit": other, "field": "households", "old": None, "new": 6}]
    assert local.post(f"/api/surveys/{number}/confirm", json={"items": items}).status_code == 412
    assert local.post("/api/surveys", json={"area": "990101000000"}).status_code == 404
    assert local.delete(f"/api/surveys/{number}").status_code == 409


def test_a_supervisor_reads_how_far_it_is_and_changes_nothing(planner: TestClient, desk: Desk) -> None:
    number = sent(planner)["id"]
    supervisor = desk.user("supervisor")
    assert supervisor.get(f"/api/surveys/{number}").json()["sent"] > 0
    assert supervisor.get(f"/api/surveys/{number}/difference").status_code == 200
    assert supervisor.get(f"/api/surveys/{number}/sheets.xlsx").status_code == 403
    assert supervisor.post("/api/surveys", json={"area": SUBDISTRICT}).status_code == 403
    ahead = planner.post("/api/surveys", json={"area": SUBDISTRICT, "as_of": "2026-11-02"})
    assert (ahead.status_code, ahead.json()["field"]) == (422, "as_of")


def test_telephone_numbers_go_with_the_sheet_and_into_no_answer(planner: TestClient) -> None:
    number = sent(planner)["id"]
    book = book_of(planner, number)
    code = codes(book)[1]
    write(book, code, "联系电话", "13800000000")
    write(book, code, "摸底情况", "已摸底")
    returned(planner, number, book)
    for address in (
        f"/api/surveys/{number}",
        f"/api/surveys/{number}/difference",
        f"/api/units/{code}/surveys",
    ):
        assert "13800000000" not in planner.get(address).text
    again = book_of(planner, sent(planner)["id"], neighbourhood=code[:12])
    assert "13800000000" in {cell.value for cells in again.worksheets[0].iter_rows() for cell in cells}
