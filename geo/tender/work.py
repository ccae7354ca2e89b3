"""Bundling as long work (后台任务): asked for, seen on its way, stopped, and its result read later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo.errors import BadInput, NotFound
from geo.jobs import Handle, Handler, Job, enqueue, list_jobs, read_job
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender.bundles import propose
from geo.tender.prices import priced
from geo.tender.rules import BundleRules
from geo.tender.survey import survey

KIND = "bundle"
PRICES = "bundle-prices"
MOST_SECONDS = 600
"""The safety stop of a plan that nobody waits for; for an exact one six times as long."""


def start(db: Session, scope: Scope, rules: BundleRules, as_of: date) -> int:
    """Queue a proposal; returns the job's number."""
    return enqueue(db, scope, KIND, {"rules": rules.model_dump(mode="json"), "as_of": as_of.isoformat()})


def recent(db: Session, scope: Scope, limit: int) -> list[dict[str, Any]]:
    """Return the newest proposals that were asked for: by which rules, and what they came to instead of the plans."""
    return [
        {
            **{name: value for name, value in job.as_json().items() if name != "result"},
            "area": (job.request.get("rules") or {}).get("area"),
            "as_of": job.request.get("as_of"),
            "rules": job.request.get("rules"),
            "came_to": _came_to(job.result or {}),
        }
        for job in list_jobs(db, scope, KIND, limit)
    ]


def _came_to(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The best plan in figures; null where there is none (yet), and for what an earlier version did not keep."""
    if "packages" not in result:
        return None
    left_out = result.get("left_out")
    return {
        "packages": len(result["packages"]),
        "left_out": None if left_out is None else len(left_out),
        "plans": 1 + len(result.get("alternatives", ())),
        "gap": result.get("gap"),
        "proven": result.get("proven"),
    }


def start_pricing(db: Session, scope: Scope, proposal: int, plan: int) -> int:
    """Queue the prices of the rules of one plan (0: the best) of a proposal; returns the job's number.

    Raises NotFound for a job that is no proposal with plans, BadInput for a plan that it does not hold.
    """
    found = _plans(read_job(db, scope, proposal))
    if not 0 <= plan < len(found):
        raise BadInput(f"the proposal holds {len(found)} plans", field="plan")
    return enqueue(db, scope, PRICES, {"proposal": proposal, "plan": plan})


def pricings(db: Session, scope: Scope, proposal: int) -> list[dict[str, Any]]:
    """Return the newest pricing that was asked for of each plan of a proposal: its job, its plan, its state.

    Raises NotFound for a proposal that the asker may not see.
    """
    read_job(db, scope, proposal)
    found: dict[int, dict[str, Any]] = {}
    for job in list_jobs(db, scope, PRICES):
        plan = int(job.request["plan"])
        if job.request["proposal"] == proposal and plan not in found:
            found[plan] = {"id": job.id, "plan": plan, "state": job.state, "actor": job.actor}
    return [found[plan] for plan in sorted(found)]


def _plans(job: Job) -> list[Mapping[str, Any]]:
    """The plans of a proposal, the best first."""
    if job.kind != KIND or not job.result or "packages" not in job.result:
        raise NotFound(f"job {job.id} is no proposal of packages")
    return [job.result, *job.result.get("alternatives", [])]


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


def pricing_handler(store: Store, settings: Settings) -> Handler:
    """Return the work of a `bundle-prices` job: each rule's price, for the pool as it is now.

    Stopped on the way it returns the rules priced so far.
    """

    def work(job: Job, handle: Handle) -> Mapping[str, Any]:
        handle.report(0.0, "reading")
        with store.begin(job.scope()) as db:
            proposal = read_job(db, job.scope(), job.request["proposal"])
            rules = BundleRules.model_validate(proposal.request["rules"])
            as_of = date.fromisoformat(proposal.request["as_of"])
            ground = survey(db, rules, as_of, settings.ending_days, with_modes=False)
        plan = _plans(proposal)[job.request["plan"]]
        units = {"units": len(ground.problem.units)}
        handle.report(0.0, "pricing", units)
        answer = priced(
            ground,
            rules,
            plan,
            time_limit=MOST_SECONDS,
            progress=lambda share, _distance: handle.report(share, "pricing", units),
            cancel=handle.cancelled,
        )
        handle.cut_short = handle.cancelled()
        return {"proposal": proposal.id, "plan": job.request["plan"], **answer}

    return work


def handlers(store: Store, settings: Settings) -> dict[str, Handler]:
    """Return the kinds of jobs of this folder, for `geo.jobs.Worker`."""
    return {KIND: bundle_handler(store, settings), PRICES: pricing_handler(store, settings)}
