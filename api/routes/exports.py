"""Files out (导出): one kind as of a date, as GeoPackage, GeoJSON, XLSX or CSV; each is a row of the audit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, AsOf, From, Region, Store, allow
from geo.ingest.export import MEDIA_TYPES, export
from geo.ingest.fields import KINDS

router = APIRouter(tags=["exports"])


@router.get("/api/exports/{kind}", dependencies=[allow(*BUSINESS)])
def export_kind(
    store: Store,
    actor: Actor,
    origin: From,
    kind: str,
    as_of: AsOf,
    region: Region,
    format_: Annotated[str, Query(alias="format", examples=["gpkg", "geojson", "xlsx", "csv"])] = "gpkg",
) -> FileResponse:
    """One kind of the asker's area as a file that the importer takes back."""
    handle, name = tempfile.mkstemp(prefix="wangge-export-", suffix=".file")
    path = Path(name)
    try:
        os.close(handle)
        scope = origin.scope(actor.username, actor.areas)
        export(store, scope, kind, format_, as_of=as_of, region=region, path=path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[format_],
        filename=f"{KINDS[kind].title}-{as_of}.{format_}",
        background=BackgroundTask(path.unlink, missing_ok=True),
    )
