"""What `wangge bundle` writes: plans and the report. All or nothing: beside the targets first, then renamed."""

from __future__ import annotations

import csv
import json
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio

from api.commands.bundle_files import UnitTable
from geo.bundling import Infeasible, Problem, Reason, Solution
from geo.errors import BadInput, WanggeError

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

FAILED: Final = 1

Write = Callable[[Path, Callable[[Path], None]], None]


def in_a_line(work: Callable[[], int], warn: Callable[[str], None]) -> int:
    """Return the exit status of `work`; what goes wrong is told in one line, naming the field or the file."""
    try:
        return work()
    except WanggeError as error:
        warn(f"{error.message}" + (f" [{error.field}]" if error.field else ""))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        warn(f"{place}{error.strerror or error}")
    return FAILED


def check_targets(paths: Iterable[Path]) -> None:
    """Raise BadInput where nothing can be written: better now than after the search."""
    for path in paths:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; name a file", field="out")
        if path.exists() and not path.is_file():
            # a new file takes the place of what is there: a device would be gone for everybody
            raise BadInput(f"{path} is no plain file", field="out")
        if not path.parent.is_dir():
            raise BadInput(f"there is no folder {path.parent} to write {path.name} into", field="out")
        if not os.access(_at(path).parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise BadInput(f"{path} cannot be written", field="out")


def _at(path: Path) -> Path:
    """Where a file really lies; a link that only leads to itself is taken for the file."""
    return Path(os.path.realpath(path))


@contextmanager
def together() -> Iterator[Write]:
    """Write several files so that either all of them are there, whole, or none has changed.

    A link stays a link: what it points to is written.
    """
    waiting: dict[Path, Path] = {}

    def write(target: Path, make: Callable[[Path], None]) -> None:
        target = _at(target)
        fresh = target.with_name(f".{target.stem}.{os.getpid()}.new{target.suffix}")
        waiting[target] = fresh
        make(fresh)

    try:
        yield write
        for target, fresh in waiting.items():
            fresh.replace(target)
    finally:
        for fresh in waiting.values():
            fresh.unlink(missing_ok=True)


def beside(out: Path, number: int) -> Path:
    """Where the plan of a number goes: the first to OUT itself, the others beside it."""
    return out if number == 1 else out.with_stem(f"{out.stem}-{number}")


def write_plan(path: Path, table: UnitTable, plan: Solution) -> None:
    """Write `id,package,hub` in the order of the units: with their shapes (.gpkg) or as text (.csv)."""
    hubs = {package.id: package.hub for package in plan.packages}
    labels = plan.labels()
    rows = [(unit, labels.get(unit)) for unit in table.ids]
    if path.suffix.lower() == ".csv":
        _write_csv(path, ((unit, label or "", hubs[label] if label else "") for unit, label in rows))
        return
    frame = gpd.GeoDataFrame(
        {
            "id": pd.array([unit for unit, _ in rows], dtype="str"),
            "package": pd.array([label for _, label in rows], dtype="str"),
            "hub": pd.array([hubs[label] if label else None for _, label in rows], dtype="str"),
        },
        geometry=table.shown.array,
        crs=table.shown.crs,
    )
    with warnings.catch_warnings():
        # plain metres are meant to have no coordinate system
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer="packages")


def _write_csv(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "package", "hub"))
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet will not run as a formula; plain negative numbers stay as they are."""
    if cell.startswith(_FORMULA) and not cell.lstrip("+-").replace(".", "", 1).isdigit():
        return "'" + cell
    return cell


# ---- the report -------------------------------------------------------------------------------------------


def report_of(problem: Problem, plan: Solution, unknown: Mapping[str, Reason]) -> dict[str, Any]:
    """One plan as plain JSON."""
    parts = plan.parts
    return {
        "objective": parts.distance + parts.fixed,
        "objective_kind": problem.objective,
        "parts": {name: getattr(parts, name) for name in type(parts).__dataclass_fields__},
        "lower_bound": plan.bound,
        "gap": plan.gap,
        "proven_optimal": plan.proven,
        "stopped_by": plan.stopped_by,
        "seconds": round(plan.seconds, 3),
        "seed": plan.seed,
        "packages": [
            {"id": p.id, "hub": p.hub, "members": list(p.members), "loads": dict(p.loads)}
            for p in plan.packages
        ],
        "left_out": [{"id": unit, **_reason(why)} for unit, why in {**plan.left_out, **unknown}.items()],
        "binding": [_reason(rule) for rule in plan.binding],
        "better_at": [_reason(point) for point in plan.better_at],
    }


def conflict_of(answer: Infeasible) -> dict[str, Any]:
    """What stands against every plan, as plain JSON."""
    return {
        "conflict": [_reason(reason) for reason in answer.conflict],
        "proven": answer.proven,
        "stopped_by": answer.stopped_by,
        "seconds": round(answer.seconds, 3),
        "seed": answer.seed,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "reason": reason.text, "figures": dict(reason.figures)}


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report; a number that JSON does not know (no bound at all) is null."""
    text = json.dumps(_finite(report), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(each) for key, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
    return value


def summary(path: Path, plan: Solution, unknown: Sequence[str] | Mapping[str, Reason]) -> str:
    """One line about a plan."""
    out = len(plan.left_out) + len(unknown)
    gap = "no bound" if plan.gap is None else f"at most {plan.gap:.1%} from ideal"
    proven = "proven optimal" if plan.proven else gap
    return f"{path}: {len(plan.packages)} packages, {out} left out, {proven}, {plan.seconds:.1f} s"
