"""Files out (导出): one kind as of a date, as GeoPackage, GeoJSON, XLSX or CSV; each is a row of the audit."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, AsOf, From, Region, Store, allow
from geo.crs import CGCS2000, parse_crs
from geo.ingest.export import FORMATS, MEDIA_TYPES, export
from geo.ingest.fields import KINDS
from geo.ingest.losses import lost

router = APIRouter(tags=["exports"])


@router.get("/api/exports/{kind}", dependencies=[allow(*BUSINESS)])
def export_kind(
    store: Store,
    actor: Actor,
    origin: From,
    kind: str,
    as_of: AsOf,
    region: Region,
    format_: Annotated[str, Query(alias="format", examples=list(FORMATS))] = "gpkg",
    crs: Annotated[str | None, Query(max_length=40, examples=["EPSG:4548"])] = None,
) -> FileResponse:
    """One kind of the asker's area as a file that the importer takes back; `X-Wangge-Losses` names what it lost."""
    scope = origin.scope(actor.username, actor.areas)
    system = parse_crs(crs) if crs else CGCS2000
    made = as_file(
        lambda path: export(store, scope, kind, format_, as_of=as_of, region=region, path=path, crs=system),
        lambda: (f"{KINDS[kind].title}-{as_of}.{format_}", MEDIA_TYPES[format_]),
    )
    made.headers["X-Wangge-Losses"] = ", ".join(loss.key for loss in lost(format_, system))
    return made


def as_file(write: Callable[[Path], object], named: Callable[[], tuple[str, str]]) -> FileResponse:
    """Answer with a file that `write` fills and that is gone once it is sent; `named` gives its name and media type."""
    handle, name = tempfile.mkstemp(prefix="wangge-export-", suffix=".file")
    path = Path(name)
    try:
        os.close(handle)
        write(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    filename, media_type = named()
    return FileResponse(
        path,
        media_type=media_type,
        filename=filename,
        background=BackgroundTask(path.unlink, missing_ok=True),
    )
