"""Made maps to bundle: Voronoi cells of half uniform, half clustered points, every one from a seed.

No map here was tuned on: households are lognormal, about ten units make a package, neighbours share an edge of
over 5 m. ``mixed`` puts most units into cities on a wide countryside, so that density spans over two orders.
Coordinates in metres; everything is vectorised, 20,000 units take a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from geo.bundling import Activity, Link, Problem, Rules, Unit

Array = np.ndarray
TOLERANCE = 0.1
RELAXATIONS = 3
"""Lloyd steps: each moves the points to the centroids of their cells, as blocks of a town are never slivers."""


@dataclass(frozen=True)
class Map:
    """Units as arrays: ``points`` [n, 2] m, ``households`` [n], ``links`` [m, 2] sorted, ``edges`` [m] m shared."""

    name: str
    points: Array
    households: Array
    links: Array
    edges: Array
    cells: Array
    seed: int
    anchors: Array | None = None
    income: Array | None = None
    cut: Array | None = None
    extra: dict[str, Array] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.points)


def plain(count: int, seed: int) -> Map:
    """One unit per 0.09 km², half of them in towns of 600 m."""
    rng = np.random.default_rng([count, seed])
    side = 300.0 * np.sqrt(count)
    towns = rng.uniform(0, side, (max(count // 100, 2), 2))
    return _map("plain", _mixture(rng, count, side, towns, 600.0, 0.5), side, seed, rng)


def mixed(count: int, seed: int) -> Map:
    """A city with countryside: 60 % of the units on a hundredth of the land."""
    rng = np.random.default_rng([count, seed, 1])
    side = 600.0 * np.sqrt(count)
    cities = rng.uniform(0.2 * side, 0.8 * side, (max(count // 1000, 1), 2))
    spread = side / 40 / np.sqrt(len(cities))
    return _map("mixed", _mixture(rng, count, side, cities, spread, 0.6), side, seed, rng)


def with_anchors(made: Map, share: float = 0.2) -> Map:
    """A fifth of the units may carry others (大带小)."""
    rng = np.random.default_rng([made.count, made.seed, 2])
    return replace(made, name="anchors", anchors=rng.random(made.count) < share)


def with_money(made: Map, mean: float = 0.25) -> Map:
    """Net income around zero: yuan a household, one deviation 1, a small surplus on the whole (肥瘦搭配)."""
    rng = np.random.default_rng([made.count, made.seed, 3])
    income = (made.households * rng.normal(mean, 1.0, made.count)).round(2)
    return replace(made, name="money", income=income)


def with_river(made: Map) -> Map:
    """A winding river through the middle, crossed on two bridges of 500 m."""
    low, high = made.points.min(axis=0), made.points.max(axis=0)
    along = np.linspace(-0.01, 1.01, 400)
    bend = 0.5 + 0.08 * np.sin(along * 9.0 + made.seed) + 0.03 * np.sin(along * 31.0)
    river = shapely.linestrings(
        np.column_stack([low[0] + along * (high[0] - low[0]), low[1] + bend * (high[1] - low[1])])
    )
    bridges = shapely.line_interpolate_point(river, [0.3, 0.72], normalized=True)
    steps = shapely.linestrings(made.points[made.links])
    crossing = shapely.intersects(steps, river)
    near = shapely.distance(steps, shapely.union_all(bridges)) < 250
    return replace(made, name="river", cut=crossing & ~near)


def three_activities(count: int, seed: int, correlated: bool) -> Map:
    """Households, floor area and income of the units, drawn together or apart."""
    made = plain(count, 1000 + seed)
    rng = np.random.default_rng([count, seed, 4])
    noise = rng.normal(0, 0.15 if correlated else 0.5, (2, count))
    base = np.log(made.households) if correlated else np.full(count, np.log(400))
    area, income = np.exp(base + noise).round(1)
    name = "three correlated" if correlated else "three uncorrelated"
    return replace(made, name=name, extra={"area": area * 90, "income": income * 12})


def problem_of(made: Map, *, packages: int | None = None, tolerance: float = TOLERANCE) -> Problem:
    """What the engine is asked: packages of ten units within ± tolerance of their mean load, none left out if possible."""
    packages = packages or max(made.count // 10, 1)
    amounts = {"households": made.households} | made.extra
    mean = {name: float(values.sum()) / packages for name, values in amounts.items()}
    activities = [Activity(name, (1 - tolerance) * m, (1 + tolerance) * m) for name, m in mean.items()]
    if made.income is not None:
        amounts["net income"] = made.income
        activities.append(Activity("net income", 0.0, None))
    rules = Rules(tuple(activities), packages=packages, anchors=made.anchors is not None)
    return Problem(_units(made, amounts), _links(made), rules, "dist" if made.extra else "wdist")


def three_problem(made: Map) -> Problem:
    """Three activities within ±5 %, objective dist, seventeen units a package as in the published instances."""
    return problem_of(made, packages=max(round(made.count / 17), 2), tolerance=0.05)


def _units(made: Map, amounts: dict[str, Array]) -> tuple[Unit, ...]:
    names = list(amounts)
    rows = zip(*(amounts[name].tolist() for name in names), strict=True)
    anchors = [False] * made.count if made.anchors is None else made.anchors.tolist()
    return tuple(
        Unit(str(number), x, y, dict(zip(names, row, strict=True)), anchor=anchor)
        for number, ((x, y), row, anchor) in enumerate(zip(made.points.tolist(), rows, anchors, strict=True))
    )


def _links(made: Map) -> tuple[Link, ...]:
    cut = [False] * len(made.links) if made.cut is None else made.cut.tolist()
    return tuple(
        Link(str(a), str(b), cut="barrier" if barred else None)
        for (a, b), barred in zip(made.links.tolist(), cut, strict=True)
    )


def _mixture(
    rng: np.random.Generator, count: int, side: float, towns: Array, spread: float, share: float
) -> Array:
    """``count`` points at least a little apart, ``share`` of them around towns."""
    many = 3 * count
    inside = rng.random(many) < share
    around = towns[rng.integers(len(towns), size=many)] + rng.normal(0, spread, (many, 2))
    points = np.where(inside[:, None], around, rng.uniform(0, side, (many, 2)))
    points = points[((points > 1) & (points < side - 1)).all(axis=1)]
    tree = shapely.STRtree(shapely.points(points))
    room = 0.5 * spread / np.sqrt(count * share / len(towns))
    one, other = tree.query(shapely.points(points), predicate="dwithin", distance=room)
    crowded = np.zeros(len(points), dtype=bool)
    crowded[one[one > other]] = True
    points = points[~crowded]
    if len(points) < count:
        raise ValueError(f"only {len(points)} of {count} points found room")
    return points[:count]


def _map(name: str, points: Array, side: float, seed: int, rng: np.random.Generator) -> Map:
    for _ in range(RELAXATIONS):
        points = shapely.get_coordinates(shapely.centroid(_cells(points, side)))
    points = points.round(2)
    cells = _cells(points, side)
    links, edges = _shared_edges(cells)
    households = np.clip(np.exp(rng.normal(np.log(400), 0.6, len(points))).round(), 50, 1800)
    return Map(name, points, households, links, edges, cells, seed)


def _cells(points: Array, side: float) -> Array:
    """Voronoi cells on the square, in the order of their points."""
    square = shapely.box(0, 0, side, side)
    diagram = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square))
    outside = ~shapely.contains_properly(square, diagram)
    diagram[outside] = shapely.intersection(diagram[outside], square)
    owner, cell = shapely.STRtree(diagram).query(shapely.points(points), predicate="intersects")
    found = np.empty(len(points), dtype=object)
    found[owner] = diagram[cell]
    return found


def _shared_edges(cells: Array) -> tuple[Array, Array]:
    one, other = shapely.STRtree(cells).query(cells, predicate="touches")
    one, other = one[one < other], other[one < other]
    shared = shapely.length(
        shapely.intersection(shapely.boundary(cells[one]), shapely.boundary(cells[other]))
    )
    order = np.lexsort((other, one))
    order = order[shared[order] > 5]
    return np.column_stack([one, other])[order], shared[order]
