"""How well and how fast the engine bundles: a table over synthetic maps, printed by `python -m tests.bench.bundling`.

Maps: Voronoi cells of half uniform, half clustered points, lognormal households, about ten units a package,
neighbours = shared edges over 5 m; made here from a seed, so they are other maps than any that were tuned on.
d = mean distance of a household to its package's hub in metres (lower is better). For scale, published tools on
maps of this make at 300 units: METIS (contiguous) 339, pygeoda max-p 343 (70 % within bounds), gerrychain 385.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence

import numpy as np
import shapely

from geo.bundling import Activity, Infeasible, Link, Problem, Rules, Unit, check, solve


def voronoi_map(count: int, seed: int, tolerance: float = 0.1) -> Problem:
    """A problem of ``count`` units on a square with one unit per 0.09 km², packages of ten within ± tolerance."""
    rng = np.random.default_rng(seed)
    side = 300.0 * np.sqrt(count)
    towns = rng.uniform(0, side, (max(count // 100, 2), 2))
    clustered = towns[rng.integers(len(towns), size=count // 2)] + rng.normal(0, side / 16, (count // 2, 2))
    points = np.vstack([rng.uniform(0, side, (count - count // 2, 2)), np.clip(clustered, 1, side - 1)])
    households = np.clip(np.exp(rng.normal(np.log(400), 0.6, count)).round(), 50, 1800)
    cells = _cells(points, side)
    units = tuple(
        Unit(str(i), float(x), float(y), {"households": float(households[i])})
        for i, (x, y) in enumerate(points)
    )
    packages = max(count // 10, 1)
    mean = float(households.sum()) / packages
    bounds = Activity("households", (1 - tolerance) * mean, (1 + tolerance) * mean)
    return Problem(units, tuple(_shared_edges(cells)), Rules((bounds,), packages=packages))


def _cells(points: np.ndarray, side: float) -> np.ndarray:
    diagram = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shapely.box(0, 0, side, side))
    cells = shapely.intersection(shapely.get_parts(diagram), shapely.box(0, 0, side, side))
    owner, cell = shapely.STRtree(cells).query(shapely.points(points), predicate="intersects")
    found = np.empty(len(points), dtype=object)
    found[owner] = cells[cell]
    return found


def _shared_edges(cells: np.ndarray) -> list[Link]:
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    one, other = one[one < other], other[one < other]
    edges = shapely.length(shapely.intersection(shapely.boundary(cells[one]), shapely.boundary(cells[other])))
    pairs = zip(one.tolist(), other.tolist(), edges.tolist(), strict=True)
    return [Link(str(a), str(b)) for a, b, length in sorted(pairs) if length > 5]


def measure(problem: Problem, seed: int, effort: float) -> dict[str, float]:
    """One run: seconds, d, gap, shares of packages contiguous and within bounds, units left out."""
    answer = solve(problem, seed=seed, effort=effort)
    if isinstance(answer, Infeasible):
        raise SystemExit(f"no plan: {answer.conflict[0].text}")
    broken = check(problem, answer.labels())
    pieces = sum(each.rule == "contiguity" for each in broken)
    count = len(answer.packages)
    placed = sum(package.loads["households"] for package in answer.packages)
    return {
        "seconds": answer.seconds,
        "d": answer.parts.distance / placed,
        "gap": np.nan if answer.gap is None else answer.gap,
        "contiguous": 1 - pieces / count,
        "in_bounds": 1 - (len(broken) - pieces) / count,
        "left_out": len(answer.left_out),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; the first line names the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 600, 2000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--effort", type=float, default=1.0)
    args = parser.parse_args(words)
    sys.stdout.write(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    sys.stdout.write("units  seconds      d  gap %  contiguous %  in bounds %  left out\n")
    for size in args.sizes:
        runs = [measure(voronoi_map(size, 100 + seed), seed, args.effort) for seed in range(args.seeds)]
        mean = {key: float(np.mean([each[key] for each in runs])) for key in runs[0]}
        sys.stdout.write(
            f"{size:5}  {mean['seconds']:7.1f}  {mean['d']:5.0f}  {100 * mean['gap']:5.1f}  "
            f"{100 * mean['contiguous']:12.1f}  {100 * mean['in_bounds']:11.1f}  {mean['left_out']:8.1f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
