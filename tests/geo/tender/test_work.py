"""Packages as long work: watched, stopped with the best so far, and done again after a worker's death."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import text

from geo.jobs import Handle, Job, Worker, read_job
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender import work
from geo.tender.bundles import propose
from geo.tender.rules import BundleRules
from geo.tender.survey import survey

TODAY = date(2026, 11, 1)
OFFICER = Scope("officer", ("990101",))
RULES = BundleRules(area="990101000000", households=(300, 1500), effort=0.3)


def ask(store: Store, rules: BundleRules = RULES) -> int:
    with store.begin(OFFICER) as db:
        return work.start(db, OFFICER, rules, TODAY)


def look(store: Store, number: int) -> Job:
    with store.begin(OFFICER) as db:
        return read_job(db, OFFICER, number)


def test_the_job_answers_what_the_question_answers(demo_copy: Store, demo_settings: Settings) -> None:
    number = ask(demo_copy)
    assert Worker(demo_copy, work.handlers(demo_copy, demo_settings)).run_once()
    job = look(demo_copy, number)
    assert (job.state, job.progress) == ("done", 1.0)
    with demo_copy.begin(OFFICER) as db:
        ground = survey(db, RULES, TODAY, demo_settings.ending_days)
    straight = propose(ground, RULES, TODAY)
    assert job.result is not None
    assert job.result["packages"] == straight["packages"]
    assert job.result["left_out"] == straight["left_out"]


class Impatient(Handle):
    """Wants the work stopped as soon as there is a plan."""

    def report(self, share: float, note: str, figures: Mapping[str, Any] | None = None) -> None:
        super().report(share, note, figures)
        if (figures or {}).get("distance") is not None:
            self.stop.set()


def test_stopped_on_the_way_it_keeps_the_best_so_far(demo_copy: Store, demo_settings: Settings) -> None:
    number = ask(demo_copy, RULES.model_copy(update={"effort": 20.0}))
    handle = Impatient()
    result = work.bundle_handler(demo_copy, demo_settings)(look(demo_copy, number), handle)
    assert handle.cut_short
    assert handle.figures["distance"] > 0
    assert result["packages"]
    assert result["stopped_by"] == "cancel"


def test_rules_that_cannot_be_kept_end_the_job_with_what_conflicts(
    demo_copy: Store, demo_settings: Settings
) -> None:
    number = ask(demo_copy, RULES.model_copy(update={"packages": 500}))
    Worker(demo_copy, work.handlers(demo_copy, demo_settings)).run_once()
    job = look(demo_copy, number)
    assert job.state == "failed"
    assert job.result is not None
    assert job.result["problem"]["status"] == 409
    assert job.result["problem"]["conflict"]


def test_work_that_died_is_done_again_and_answers_the_same(demo_copy: Store, demo_settings: Settings) -> None:
    number = ask(demo_copy)
    with demo_copy.begin(Scope("system:worker", ("990101",))) as db:
        # As a killed worker leaves it: taken, and not heard of any more.
        db.execute(
            text(
                "UPDATE job SET state = 'doing', tries = 1, seen_at = now() - interval '1 hour' WHERE id = :n"
            ),
            {"n": number},
        )
    Worker(demo_copy, work.handlers(demo_copy, demo_settings)).run_once()
    again = look(demo_copy, number)
    assert (again.state, again.tries) == ("done", 2)
    other = ask(demo_copy)
    Worker(demo_copy, work.handlers(demo_copy, demo_settings)).run_once()
    fresh = look(demo_copy, other)
    assert again.result is not None
    assert fresh.result is not None
    assert again.result["packages"] == fresh.result["packages"]


def test_a_server_that_goes_down_leaves_the_work_to_the_next(
    demo_copy: Store, demo_settings: Settings
) -> None:
    number = ask(demo_copy)
    began = threading.Event()

    def slow(_job: Job, handle: Handle) -> dict[str, Any]:
        began.set()
        handle.stop.wait(20)
        handle.cut_short = True
        return {"packages": []}

    worker = Worker(demo_copy, {work.KIND: slow}, poll_seconds=0.02)
    worker.start()
    assert began.wait(20)
    worker.stop()
    assert look(demo_copy, number).state == "doing"
