"""Compile every loop ahead (预编译), so that nobody's first click waits for the compiler.

Compiling needs no types written down: small problems are solved, and each loop meets the only signature that it
is ever called with. A loop that no problem reaches is named, and a test fails. The rooms of the engine are compiled
by processes side by side, as one alone would take more than a minute.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from geo.bundling import solve
from geo.bundling.bounds.lower_bound import model_bound
from geo.bundling.compiling import compiled, kernel_files
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.model import compile_problem
from geo.bundling.forms.rooms import room_of
from geo.bundling.problem import Activity, Centre, Link, Problem, Rules, Unit
from geo.bundling.proof.exact import prove
from geo.bundling.search.improve import Watch
from geo.bundling.search.whole import Search, Style, find_plan

log = logging.getLogger(__name__)


_HOMES = Activity("households", 350, 550)


def small_problems() -> Iterator[Problem]:
    """Problems that together call every loop, each solved in a blink once the loops are compiled."""
    yield _ruled()
    yield _square(Rules((_HOMES,), together=(("r0c0", "r0c2"),), apart=(("r3c3", "r3c2"),)), side=5)
    load = (Activity("households"),)
    corners = tuple(Centre(name, 900.0) for name in ("r1c1", "r3c3", "r1c3"))
    yield _square(Rules(load, centres=corners), side=4)
    yield _centred()


def _ruled() -> Problem:
    return _square(
        Rules((_HOMES, Activity("income", 0.0)), packages=(8, 12), within=True, anchors=True), side=7
    )


def _centred() -> Problem:
    """More pairs of unit and centre than one programme takes."""
    centres = tuple(Centre(f"r{row}c{column}", 2000.0) for row in (1, 4, 7) for column in (1, 4, 7))
    return _square(Rules((Activity("households"),), centres=centres), side=9)


def _square(rules: Rules, side: int) -> Problem:
    """Units in a square, rook neighbours, an islet without neighbours beside it."""
    units = [
        Unit(
            f"r{row}c{column}",
            100.0 * column + 7.0 * (row % 3),
            -100.0 * row,
            {"households": 60.0 + 13 * ((3 * row + 5 * column) % 7), "income": float((row + column) % 5 - 1)},
            "east" if column > 3 else "west",
            (row + 2 * column) % 4 == 0,
        )
        for row in range(side)
        for column in range(side)
    ]
    links = [Link(f"r{a}c{b}", f"r{a}c{b + 1}") for a in range(side) for b in range(side - 1)]
    links += [Link(f"r{a}c{b}", f"r{a + 1}c{b}") for a in range(side - 1) for b in range(side)]
    units.append(Unit("islet", 5000.0, 0.0, {"households": 90.0, "income": 1.0}, "east", True))
    return Problem(tuple(units), tuple(links), rules)


# ---- the rooms of the engine, one by one --------------------------------------------------------------------


def _search() -> None:
    model = compile_problem(_ruled())
    rooms = [room_of(model, atoms) for atoms in model.components]
    watch = Watch(lambda: None)
    find_plan(Search(model, arrays_of(model), rooms, Style(), 0.1, 0, watch, lambda _share, _plan: None))


def _proof() -> None:
    prove(_square(Rules((_HOMES,)), side=4), steps=1_000_000)


def _bound() -> None:
    model = compile_problem(_ruled())
    model_bound(model, [range(len(model.load))], (8, 12), 0.0, 1e6, 2, lambda: None)


def _centres() -> None:
    solve(_centred(), effort=0.1)


ROOMS: dict[str, Callable[[], None]] = {
    "search": _search,
    "proof": _proof,
    "bound": _bound,
    "centres": _centres,
}
"""What calls most loops of each room, those that take longest to compile first."""


def warm() -> list[str]:
    """Compile, or load, every loop; returns the names of those that no small problem reached."""
    workers = min(os.cpu_count() or 1, len(ROOMS))
    if workers > 1 and kernel_files.writable() is not None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(_warm_room, ROOMS))
    for problem in small_problems():
        solve(problem, effort=0.1)
    reached = _reached()
    missed = [kernel.py_func.__qualname__ for kernel in compiled.KERNELS if kernel not in reached]
    kernel_files.mark_complete()  # what was missed is compiled when first called; a test sees to it that nothing is
    return missed


def _warm_room(room: str) -> None:
    """Compile a room in a process of its own; where that fails, this one does it after all."""
    script = f"from geo.bundling.warm import ROOMS; ROOMS[{room!r}]()"
    done = subprocess.run(
        _command(script), stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/"
    )
    if done.returncode:
        log.warning("the loops of %s could not be compiled apart: %s", room, done.stderr.decode()[-2000:])


def _command(script: str) -> list[str]:
    """A Python that has the engine and nothing of the caller's folder."""
    start = "import sys; sys.path.insert(0, sys.argv[1]);"
    return [sys.executable, "-P", "-c", start + script, str(Path(__file__).parents[2])]


def _reached() -> set[Any]:
    """The loops that are kept, or compiled here, and those that they call: these are part of them."""
    waiting = [
        kernel
        for kernel in compiled.KERNELS
        if kernel.signatures or kernel_files.kept_signatures(kernel.py_func)
    ]
    by_place, found = {id(kernel): kernel for kernel in compiled.KERNELS}, set[Any]()
    while waiting:
        kernel = waiting.pop()
        if kernel not in found:
            found.add(kernel)
            code, names = kernel.py_func.__code__, kernel.py_func.__globals__
            called = [names.get(name) for name in code.co_names]
            waiting += [by_place[id(each)] for each in called if id(each) in by_place]
    return found


def load() -> int:
    """Load the loops that are kept, without solving anything; returns how many."""
    found = 0
    for kernel in compiled.KERNELS:
        for signature in kernel_files.kept_signatures(kernel.py_func):
            kernel.compile(signature)
            found += 1
    return found


def in_background() -> threading.Thread:
    """Make a service ready beside its work: compile in a process of its own where needed, then load."""
    thread = threading.Thread(target=_make_ready, name="wangge-warm", daemon=True)
    thread.start()
    return thread


def _make_ready() -> None:
    try:
        if not kernel_files.complete():
            _warm_apart()
        load()
    except Exception:  # the service serves all the same: the first who asks for packages waits
        log.exception("the loops of the bundling engine could not be compiled ahead")


def _warm_apart() -> None:
    """Compile in another process of low priority: here it would hold up every page."""
    folder = kernel_files.writable()
    with contextlib.nullcontext() if folder is None else kernel_files.alone(folder, "warm"):
        if folder is not None and not kernel_files.complete():
            command = _command("import os; os.nice(10); from geo.bundling.warm import warm; warm()")
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, cwd="/")
