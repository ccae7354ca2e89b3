"""Long work (后台任务): kept in PostgreSQL, so that a result and a queue survive a restart.

A job waits, is claimed with FOR UPDATE SKIP LOCKED, is seen to live by a heartbeat, and ends. A worker that was killed
stops beating: its job is claimed again, up to `MAX_TRIES` times. Chosen over a queue library because those need another
driver than ours, and this is all that is needed of one.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import Conflict, Forbidden, NotFound, WanggeError
from geo.store.engine import Scope, Store

log = logging.getLogger(__name__)

MAX_TRIES = 3
STALLED_SECONDS = 30
"""A job whose worker has not been heard of for so long is taken over."""
BEAT_SECONDS = 0.7
"""How often a job says how far it is, and asks whether somebody wants it stopped: a person watches."""
WORKER = Scope(actor="system:worker", areas=("",))
"""The worker sees every job; the work itself runs in the scope of who asked."""

_ENQUEUE = text("""
INSERT INTO job (kind, area, request) VALUES (:kind, :area, CAST(:request AS jsonb)) RETURNING id""")
_COLUMNS = """id, kind, area, actor, state, cancel, progress, note, request, result, tries, created_at, finished_at,
 figures"""
_READ = text(f"SELECT {_COLUMNS} FROM job WHERE id = :id")  # noqa: S608 - a constant of this file
_LIST = text(f"SELECT {_COLUMNS} FROM job WHERE kind = :kind ORDER BY id DESC LIMIT :limit")  # noqa: S608 - as above
_OF_CHANGE_SET = text(f"""
SELECT {_COLUMNS} FROM job
 WHERE kind = 'import' AND created_at <= :at AND finished_at >= :at AND result ->> 'change_set' = CAST(:number AS text)
 ORDER BY id DESC LIMIT 1""")  # noqa: S608 - as above
_GIVE_UP = text("""
UPDATE job SET state = 'failed', finished_at = now(), note = 'the worker died each time'
 WHERE state = 'doing' AND tries >= :tries AND seen_at < now() - make_interval(secs => :stalled)""")
_CLAIM = text("""
UPDATE job SET state = 'doing', tries = tries + 1, seen_at = now(), progress = 0, figures = NULL
 WHERE id = (SELECT id FROM job
              WHERE kind = ANY (:kinds) AND (state = 'waiting'
                    OR (state = 'doing' AND tries < :tries AND seen_at < now() - make_interval(secs => :stalled)))
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id""")
_BEAT = text("""
UPDATE job SET seen_at = now(), progress = :progress, note = :note, figures = CAST(:figures AS jsonb)
 WHERE id = :id AND state = 'doing' AND tries = :tries RETURNING cancel""")
_FINISH = text("""
UPDATE job SET state = :state, progress = CASE WHEN :state = 'done' THEN 1 ELSE progress END, note = :note,
       result = CAST(:result AS jsonb), finished_at = now()
 WHERE id = :id AND state = 'doing' AND tries = :tries""")
_CANCEL = text("""
UPDATE job SET cancel = true, state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END,
       finished_at = CASE WHEN state = 'waiting' THEN now() ELSE finished_at END
 WHERE id = :id AND state IN ('waiting', 'doing') RETURNING id""")


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `request` holds the caller's values and, under `areas`, the areas it runs in; `result` is plain JSON."""

    id: int
    kind: str
    area: str
    actor: str
    state: str
    cancel: bool
    progress: float
    note: str | None
    request: Mapping[str, Any]
    result: Mapping[str, Any] | None
    tries: int
    created_at: datetime
    finished_at: datetime | None
    figures: Mapping[str, Any] | None = None
    """What a running job says of itself beside the share: its best value so far."""

    def areas(self) -> tuple[str, ...]:
        """Return the areas that the work runs in."""
        return tuple(self.request.get("areas") or [self.area])

    def scope(self) -> Scope:
        """Return the scope of who asked, in which the work runs."""
        return Scope(self.actor, self.areas(), "", f"job-{self.id}", self.request.get("source", ""))

    def as_json(self) -> dict[str, Any]:
        """Return what its owner may see (not the request: it names files of the server)."""
        shown = (
            "id", "kind", "actor", "state", "cancel", "progress", "note", "figures", "result",
            "created_at", "finished_at",
        )  # fmt: skip
        return {name: getattr(self, name) for name in shown}


@dataclass
class Handle:
    """What a running job may tell and ask: `report(share, note, figures)` and `cancelled()`; both cost nothing."""

    share: float = 0.0
    note: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    handed_over: bool = False
    """The server goes down, or another worker took the job: it is not ended, and what it needs must stay."""
    cut_short: bool = False
    """Stopped on the way and yet with a result, the best so far: the job ends as cancelled and keeps it."""
    when_ended: list[Callable[[], object]] = field(default_factory=list)
    """Called once the job's end is written: a job that dies before that is done again and needs its files."""

    def report(self, share: float, note: str, figures: Mapping[str, Any] | None = None) -> None:
        """Say how far the work is (0–1), and what is known by now; written with the next heartbeat."""
        self.share, self.note, self.figures = share, note, figures or {}

    def said(self) -> dict[str, Any]:
        """Return what was said last, as the heartbeat writes it."""
        return {"progress": self.share, "note": self.note, "figures": json.dumps(dict(self.figures))}

    def cancelled(self) -> bool:
        """Whether the person who asked wants it stopped, or the server is going down."""
        return self.stop.is_set()


Handler = Callable[[Job, Handle], Mapping[str, Any]]
"""The work of one kind of job: returns its result as plain JSON. A WanggeError makes the job fail with its problem."""


def enqueue(session: Session, scope: Scope, kind: str, request: Mapping[str, Any]) -> int:
    """Queue a job in the scope of who asks; returns its number. Raises Forbidden for somebody without any area."""
    if not scope.areas:
        raise Forbidden("you are responsible for no area yet")
    body = json.dumps({**request, "areas": list(scope.areas), "source": scope.source}, ensure_ascii=False)
    values = {"kind": kind, "area": scope.areas[0], "request": body}
    return int(session.execute(_ENQUEUE, values).scalar_one())


def _visible(job: Job, scope: Scope) -> bool:
    """A result may show rows of every area the job ran in: only who has them all (still) may see it."""
    return all(area.startswith(tuple(scope.areas)) for area in job.areas())


def read_job(session: Session, scope: Scope, number: int) -> Job:
    """Return a job that the asker may see. Raises NotFound."""
    row = session.execute(_READ, {"id": number}).one_or_none()
    job = None if row is None else Job(*row)
    if job is None or not _visible(job, scope):
        raise NotFound("no such job in your area")
    return job


def list_jobs(session: Session, scope: Scope, kind: str, limit: int = 100) -> list[Job]:
    """Return the newest jobs of a kind that the asker may see."""
    jobs = (Job(*row) for row in session.execute(_LIST, {"kind": kind, "limit": limit}))
    return [job for job in jobs if _visible(job, scope)]


def find_import(session: Session, scope: Scope, change_set: int, at: datetime) -> Job | None:
    """Return the job that made a change set at a moment; None where there is none that the asker may see."""
    row = session.execute(_OF_CHANGE_SET, {"number": change_set, "at": at}).one_or_none()
    job = None if row is None else Job(*row)
    return job if job is not None and _visible(job, scope) else None


def cancel_job(session: Session, scope: Scope, number: int) -> None:
    """Stop a job: at once while it waits, soon while it runs. Raises NotFound, or Conflict when it has ended."""
    job = read_job(session, scope, number)
    if session.execute(_CANCEL, {"id": number}).one_or_none() is None:
        raise Conflict(f"this job is {job.state}")


class Worker:
    """Takes jobs one after the other, in a thread of the server (`start`, `stop`) or by hand (`run_once`)."""

    def __init__(self, store: Store, handlers: Mapping[str, Handler], *, poll_seconds: float = 0.5) -> None:
        self._store = store
        self._handlers = dict(handlers)
        self._poll = poll_seconds
        self._stopping = threading.Event()
        self._current: Handle | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread = threading.Thread(target=self._loop, name="wangge-worker", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Stop taking jobs; the running one is told, and is claimed again after a restart where it does not end."""
        self._stopping.set()
        if self._current is not None:
            self._current.handed_over = True
            self._current.stop.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.run_once()
            except WanggeError as error:  # the database is away: it comes back
                log.warning("the worker waits: %s", error.message)
                busy = False
            if not busy:
                self._stopping.wait(self._poll)

    def run_once(self) -> bool:
        """Take one job and do it; False when none waits."""
        job = self._claim()
        if job is None:
            return False
        handle = self._current = Handle()
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job, handle, done), daemon=True)
        beat.start()
        try:
            state, note, result = self._do(job, handle)
        finally:
            done.set()
            beat.join()
            self._current = None
        if not (handle.handed_over and state == "cancelled"):
            self._finish(job, state, note, result)
            for clean in handle.when_ended:
                clean()
        return True

    def _claim(self) -> Job | None:
        limits = {"tries": MAX_TRIES, "stalled": STALLED_SECONDS}
        with self._store.begin(WORKER) as session:
            session.execute(_GIVE_UP, limits)
            number = session.scalar(_CLAIM, {"kinds": list(self._handlers), **limits})
            return None if number is None else read_job(session, WORKER, number)

    def _do(self, job: Job, handle: Handle) -> tuple[str, str | None, Mapping[str, Any] | None]:
        """Run the handler; every way to end becomes a state."""
        try:
            result = self._handlers[job.kind](job, handle)
            return "cancelled" if handle.cut_short else "done", None, result
        except WanggeError as error:
            state = "cancelled" if handle.cancelled() else "failed"
            return state, error.message, {"problem": error.problem()}
        except Exception:
            log.exception("job %s failed", job.id)
            return "failed", f"something went wrong; quote job {job.id} when you report it", None

    def _beat(self, job: Job, handle: Handle, done: threading.Event) -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                with self._store.begin(WORKER) as session:
                    values = {"id": job.id, "tries": job.tries, **handle.said()}
                    row = session.execute(_BEAT, values).one_or_none()
            except WanggeError as error:
                log.warning("job %s: no heartbeat: %s", job.id, error.message)
                continue
            if row is None:  # another worker took it over
                handle.handed_over = True
            if row is None or row.cancel:
                handle.stop.set()

    def _finish(self, job: Job, state: str, note: str | None, result: Mapping[str, Any] | None) -> None:
        text_ = None if result is None else json.dumps(dict(result), ensure_ascii=False, default=str)
        values = {"id": job.id, "tries": job.tries, "state": state, "note": note, "result": text_}
        with self._store.begin(WORKER) as session:
            session.execute(_FINISH, values)
