"""`wangge check` and `wangge repair`, at work: read, check, print a table, write the rest."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from api.commands.bundle_out import check_targets, together
from api.commands.check_files import Read, read
from geo.boundaries.check import FIXES, KINDS, CheckRules, Finding, Report, check
from geo.boundaries.check.report import in_order
from geo.boundaries.repair import Repaired, repair

FAULTS: Final = 3
"""Exit status where there are faults."""


def check_file(args: argparse.Namespace) -> int:
    """Check the cells of a file."""
    check_targets([args.out] if args.out else [])
    given = read(args)
    report = _with_files(check(given.what, given.rules), given)
    _say(_table(args.cells, report, args.rows))
    if args.out:
        with together() as write:
            write(args.out, lambda path: _write_report(path, report, given))
    return FAULTS if report.findings else 0


def repair_file(args: argparse.Namespace) -> int:
    """Mend the cells of a file."""
    check_targets([path for path in (args.out, args.report) if path])
    given = read(args)
    made = repair(given.what, given.rules)
    left = _with_files(made.left, given)
    _say([*_mended(made, args.rows), *_table(args.out, left, args.rows)])
    with together() as write:
        write(args.out, lambda path: _write_cells(path, given, made))
        if args.report:
            write(args.report, lambda path: _write_report(path, left, given))
    return FAULTS if left.findings else 0


def _with_files(report: Report, given: Read) -> Report:
    """Return a report with what is wrong with the files themselves."""
    return replace(report, findings=in_order([*given.findings, *report.findings]), notes=given.notes)


# ---- for people -------------------------------------------------------------------------------------------


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _table(path: Path, report: Report, rows: int) -> list[str]:
    """The settings, how many faults of each kind, and the first of them."""
    found = len(report.findings)
    lines = [f"{path.name}: {report.cells} cells, {found or 'no'} fault{'s' if found != 1 else ''}"]
    lines += [f"  {_settings(report.rules)}", *(f"  {note}" for note in report.notes)]
    for kind, count in report.counts().items():
        severity, chinese, english = KINDS[kind]
        lines.append(f"{count:8,}  {severity:7}  {kind} {chinese}: {english}")
    if found and rows:
        lines += ["", f"{'kind':20}{'m²':>12}{'width m':>10}{'length m':>10}  {'fix':11} cells, what"]
        lines += [_line(finding) for finding in report.findings[:rows]]
    if found > rows > 0:
        lines.append(f"… {found - rows:,} more: all of them with --out")
    return lines


def _settings(rules: CheckRules) -> str:
    low, high = rules.households
    return (
        f"a sliver is below {rules.sliver_area_m2:g} m² or {rules.sliver_width_m:g} m wide; a building may lie "
        f"{rules.building_tolerance_m2:g} m² in another cell; households {low:g}–{high:g}"
    )


def _line(finding: Finding) -> str:
    sizes = [
        "" if value is None else f"{value:,.{digits}f}" if value >= 10**-digits else f"{value:.0e}"
        for value, digits in ((finding.area_m2, 1), (finding.width_m, 2), (finding.length_m, 1))
    ]
    fix = f"{finding.fix or ''}{'' if finding.safe or not finding.fix else ' ?'}"
    what = ", ".join(finding.cells[:4]) + (" …" if len(finding.cells) > 4 else "")
    line = f"{finding.kind:20}{sizes[0]:>12}{sizes[1]:>10}{sizes[2]:>10}  {fix:11} {what}"
    return f"{line}: {finding.text}".rstrip(": ") if finding.text else line.rstrip()


def _mended(made: Repaired, rows: int) -> list[str]:
    lines = [
        f"{len(made.mended)} cells mended, {len(made.before.findings) - len(made.left.findings)} faults fewer"
    ]
    largest = sorted(made.mended, key=lambda one: -abs(one.area_m2))
    lines += [f"  {one.cell}: {', '.join(one.done)}, {one.area_m2:+.4g} m²" for one in largest[:rows]]
    return [*lines, ""]


# ---- for programs -----------------------------------------------------------------------------------------


def _write_report(path: Path, report: Report, given: Read) -> None:
    match path.suffix.lower():
        case ".json":
            _write_json(path, report)
        case ".csv":
            _write_csv(path, report)
        case ".geojson":
            frame = _frame(report, given)
            _write(path, frame.to_crs(4326) if frame.crs is not None else frame, "GeoJSON")
        case _:
            _write(path, _frame(report, given), "GPKG")


def _write_json(path: Path, report: Report) -> None:
    document: dict[str, Any] = {
        "cells": report.cells,
        "rules": report.rules.model_dump(mode="json"),
        "notes": list(report.notes),
        "counts": report.counts(),
        "kinds": {kind: KINDS[kind][1:] for kind in report.counts()},
        "fixes": FIXES,
        "faults": [finding.row() for finding in report.findings],
    }
    path.write_text(
        json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8"
    )


def _write_csv(path: Path, report: Report) -> None:
    rows = [{**finding.row(), "cells": "、".join(finding.cells)} for finding in report.findings]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(Finding("crs", (), None).row()))
        writer.writeheader()
        writer.writerows(rows)


def _frame(report: Report, given: Read) -> gpd.GeoDataFrame:
    """The faults with their shapes, one type of shape each as it comes: areas, lines and points in one layer."""
    rows = [{**finding.row(), "cells": "、".join(finding.cells)} for finding in report.findings]
    sizes = dict.fromkeys(("area_m2", "width_m", "length_m", "x", "y"), float)
    table = pd.DataFrame(rows, columns=list(Finding("crs", (), None).row())).astype(sizes)
    return gpd.GeoDataFrame(
        table, geometry=[finding.shape for finding in report.findings], crs=given.frame.crs
    )


def _write_cells(path: Path, given: Read, made: Repaired) -> None:
    frame = given.frame.copy()
    many = bool((shapely.get_type_id(made.shapes) == 6).any())
    frame[frame.geometry.name] = gpd.GeoSeries(made.shapes, index=frame.index, crs=frame.crs)
    driver = "GPKG" if path.suffix.lower() == ".gpkg" else "GeoJSON"
    if driver == "GeoJSON" and frame.crs is not None:
        frame = frame.to_crs(4326)
    _write(path, frame, driver, promote=many)


def _write(path: Path, frame: gpd.GeoDataFrame, driver: str, *, promote: bool = False) -> None:
    with warnings.catch_warnings():
        # a file that names no coordinate system is reported as a fault, not in passing
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        layer = "faults" if "severity" in frame.columns else "cells"
        pyogrio.write_dataframe(frame, path, driver=driver, promote_to_multi=promote, layer=layer)
