"""Files in (导入): uploaded, looked at, queued; the list of what came in, and its undoing."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from api.deps import BUSINESS, Actor, Db, From, Limit, Settings, Store, allow, parse_date
from geo.crs import label, parse_crs
from geo.crs_control import fit_control, judge_control, parse_control
from geo.errors import BadInput, Forbidden, TooLarge
from geo.ingest import formats, history, templates
from geo.ingest.encodings import parse_encoding
from geo.ingest.fields import KINDS
from geo.ingest.importer import ImportOptions
from geo.ingest.matching.values import limits_of
from geo.ingest.packed import pack_parts
from geo.ingest.repairs import parse_repairs
from geo.ingest.undo import undo_import
from geo.ingest.uploads import kept_upload, new_upload, request_of
from geo.jobs import cancel_job, enqueue, list_jobs, read_job
from geo.people.trail import Origin
from geo.settings import Settings as AllSettings
from geo.store.engine import Scope
from maps.words.problems import with_chinese

router = APIRouter(tags=["imports"])

Text = Annotated[str | None, Form(max_length=200)]
Map = Annotated[list[str] | None, Form(alias="map", description="column=field, or one JSON object")]
_MOST_PARTS = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _matching(
    match: Annotated[
        bool, Form(description="find the communities of rows without a code by name, address and place")
    ] = False,
    certain: Annotated[float | None, Form(ge=0, le=1, allow_inf_nan=False)] = None,
    doubtful: Annotated[float | None, Form(ge=0, le=1, allow_inf_nan=False)] = None,
) -> dict[str, Any]:
    return {"match": match, "limits": limits_of(certain, doubtful)}


Matching = Annotated[dict[str, Any], Depends(_matching)]
"""What is said about rows without a code, as import options."""


@router.post("/api/imports", dependencies=[allow("planner", "officer")], status_code=202)
def start_import(
    db: Db,
    settings: Settings,
    actor: Actor,
    origin: From,
    response: Response,
    matching: Matching,
    file: Annotated[
        list[UploadFile] | None,
        File(description=f"{formats.TAKEN}; the parts of a shapefile may come one by one"),
    ] = None,
    again: Annotated[
        int | None, Form(ge=1, description="an earlier job of yours, whose file is taken")
    ] = None,
    kind: Text = None,
    crs: Text = None,
    layer: Text = None,
    valid_from: Text = None,
    map_: Map = None,
    control: Annotated[
        str | None, Form(max_length=20_000, description="at least three control points: lines of x,y,lon,lat")
    ] = None,
    provisional: Text = None,
    encoding: Text = None,
    repair: Annotated[
        list[str] | None,
        Form(description="kinds of faults, or their ids, to mend beyond the safe ones; none"),
    ] = None,
    dry_run: Annotated[bool, Form()] = False,
    strict: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Take a file in: 202 with the job that imports it; a file that cannot be one of ours is refused at once.

    The file is kept for a day where it was not loaded: `again` takes it from that job, with other answers.
    """
    options = ImportOptions(
        kind=_kind(kind),
        crs=label(parse_crs(crs)) if crs else None,
        mapping=parse_map(map_ or []),
        valid_from=parse_date(valid_from, "valid_from") if valid_from else None,
        layer=layer or None,
        dry_run=dry_run,
        strict=strict,
        control=_control(control),
        provisional=provisional or None,
        encoding=parse_encoding(encoding) if encoding else None,
        repair=parse_repairs(repair or []),
        **matching,
    )
    scope = _scope(actor, origin)
    if again is not None:
        path, name = kept_upload(settings, read_job(db, scope, again), actor.username)
        number = enqueue(db, scope, "import", request_of(path, replace(options, name=name)))
    elif file:
        number = _take(db, settings, scope, file, replace(options, name=_name(file)))
    else:
        raise BadInput("send a file, or `again` with the number of an earlier job", field="file")
    response.headers["Location"] = f"/api/jobs/{number}"
    return {"job": number, "state": "waiting"}


def _take(db: Db, settings: AllSettings, scope: Scope, file: list[UploadFile], options: ImportOptions) -> int:
    """Keep the file, look what it is, and queue its import; returns the job's number."""
    path = new_upload(settings)
    try:
        _keep_all(file, path, settings)
        formats.inspect(path, options.name)
        return enqueue(db, scope, "import", request_of(path, options))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@router.delete("/api/imports/kept/{number}", dependencies=[allow("planner", "officer")])
def let_go(db: Db, settings: Settings, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """Remove the file that was kept for an import which nobody will load."""
    path, _ = kept_upload(settings, read_job(db, _scope(actor, origin), number), actor.username)
    path.unlink(missing_ok=True)
    return {"job": number, "removed": True}


class ControlPoints(BaseModel):
    """Control points as a person types them: x and y of the file, longitude and latitude of the same mark."""

    points: Annotated[list[tuple[float, float, float, float]], Field(max_length=500)]


@router.post("/api/control-points", dependencies=[allow("planner", "officer")])
def judge_points(body: ControlPoints) -> dict[str, Any]:
    """Fit control points and say how well: residuals, rms, and the one point that spoils it, if it is one."""
    return judge_control(body.points)


def _control(text: str | None) -> list[list[float]]:
    """Return control points, fitted once so that a wrong one is refused at once. Raises BadInput."""
    rows = parse_control(text.splitlines()) if text else []
    if rows:
        fit_control(rows)
    return rows


def _name(files: list[UploadFile]) -> str:
    """Return the name to show: the file's own, or the shapefile's whose parts these are."""
    name = _bare(files[0])
    return f"{FilePath(name).stem}.zip" if len(files) > 1 else name


def _bare(file: UploadFile) -> str:
    return FilePath((file.filename or "").replace("\\", "/")).name[:200] or "upload"


def _keep_all(files: list[UploadFile], path: FilePath, settings: AllSettings) -> None:
    """Keep one file, or the parts of a shapefile packed into one."""
    if len(files) == 1:
        _keep(files[0], path, settings.max_upload)
        return
    if len(files) > _MOST_PARTS:
        raise BadInput(f"send one file, or the parts of one shapefile: at most {_MOST_PARTS}", field="file")
    parts = [(_bare(file), new_upload(settings)) for file in files]
    try:
        for file, (_, part) in zip(files, parts, strict=True):
            _keep(file, part, settings.max_upload)
        pack_parts(parts, path)
    finally:
        for _, part in parts:
            part.unlink(missing_ok=True)


def parse_map(pairs: list[str]) -> dict[str, str]:
    """Return column → field of `column=field` texts, or of one JSON object. Raises BadInput."""
    if len(pairs) == 1 and pairs[0].lstrip().startswith("{"):
        return _map_object(pairs[0])
    mapping = {}
    for pair in (one for one in pairs if one.strip()):
        column, mark, field = pair.rpartition("=")
        if not mark or not column:
            raise BadInput(f"{pair!r} is not of the form column=field", field="map")
        mapping[column.strip()] = field.strip()
    return mapping


def _map_object(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("the map is no JSON object", field="map") from None
    if not all(isinstance(value, str | None) for value in found.values()):
        raise BadInput("the map names a field for each column", field="map")
    return {str(column): value or "" for column, value in found.items()}


def _kind(kind: str | None) -> str | None:
    if kind and kind not in KINDS:
        raise BadInput(f"unknown kind {kind!r}: {', '.join(KINDS)}", field="kind")
    return kind or None


def _keep(file: UploadFile, path: FilePath, limit: int) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(file.file, target, 2**20)
    if path.stat().st_size > limit:
        raise TooLarge(f"the file is over {limit} bytes", field="file")


def _scope(actor: Actor, origin: Origin) -> Scope:
    return origin.scope(actor.username, actor.areas)


@router.get("/api/imports", dependencies=[allow(*BUSINESS)])
def list_imports(
    db: Db, actor: Actor, origin: From, limit: Limit, before: Annotated[int | None, Query(ge=1)] = None
) -> dict[str, Any]:
    """What came in, newest first, and the jobs that are at it or just were."""
    jobs = list_jobs(db, _scope(actor, origin), "import", 20)
    return {
        "imports": history.list_imports(db, limit, before),
        "jobs": [{**job.as_json(), "name": job.request.get("name")} for job in jobs],
    }


@router.get("/api/imports/{number}", dependencies=[allow(*BUSINESS)])
def read_import(db: Db, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """One import, with its report where it came through this interface."""
    return history.read_import(db, _scope(actor, origin), number)


@router.post("/api/imports/{number}/undo", dependencies=[allow("planner", "officer")])
def undo(store: Store, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """Take an import back as a whole; 409 names what was built on it."""
    return {"change_set": undo_import(store, _scope(actor, origin), number), "undone": number}


@router.get("/api/jobs/{number}", dependencies=[allow(*BUSINESS)])
def read_one_job(db: Db, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """How far a job is; when it is done, `result` holds its report."""
    job = read_job(db, _scope(actor, origin), number).as_json()
    problem = (job["result"] or {}).get("problem")
    return {**job, "result": {**job["result"], "problem": with_chinese(problem)}} if problem else job


@router.post("/api/jobs/{number}/cancel", dependencies=[allow(*BUSINESS)], status_code=202)
def cancel(db: Db, actor: Actor, origin: From, number: int) -> dict[str, Any]:
    """Stop a job: one's own; planners and officers stop any of their area."""
    job = read_job(db, _scope(actor, origin), number)
    if job.actor != actor.username and actor.roles.isdisjoint(("planner", "officer")):
        raise Forbidden("somebody else asked for this job")
    cancel_job(db, _scope(actor, origin), number)
    return {"job": number, "cancel": True}


@router.get("/api/templates/{kind}.xlsx", dependencies=[allow(*BUSINESS)])
def read_template(kind: str) -> Response:
    """An empty sheet with the headers that the importer knows."""
    name = {"Content-Disposition": f'attachment; filename="wangge-{kind}.xlsx"'}
    return Response(templates.template(kind), media_type=XLSX, headers=name)
