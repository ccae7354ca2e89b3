"""`wangge survey out` and `wangge survey back`: survey sheets (摸底表) on the command line.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing to write, or something is left that a person must look at.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.commands.files import DONE, NOTHING, SHOWN, USAGE, everywhere
from api.opening import open_store
from geo.errors import BadInput
from geo.ingest.exported import word
from geo.settings import Settings
from geo.survey.confirming import Tick, confirm
from geo.survey.difference import Item
from geo.survey.fields import ASKED, DEFAULT, UNCLEAR
from geo.survey.issuing import write_sheets
from geo.survey.progress import Answered, difference
from geo.survey.sending import CHOSEN, LAYOUTS, Wanted, send
from geo.survey.taking import Book, read_books, take


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `survey out` and `survey back`."""
    survey = chosen.add_parser(
        "survey", help="survey sheets of communities: out with what is known, back to confirm"
    )
    below = survey.add_subparsers(dest="direction", required=True, metavar="out|back")
    _add_out(below)
    back = below.add_parser(
        "back", help="take filled in sheets; show the difference, or write what needs no decision"
    )
    back.add_argument("files", nargs="+", type=Path, metavar="FILE")
    back.add_argument("--survey", type=int, metavar="NUMBER", help="where a file has lost its hidden sheet")
    told = "write what is new or changed without a doubt: no conflict, nothing forgotten, no running contract ended"
    back.add_argument("--confirm", action="store_true", help=told)
    shorten = "write a new mode of service also where it ends a contract that runs on that day"
    back.add_argument("--shorten-contracts", action="store_true", help=shorten)
    told = "from when it holds (default: the business date)"
    back.add_argument("--from", dest="from_date", type=date.fromisoformat, metavar="DATE", help=told)
    back.set_defaults(run=run_back)


def _add_out(below: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    out = below.add_parser(
        "out", help="begin a survey and write its sheets: .xlsx, or .zip with one per neighbourhood"
    )
    out.add_argument("--region", required=True, metavar="CODE", help="the region (12 digits)")
    out.add_argument("--out", type=Path, required=True, metavar="FILE", help="its ending is .xlsx or .zip")
    out.add_argument("--which", choices=CHOSEN, default="all", help="which communities (default: all)")
    out.add_argument("--standalone", action="store_true", help="stand-alone buildings too")
    out.add_argument("--fields", default=",".join(DEFAULT), metavar="NAMES", help=f"of: {','.join(ASKED)}")
    out.add_argument(
        "--layout", choices=LAYOUTS, default="each", help="one sheet of all, or one per neighbourhood"
    )
    out.add_argument("--title", default="", help="its name")
    out.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help="the date of the values (default: today)"
    )
    out.set_defaults(run=run_out)


def run_out(arguments: argparse.Namespace, settings: Settings) -> int:
    """Begin a survey and write its sheets."""
    parcel = arguments.out.suffix.lower().lstrip(".")
    if parcel not in ("xlsx", "zip"):
        sys.stderr.write("wangge survey out: --out must end in .xlsx or .zip\n")
        return USAGE
    names = tuple(name.strip() for name in arguments.fields.split(",") if name.strip())
    wanted = Wanted(
        arguments.region, arguments.as_of or settings.business_date(), arguments.title, arguments.which,
        arguments.standalone, names, arguments.layout,
    )  # fmt: skip
    store = open_store(settings)
    try:
        with store.begin(everywhere()) as db:
            number = send(db, wanted)
            write_sheets(db, number, arguments.out, parcel="zip" if parcel == "zip" else "xlsx")
    finally:
        store.dispose()
    sys.stdout.write(f"survey {number} written to {arguments.out}\n")
    return DONE


def run_back(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take sheets, show what differs, write it where that was asked."""
    books = read_books([(path, path.name) for path in arguments.files])
    by_survey = _sorted(books, arguments.survey)
    status = DONE
    store = open_store(settings)
    try:
        for number, own in by_survey.items():
            with store.begin(everywhere()) as db:
                outcome = _back(db, number, own, arguments, settings)
            status = outcome if status == DONE else status
    finally:
        store.dispose()
    return status


def _sorted(books: Sequence[Book], told: int | None) -> dict[int, list[Book]]:
    by_survey: dict[int, list[Book]] = {}
    for book in books:
        number = told if told is not None else book.survey
        if number is None:
            raise BadInput(
                f"{book.name} does not say which survey it is of: say it with --survey", field="survey"
            )
        by_survey.setdefault(number, []).append(book)
    return by_survey


def _back(
    db: Session, number: int, books: Sequence[Book], arguments: argparse.Namespace, settings: Settings
) -> int:
    day = settings.business_date()
    for report in take(db, number, books, day=day):
        _tell_report(report)
    answered = difference(db, number, day)
    _tell_difference(number, answered)
    ticks = [
        Tick(one.unit, item.field, item.now, item.came)
        for one in answered
        for item in one.items
        if one.ticked(item)
    ]
    if arguments.confirm and ticks:
        done = confirm(
            db,
            number,
            ticks,
            day=day,
            from_date=arguments.from_date or day,
            shorten=arguments.shorten_contracts,
        )
        sys.stdout.write(
            f"  {done.fields} values of {done.units} units written; change set {done.change_set}\n"
        )
    elif arguments.confirm:
        sys.stdout.write("  nothing to write\n")
    left = sum(item.kind not in ("same", "settled") for one in answered for item in one.items) - len(ticks)
    return NOTHING if left or (arguments.confirm and not ticks) else DONE


def _tell_report(report: dict[str, Any]) -> None:
    again = "; taken before, nothing changes" if report["again"] else ""
    sys.stdout.write(
        f"{report['name']}: {report['rows']} rows, {report['done']} surveyed, {report['answers']} differ,"
        f" {report['unreadable']} unreadable{again}\n"
    )
    for stray in report["strays"][:SHOWN]:
        sys.stdout.write(f"  {stray['sheet']} row {stray['row']} {stray['why']}: {stray['text']}\n")


def _tell_difference(number: int, answered: Sequence[Answered]) -> None:
    kinds = Counter(item.kind for one in answered for item in one.items)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())) or "no difference"
    sys.stdout.write(f"survey {number}: {told}\n")
    lines = [
        _line(one, item) for one in answered for item in one.items if item.kind not in ("same", "settled")
    ]
    sys.stdout.write("".join(lines[:200]))
    if len(lines) > 200:
        sys.stdout.write(f"  … and {len(lines) - 200} more (the page shows all of them)\n")


def _line(one: Answered, item: Item) -> str:
    came = repr(item.text) if item.kind == "unreadable" else _said(item.field, item.came)
    what = f"{ASKED[item.field].field.header}: {_said(item.field, item.now)} → {came}"
    return f"  {'*' if one.ticked(item) else ' '} {one.unit} {one.name} {what} ({item.kind}) {item.place}\n"


def _said(field: str, value: Any) -> str:
    text = word(ASKED[field].field, value)
    return UNCLEAR if text is None else str(text)
