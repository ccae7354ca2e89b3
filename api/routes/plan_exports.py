"""Drawings out (出图): a plan, or the cells of a date, as data, table, CAD drawing or printed sheet; all audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, AsOf, Db, Region, Settings, allow
from api.routes.exports import as_file
from geo.boundaries.drawn.area import drawn_area
from geo.boundaries.drawn.files import TITLES, write_drawn
from geo.boundaries.drawn.plan import drawn_plan
from geo.boundaries.drawn.values import Drawn
from geo.errors import BadInput
from geo.ingest.export import MEDIA_TYPES as TABLE_TYPES
from geo.people import trail
from geo.people.sessions import Actor as Person
from maps.documents import plan_cad, plan_sheet

router = APIRouter(tags=["exports"])

Format = Literal["gpkg", "geojson", "xlsx", "dxf", "pdf"]
MEDIA_TYPES: Final[dict[str, str]] = {
    **{each: TABLE_TYPES[each] for each in ("gpkg", "geojson", "xlsx")},
    "dxf": plan_cad.MEDIA_TYPE,
    "pdf": plan_sheet.MEDIA_TYPE,
}
AsFormat = Annotated[Format, Query(alias="format")]
DrawnKind = Literal["grids", "communities", "building-groups"]


@router.get("/api/plans/{plan}/export", dependencies=[allow(*BUSINESS)])
def export_plan(
    db: Db, settings: Settings, actor: Actor, plan: int, format_: AsFormat = "gpkg"
) -> FileResponse:
    """A plan as drafted, as a file; one that is not in force says so."""
    drawn = drawn_plan(db, plan, settings.business_date())
    trail.record(db, "export", f"plan {plan}", area=drawn.area, detail=_detail(drawn, format_))
    return sent(drawn, format_, actor, settings)


@router.get("/api/exports/{kind}/drawing", dependencies=[allow(*BUSINESS)])
def export_drawing(
    db: Db,
    settings: Settings,
    actor: Actor,
    kind: DrawnKind,
    as_of: AsOf,
    region: Region,
    format_: AsFormat = "pdf",
    title: Annotated[str, Query(max_length=80)] = "",
) -> FileResponse:
    """What holds of a layer inside a region on a date, as a file."""
    if region is None:
        raise BadInput("say which region is to be drawn", field="region")
    drawn = drawn_area(db, kind.replace("-", "_"), region, title or f"{as_of} 现状", as_of)
    trail.record(db, "export", f"{kind} {region}", area=region, detail=_detail(drawn, format_))
    return sent(drawn, format_, actor, settings)


def sent(drawn: Drawn, format_: Format, actor: Person, settings: Settings) -> FileResponse:
    """Answer with a drawing in one of the formats."""

    def write(path: Path) -> None:
        if format_ == "pdf":
            path.write_bytes(plan_sheet.plan_sheet(drawn, actor.name, settings.business_date()))
        elif format_ == "dxf":
            path.write_bytes(plan_cad.plan_drawing(drawn))
        else:
            write_drawn(drawn, format_, path)

    state = "草案" if drawn.draft else "现状"
    name = f"{drawn.area_name}-{TITLES[drawn.layer]}-{state}-{drawn.as_of}.{format_}"
    return as_file(write, lambda: (name, MEDIA_TYPES[format_]))


def _detail(drawn: Drawn, format_: str) -> dict[str, object]:
    return {"format": format_, "as_of": drawn.as_of.isoformat(), "rows": len(drawn.cells)}
