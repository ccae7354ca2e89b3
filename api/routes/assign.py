"""Where a million places belong (海量点位归属): a file of points in, the same rows with their areas out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from api.deps import BUSINESS, Actor, AsOf, From, KnownAt, Settings, Store, allow
from geo.boundaries.layers import Moment
from geo.coverage.mass_layers import parse_layers
from geo.coverage.mass_run import FORMATS, MassOptions, assign_file, format_of
from geo.errors import BadInput, TooLarge
from geo.ingest.uploads import new_upload

router = APIRouter(tags=["places"])

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
COUNTS = "X-Wangge-Counts"
"""The header of the answer that says how many rows are inside, on a border, outside and unread."""


async def _spooled(
    request: Request,
    settings: Settings,
    file: Annotated[
        UploadFile | None, File(description="CSV or Parquet; or send it as the body itself")
    ] = None,
) -> AsyncIterator[Path]:
    """Keep the points on disk, as they arrive: as a form's `file`, or as the body itself."""
    path = new_upload(settings)
    try:
        with path.open("wb") as target:
            size = 0
            async for chunk in _chunks(request, file):
                size += len(chunk)
                if size > settings.max_upload:
                    raise TooLarge(f"the file is over {settings.max_upload} bytes", field="file")
                await run_in_threadpool(target.write, chunk)
        if not size:
            raise BadInput("send a CSV or a Parquet file of points", field="file")
        yield path
    finally:
        path.unlink(missing_ok=True)


async def _chunks(request: Request, file: UploadFile | None) -> AsyncIterator[bytes]:
    if file is None:
        async for chunk in request.stream():
            yield chunk
        return
    while chunk := await file.read(1 << 20):
        yield chunk


Spooled = Annotated[Path, Depends(_spooled)]


@router.post("/api/assign", dependencies=[allow(*BUSINESS)], response_class=FileResponse)
def assign_points(
    store: Store,
    settings: Settings,
    actor: Actor,
    origin: From,
    as_of: AsOf,
    known_at: KnownAt,
    points: Spooled,
    layers: Annotated[str | None, Query(max_length=200, examples=["grid,community"])] = None,
    crs: Annotated[str | None, Query(max_length=40, examples=["EPSG:4490"])] = None,
    x: Annotated[str | None, Query(max_length=200)] = None,
    y: Annotated[str | None, Query(max_length=200)] = None,
    format_: Annotated[str | None, Query(alias="format", examples=list(FORMATS))] = None,
) -> FileResponse:
    """Every row in order with a code per layer and its position: inside, border (the smaller code), outside, unread."""
    options = MassOptions(parse_layers(layers), crs, x, y, format_ or format_of(points))
    scope = origin.scope(actor.username, actor.areas)
    answer = new_upload(settings)
    try:
        counts = assign_file(store, scope, Moment(as_of, known_at), points, answer, options)
    except BaseException:
        answer.unlink(missing_ok=True)
        raise
    chosen = str(options.format)
    told = "; ".join(f"{name}={count}" for name, count in counts.items())
    return FileResponse(
        answer,
        media_type=MEDIA_TYPES[chosen],
        filename=f"assigned-{as_of}.{chosen}",
        headers={COUNTS: told},
        background=BackgroundTask(answer.unlink, missing_ok=True),
    )
