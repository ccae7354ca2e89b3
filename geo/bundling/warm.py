"""Compile every loop ahead (预编译), so that nobody's first click waits for the compiler.

Compiling needs no types written down: small problems of every kind are solved, and each loop meets the only
signature that it is ever called with. A loop that no problem reaches is named, and a test fails.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geo.bundling import alternatives, solve
from geo.bundling.compiling import compiled, kernel_files
from geo.bundling.problem import BORDER, Activity, Centre, Link, Problem, Rules, Unit

log = logging.getLogger(__name__)

_SIDE = 7


def small_problems() -> Iterator[Problem]:
    """Problems of every kind, each solved in a blink once the loops are compiled."""
    homes = Activity("households", 350, 550)
    yield _square(Rules((homes,)))
    yield _square(Rules((homes, Activity("income", 0.0)), packages=(8, 12), within=True, anchors=True))
    yield _square(Rules((homes,), packages=10, max_members=6, leave_out_price=None), "dist")
    yield _square(Rules((homes,), together=(("r0c0", "r0c1"),), apart=(("r3c3", "r3c4"),)), lock="r6c6")
    yield _square(Rules((homes, Activity("income", 30.0)), soft={"income": 5.0, BORDER: 50.0}))
    yield _square(Rules((Activity("households", 5000),)))
    yield _square(Rules(packages=3))
    yield _square(Rules((homes,), together=(("r0c0", "r0c2"),), apart=(("r3c3", "r3c2"),)), side=5)
    load = (Activity("households"),)
    corners = (Centre("r1c1", 2600.0), Centre("r5c5", 2600.0), Centre("r1c5", 2600.0))
    yield _square(Rules(load, centres=corners))
    costly = tuple(Centre(each.id, each.capacity, 5000.0) for each in corners)
    yield _square(Rules(load, centres=costly), "dist")
    yield _square(Rules(load, packages=2, centres=costly))
    # more pairs of unit and centre than one programme takes
    wide = tuple(Centre(name, 12_000.0) for name in ("r2c2", "r12c12", "r2c12"))
    yield _square(Rules(load, centres=wide), side=15)
    # few units a centre
    dense = tuple(Centre(f"r{row}c{column}", 1_400.0) for row in (1, 5, 9, 13) for column in range(1, 15, 3))
    yield _square(Rules(load, centres=dense), side=15)


def _square(rules: Rules, objective: Any = "wdist", lock: str | None = None, side: int = _SIDE) -> Problem:
    """Units in a square, rook neighbours, an islet without neighbours beside it."""
    units = [
        Unit(
            f"r{row}c{column}",
            100.0 * column + 7.0 * (row % 3),
            -100.0 * row,
            {"households": 60.0 + 13 * ((3 * row + 5 * column) % 7), "income": float((row + column) % 5 - 1)},
            "east" if column > 3 else "west",
            (row + 2 * column) % 4 == 0,
            "L" if f"r{row}c{column}" == lock else None,
        )
        for row in range(side)
        for column in range(side)
    ]
    links = [Link(f"r{a}c{b}", f"r{a}c{b + 1}") for a in range(side) for b in range(side - 1)]
    links += [Link(f"r{a}c{b}", f"r{a + 1}c{b}") for a in range(side - 1) for b in range(side)]
    units.append(Unit("islet", 5000.0, 0.0, {"households": 90.0, "income": 1.0}, "east", True))
    return Problem(tuple(units), tuple(links), rules, objective)


def warm() -> list[str]:
    """Compile, or load, every loop; returns the names of those that no small problem reached."""
    for problem in small_problems():
        solve(problem, effort=0.1)
    alternatives(next(small_problems()), 3, effort=0.1)
    missed = [kernel.py_func.__qualname__ for kernel in compiled.KERNELS if not _is_there(kernel)]
    kernel_files.mark_complete()  # what was missed is compiled when first called; a test sees to it that nothing is
    return missed


def _is_there(kernel: Any) -> bool:
    """Whether a loop is compiled here or kept: one that only other loops call is not loaded with them."""
    return bool(kernel.signatures or kernel_files.kept_signatures(kernel.py_func))


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
            command = [sys.executable, "-P", "-c", _APART, str(Path(__file__).parents[2])]
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, cwd="/")


_APART = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.nice(10)
from geo.bundling.warm import warm
warm()
"""
