"""Where a place belongs (点位归属), what is wrong with the grids, and finding things by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.deps import BUSINESS, AsOf, Db, KnownAt, Region, Settings, allow
from geo.boundaries.codes import region_prefix
from geo.boundaries.faults import GridRules, grid_faults
from geo.boundaries.layers import Moment
from geo.boundaries.search import search
from geo.coverage.assign import assign

router = APIRouter(tags=["places"])


@router.get("/api/assign", dependencies=[allow(*BUSINESS)])
def read_assignment(
    db: Db,
    as_of: AsOf,
    known_at: KnownAt,
    settings: Settings,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
) -> dict[str, Any]:
    """Grid with its team, regions, community, building group and service at a place (degrees, CGCS2000 / WGS 84)."""
    return assign(db, lon, lat, Moment(as_of, known_at), settings)


@router.get("/api/grids/faults", dependencies=[allow(*BUSINESS)])
def read_grid_faults(db: Db, as_of: AsOf, region: Region) -> dict[str, Any]:
    """Faults of the grids, with the rules they were held against."""
    rules = GridRules()
    faults = grid_faults(db, region_prefix(region) if region else "", as_of, rules)
    return {
        "as_of": as_of,
        "rules": rules.model_dump(),
        "errors": sum(fault.severity == "error" for fault in faults),
        "warnings": sum(fault.severity == "warning" for fault in faults),
        "faults": [fault.as_json() for fault in faults],
    }


@router.get("/api/search", dependencies=[allow(*BUSINESS)])
def read_search(
    db: Db,
    as_of: AsOf,
    q: Annotated[str, Query(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """Regions, grids, communities and stand-alone buildings by name, alias or code."""
    return {"results": search(db, q, as_of, limit)}
