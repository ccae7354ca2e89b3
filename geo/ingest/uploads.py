"""Files that wait for their import: kept in the data folder until they are loaded, or for a day.

A check, and an import that asks or is refused, keeps its file: the next try takes it from the job before, so that
nobody uploads a hundred megabytes to answer one question.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from geo.errors import Conflict, NotFound
from geo.ingest.importer import ImportOptions, import_file
from geo.ingest.matching import keeping
from geo.ingest.matching.values import limits_of
from geo.ingest.report import ImportReport
from geo.jobs import Handle, Handler, Job
from geo.settings import Settings
from geo.store.engine import Store

FOLDER = "uploads"
_FORGOTTEN_SECONDS = 86_400
_GONE = "the file of that import is no longer here: upload it again"


def new_upload(settings: Settings) -> Path:
    """Return a path for a new upload; its name is ours alone, never the stranger's. Old leftovers are swept."""
    folder = settings.data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in folder.iterdir():
        with suppress(FileNotFoundError):  # another upload ended meanwhile
            if time.time() - one.stat().st_mtime > _FORGOTTEN_SECONDS:
                one.unlink()
    return folder / secrets.token_hex(16)


def request_of(path: Path, options: ImportOptions) -> dict[str, Any]:
    """Return an import as the JSON of its job."""
    return {
        "upload": path.name,
        "name": options.name,
        "kind": options.kind,
        "crs": options.crs,
        "mapping": dict(options.mapping),
        "valid_from": options.valid_from.isoformat() if options.valid_from else None,
        "layer": options.layer,
        "dry_run": options.dry_run,
        "strict": options.strict,
        "provisional": options.provisional,
        "control": [list(row) for row in options.control],
        "encoding": options.encoding,
        "repair": list(options.repair),
        "match": options.match,
        "certain": options.limits and options.limits.certain,
        "doubtful": options.limits and options.limits.doubtful,
    }


def kept_upload(settings: Settings, job: Job, actor: str) -> tuple[Path, str]:
    """Return the file of an earlier import of the same person, and its name.

    Raises NotFound where it is gone or somebody else's, Conflict while the job still needs it.
    """
    path = settings.data / FOLDER / Path(str(job.request.get("upload", "-"))).name
    if job.kind != "import" or job.actor != actor or not path.is_file():
        raise NotFound(_GONE, field="again")
    if job.state in ("waiting", "doing"):
        raise Conflict("that import is still running")
    path.touch()
    return path, str(job.request.get("name") or "upload")


def _options(request: Mapping[str, Any]) -> ImportOptions:
    names = ("kind", "crs", "mapping", "layer", "dry_run", "strict", "name")
    start = request["valid_from"]
    # A job that waited through an update may not know what came with it.
    later = {name: request.get(name, ()) for name in ("control", "repair")} | {
        name: request.get(name) for name in ("provisional", "encoding")
    }
    limits = limits_of(request.get("certain"), request.get("doubtful"))
    options = ImportOptions(
        **{name: request[name] for name in names}, **later, match=bool(request.get("match")), limits=limits
    )
    return replace(options, valid_from=date.fromisoformat(start) if start else None)


def _decided(store: Store, job: Job, path: Path) -> ImportOptions:
    """Return the options of a job, with what people decided about the rows of its file."""
    options = _options(job.request)
    if not options.match:
        return options
    table = keeping.table_of(path, options.layer)
    with store.begin(job.scope()) as session:
        decisions = keeping.decisions_for(session, job.scope(), table, options.kind)
        return replace(options, decisions=decisions)


def _keep(
    store: Store, settings: Settings, job: Job, path: Path, report: ImportReport, handle: Handle
) -> dict[str, Any]:
    """Keep what was matched, for people to settle; returns the matching's number, and rows decided anew meanwhile."""
    if report.matching is None or report.kind is None:
        return {}
    request = {
        name: value for name, value in job.request.items() if name not in ("areas", "source", "upload")
    }
    stopped = bool(job.request.get("strict")) and report.counts["refused"] > 0
    with store.begin(job.scope()) as session:
        kept = keeping.keep(
            session, job.scope(), settings, path, report.matching, kind=report.kind, source=report.file,
            request=request | {"kind": report.kind}, change_set=report.change_set,
            loaded=not report.dry_run and not stopped,
        )  # fmt: skip
    if (gone := kept.gone) is not None:
        handle.when_ended.append(lambda: gone.unlink(missing_ok=True))
    return {"id": kept.number, "overtaken": list(kept.overtaken)}


def import_handler(store: Store, settings: Settings) -> Handler:
    """Return the work of an `import` job in the scope of who sent it; a file that was loaded is removed."""

    def work(job: Job, handle: Handle) -> Mapping[str, Any]:
        kept = bool(job.request.get("kept"))
        name = str(job.request["upload"])
        path = keeping.path_of(settings, name) if kept else settings.data / FOLDER / Path(name).name
        if not path.is_file():
            raise NotFound(_GONE, field="again")
        report = import_file(
            store,
            job.scope(),
            path,
            options=_decided(store, job, path),
            settings=settings,
            progress=handle.report,
            cancel=handle.cancelled,
        )
        told = _keep(store, settings, job, path, report, handle)
        if report.change_set is not None and not kept:
            handle.when_ended.append(lambda: path.unlink(missing_ok=True))
        answer = report.as_json()
        return answer | {"matching": answer["matching"] | told} if answer["matching"] else answer

    return work


def handlers(store: Store, settings: Settings) -> dict[str, Handler]:
    """Return the kinds of jobs of this folder, for `geo.jobs.Worker`."""
    return {"import": import_handler(store, settings)}
