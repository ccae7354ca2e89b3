"""`wangge import FILE…` and `wangge export KIND`: files in and out on the command line.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing could be loaded (a question is open, or every row was refused).
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from api.commands import matching
from api.commands.people import who
from api.opening import open_store
from geo.crs import CGCS2000, label, parse_crs
from geo.crs_control import parse_control
from geo.errors import BadInput, WanggeError
from geo.ingest.encodings import parse_encoding
from geo.ingest.export import FORMATS, export
from geo.ingest.fields import KINDS
from geo.ingest.formats import TAKEN
from geo.ingest.importer import ImportOptions, import_file
from geo.ingest.losses import lost
from geo.ingest.packed import whole
from geo.ingest.repairs import parse_repairs
from geo.ingest.report import ImportReport
from geo.ingest.undo import undo_import
from geo.settings import Settings
from geo.store.engine import Scope, Store

DONE, FAILED, USAGE, NOTHING = 0, 1, 2, 3
SHOWN = 20
_ENDINGS = ", ".join(f".{name}" for name in FORMATS)
_WHOLE_EARTH = (-180.0, -90.0, 180.0, 90.0)


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `import`, `export` and `undo`."""
    _add_import(chosen)
    out = chosen.add_parser("export", help="write one kind of data to a file that import takes back")
    out.add_argument("kind", choices=tuple(KINDS), metavar="KIND", help=", ".join(KINDS))
    out.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=f"its ending is the format: {_ENDINGS}"
    )
    out.add_argument("--format", choices=FORMATS, help="where the name of FILE does not say it")
    out.add_argument(
        "--as-of", type=day, metavar="DATE", help="the date whose world is written (default: today)"
    )
    out.add_argument("--crs", type=_crs, metavar="EPSG:n", help="the coordinate system (default: EPSG:4490)")
    out.add_argument("--region", metavar="CODE", help="only what lies in this region (12 digits)")
    out.set_defaults(run=run_export)
    undo = chosen.add_parser("undo", help="take a whole import back, by the number of its change set")
    undo.add_argument("change_set", type=int, metavar="NUMBER")
    undo.set_defaults(run=run_undo)


def _add_import(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = chosen.add_parser(
        "import",
        help="load files of an office: Shapefile, GeoPackage, GeoJSON, KML, DXF, XLSX, CSV and others",
        description="Load files in the given order, each in one transaction: all of a file or nothing.",
        epilog=f"Taken are {TAKEN}; a .shp is read with the files beside it. Exit status: 0 loaded, 1 failed,"
        " 2 wrong usage, 3 nothing loaded (a question, or no good row).",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--kind", choices=tuple(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "--crs", type=_crs, metavar="EPSG:n", help="the source coordinate system, e.g. EPSG:4527"
    )
    parser.add_argument("--control", type=_control, metavar="CSV", help="at least three control points for a local,"
                        " Xi'an 80 or Beijing 54 system: lines of x,y,lon,lat")  # fmt: skip
    parser.add_argument("--map", action="append", type=_pair, default=[], metavar="COLUMN=FIELD", help="which column "
                        "is which field; an empty field leaves the column out")  # fmt: skip
    parser.add_argument("--valid-from", type=day, metavar="DATE", help="from when new rows are valid and differences "
                        "hold (default: since ever, and the business date)")  # fmt: skip
    parser.add_argument("--provisional", metavar="CODE", help="give rows without a code one below this region; the word"
                        " place: in the neighbourhood where each lies")  # fmt: skip
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the texts of a Shapefile, DXF or CSV: utf-8, gb18030, big5 …"
    )
    parser.add_argument("--repair", action="append", type=_repairs, default=[], metavar="FAULT", help="mend beyond what"
                        " is safe: overlap, hole, inside, outside, over_known, or one fault by its id; none: not even"
                        " what is safe")  # fmt: skip
    matching.add_arguments(parser)
    parser.add_argument("--layer", metavar="NAME", help="the layer or sheet, where the file has several")
    parser.add_argument("--strict", action="store_true", help="load nothing when a row is refused")
    parser.add_argument("--dry-run", action="store_true", help="do everything but write")
    parser.add_argument(
        "--report", type=Path, metavar="JSON", help="write everything that was found to this file"
    )
    parser.set_defaults(run=run_import)


def day(text: str) -> date:
    """Return the date of an option; raises ArgumentTypeError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-01") from None


def _repairs(text: str) -> tuple[str, ...]:
    try:
        return parse_repairs([text])
    except BadInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _crs(text: str) -> str:
    try:
        return label(parse_crs(text))
    except BadInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _control(text: str) -> list[list[float]]:
    try:
        lines = Path(text).read_text("utf-8-sig").splitlines()
        return parse_control(lines)
    except (OSError, ValueError, BadInput) as error:
        raise argparse.ArgumentTypeError(f"{text}: {getattr(error, 'message', error)}") from None


def _pair(text: str) -> tuple[str, str]:
    column, mark, name = text.rpartition("=")
    if not mark or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form COLUMN=FIELD")
    return column, name


def everywhere() -> Scope:
    """The command line sees everything; what it writes is audited as the operating-system user."""
    return Scope(actor=who(), areas=("",))


def run_import(arguments: argparse.Namespace, settings: Settings) -> int:
    """Import every file; the worst outcome is the exit status."""
    # Limits of place are for what strangers send; whoever runs commands here may load any ground.
    settings = settings.model_copy(update={"extent": _WHOLE_EARTH})
    store = open_store(settings)
    reports: list[dict[str, Any]] = []
    status = DONE
    try:
        for path in arguments.files:
            outcome = _import_one(store, path, arguments, settings, reports)
            status = outcome if status == DONE else status
    finally:
        store.dispose()
        if arguments.report:
            arguments.report.write_text(json.dumps(reports, ensure_ascii=False, indent=1), "utf-8")
    return status


def _import_one(
    store: Store, path: Path, arguments: argparse.Namespace, settings: Settings, reports: list[dict[str, Any]]
) -> int:
    options = ImportOptions(
        name=f"{path.stem}.zip" if path.suffix.lower() == ".shp" else None,
        kind=arguments.kind,
        crs=arguments.crs,
        mapping=dict(arguments.map),
        valid_from=arguments.valid_from,
        layer=arguments.layer,
        dry_run=arguments.dry_run,
        strict=arguments.strict,
        control=arguments.control or (),
        provisional=arguments.provisional,
        **matching.chosen(arguments),
        repair=[one for chosen in arguments.repair for one in chosen],
        encoding=parse_encoding(arguments.encoding) if arguments.encoding else None,
    )
    try:
        with whole(path) as file:
            report = import_file(store, everywhere(), file, options=options, settings=settings)
    except (WanggeError, OSError) as error:
        message = error.message if isinstance(error, WanggeError) else str(error)
        sys.stderr.write(f"wangge import: {path}: {message}\n")
        reports.append({"file": str(path), "error": message})
        return FAILED
    reports.append(report.as_json())
    _tell(report)
    matching.tell(report, arguments)
    return _status(report, arguments.strict)


def _status(report: ImportReport, strict: bool) -> int:
    if report.questions or report.loadable == 0 or (strict and report.counts["refused"]):
        return NOTHING
    return DONE


def _tell(report: ImportReport) -> None:
    """Print what was detected with its evidence, the findings and the counts, in English with the Chinese beside it."""
    say = sys.stdout.write
    said = (report.kind, report.driver, report.layer, report.encoding)
    say(f"{report.file}: {' · '.join(str(part) for part in said if part)}\n")
    if report.crs is not None:
        system = label(report.crs.epsg) if report.crs.epsg else "unknown"
        say(f"  crs {system}: {'; '.join(english for _, english in report.crs.evidence)}\n")
    if report.mapping is not None:
        pairs = (f"{m.column} → {m.field or '–'} ({m.score:.2f})" for m in report.mapping.matches)
        say(f"  columns {', '.join(pairs)}\n")
    for chinese, english in report.notes:
        say(f"  note {english} / {chinese}\n")
    for question in report.questions:
        say(f"  ? {question.text[0]} {question.text[1]} [{question.about}] {', '.join(question.choices)}\n")
        for chinese, english in question.evidence:
            say(f"      {chinese} / {english}\n")
    if report.checks:
        say(f"  {_fit(report.checks)}\n")
    _tell_findings(report)
    counts = ", ".join(f"{name} {count}" for name, count in report.counts.items())
    written = f"change set {report.change_set}" if report.change_set else "nothing written"
    say(f"  {counts}; {written}\n")


def _fit(checks: dict[str, Any]) -> str:
    """Say how cells fit, the settings beside the counts."""
    rules, kinds = checks["rules"], checks["left"]
    left = ", ".join(f"{kind} {count}" for kind, count in kinds.items()) or "nothing"
    offered = f"; --repair {','.join(checks['offered'])} mends more" if checks["offered"] else ""
    return (
        f"fit of {checks['cells']} cells (a sliver is below {rules['sliver_area_m2']:g} m² or"
        f" {rules['sliver_width_m']:g} m wide): {checks['mended']} mended, left: {left}{offered}"
    )


def _tell_findings(report: ImportReport) -> None:
    for finding in report.findings[:SHOWN]:
        place = f" at {finding.place[0]:.6f}, {finding.place[1]:.6f}" if finding.place else ""
        said = f"{finding.reason('en')} / {finding.reason()}"
        sys.stdout.write(f"  row {finding.row} {finding.code or ''} {finding.severity}: {said}{place}\n")
    if len(report.findings) > SHOWN:
        sys.stdout.write(
            f"  … and {len(report.findings) - SHOWN} more findings (--report FILE writes them all)\n"
        )


def run_export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write one kind to a file."""
    chosen = arguments.format or arguments.out.suffix.lower().lstrip(".")
    if chosen not in FORMATS:
        sys.stderr.write(f"wangge export: --out must end in one of {_ENDINGS}\n")
        return USAGE
    store = open_store(settings)
    try:
        asked = {"as_of": arguments.as_of or settings.business_date(), "region": arguments.region}
        crs = parse_crs(arguments.crs) if arguments.crs else CGCS2000
        count = export(store, everywhere(), arguments.kind, chosen, path=arguments.out, crs=crs, **asked)
    finally:
        store.dispose()
    sys.stdout.write(f"{count} rows written to {arguments.out}\n")
    if losses := lost(chosen, crs):
        sys.stdout.write(f".{chosen} holds: {'; '.join(loss.en for loss in losses)}\n")
    return DONE


def run_undo(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take an import back."""
    store = open_store(settings)
    try:
        number = undo_import(store, everywhere(), arguments.change_set)
    finally:
        store.dispose()
    sys.stdout.write(f"import {arguments.change_set} is undone by change set {number}\n")
    return DONE
