"""One published tool on one map, in a process of its own: `python peer.py METHOD MAP.npz LABELS.npy`.

Stands alone (numpy and the tool), so that it runs under any interpreter that has the tools. Each tool gets what it
can use of the same problem: neighbours, households, bounds, number of packages; compactness as the distance of
points. Prints the seconds of the call alone, after imports and reading; labels go to the file.
"""

from __future__ import annotations

import importlib.metadata
import json
import random
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MEMORY = 12 * 2**30
"""Bytes that a tool may take before it fails instead of the machine."""

Map = dict[str, Any]
Solve = Callable[[], Any]


def spopt_maxp(given: Map) -> Solve:
    from spopt.region import MaxPHeuristic

    table, neighbours = _table(given)
    np.random.seed(1)
    model = MaxPHeuristic(table, neighbours, ["x", "y"], "households", float(given["lower"]), top_n=2)
    return lambda: (model.solve(), model.labels_)[1]


def spopt_skater(given: Map) -> Solve:
    from spopt.region import Skater

    table, neighbours = _table(given)
    model = Skater(table, neighbours, ["x", "y"], n_clusters=int(given["packages"]))
    return lambda: (model.solve(), model.labels_)[1]


def spopt_azp(given: Map) -> Solve:
    from spopt.region import AZP

    table, neighbours = _table(given)
    model = AZP(table, neighbours, ["x", "y"], n_clusters=int(given["packages"]), random_state=1)
    return lambda: (model.solve(), model.labels_)[1]


def spopt_kmeans(given: Map) -> Solve:
    from spopt.region import RegionKMeansHeuristic

    _, neighbours = _table(given)
    model = RegionKMeansHeuristic(given["points"], int(given["packages"]), neighbours, seed=1)
    return lambda: (model.solve(), model.labels_)[1]


def spopt_ward(given: Map) -> Solve:
    from spopt.region import WardSpatial

    table, neighbours = _table(given)
    model = WardSpatial(table, neighbours, ["x", "y"], n_clusters=int(given["packages"]))
    return lambda: (model.solve(), model.labels_)[1]


def pygeoda_maxp(given: Map) -> Solve:
    import pygeoda

    neighbours, data = _geoda(given)
    loads, least = given["households"].tolist(), float(given["lower"])
    return lambda: pygeoda.maxp_greedy(neighbours, data, loads, least, cpu_threads=1)["Clusters"]


def pygeoda_azp(given: Map) -> Solve:
    import pygeoda

    neighbours, data = _geoda(given)
    return lambda: pygeoda.azp_greedy(int(given["packages"]), neighbours, data)["Clusters"]


def pygeoda_skater(given: Map) -> Solve:
    import pygeoda

    neighbours, data = _geoda(given)
    return lambda: pygeoda.skater(int(given["packages"]), neighbours, data, cpu_threads=1)["Clusters"]


def metis(given: Map) -> Solve:
    import pymetis

    # the setting that did best for it: no edge weights, k-way, nearly the whole tolerance
    slack = round(900 * _tolerance(given))
    return lambda: (
        pymetis.part_graph(
            int(given["packages"]),
            adjacency=list(_neighbours(given).values()),
            vweights=given["households"].astype(np.int32),
            options=pymetis.Options(contig=1, ufactor=slack, seed=1),
        ).vertex_part
    )


def gerrychain_tree(given: Map) -> Solve:
    """Recursive spanning trees: a first plan within the bounds."""
    start = _trees(given)
    return lambda: _labels_of(given, start())


def gerrychain_bursts(given: Map) -> Solve:
    """The same, then 1,000 steps of recombination in short bursts towards short distances."""
    from gerrychain import Partition, constraints, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom

    graph, start = _graph(given), _trees(given)
    target = float(given["households"].sum()) / int(given["packages"])

    def propose(partition: Any) -> Any:
        return recom(partition, "households", target, _tolerance(given), node_repeats=2)

    def length(partition: Any) -> float:
        return _length(given, _labels_of(given, dict(partition.assignment.items())))

    def run() -> Any:
        first = Partition(graph, start(), {"households": updaters.Tally("households")})
        inside = constraints.within_percent_of_ideal_population(first, _tolerance(given), "households")
        search = SingleMetricOptimizer(propose, [inside], first, length, maximize=False)
        for _ in search.short_bursts(10, 100):
            pass
        return _labels_of(given, dict(search.best_part.assignment.items()))

    return run


METHODS: dict[str, tuple[str, Callable[[Map], Solve]]] = {
    "spopt MaxP": ("spopt", spopt_maxp),
    "spopt SKATER": ("spopt", spopt_skater),
    "spopt AZP": ("spopt", spopt_azp),
    "spopt region-k-means": ("spopt", spopt_kmeans),
    "spopt Ward": ("spopt", spopt_ward),
    "pygeoda max-p greedy": ("pygeoda", pygeoda_maxp),
    "pygeoda AZP greedy": ("pygeoda", pygeoda_azp),
    "pygeoda SKATER": ("pygeoda", pygeoda_skater),
    "METIS, contiguous": ("pymetis", metis),
    "gerrychain, trees": ("gerrychain", gerrychain_tree),
    "gerrychain, short bursts": ("gerrychain", gerrychain_bursts),
}
"""Name in the table → the distribution it comes from, and what prepares a call."""


def _table(given: Map) -> tuple[Any, Any]:
    """A frame with x, y, households and the neighbours as libpysal weights."""
    import geopandas
    from libpysal.weights import W

    x, y = given["points"].T
    columns = {"x": x, "y": y, "households": given["households"]}
    table = geopandas.GeoDataFrame(columns, geometry=geopandas.points_from_xy(x, y))
    return table, W(_neighbours(given), silence_warnings=True)


def _neighbours(given: Map) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {number: [] for number in range(len(given["points"]))}
    for a, b in given["links"].tolist():
        found[a].append(b)
        found[b].append(a)
    return found


def _geoda(given: Map) -> tuple[Any, Any]:
    """The neighbours as GeoDa weights, through a .gal file, and the points as two columns of data."""
    import pygeoda

    neighbours = _neighbours(given)
    lines = [f"0 {len(neighbours)} map id"]
    for unit, others in neighbours.items():
        lines += [f"{unit} {len(others)}", " ".join(map(str, others))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "map.gal")
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        weights = pygeoda.weights.read_gal(str(path), [str(unit) for unit in neighbours])
    return weights, [given["points"][:, 0].tolist(), given["points"][:, 1].tolist()]


def _graph(given: Map) -> Any:
    import networkx
    from gerrychain import Graph

    graph = networkx.Graph()
    for number, load in enumerate(given["households"].tolist()):
        graph.add_node(number, households=load)
    graph.add_edges_from(given["links"].tolist())
    return Graph.from_networkx(graph)


def _trees(given: Map) -> Callable[[], dict[int, int]]:
    from gerrychain.tree import recursive_tree_part

    graph, packages = _graph(given), int(given["packages"])
    target = float(given["households"].sum()) / packages
    random.seed(1)
    return lambda: recursive_tree_part(graph, range(packages), target, "households", _tolerance(given), 2)


def _tolerance(given: Map) -> float:
    return float(given["upper"] - given["lower"]) / float(given["upper"] + given["lower"])


def _labels_of(given: Map, assignment: dict[int, int]) -> Any:
    return np.array([assignment[number] for number in range(len(given["points"]))])


def _length(given: Map, labels: Any) -> float:
    """Load times metres to the centre of weight of each package: what the bursts go for."""
    loads, points = given["households"], given["points"]
    sums = np.bincount(labels, loads)
    middle = np.column_stack([np.bincount(labels, loads * axis) / sums for axis in points.T])
    return float((loads * np.hypot(*(points - middle[labels]).T)).sum())


def main() -> int:
    """Run one method; the last line is JSON with wall, cpu and version."""
    method, source, target = sys.argv[1:4]
    distribution, prepare = METHODS[method]
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        print(json.dumps({"missing": distribution}))
        return 0
    if source == "-":
        print(json.dumps({"version": version}))
        return 0
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    solve = prepare(dict(np.load(source)))
    wall, cpu = time.perf_counter(), time.process_time()
    labels = np.asarray(solve(), dtype=np.int64)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    np.save(target, labels)
    print(json.dumps({"wall": wall, "cpu": cpu, "version": version}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
