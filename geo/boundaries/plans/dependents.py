"""What hangs on communities and building groups (从属数据) when a plan of them is published.

Codes begin with the parent's code. So where a community or a group ends, or its border moves, the groups and buildings
that lie in another cell from then on go on under a code of that cell; service periods and branches go on with the one
community that comes from theirs. What cannot be said is listed to be settled, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy import Table, and_, func, or_, select, text
from sqlalchemy.orm import Session

from geo.boundaries.plans.rows import Draft
from geo.boundaries.tessellation import Cell as Shape
from geo.errors import Conflict
from geo.store import history
from geo.store.sql import query
from geo.store.tables import branch, building, building_group, service_period

COMMUNITY_DIGITS: Final = 16
_KIND: Final = {"communities": "community", "building_groups": "building_group"}
_HIGHEST = text("SELECT highest_given(:kind, :stem, :digits)")
_RETIRE = text("SELECT retire_codes(:kind, :codes, :day)")


@dataclass(frozen=True, slots=True)
class Moved:
    """What a publication does to cells: final shapes of those there are, those that end, and who comes from whom."""

    shapes: Mapping[str, Shape]
    ended: Sequence[str]
    heirs: Mapping[str, Sequence[str]]

    def touched(self) -> list[str]:
        """Return the codes whose dependents may have to move."""
        return sorted({*self.shapes, *self.ended})


@dataclass(slots=True)
class Settled:
    """What became of dependents: new codes by old, services and branches carried or left."""

    recoded: dict[str, str] = field(default_factory=dict)
    homeless: list[str] = field(default_factory=list)
    services: list[dict[str, str]] = field(default_factory=list)
    services_left: list[str] = field(default_factory=list)
    branches: list[dict[str, str]] = field(default_factory=list)
    branches_left: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the members of a publication's outcome."""
        return {
            "recoded": self.recoded, "homeless": self.homeless, "carried_services": self.services,
            "unsettled_services": self.services_left,
        }  # fmt: skip


def refuse_let(db: Session, draft: Draft, ended: Sequence[str]) -> None:
    """Raise Conflict where a unit that would end is in a live round: who bid for it bid for its land."""
    if draft.layer.name not in _KIND or not ended:
        return
    values = {"kind": _KIND[draft.layer.name], "codes": list(ended)}
    found = list(db.scalars(query("geo.boundaries", "plan_units_let"), values))
    if found:
        message = f"{', '.join(found[:5])} is in a round under tender; end that first"
        raise Conflict(message, extra={"cells": found})


def settle(db: Session, draft: Draft, moved: Moved, by: int, day: date) -> Settled:
    """Bring everything that hangs on the cells of a publication to where it belongs from a day on."""
    done = Settled()
    if draft.layer.name == "communities":
        _move_groups(db, moved, by, day, done)
        _move_buildings(db, moved, by, day, done, of_groups=False)
        _carry_services(db, moved, by, day, done)
        _carry_branches(db, moved, by, day, done)
    elif draft.layer.name == "building_groups":
        _move_buildings(db, moved, by, day, done, of_groups=True)
    return done


# ---------------------------------------------------------------- groups and buildings


def _known(table: Table) -> tuple[Any, ...]:
    return func.upper_inf(table.c.recorded), func.upper_inf(table.c.valid)


def _move_groups(db: Session, moved: Moved, by: int, day: date, done: Settled) -> None:
    """Groups go with the community that has most of them, their buildings with them."""
    g = building_group.c
    rows = db.execute(
        select(g.id, g.code, g.community, func.ST_AsBinary(g.geom).label("wkb"))
        .where(g.community.in_(moved.touched()), *_known(building_group))
        .order_by(g.code)
    ).all()
    homes = _largest_share([shapely.from_wkb(bytes(row.wkb)) for row in rows], moved.shapes)
    for row, home in zip(rows, homes, strict=True):
        if home is None or home == row.community:
            _note_homeless(row.code, row.community, home, moved, done)
            continue
        code = _next(db, building_group, home, 2)
        values = {"code": code, "community": home, "neighbourhood": home[:12]}
        history.change(db, building_group, [row.id], day, values, by)
        done.recoded[row.code] = code
        _recode_buildings(db, row.code, code, home, by, day, done)
    _retire(db, building_group, [old for old in done.recoded if old in {row.code for row in rows}], day)


def _recode_buildings(
    db: Session, old: str, group: str, community: str, by: int, day: date, done: Settled
) -> None:
    """Buildings of a group that goes on under another code keep their own numbers."""
    b = building.c
    rows = db.execute(select(b.id, b.code).where(b.building_group == old, *_known(building))).all()
    for row in rows:
        code = f"{group}{row.code[-3:]}"
        values = {"code": code, "building_group": group, "community": community}
        history.change(db, building, [row.id], day, values, by)
        done.recoded[row.code] = code
    _retire(db, building, [row.code for row in rows], day)


def _move_buildings(db: Session, moved: Moved, by: int, day: date, done: Settled, *, of_groups: bool) -> None:
    """Buildings go with the cell in which their inner point lies; those in no group join a new one round them."""
    b = building.c
    parent = b.building_group if of_groups else b.community
    alone = b.building_group.is_(None)
    touched = moved.touched()
    if of_groups:
        within = sorted({code[:COMMUNITY_DIGITS] for code in touched})
        mine = or_(parent.in_(touched), and_(alone, b.community.in_(within)))
    else:
        mine = and_(parent.in_(touched), alone)
    rows = db.execute(
        select(
            b.id,
            b.code,
            parent.label("parent"),
            func.ST_AsBinary(func.ST_PointOnSurface(b.geom)).label("wkb"),
        )
        .where(mine, *_known(building))
        .order_by(b.code)
    ).all()
    homes = _at([shapely.from_wkb(bytes(row.wkb)) for row in rows], moved.shapes)
    recoded = []
    for row, home in zip(rows, homes, strict=True):
        if home is None or home == row.parent:
            _note_homeless(row.code, row.parent, home, moved, done)
            continue
        code = _next(db, building, home if of_groups else f"{home}00", 3)
        values = {"code": code, "building_group": home} if of_groups else {"code": code, "community": home}
        history.change(db, building, [row.id], day, values, by)
        done.recoded[row.code] = code
        recoded.append(row.code)
    _retire(db, building, recoded, day)


def _note_homeless(code: str, parent: str, home: str | None, moved: Moved, done: Settled) -> None:
    """Something that lies in no cell any more stays as it is, and is told where its parent ends."""
    if home is None and parent in moved.ended:
        done.homeless.append(code)


def _next(db: Session, table: Table, stem: str, digits: int) -> str:
    """The next code under a stem that was never given."""
    highest = int(db.scalar(_HIGHEST, {"kind": table.name, "stem": stem, "digits": digits}) or 0)
    if highest + 1 >= 10**digits:
        raise Conflict(f"{stem} has no numbers left", field="code")
    return f"{stem}{highest + 1:0{digits}d}"


def _retire(db: Session, table: Table, codes: Sequence[str], day: date) -> None:
    db.execute(_RETIRE, {"kind": table.name, "codes": list(codes), "day": day})


def _at(points: Sequence[Any], shapes: Mapping[str, Shape]) -> list[str | None]:
    """The cell in which each point lies; of several that share a border, the first by code."""
    codes = sorted(shapes)
    found: list[str | None] = [None] * len(points)
    if not points or not codes:
        return found
    tree = shapely.STRtree([shapes[code] for code in codes])
    which, cell = tree.query(list(points), "intersects")
    for place in np.lexsort((cell, which))[::-1]:
        found[int(which[place])] = codes[int(cell[place])]
    return found


def _largest_share(parts: Sequence[Any], shapes: Mapping[str, Shape]) -> list[str | None]:
    """The cell that has most of each shape; None where none has any of it."""
    codes = sorted(shapes)
    cells = np.array([*(shapes[code] for code in codes), None], dtype=object)[:-1]
    found: list[str | None] = []
    for part in parts:
        areas = shapely.area(shapely.intersection(cells, part)) if len(cells) else np.zeros(0)
        found.append(codes[int(areas.argmax())] if len(areas) and areas.max() > 0 else None)
    return found


# ---------------------------------------------------------------- services and branches


def _carry_services(db: Session, moved: Moved, by: int, day: date, done: Settled) -> None:
    """A new community that comes from others goes on being served as they were, where they agree; their periods end."""
    s = service_period.c
    rows = db.execute(
        select(s.id, s.unit, s.mode, s.firm, s.valid)
        .where(s.unit.in_(list(moved.ended)), func.upper_inf(s.recorded),
               or_(func.upper_inf(s.valid), func.upper(s.valid) > day))
        .order_by(s.unit)
    ).all()  # fmt: skip
    said = {code: [row for row in rows if row.unit == code] for code in moved.ended}
    for heir in sorted(set().union(*(moved.heirs.get(code, ()) for code in moved.ended))):
        origins = [code for code in moved.ended if heir in moved.heirs.get(code, ())]
        terms = {tuple((row.mode, row.firm, row.valid.upper) for row in said[code]) for code in origins}
        if _serves(db, heir, day):
            continue
        # one that was there before has terms of its own: none that anybody knows
        if len(terms) != 1 or (heir in moved.heirs and terms != {()}):
            done.services_left.append(heir)
            continue
        for row in said[origins[0]]:
            begins = max(row.valid.lower or day, day)
            history.repeat(
                db, service_period, [row.id], by, {"unit": heir}, func.daterange(begins, row.valid.upper)
            )
            done.services.append({"from": row.unit, "to": heir})
    history.end(db, service_period, [row.id for row in rows], day, by)


def _serves(db: Session, code: str, day: date) -> bool:
    """Whether a community that goes on has its own service from a day on."""
    s = service_period.c
    return bool(
        db.scalar(
            select(func.count()).where(s.unit == code, func.upper_inf(s.recorded), s.valid.op("@>")(day))
        )
    )


def _carry_branches(db: Session, moved: Moved, by: int, day: date, done: Settled) -> None:
    """A branch of a community that ends goes on with its one heir, and is left to be settled where there are more."""
    c = branch.c
    rows = db.execute(
        select(c.id, c.code, c.community)
        .where(c.community.in_(list(moved.ended)), *_known(branch))
        .order_by(c.code)
    ).all()
    for row in rows:
        heirs = list(moved.heirs.get(row.community, ()))
        if len(heirs) == 1:
            history.change(db, branch, [row.id], day, {"community": heirs[0]}, by)
            done.branches.append({"branch": row.code, "from": row.community, "to": heirs[0]})
        else:
            done.branches_left.append(row.code)
