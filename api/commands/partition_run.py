"""Running `wangge partition`: read, divide, write, and say how it went."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from api.commands.bundle_files import UnitTable, read_lines, read_units
from api.commands.bundle_out import beside, check_targets, in_a_line, together, write_report
from geo.bundling import Reason
from geo.errors import BadInput
from geo.settings import Settings
from geo.suggest import (
    Ground,
    Layer,
    Limits,
    Merged,
    Proposal,
    Rebalanced,
    ground,
    layer,
    merge_layers,
    partition,
    rebalance,
)
from geo.suggest.rebalance import change_of

WITHIN_LIMITS: Final = 0
MISSED: Final = 3


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Return the exit status; what goes wrong is one line on standard error."""
    return in_a_line(lambda: _divide(args), _warn)


def _divide(args: argparse.Namespace) -> int:
    outs = [beside(args.out, number) for number in range(1, args.alternatives + 1)]
    check_targets([*outs, *([args.report] if args.report else [])])
    table = read_units(args.buildings, None, mend=args.mend)
    for note in table.notes:
        _warn(note)
    area, limits = _ground(args, table), Limits(args.min, args.max)
    if args.today:
        change = rebalance(
            area, _layer(args.today, table, args.code), limits, effort=args.effort, seed=args.seed
        )
        found: tuple[Proposal, ...] = (change.proposal,)
        more = _changed(change)
        codes: Sequence[str | None] | None = change.codes
    elif args.merge:
        layers = [_layer(path, table, args.code) for path in args.merge]
        merged = merge_layers(area, layers, limits, effort=args.effort, seed=args.seed)
        found, more, codes = (merged.proposal,), _conflicts(merged, layers, table), None
    else:
        found = partition(
            area, limits, args.alternatives, grids=args.grids, effort=args.effort, seed=args.seed
        )
        more, codes = {}, None
    _write(args, table, area, found, codes, more)
    return MISSED if found[0].reasons else WITHIN_LIMITS


# ---- files in ---------------------------------------------------------------------------------------------


def _ground(args: argparse.Namespace, table: UnitTable) -> Ground:
    """What the files say, in the plane of the buildings."""
    outlines = _shapes(args.within, table)
    if not len(outlines):
        raise BadInput(f"{args.within.name} holds no outline", field="within")
    if (shapely.get_dimensions(outlines) != 2).any():
        raise BadInput(f"{args.within.name} holds something that is no area", field="within")
    whole = outlines[0] if len(outlines) == 1 else shapely.union_all(outlines)
    area = ground(
        whole,
        np.asarray(table.plane.geometry.array, dtype=object),
        _households(args, table, whole),
        *(
            np.concatenate([np.empty(0, dtype=object), *(_shapes(path, table) for path in paths or [])])
            for paths in (args.roads, args.waters, args.lines)
        ),
    )
    if not len(area.buildings):
        raise BadInput(
            f"no building of {args.buildings.name} stands in {args.within.name}", field="buildings"
        )
    return area


def _households(args: argparse.Namespace, table: UnitTable, whole: Any) -> Any:
    """Households of all buildings; what is unknown is refused where it would be counted."""
    found = table.table.numbers(args.households)
    inside = shapely.within(
        shapely.point_on_surface(np.asarray(table.plane.geometry.array, dtype=object)), whole
    )
    for wrong, told in ((np.isnan(found), "has no"), (found < 0, "has a negative number of")):
        rows = np.flatnonzero(wrong & inside)
        if len(rows):
            raise BadInput(
                f"{table.table.place(int(rows[0]))} {told} {args.households}; unknown is not zero: fill it in, or "
                "leave the building out",
                field=args.households,
            )
    return found


def _shapes(path: Path, table: UnitTable) -> Any:
    """Shapes of a file in the plane of the buildings."""
    frame = read_lines(path, table).to_crs(table.plane.crs)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not np.isfinite(shapely.bounds(shapes)).all():
        raise BadInput(
            f"{path.name} has coordinates that the plane of the buildings does not reach", field="crs"
        )
    return np.array([_simple(shape) for shape in shapes] or [None], dtype=object)[: len(shapes)]


def _simple(shape: Any) -> Any:
    """One part out of several of which there is only one."""
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _layer(path: Path, table: UnitTable, field: str | None) -> Layer:
    """A layer of grids, laid over the buildings."""
    grids = read_units(path, field)
    if table.plane.crs is None or grids.shown.crs is None:
        raise BadInput(f"{path.name} cannot be laid over the buildings", field="crs")
    shapes = np.asarray(grids.shown.to_crs(table.plane.crs).array, dtype=object)
    return layer(path.stem, grids.ids, shapes)


# ---- files out --------------------------------------------------------------------------------------------


def _write(
    args: argparse.Namespace,
    table: UnitTable,
    area: Ground,
    found: Sequence[Proposal],
    codes: Sequence[str | None] | None,
    more: Mapping[str, Any],
) -> None:
    reports = []
    with together() as write:
        for number, made in enumerate(found, 1):
            out = beside(args.out, number)
            write(out, partial(_write_grids, made=made, codes=codes, table=table))
            reports.append({"out": out.name, **_report(made, table, area)})
        if args.report:
            status = "missed" if found[0].reasons else "within_limits"
            limits = {"min": args.min, "max": args.max}
            report = {"status": status, "limits": limits, **reports[0], **more, "alternatives": reports[1:]}
            write(args.report, partial(write_report, report=report))
    for number, made in enumerate(found, 1):
        sys.stdout.write(_summary(beside(args.out, number), made) + "\n")
    if len(found) < args.alternatives:
        sys.stdout.write(
            f"{args.alternatives} divisions were asked for, the search met {len(found)} different ones\n"
        )
    if "change" in more:
        sys.stdout.write(more["change"]["reason"] + "\n")
    if "conflicts" in more:
        sys.stdout.write(f"{len(more['conflicts'])} places where the layers disagree\n")
    for reason in found[0].reasons:
        _warn(f"not within the limits: {reason.text}")


def _write_grids(path: Path, made: Proposal, codes: Sequence[str | None] | None, table: UnitTable) -> None:
    """`grid, households, buildings, area, reason[, today]` with the shape, in the system of the buildings."""
    columns: dict[str, list[Any]] = {
        "grid": [grid.number for grid in made.grids],
        "households": [grid.households for grid in made.grids],
        "buildings": [len(grid.buildings) for grid in made.grids],
        "area": [round(grid.shape.area, 1) for grid in made.grids],
        "reason": [grid.reason.text if grid.reason else None for grid in made.grids],
    }
    if codes is not None:
        columns["today"] = list(codes)
    frame = gpd.GeoDataFrame(columns, geometry=[grid.shape for grid in made.grids], crs=table.plane.crs)
    frame = frame.to_crs(table.shown.crs if path.suffix.lower() == ".gpkg" else 4326)
    if path.suffix.lower() == ".gpkg":
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer="grids", promote_to_multi=True)
    else:
        pyogrio.write_dataframe(frame, path, driver="GeoJSON", COORDINATE_PRECISION=9)


def _report(made: Proposal, table: UnitTable, area: Ground) -> dict[str, Any]:
    """One division as plain JSON."""
    ids = _ids(table, area)
    return {
        "figures": dataclasses.asdict(made.figures),
        "grids": [
            {
                "grid": grid.number,
                "households": grid.households,
                "area": grid.shape.area,
                "buildings": [ids[building] for building in grid.buildings],
                "reason": _reason(grid.reason) if grid.reason else None,
            }
            for grid in made.grids
        ],
        "reasons": [_reason(reason) for reason in made.reasons],
        "better_at": [_reason(reason) for reason in made.better_at],
    }


def _changed(change: Rebalanced) -> dict[str, Any]:
    """What changes of today's grids."""
    return {"change": _reason(change_of(change)), "codes": list(change.codes), "ended": list(change.gone)}


def _conflicts(merged: Merged, layers: Sequence[Layer], table: UnitTable) -> dict[str, Any]:
    """Where layers disagree, the most households first; a point of each place in the buildings' system."""
    points = [shapely.point_on_surface(each.shape) for each in merged.conflicts]
    shown = gpd.GeoSeries(points, crs=table.plane.crs).to_crs(table.shown.crs)
    return {
        "agreed": merged.agreed,
        "conflicts": [
            {
                "kind": each.kind,
                "x": point.x,
                "y": point.y,
                "area": each.shape.area,
                "households": each.households,
                "buildings": len(each.buildings),
                "says": {named.name: code for named, code in zip(layers, each.says, strict=True)},
                "grid": each.grid,
                "against": list(each.against),
            }
            for each, point in zip(merged.conflicts, shown, strict=True)
        ],
    }


def _ids(table: UnitTable, area: Ground) -> list[str]:
    """Ids of the buildings that stand in the neighbourhood, in the order of the ground."""
    shapes = np.asarray(table.plane.geometry.array, dtype=object)
    inside = shapely.within(shapely.point_on_surface(shapes), area.within)
    return [name for name, here in zip(table.ids, inside, strict=True) if here]


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "reason": reason.text, "figures": dict(reason.figures)}


def _summary(path: Path, made: Proposal) -> str:
    figures = made.figures
    roads = "" if figures.on_roads is None else f", {figures.on_roads:.0%} of inner borders on roads"
    missed = sum(grid.reason is not None for grid in made.grids)
    limits = "all within the limits" if not missed else f"{missed} outside the limits"
    return (
        f"{path}: {figures.grids} grids of {figures.least:g} to {figures.most:g} households, {limits}{roads}"
    )


def _warn(text: str) -> None:
    sys.stderr.write(f"wangge partition: {text}\n")
