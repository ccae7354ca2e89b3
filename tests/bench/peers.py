"""The published tools beside the engine on the same made maps, each in its own process, stopped at 120 s.

They are the extra ``bench`` of pyproject.toml. Where they live in an environment of their own, name its interpreter
in WANGGE_PEERS_PYTHON; a tool that is not there is printed as "not installed".
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import bundling, made_maps, plain_annealer
from tests.bench.made_maps import TOLERANCE, Map
from tests.bench.measure import machine, say
from tests.bench.peer import METHODS
from tests.bench.scoring import Score, score

SECONDS = 120
OURS = "wangge"
ANNEALER_MOVES = (1000, 3000, 10_000, 30_000)
EFFORTS = (0.1, 0.3, 1.0, 3.0)
PEER = Path(__file__).with_name("peer.py")


@dataclass(frozen=True)
class Outcome:
    """What one method did with one map: a score, or why there is none."""

    score: Score | None
    cpu: float = 0.0
    wall: float = 0.0
    gap: float | None = None
    trouble: str = ""


def interpreter() -> str:
    return os.environ.get("WANGGE_PEERS_PYTHON", sys.executable)


def versions() -> str:
    """The tools found, for the head of the table."""
    first = {distribution: method for method, (distribution, _) in METHODS.items()}
    found = []
    for distribution, method in first.items():
        told = _call(method, "-", "-")
        found.append(f"{distribution} {told.get('version', 'not installed')}")
    return ", ".join(found)


def _call(method: str, source: str, target: str) -> dict[str, Any]:
    """Run the peer's process; its JSON, or {"trouble": why}."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PEER.parents[2])}
    words = [interpreter(), str(PEER), method, source, target]
    try:
        # imports and reading are not what is measured: they get time of their own
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=SECONDS + 30, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return {"trouble": "did not finish"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return {
            "trouble": f"failed: {last[:90]}"
            if done.returncode > 0
            else f"crashed: signal {-done.returncode}"
        }
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if "missing" in told:
        return {"trouble": "not installed"}
    if told.get("wall", 0.0) > SECONDS:
        return {"trouble": "did not finish"}
    return told


def peer(method: str, made: Map) -> Outcome:
    """One peer on one map."""
    packages = max(made.count // 10, 1)
    mean = float(made.households.sum()) / packages
    bounds = (1 - TOLERANCE) * mean, (1 + TOLERANCE) * mean
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "map.npz"), Path(folder, "labels.npy")
        np.savez(
            source,
            points=made.points,
            households=made.households,
            links=made.links,
            edges=made.edges,
            packages=packages,
            lower=bounds[0],
            upper=bounds[1],
        )
        told = _call(method, str(source), str(target))
        if "trouble" in told:
            return Outcome(None, trouble=told["trouble"])
        labels = np.load(target)
    found = score(made.points, made.households, made.links, labels, bounds)
    return Outcome(found, told["cpu"], told["wall"])


def annealer(made: Map, moves: int) -> Outcome:
    """The floor: one start and one annealing in compiled loops, nothing after it."""
    packages = max(made.count // 10, 1)
    mean = float(made.households.sum()) / packages
    wall, cpu = time.perf_counter(), time.process_time()
    labels = plain_annealer.bundle(made, moves, 1)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    bounds = (1 - TOLERANCE) * mean, (1 + TOLERANCE) * mean
    return Outcome(score(made.points, made.households, made.links, labels, bounds), cpu, wall)


def ours(case: str, made_seed: int, size: int, effort: float) -> Outcome:
    """The engine on the same map."""
    made, problem = bundling.CASES[case](size, made_seed)
    run = bundling.measure(made, problem, 1, effort)
    return Outcome(run.score, run.cpu, run.wall, run.gap, "" if run.score else "no plan")


def tables(case: str, sizes: Sequence[int], seeds: int, efforts: Sequence[float]) -> None:
    """One table for each size: every peer and the engine, means over the seeds."""
    bundling.warm_up()
    plain_annealer.bundle(made_maps.plain(60, 1), 10, 1)
    say(f"Peers: {versions()}; each in its own process, stopped at {SECONDS} s.")
    for size in sizes:
        say(f"\n#### {case}, {size:,} units, packages of ten within ±10 %, {seeds} seeds\n")
        say("| method | CPU s | wall s | d m | gap % | contiguous % | within bounds % | packages |")
        say("|---|---:|---:|---:|---:|---:|---:|---:|")
        for name, outcomes in _rows(case, size, seeds, efforts):
            say(_line(name, outcomes))


def _rows(case: str, size: int, seeds: int, efforts: Sequence[float]) -> Iterator[tuple[str, list[Outcome]]]:
    numbers = range(bundling.FIRST_SEED + 1, bundling.FIRST_SEED + 1 + seeds)
    for effort in efforts:
        yield f"**{OURS}**, effort {effort:g}", [ours(case, number, size, effort) for number in numbers]
    make = {"plain": made_maps.plain, "mixed": made_maps.mixed}[case]
    for moves in ANNEALER_MOVES:
        name = f"a plain annealer, {moves:,} moves a unit"
        yield name, [annealer(make(size, number), moves) for number in numbers]
    for method in METHODS:
        outcomes: list[Outcome] = []
        for number in numbers:
            outcomes.append(peer(method, make(size, number)))
            if outcomes[-1].score is None:
                break  # what one map of a make stops, the next would
        yield method, outcomes


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    trouble = next((each.trouble for each in outcomes if each.score is None), None)
    scores = [each.score for each in outcomes if each.score is not None]
    if trouble is not None or not scores:
        return f"| {name} | {trouble} | | | | | | |"
    gaps = [each.gap for each in outcomes if each.gap is not None]
    return (
        f"| {name} | {np.mean([o.cpu for o in outcomes]):.2f} | {np.mean([o.wall for o in outcomes]):.2f} "
        f"| {np.mean([s.d for s in scores]):.1f} | {f'{100 * np.mean(gaps):.2f}' if gaps else '–'} "
        f"| {100 * np.mean([s.contiguous for s in scores]):.1f} | {100 * np.mean([s.in_bounds for s in scores]):.1f} "
        f"| {np.mean([s.packages for s in scores]):.1f} |"
    )


def run(full: bool) -> None:
    """What `./run bench` prints of the peers."""
    say("\n### Bundling: beside published tools\n")
    if full:
        tables("plain", (300, 2000), 5, EFFORTS)
        tables("mixed", (300, 2000), 5, EFFORTS)
        tables("plain", (20_000,), 1, (1.0, 3.0))
    else:
        tables("plain", (300,), 1, EFFORTS[:3])


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables; the first line names the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=("plain", "mixed"), default="plain")
    parser.add_argument("--sizes", type=int, nargs="+", default=[300])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--efforts", type=float, nargs="+", default=[1.0])
    args = parser.parse_args(words)
    say(machine())
    tables(args.case, args.sizes, args.seeds, args.efforts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
