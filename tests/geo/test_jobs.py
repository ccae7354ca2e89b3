"""Jobs are done once, survive the death of their worker, and can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from geo import jobs
from geo.errors import BadInput, Conflict, Forbidden, NotFound
from geo.jobs import Handle, Job, Worker, cancel_job, enqueue, list_jobs, read_job
from geo.store.engine import Scope, Store

PLANNER = Scope("planner", ("990101",))
STRANGER = Scope("stranger", ("990102",))


def put(store: Store, scope: Scope = PLANNER, kind: str = "sum", **request: Any) -> int:
    with store.begin(scope) as session:
        return enqueue(session, scope, kind, request)


def look(store: Store, number: int, scope: Scope = PLANNER) -> Job:
    with store.begin(scope) as session:
        return read_job(session, scope, number)


def worker(store: Store, work: Callable[[Job, Handle], Mapping[str, Any]]) -> Worker:
    return Worker(store, {"sum": work}, poll_seconds=0.02)


def add(job: Job, _handle: Handle) -> dict[str, Any]:
    return {
        "sum": job.request["a"] + job.request["b"],
        "actor": job.scope().actor,
        "areas": list(job.scope().areas),
    }


def test_a_job_is_done_in_the_scope_of_who_asked(store: Store) -> None:
    number = put(store, a=1, b=2)
    assert look(store, number).state == "waiting"
    assert worker(store, add).run_once()
    job = look(store, number)
    assert (job.state, job.progress, job.result) == (
        "done",
        1.0,
        {"sum": 3, "actor": "planner", "areas": ["990101"]},
    )
    assert not worker(store, add).run_once()


def test_an_error_of_the_domain_is_told_and_another_is_not(store: Store) -> None:
    def refuse(_job: Job, _handle: Handle) -> dict[str, Any]:
        raise BadInput("no such sheet", field="layer")

    def crash(_job: Job, _handle: Handle) -> dict[str, Any]:
        raise RuntimeError("secret")

    first, second = put(store), put(store)
    worker(store, refuse).run_once()
    worker(store, crash).run_once()
    failed = look(store, first)
    assert (failed.state, failed.note) == ("failed", "no such sheet")
    assert failed.result is not None
    assert failed.result["problem"]["field"] == "layer"
    broken = look(store, second)
    assert (broken.state, broken.result) == ("failed", None)
    assert "secret" not in str(broken.note)


def test_a_job_is_seen_by_its_area_only(store: Store) -> None:
    number = put(store, a=1, b=1)
    with pytest.raises(NotFound):
        look(store, number, STRANGER)
    part = Scope("part", ("990101001",))
    with pytest.raises(NotFound):
        look(store, number, part)
    whole = Scope("chief", ("9901",))
    assert look(store, number, whole).actor == "planner"
    with store.begin(whole) as session:
        assert [job.id for job in list_jobs(session, whole, "sum")] == [number]
    with store.begin(part) as session:
        assert list_jobs(session, part, "sum") == []


def test_somebody_without_an_area_queues_nothing(store: Store) -> None:
    with pytest.raises(Forbidden):
        put(store, Scope("nobody"))


def test_a_job_of_two_areas_is_seen_by_who_has_both(store: Store) -> None:
    both = Scope("both", ("990101001", "990101002"))
    number = put(store, both, a=1, b=1)
    with pytest.raises(NotFound):
        look(store, number, Scope("one", ("990101001",)))
    assert look(store, number, PLANNER).id == number


def test_the_author_who_lost_an_area_no_longer_sees_the_job(store: Store) -> None:
    both = Scope("both", ("990101001", "990101002"))
    number = put(store, both, a=1, b=1)
    left = Scope("both", ("990101001",))
    with pytest.raises(NotFound):
        look(store, number, left)
    with store.begin(left) as session:
        assert list_jobs(session, left, "sum") == []
        with pytest.raises(NotFound):
            cancel_job(session, left, number)


def test_the_job_of_an_import_is_found_by_its_change_set(store: Store) -> None:
    def write(_job: Job, _handle: Handle) -> dict[str, Any]:
        with store.begin(PLANNER) as session:
            moments.append(session.scalar(text("SELECT now()")))
        return {"change_set": len(moments)}

    moments: list[Any] = []
    numbers = [put(store, kind="import") for _ in range(3)]
    while Worker(store, {"import": write}).run_once():
        pass
    with store.begin(PLANNER) as session:
        found = [jobs.find_import(session, PLANNER, n, moments[n - 1]) for n in (1, 2, 3)]
        assert [job and job.id for job in found] == numbers
        assert jobs.find_import(session, PLANNER, 4, moments[0]) is None
    with store.begin(STRANGER) as session:
        assert jobs.find_import(session, STRANGER, 1, moments[0]) is None


def test_two_workers_never_take_the_same_job(store: Store) -> None:
    taken: list[int] = []

    def note(job: Job, _handle: Handle) -> dict[str, Any]:
        taken.append(job.id)
        return {}

    numbers = [put(store) for _ in range(12)]
    workers = [worker(store, note) for _ in range(3)]
    for one in workers:
        one.start()
    _until(lambda: all(look(store, number).state == "done" for number in numbers))
    for one in workers:
        one.stop()
    assert sorted(taken) == numbers


def test_a_waiting_job_is_stopped_at_once(store: Store) -> None:
    number = put(store)
    with store.begin(PLANNER) as session:
        cancel_job(session, PLANNER, number)
    assert look(store, number).state == "cancelled"
    assert not worker(store, add).run_once()
    with store.begin(PLANNER) as session, pytest.raises(Conflict):
        cancel_job(session, PLANNER, number)
    with store.begin(STRANGER) as session, pytest.raises(NotFound):
        cancel_job(session, STRANGER, number)


def test_a_running_job_is_told_to_stop_and_tells_how_far_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.02)

    def patient(_job: Job, handle: Handle) -> dict[str, Any]:
        handle.report(0.4, "checking")
        assert handle.stop.wait(30)
        raise Conflict("stopped")

    number = put(store)
    one = worker(store, patient)
    one.start()
    _until(lambda: look(store, number).note == "checking")
    assert look(store, number).progress == 0.4
    with store.begin(PLANNER) as session:
        cancel_job(session, PLANNER, number)
    _until(lambda: look(store, number).state == "cancelled")
    one.stop()


def _die(store: Store, number: int) -> None:
    """Leave a job as a killed worker leaves it: doing, and not heard of for a minute."""
    with store.begin(jobs.WORKER) as session:
        session.execute(
            text(
                "UPDATE job SET state = 'doing', tries = tries + 1, seen_at = now() - interval '1 minute' WHERE id = :id"
            ),
            {"id": number},
        )


def test_a_job_whose_worker_died_is_done_again(store: Store) -> None:
    number = put(store, a=1, b=2)
    _die(store, number)
    assert worker(store, add).run_once()
    assert (look(store, number).state, look(store, number).tries) == ("done", 2)


def test_a_job_that_kills_its_worker_each_time_is_given_up(store: Store) -> None:
    number = put(store, a=1, b=2)
    for _ in range(jobs.MAX_TRIES):
        _die(store, number)
    assert not worker(store, add).run_once()
    assert look(store, number).state == "failed"


def test_a_late_worker_cannot_end_what_another_took_over(store: Store) -> None:
    def slow(job: Job, _handle: Handle) -> dict[str, Any]:
        _die(store, job.id)
        worker(store, add).run_once()
        return {"sum": -1}

    number = put(store, a=1, b=2)
    worker(store, slow).run_once()
    result = look(store, number).result
    assert result is not None
    assert result["sum"] == 3


def test_a_server_that_goes_down_leaves_its_job_to_the_next(store: Store) -> None:
    begun = threading.Event()
    cleaned: list[int] = []

    def patient(_job: Job, handle: Handle) -> dict[str, Any]:
        handle.when_ended.append(lambda: cleaned.append(1))
        begun.set()
        handle.stop.wait(30)
        raise Conflict("stopped")

    number = put(store, a=1, b=2)
    one = worker(store, patient)
    one.start()
    assert begun.wait(30)
    one.stop()
    assert (look(store, number).state, cleaned) == ("doing", [])
    _die(store, number)
    worker(store, add).run_once()
    assert look(store, number).state == "done"


def _until(there: Callable[[], bool]) -> None:
    for _ in range(3000):
        if there():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_a_job_that_was_stopped_may_keep_what_it_had_by_then(store: Store) -> None:
    def half(_job: Job, handle: Handle) -> dict[str, Any]:
        handle.report(0.5, "searching", {"best": 7})
        assert handle.stop.wait(20)
        handle.cut_short = True
        return {"best": 7}

    number = put(store)
    running = threading.Thread(target=worker(store, half).run_once)
    running.start()
    deadline = time.monotonic() + 20
    while look(store, number).figures != {"best": 7} and time.monotonic() < deadline:
        time.sleep(0.05)
    with store.begin(PLANNER) as session:
        cancel_job(session, PLANNER, number)
    running.join()
    job = look(store, number)
    assert (job.state, job.result, job.as_json()["cancel"]) == ("cancelled", {"best": 7}, True)
