"""What the child does with workbooks that came back: cells as plain values, sheet by sheet. Judges nothing."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, Final

from geo.errors import BadInput, TooLarge
from geo.ingest import formats
from geo.ingest.layer import plain_value

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 100
MOST_SHEETS: Final = 300


def work(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read every file of `request["files"]` (path, name, format) into `books.json`, in order."""
    books = [_book(Path(one["path"]), one["name"], one["format"]) for one in request["files"]]
    (folder / "books.json").write_text(json.dumps(books, ensure_ascii=False), "utf-8")
    return {}


def _book(path: Path, name: str, format_: str) -> dict[str, Any]:
    if format_ == "csv":
        text, _ = formats.decode(path.read_bytes())
        rows = [[number, list(row)] for number, row in enumerate(formats.csv_rows(text), start=1) if any(row)]
        if len(rows) > MOST_ROWS:
            raise TooLarge(f"{name}: at most {MOST_ROWS} rows are taken", field="file")
        return {"sheets": [{"name": "", "rows": rows}]}
    return {"sheets": _sheets(path, name)}


def _sheets(path: Path, name: str) -> list[dict[str, Any]]:
    """Return every sheet, hidden ones too. Raises BadInput naming the file, TooLarge."""
    import openpyxl  # noqa: PLC0415 - only in the child

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of every style it does not know
        try:
            with path.open("rb") as stream:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
                if len(book.worksheets) > MOST_SHEETS:
                    raise TooLarge(f"{name}: at most {MOST_SHEETS} sheets are taken", field="file")
                return [{"name": sheet.title, "rows": _rows(sheet)} for sheet in book.worksheets]
        except TooLarge:
            raise
        except Exception as error:  # any malformed workbook: openpyxl raises whatever its parser met
            raise BadInput(f"{name}: the workbook cannot be read", field="file") from error


def _rows(sheet: Any) -> list[list[Any]]:
    """Return [row number, cells] of the rows that hold anything. A workbook may claim a million empty rows."""
    found: list[list[Any]] = []
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
        if number > MOST_ROWS:
            raise TooLarge(f"at most {MOST_ROWS} rows of a sheet are taken", field="file")
        if any(cell is not None and cell != "" for cell in cells):
            found.append([number, [plain_value(cell) for cell in cells]])
    return found
