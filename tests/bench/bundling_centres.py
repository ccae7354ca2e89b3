"""Given centres with little slack: a table over synthetic maps, printed by `python -m tests.bench.bundling_centres`.

Maps: Voronoi cells of half uniform, half clustered points, lognormal households (as in the other tables).
Centres lie where a few rounds of k-means put them, which is where somebody would build; capacities follow what
lies around, varied by a fifth, and sum up to the households and 1, 2 or 5 per cent more.
gap = above the proven bound, which ignores contiguity: the distance from the true optimum is smaller.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence

import numpy as np

from geo.bundling import Activity, Centre, Infeasible, Problem, Rules, check, solve
from tests.bench.made_maps import plain, problem_of


def centred_map(count: int, places: int, slack: float, seed: int) -> Problem:
    """A service-area problem of ``count`` units round ``places`` centres."""
    base = problem_of(plain(count, seed))
    rng = np.random.default_rng(10_000 + seed)
    points = np.array([(unit.x, unit.y) for unit in base.units])
    load = np.array([unit.weights["households"] for unit in base.units])
    chosen = [int(rng.integers(count))]
    while len(chosen) < places:
        near = ((points[:, None] - points[chosen]) ** 2).sum(axis=2).min(axis=1) * load
        chosen.append(int(rng.choice(count, p=near / near.sum())))
    for _ in range(6):
        own = ((points[:, None] - points[chosen]) ** 2).sum(axis=2).argmin(axis=1)
        middles = [np.average(points[own == k], axis=0, weights=load[own == k]) for k in range(places)]
        chosen = [
            int(np.flatnonzero(own == k)[((points[own == k] - middles[k]) ** 2).sum(axis=1).argmin()])
            for k in range(places)
        ]
    own = ((points[:, None] - points[chosen]) ** 2).sum(axis=2).argmin(axis=1)
    share = np.bincount(own, weights=load, minlength=places) * np.exp(rng.normal(0, 0.2, places))
    room = np.maximum(np.floor(share / share.sum() * load.sum() * (1 + slack)), load[chosen])
    centres = tuple(Centre(base.units[unit].id, float(most)) for unit, most in zip(chosen, room, strict=True))
    rules = Rules((Activity("households"),), centres=centres, leave_out_price=None)
    return Problem(base.units, base.links, rules)


def measure(problem: Problem, seed: int, effort: float) -> dict[str, float]:
    """One run: CPU seconds, gap to the bound in per cent, whether every rule is kept."""
    began = time.process_time()
    answer = solve(problem, seed=seed, effort=effort)
    seconds = time.process_time() - began
    if isinstance(answer, Infeasible):
        return {"seconds": seconds, "gap": np.nan, "contiguous": 0.0, "kept": 0.0}
    broken = check(problem, answer.labels())
    return {
        "seconds": seconds,
        "gap": np.nan if answer.gap is None else 100 * answer.gap,
        "contiguous": float(not any(each.rule == "contiguity" for each in broken)),
        "kept": float(not broken),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; the first line names the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=str, nargs="+", default=["300:12", "300:30", "600:30", "1300:20", "1300:60"]
    )
    parser.add_argument("--slacks", type=float, nargs="+", default=[0.01, 0.02, 0.05])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--effort", type=float, default=1.0)
    args = parser.parse_args(words)
    sys.stdout.write(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    sys.stdout.write("units centres slack %  CPU s (worst)  gap % (worst)  contiguous  every rule kept\n")
    measure(centred_map(60, 5, 0.05, 1), 1, 0.1)  # compiles
    for size in args.sizes:
        count, places = map(int, size.split(":"))
        for slack in args.slacks:
            runs = [
                measure(centred_map(count, places, slack, 100 + seed), seed, args.effort)
                for seed in range(args.seeds)
            ]
            seconds, gaps = [each["seconds"] for each in runs], [each["gap"] for each in runs]
            contiguous, kept = (sum(each[key] for each in runs) for key in ("contiguous", "kept"))
            sys.stdout.write(
                f"{count:5} {places:7} {100 * slack:7.0f}  {np.mean(seconds):5.1f} ({max(seconds):5.1f})  "
                f"{np.mean(gaps):5.2f} ({max(gaps):5.2f})  {contiguous:.0f} of {len(runs)}  "
                f"{kept:.0f} of {len(runs)}\n"
            )
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
