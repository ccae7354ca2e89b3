"""How well and how fast the engine bundles: tables over made maps, five seeds each when asked in full.

d = mean metres of a household to its package's hub (lower is better); gap = how far the plan may be from the ideal,
by the proven bound. Shares are of packages, from scoring that shares no code with the engine.
`python -m tests.bench.bundling --cases plain mixed --sizes 300 2000 --seeds 5 --efforts 1 3`
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geo.bundling import Infeasible, Problem, Solution, solve
from tests.bench import bundling_centres, made_maps
from tests.bench.made_maps import Map, problem_of, three_problem
from tests.bench.measure import machine, say
from tests.bench.scoring import Score, score

Maker = Callable[[int, int], tuple[Map, Problem]]
FIRST_SEED = 100


def _plain(count: int, seed: int) -> tuple[Map, Problem]:
    made = made_maps.plain(count, seed)
    return made, problem_of(made)


def _mixed(count: int, seed: int) -> tuple[Map, Problem]:
    made = made_maps.mixed(count, seed)
    return made, problem_of(made)


def _anchors(count: int, seed: int) -> tuple[Map, Problem]:
    made = made_maps.with_anchors(made_maps.plain(count, seed))
    return made, problem_of(made)


def _money(count: int, seed: int) -> tuple[Map, Problem]:
    made = made_maps.with_money(made_maps.plain(count, seed))
    return made, problem_of(made)


def _river(count: int, seed: int) -> tuple[Map, Problem]:
    made = made_maps.with_river(made_maps.plain(count, seed))
    return made, problem_of(made)


def _three(correlated: bool) -> Maker:
    def make(count: int, seed: int) -> tuple[Map, Problem]:
        made = made_maps.three_activities(count, seed, correlated)
        return made, three_problem(made)

    return make


CASES: dict[str, Maker] = {
    "plain": _plain,
    "mixed": _mixed,
    "anchors": _anchors,
    "money": _money,
    "river": _river,
    "three correlated": _three(correlated=True),
    "three uncorrelated": _three(correlated=False),
}
QUICK = (
    ("plain", (300, 2000)),
    ("mixed", (300,)),
    ("anchors", (300,)),
    ("money", (300,)),
    ("river", (300,)),
    ("three correlated", (100,)),
    ("three uncorrelated", (100,)),
)
FULL = (
    ("plain", (300, 600, 2000, 3000, 20_000)),
    ("mixed", (300, 600, 2000, 3000, 20_000)),
    ("anchors", (300, 2000)),
    ("money", (300, 2000)),
    ("river", (300, 2000)),
    ("three correlated", (60, 100, 200)),
    ("three uncorrelated", (60, 100, 200)),
)


@dataclass(frozen=True)
class Run:
    """One solve: its seconds and what the plan is worth; ``score`` None when no plan was found."""

    wall: float
    cpu: float
    gap: float
    all_bounds: float
    score: Score | None


def measure(made: Map, problem: Problem, seed: int, effort: float) -> Run:
    """Solve once and score the labels."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = solve(problem, seed=seed, effort=effort)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if isinstance(answer, Infeasible):
        sys.stderr.write(f"{made.name} {made.count} seed {made.seed}: {answer.conflict[0].text}\n")
        return Run(wall, cpu, np.nan, 0.0, None)
    gap = np.nan if answer.gap is None else answer.gap
    return Run(wall, cpu, gap, _in_all_bounds(problem, answer), score_of(made, problem, answer))


def score_of(made: Map, problem: Problem, answer: Solution) -> Score:
    """The engine's answer on the common scale."""
    number = {package.id: place for place, package in enumerate(answer.packages)}
    placed = answer.labels()
    labels = np.array([number.get(placed[unit.id] or "", -1) for unit in problem.units])
    loads = made.households if problem.objective == "wdist" else np.ones(made.count)
    links = made.links if made.cut is None else made.links[~made.cut]
    households = problem.rules.activities[0]
    bounds = (households.lower or 0.0, households.upper or np.inf)
    if problem.objective == "dist":
        bounds = (0.0, np.inf)
    return score(made.points, loads, links, labels, bounds)


def _in_all_bounds(problem: Problem, answer: Solution) -> float:
    """Share of packages within the bounds of every activity and with an anchor where one is asked."""
    by_id = {unit.id: unit for unit in problem.units}
    good = 0
    for package in answer.packages:
        members = [by_id[name] for name in package.members]
        sums = {a.name: sum(unit.weights[a.name] for unit in members) for a in problem.rules.activities}
        kept = all(
            (a.lower is None or sums[a.name] >= a.lower - 1e-6)
            and (a.upper is None or sums[a.name] <= a.upper + 1e-6)
            for a in problem.rules.activities
        )
        good += kept and (not problem.rules.anchors or any(unit.anchor for unit in members))
    return good / len(answer.packages) if answer.packages else np.nan


HEAD = "| map | units | effort | runs | CPU s | wall s | d m | gap % | worst gap % | contiguous % | within bounds % | left out | no plan |"


def tables(cases: Iterable[tuple[str, Sequence[int]]], seeds: int, efforts: Sequence[float]) -> None:
    """Print one row for every case, size and effort: means over the seeds."""
    warm_up()
    say(HEAD)
    say("|---|---:" + "|---:" * 11 + "|")
    for case, sizes in cases:
        for size in sizes:
            for effort in efforts:
                say(row(case, size, effort, list(_runs(case, size, seeds, effort))))


def _runs(case: str, size: int, seeds: int, effort: float) -> Iterator[Run]:
    for seed in range(1, seeds + 1):
        made, problem = CASES[case](size, FIRST_SEED + seed)
        yield measure(made, problem, seed, effort)


def warm_up() -> None:
    """Load what is compiled once, so that a row shows solving alone."""
    began = time.perf_counter()
    solve(problem_of(made_maps.plain(60, 1)), effort=0.1)
    say(f"First call in this process: {time.perf_counter() - began:.1f} s; the rows below come after it.\n")


def row(case: str, size: int, effort: float, runs: Sequence[Run]) -> str:
    found = [run for run in runs if run.score is not None]
    scores = [run.score for run in found if run.score is not None]
    cells = [
        case,
        f"{size:,}",
        f"{effort:g}",
        str(len(runs)),
        f"{np.mean([run.cpu for run in runs]):.1f}",
        f"{np.mean([run.wall for run in runs]):.1f}",
        *(
            [
                f"{np.mean([each.d for each in scores]):.1f}",
                _percent(np.mean([run.gap for run in found])),
                _percent(np.max([run.gap for run in found])),
                _percent(np.mean([each.contiguous for each in scores])),
                _percent(np.mean([run.all_bounds for run in found])),
                f"{np.mean([each.left_out for each in scores]):.1f}",
            ]
            if found
            else ["–"] * 6
        ),
        str(len(runs) - len(found)),
    ]
    return "| " + " | ".join(cells) + " |"


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.2f}".rstrip("0").rstrip(".")


def run(full: bool) -> None:
    """What `./run bench` prints of the engine alone."""
    say("\n### Bundling: made maps\n")
    tables(FULL if full else QUICK, 5 if full else 1, (1.0, 3.0) if full else (1.0,))
    say("\n### Bundling: given centres\n")
    bundling_centres.main([] if full else ["--sizes", "300:12", "--slacks", "0.02", "--seeds", "1"])


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; the first line names the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["plain"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 600, 2000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--efforts", type=float, nargs="+", default=[1.0])
    args = parser.parse_args(words)
    say(machine())
    tables([(case, args.sizes) for case in args.cases], args.seeds, args.efforts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
