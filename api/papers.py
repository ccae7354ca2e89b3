"""A round's papers (招标文件) as they are given out: read, recognised by what they say, made once, kept.

Routes read and send; a paper is drawn within a request only where nobody asked for it as work before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from geo.errors import Conflict
from geo.jobs import Handle, Handler, Job, enqueue, list_jobs
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender import kept_papers
from geo.tender.paper_values import Paperwork
from geo.tender.paperwork import paperwork
from maps.documents.makers import MAKERS
from maps.documents.papers import Step, unwatched
from maps.documents.round_paper import round_paper

KIND: Final = "paper"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One paper of a round: its file's name, what it says, by whom and on which day it is made."""

    file: str
    work: Paperwork
    maker: str
    made_on: date

    @property
    def tag(self) -> str:
        """Return its ETag without quotes."""
        return kept_papers.tag_of(
            self.work, self.file, self.maker, self.made_on.isoformat(), version("wangge")
        )

    @property
    def named(self) -> str:
        """Return what the file is called."""
        return f"{self.work.name}-{MAKERS[self.file].title}.{self.file.rpartition('.')[2]}"


def wanted(db: Session, number: int, file: str, person: str, today: date) -> Wanted:
    """Read a paper of a round for a person. Raises NotFound, Conflict for a round without a unit."""
    work = paperwork(db, number, today)
    return Wanted(file, work, f"{work.area_name} {person}", today)


def made(settings: Settings, paper: Wanted, step: Step = unwatched) -> Path:
    """Return the finished paper, drawn first where it is not kept."""
    found = kept_papers.find(settings, paper.tag)
    if found is not None:
        return found
    content = MAKERS[paper.file].make(round_paper(paper.work, paper.maker, paper.made_on), step)
    return kept_papers.keep(settings, paper.tag, content)


def start(db: Session, scope: Scope, number: int, file: str, person: str) -> int:
    """Queue a paper; returns the job's number: of the one that is at it, where the same person asked already."""
    asked = {"round": number, "file": file, "person": person}
    for job in list_jobs(db, scope, KIND, 20):
        same = {name: job.request.get(name) for name in asked} == asked
        if same and job.actor == scope.actor and job.state in ("waiting", "doing") and not job.cancel:
            return job.id
    return enqueue(db, scope, KIND, asked)


def paper_handler(store: Store, settings: Settings) -> Handler:
    """Return the work of a `paper` job: read in the scope of who asked, then drawn without a connection."""

    def work(job: Job, handle: Handle) -> Mapping[str, Any]:
        asked = job.request
        handle.report(0.0, "reading")
        with store.begin(job.scope()) as db:
            paper = wanted(db, asked["round"], asked["file"], asked["person"], settings.business_date())
        made(settings, paper, _told(handle, len(paper.work.packages)))
        return {"round": asked["round"], "file": asked["file"], "etag": paper.tag}

    return work


def _told(handle: Handle, packages: int) -> Callable[[float], None]:
    def step(share: float) -> None:
        if handle.cancelled():
            raise Conflict("stopped before the paper was finished", extra={"reason": "stopped"})
        handle.report(share, "drawing", {"packages": packages})

    return step


def handlers(store: Store, settings: Settings) -> dict[str, Handler]:
    """Return the kind of job of papers, for `geo.jobs.Worker`."""
    return {KIND: paper_handler(store, settings)}
