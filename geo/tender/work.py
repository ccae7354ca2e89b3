"""Bundling as long work (后台任务): asked for, seen on its way, stopped, and its result read later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.jobs import Handle, Handler, Job, enqueue, list_jobs
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender.bundles import propose
from geo.tender.rules import BundleRules
from geo.tender.survey import survey

KIND = "bundle"
MOST_SECONDS = 600
"""The safety stop of a plan that nobody waits for; for an exact one six times as long."""


def start(db: Session, scope: Scope, rules: BundleRules, as_of: date) -> int:
    """Queue a proposal; returns the job's number."""
    return enqueue(db, scope, KIND, {"rules": rules.model_dump(mode="json"), "as_of": as_of.isoformat()})


def recent(db: Session, scope: Scope, limit: int) -> list[dict[str, Any]]:
    """Return the newest proposals that were asked for, without their results."""
    return [
        {**{name: value for name, value in job.as_json().items() if name != "result"}, "area": _area(job)}
        for job in list_jobs(db, scope, KIND, limit)
    ]


def _area(job: Job) -> Any:
    return dict(job.request.get("rules") or {}).get("area")


def bundle_handler(store: Store, settings: Settings) -> Handler:
    """Return the work of a `bundle` job: the pool is read in the scope of who asked, then bundled without a connection.

    Stopped on the way it returns the best plan so far.
    """

    def work(job: Job, handle: Handle) -> Mapping[str, Any]:
        rules = BundleRules.model_validate(job.request["rules"])
        as_of = date.fromisoformat(job.request["as_of"])
        handle.report(0.0, "reading")
        with store.begin(job.scope()) as db:
            ground = survey(db, rules, as_of, settings.ending_days)
        units = len(ground.problem.units)

        def tell(share: float, distance: float | None) -> None:
            handle.report(share, "searching", {"units": units, "distance": distance})

        tell(0.0, None)
        limit = MOST_SECONDS * (6 if rules.exact else 1)
        answer = propose(ground, rules, as_of, time_limit=limit, progress=tell, cancel=handle.cancelled)
        handle.cut_short = handle.cancelled()
        return answer

    return work


def handlers(store: Store, settings: Settings) -> dict[str, Handler]:
    """Return the kinds of jobs of this folder, for `geo.jobs.Worker`."""
    return {KIND: bundle_handler(store, settings)}
