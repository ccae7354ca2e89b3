"""Grid plans (网格方案): drafts of a neighbourhood that one person draws, another publishes, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import WKBElement
from shapely import LineString, MultiPolygon, Polygon
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from geo.boundaries.codes import next_grid_codes, region_prefix
from geo.boundaries.faults import GridRules, tessellation_faults
from geo.boundaries.homes import Homes, homes_in
from geo.boundaries.split import CannotSplit, Split, only_polygon, split
from geo.errors import BadInput, Conflict, Forbidden, NotFound, Stale
from geo.store import history
from geo.store.sql import query
from geo.store.tables import branch, grid, grid_plan, grid_plan_cell, grid_plan_step, region

FARTHEST = timedelta(days=731)
"""How far ahead a plan may be published; until then nobody else can change its grids."""
_EDITABLE = ("draft", "returned")


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid as a draft sees it; `shape` in degrees, EPSG:4490."""

    code: str
    name: str
    kind: str
    is_new: bool
    came_from: tuple[str, ...]
    shape: MultiPolygon


def create(db: Session, area: str, title: str, as_of: date) -> int:
    """Start a draft for one neighbourhood (社区); raises NotFound where there is none in the area."""
    here = select(region.c.id).where(
        region.c.code == area,
        region.c.level == "neighbourhood",
        history.holds_on(region, as_of),
    )
    if db.execute(here).first() is None:
        raise NotFound(f"no neighbourhood {area} in your area", field="area")
    row = insert(grid_plan).values(area=area, title=title).returning(grid_plan.c.id)
    return int(db.execute(row).scalar_one())


def all_plans(db: Session, as_of: date) -> list[dict[str, Any]]:
    """Return every plan of the area, newest first."""
    found: list[dict[str, Any]] = db.execute(
        query("geo.boundaries", "plan_list"), {"as_of": as_of}
    ).scalar_one()
    return found


def view(db: Session, plan: int, as_of: date) -> dict[str, Any]:
    """Return one plan with its cells and who lives in them; raises NotFound."""
    found = db.execute(
        query("geo.boundaries", "plan_view"), {"plan": plan, "as_of": as_of}
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no plan {plan} in your area")
    return dict(found)


def discard(db: Session, plan: int, actor: str) -> None:
    """Throw a draft away; only its author may, and never a published one."""
    row = _locked(db, plan)
    if row.state not in _EDITABLE or row.author != actor:
        raise Conflict("only its author discards a plan, and only while it is a draft")
    db.execute(delete(grid_plan).where(grid_plan.c.id == plan))


def split_grid(
    db: Session,
    plan: int,
    grid_code: str,
    line: LineString,
    *,
    as_of: date,
    preview: bool,
    version: int | None = None,
) -> dict[str, Any]:
    """Cut a grid of a plan in two by a line in degrees (EPSG:4490).

    Returns both sides with area, buildings, households and residents, and the neighbours that gain a vertex. With
    `preview` nothing is written. Raises CannotSplit with the place, Stale when the plan moved on meanwhile.
    """
    row = _locked(db, plan)
    _expect(row, version, _EDITABLE)
    cells = _cells(db, plan, row.area, grid_code)
    if grid_code not in cells or not grid_code.startswith(row.area):
        raise NotFound(f"no grid {grid_code} in this plan", field="grid")
    made = split({code: only_polygon(cell.shape) for code, cell in cells.items()}, grid_code, line)
    homes = homes_in(db, made.parts, as_of)
    _refuse_cut_buildings(homes, made.cut)
    answer = _described(made, homes)
    if preview:
        return answer
    _keep(db, row, cells, grid_code, made)
    return {**answer, "version": row.version + 1}


def undo(db: Session, plan: int, version: int | None = None) -> int:
    """Take back the last step of a draft; returns the new version. Raises Conflict when there is none."""
    row = _locked(db, plan)
    _expect(row, version, _EDITABLE)
    last = db.execute(
        select(grid_plan_step)
        .where(grid_plan_step.c.plan == plan)
        .order_by(grid_plan_step.c.number.desc())
        .limit(1)
    ).first()
    if last is None:
        raise Conflict("there is no step to take back")
    db.execute(delete(grid_plan_cell).where(grid_plan_cell.c.plan == plan))
    _insert_cells(db, plan, last.before)
    db.execute(
        delete(grid_plan_step).where(grid_plan_step.c.plan == plan, grid_plan_step.c.number == last.number)
    )
    return _advance(db, row)


def submit(db: Session, plan: int, actor: str, version: int | None = None) -> int:
    """Hand a draft in for review (送审); it must change something, and errors block it.

    Raises Conflict with the faults and their places.
    """
    row = _locked(db, plan)
    _expect(row, version, _EDITABLE)
    if not db.scalar(select(func.count()).select_from(grid_plan_cell).where(grid_plan_cell.c.plan == plan)):
        raise Conflict("this plan changes nothing yet")
    _refuse_faults(db, row)
    return _advance(db, row, state="submitted", submitted_by=actor, remark=None)


def give_back(db: Session, plan: int, actor: str, remark: str, version: int | None = None) -> int:
    """Return a submitted plan to its author with a reason (退回)."""
    row = _locked(db, plan)
    _expect(row, version, ("submitted",))
    return _advance(db, row, state="returned", reviewed_by=actor, remark=remark)


def publish(
    db: Session, plan: int, actor: str, valid_from: date, *, today: date, version: int | None = None
) -> dict[str, Any]:
    """Publish a submitted plan from a date on: old versions close, new ones open, lineage is kept, codes retire.

    Everything happens in the caller's one transaction. The author and the submitter may not publish. Raises Conflict
    when the ground changed since the draft was begun. Returns what was opened and ended, and the branches whose grid
    is gone, which somebody has to settle.
    """
    row = _locked(db, plan)
    _expect(row, version, ("submitted",))
    if actor in (row.author, row.submitted_by):
        raise Forbidden("a second person publishes: neither the author nor who submitted it")
    if not today <= valid_from <= today + FARTHEST:
        raise BadInput("a plan is published for today or later, two years ahead at most", field="valid_from")
    _number(db, row)
    cells = db.execute(
        select(grid_plan_cell).where(grid_plan_cell.c.plan == plan).order_by(grid_plan_cell.c.code)
    ).all()
    ended = sorted({code for cell in cells if cell.is_new for code in cell.came_from})
    changed = [cell.code for cell in cells if not cell.is_new]
    base = _base_rows(db, [*ended, *changed], row.based_on, valid_from)
    by = history.open_change_set(
        db, "publish", region_prefix(row.area), f"grid plan {plan}", reason=row.title
    )
    _open_new(db, plan, by, valid_from)
    for cell in (cell for cell in cells if not cell.is_new):
        history.change(db, grid, [base[cell.code]], valid_from, {"geom": cell.geom}, by)
    history.end(db, grid, [base[code] for code in ended], valid_from, by)
    db.execute(text("SELECT retire_codes('grid', :codes, :day)"), {"codes": ended, "day": valid_from})
    _advance(db, row, state="published", reviewed_by=actor, valid_from=valid_from, published_in=by)
    return {
        "opened": [cell.code for cell in cells if cell.is_new],
        "ended": ended,
        "reshaped": changed,
        "unsettled_branches": _branches_of(db, ended, valid_from),
        "valid_from": valid_from.isoformat(),
    }


# ---------------------------------------------------------------- parts


def _refuse_faults(db: Session, row: Any) -> None:
    cells = [cell.shape for code, cell in _cells(db, row.id, row.area).items() if code.startswith(row.area)]
    outline = db.scalar(
        select(func.ST_AsBinary(region.c.geom)).where(
            region.c.code == row.area, func.upper_inf(region.c.recorded), func.upper_inf(region.c.valid)
        )
    )
    if outline is None:
        raise Conflict(f"neighbourhood {row.area} is no longer there")
    shape = shapely.from_wkb(bytes(outline))
    faults = tessellation_faults(row.area, shape, np.array(cells, dtype=object), GridRules())
    if faults:
        raise Conflict(
            f"{len(faults)} fault(s) stand in the way, the first is a {faults[0].kind}",
            extra={"faults": [fault.as_json() for fault in faults]},
        )


def _number(db: Session, row: Any) -> None:
    """Give the plan's new grids their final codes: a plan published meanwhile may have taken those of the draft."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"grid codes {row.area}"))))
    c = grid_plan_cell.c
    fresh = db.execute(
        select(c.code, func.ST_AsBinary(c.geom).label("wkb"))
        .where(c.plan == row.id, c.is_new)
        .order_by(c.code)
    ).all()
    shapes = [only_polygon(shapely.from_wkb(bytes(cell.wkb))) for cell in fresh]
    codes = next_grid_codes(row.area, _highest(db, row.area), shapes)
    # By way of a name that no code has, so that no two cells share one in between.
    for place in ("=", ""):
        for cell, code in zip(fresh, codes, strict=True):
            before = cell.code if place else f"={code}"
            db.execute(
                update(grid_plan_cell).where(c.plan == row.id, c.code == before).values(code=f"{place}{code}")
            )


def _highest(db: Session, area: str) -> int:
    return int(db.scalar(text("SELECT highest_number('grid', :area)"), {"area": area}) or 0)


def _locked(db: Session, plan: int) -> Any:
    row = db.execute(select(grid_plan).where(grid_plan.c.id == plan).with_for_update()).first()
    if row is None:
        raise NotFound(f"no plan {plan} in your area")
    return row


def _expect(row: Any, version: int | None, states: Sequence[str]) -> None:
    if version is not None and version != row.version:
        raise Stale("somebody changed this plan meanwhile", extra={"current": {"version": row.version}})
    if row.state not in states:
        raise Conflict(f"the plan is {row.state}; this needs {' or '.join(states)}", field="state")


def _advance(db: Session, row: Any, **values: Any) -> int:
    version = int(row.version) + 1
    db.execute(update(grid_plan).where(grid_plan.c.id == row.id).values(version=version, **values))
    return version


def _cells(db: Session, plan: int, neighbourhood: str, grid_code: str = "") -> dict[str, Cell]:
    """Return the cells of a neighbourhood, and those that touch one grid, as the draft sees them."""
    values = {"plan": plan, "neighbourhood": neighbourhood, "grid": grid_code}
    rows = db.execute(query("geo.boundaries", "plan_cells"), values).all()
    shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
    return {
        row.code: Cell(row.code, row.name, row.kind, row.is_new, tuple(row.came_from), shape)
        for row, shape in zip(rows, shapes, strict=True)
    }


def _refuse_cut_buildings(homes: Homes, cut: LineString) -> None:
    hit = homes.crossed_by(cut)
    if hit:
        code, (lon, lat) = hit[0]
        raise CannotSplit(
            f"the line cuts {len(hit)} building(s), the first is {code}; no building is split",
            field="line",
            place=(lon, lat),
            extra={"buildings": [code for code, _ in hit]},
        )


def _described(made: Split, homes: Homes) -> dict[str, Any]:
    return {
        "parts": [{"geometry": shapely.geometry.mapping(part), **homes.within(part)} for part in made.parts],
        "neighbours": sorted(made.neighbours),
        "cut": shapely.geometry.mapping(made.cut),
    }


def _keep(db: Session, row: Any, cells: Mapping[str, Cell], code: str, made: Split) -> None:
    """Write both parts and the neighbours into the draft, and the step that undoes it."""
    before = _draft(db, row.id)
    old = cells[code]
    came_from = old.came_from if old.is_new else (code,)
    drafted = [int(cell["code"][-3:]) for cell in before if cell["is_new"]]
    codes = next_grid_codes(row.area, max([_highest(db, row.area), *drafted]), made.parts)
    fresh = [
        _cell(new, f"{old.name}-{number}", old.kind, True, came_from, part)
        for number, (new, part) in enumerate(zip(codes, made.parts, strict=True), start=1)
    ]
    for other, shape in made.neighbours.items():
        cell = cells[other]
        fresh.append(_cell(other, cell.name, cell.kind, cell.is_new, cell.came_from, shape))
    replaced = [code, *made.neighbours]
    db.execute(
        delete(grid_plan_cell).where(grid_plan_cell.c.plan == row.id, grid_plan_cell.c.code.in_(replaced))
    )
    _insert_cells(db, row.id, fresh)
    number = db.scalar(
        select(func.coalesce(func.max(grid_plan_step.c.number), 0)).where(grid_plan_step.c.plan == row.id)
    )
    what = {"split": code, "into": codes, "line": json.loads(shapely.to_geojson(made.cut))}
    db.execute(
        insert(grid_plan_step).values(plan=row.id, number=int(number or 0) + 1, what=what, before=before)
    )
    # The first step is drawn on the ground as it is now, whenever the draft was begun.
    _advance(db, row, **({} if number else {"based_on": func.now()}))


def _cell(
    code: str, name: str, kind: str, is_new: bool, came_from: Sequence[str], shape: Polygon
) -> dict[str, Any]:
    whole = shapely.set_srid(MultiPolygon([shapely.orient_polygons(shape)]), 4490)
    wkb = shapely.to_wkb(whole, hex=True, include_srid=True)
    return {
        "code": code, "name": name, "kind": kind, "is_new": is_new, "came_from": list(came_from), "geom": wkb,
    }  # fmt: skip


def _draft(db: Session, plan: int) -> list[dict[str, Any]]:
    c = grid_plan_cell.c
    wkb = func.encode(func.ST_AsEWKB(c.geom), "hex").label("geom")
    rows = db.execute(select(c.code, c.name, c.kind, c.is_new, c.came_from, wkb).where(c.plan == plan))
    return [dict(row) for row in rows.mappings()]


def _insert_cells(db: Session, plan: int, cells: Sequence[Mapping[str, Any]]) -> None:
    if cells:
        rows = [{"plan": plan, **cell, "geom": WKBElement(cell["geom"])} for cell in cells]
        db.execute(insert(grid_plan_cell), rows)


def _base_rows(db: Session, codes: Sequence[str], based_on: Any, valid_from: date) -> dict[str, int]:
    """Return the row id of each grid the plan changes; raises Conflict when one changed since the draft began."""
    known = db.execute(
        select(
            grid.c.id,
            grid.c.code,
            func.lower(grid.c.recorded).label("since"),
            func.lower(grid.c.valid).label("begins"),
        ).where(grid.c.code.in_(codes), func.upper_inf(grid.c.recorded), func.upper_inf(grid.c.valid))
    ).all()
    moved = [row.code for row in known if row.since > based_on]
    missing = sorted(set(codes) - {row.code for row in known})
    if moved or missing:
        raise Conflict(
            "the ground changed since this plan was begun; take the changes in first",
            extra={"grids": [*moved, *missing]},
        )
    begins = max((row.begins for row in known if row.begins), default=valid_from)
    if begins > valid_from:
        raise BadInput(
            f"grids of this plan begin on {begins}; publish it for that day or later", field="valid_from"
        )
    return {row.code: row.id for row in known}


def _open_new(db: Session, plan: int, by: int, valid_from: date) -> None:
    """Open the plan's new grids. Team and responsible body go on from the grid that each came from, where it is one."""
    db.execute(query("geo.boundaries", "plan_open"), {"plan": plan, "by": by, "valid_from": valid_from})


def _branches_of(db: Session, codes: Sequence[str], on_date: date) -> list[str]:
    return list(
        db.scalars(
            select(branch.c.code)
            .where(branch.c.grid.in_(codes), history.holds_on(branch, on_date))
            .order_by(branch.c.code)
        )
    )
