"""Running `wangge bundle`: read, solve with progress and Ctrl-C, write, and say how it went."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from api.commands.bundle_files import UnitTable, read_units
from api.commands.bundle_out import (
    beside,
    check_targets,
    conflict_of,
    in_a_line,
    report_of,
    summary,
    together,
    write_plan,
    write_report,
)
from api.commands.bundle_rules import Asked, asked
from geo.bundling import Infeasible, Problem, Reason, Solution, alternatives
from geo.settings import Settings

SOLVED: Final = 0
NO_SOLUTION: Final = 3
_EVERY: Final = 0.2
"""Seconds between two updates of the progress line."""
_EARLY: Final = ("time_limit", "cancel")
_FEW: Final = 5
"""Units left out of which the terminal says why."""


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Return the exit status; what goes wrong is one line on standard error."""
    return in_a_line(lambda: _bundle(args), _warn)


def _bundle(args: argparse.Namespace) -> int:
    outs = [beside(args.out, number) for number in range(1, args.alternatives + 1)]
    check_targets([*outs, *([args.report] if args.report else [])])
    table = read_units(args.units, args.id, args.layer, linked=bool(args.links), mend=args.mend)
    for note in table.notes:
        _warn(note)
    wanted = asked(args, table, _warn)
    answer = _solve(args, wanted.problem)
    if isinstance(answer, Infeasible):
        return _tell_conflict(args, answer, _about(table, wanted.problem))
    _write(args, table, wanted, answer)
    return SOLVED


def _solve(args: argparse.Namespace, problem: Problem) -> tuple[Solution, ...] | Infeasible:
    with _stoppable() as cancelled, _shown(args.progress) as progress:
        return alternatives(
            problem,
            args.alternatives,
            effort=args.effort,
            seed=args.seed,
            time_limit=args.time_limit,
            progress=progress,
            cancel=cancelled,
            exact=args.exact or None,
        )


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks the search for its best plan, the second ends the process as usual."""
    asked_to_stop = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        asked_to_stop.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stderr.write("\nending the search; the best plan so far is written (Ctrl-C again: end at once)\n")

    if threading.current_thread() is not threading.main_thread():
        yield asked_to_stop.is_set
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield asked_to_stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _shown(wanted: bool | None) -> Iterator[Callable[[float, float | None], None] | None]:
    """A line on standard error that says how far the search is, where that is a terminal or wanted."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield None
        return
    last = 0.0

    def show(share: float, distance: float | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY or share >= 1:
            last = now
            best = "" if distance is None else f"  best so far {distance:,.0f}"
            sys.stderr.write(f"\r{min(share, 1):4.0%}{best}\033[K")
            sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


# ---- the end ----------------------------------------------------------------------------------------------


def _tell_conflict(args: argparse.Namespace, answer: Infeasible, about: Mapping[str, Any]) -> int:
    with together() as write:
        if args.report:
            report = {"status": "infeasible", **conflict_of(answer), **about}
            write(args.report, partial(write_report, report=report))
    for reason in answer.conflict:
        _warn(f"no solution: {_sentence(reason)}")
    if answer.stopped_by in _EARLY and not answer.proven:
        _warn("the search was stopped early, nothing is proven: with more time it may find a plan")
    elif not answer.proven:
        _warn("this was not proven: a longer search (--effort) may find a plan")
    return NO_SOLUTION


def _sentence(reason: Reason) -> str:
    """The reason as a line of its own: one that begins with a unit's number says that it is one."""
    unit = reason.figures.get("unit")
    return f"unit {reason.text}" if unit is not None and reason.text.startswith(f"{unit}: ") else reason.text


def _write(args: argparse.Namespace, table: UnitTable, wanted: Asked, plans: tuple[Solution, ...]) -> None:
    """Write all files or none; the report holds the first plan, and the others under `alternatives`."""
    reports = []
    with together() as write:
        for number, plan in enumerate(plans, 1):
            out = beside(args.out, number)
            write(out, partial(write_plan, table=table, plan=plan))
            reports.append({"out": out.name, **report_of(wanted.problem, plan, wanted.unknown)})
        if args.report:
            about = _about(table, wanted.problem)
            report = {"status": "solved", **reports[0], **about, "alternatives": reports[1:]}
            write(args.report, partial(write_report, report=report))
    for number, plan in enumerate(plans, 1):
        sys.stdout.write(summary(beside(args.out, number), plan, wanted.unknown) + "\n")
    _tell_left_out({**plans[0].left_out, **wanted.unknown}, reported=args.report is not None)
    if len(plans) < args.alternatives:
        sys.stdout.write(
            f"{args.alternatives} plans were asked for, the search met {len(plans)} different ones\n"
        )
    if plans[0].stopped_by in _EARLY:
        _warn("the search was stopped early: this is the best plan so far")


def _tell_left_out(out: Mapping[str, Reason], *, reported: bool) -> None:
    """Why units stay out, the first few of them; the report says it of each."""
    for unit, why in list(out.items())[:_FEW]:
        _warn(f"left out: {unit}: {why.text}")
    if len(out) > _FEW:
        rest = "the report says" if reported else "--report JSON says"
        _warn(f"left out: {len(out) - _FEW} more; {rest} why of each")


def _about(table: UnitTable, problem: Problem) -> dict[str, Any]:
    """What was solved, for who reads the report later."""
    usable = sum(link.cut is None for link in problem.links)
    crs = None if table.plane.crs is None else table.plane.crs.to_string()
    return {"units": len(table.ids), "links": usable, "crs": crs}


def _warn(text: str) -> None:
    sys.stderr.write(f"wangge bundle: {text}\n")
