"""Units that must share a package but do not touch: the lightest chains of units between them."""

from __future__ import annotations

import heapq
import math

from geo.bundling.problem import Problem


def connected_whole(
    group: set[int], problem: Problem, links: tuple[frozenset[int], ...], closed: set[int]
) -> set[int] | None:
    """The group with the lightest paths that connect it (exact for two pieces, greedy beyond), or None."""
    whole = piece(min(group), group, links)
    while missing := group - whole:
        path = lightest_path(problem, whole, missing, links, closed)
        if path is None:
            return None
        whole |= path
        for unit in sorted(path & group):
            whole |= piece(unit, group, links)
    return whole


def piece(start: int, allowed: set[int], links: tuple[frozenset[int], ...]) -> set[int]:
    """Units of ``allowed`` that ``start`` reaches without leaving it."""
    seen, todo = {start}, [start]
    while todo:
        for other in links[todo.pop()] & allowed - seen:
            seen.add(other)
            todo.append(other)
    return seen


def lightest_path(
    problem: Problem,
    sources: set[int],
    targets: set[int],
    links: tuple[frozenset[int], ...],
    closed: set[int],
) -> set[int] | None:
    """Dijkstra by load from any source to the nearest target; the path's units, or None."""
    best = dict.fromkeys(sources, 0.0)
    before: dict[int, int] = {}
    heap = [(0.0, unit) for unit in sorted(sources)]
    while heap:
        cost, unit = heapq.heappop(heap)
        if unit in targets:
            path = {unit}
            while unit in before:
                unit = before[unit]
                path.add(unit)
            return path
        for other in sorted(links[unit] - closed):
            # a target is of the group and comes along whichever way is taken: it weighs nothing
            load = 0.0 if other in targets else problem.load(problem.units[other])
            further = cost + load + 1e-6
            if further < best.get(other, math.inf):
                best[other], before[other] = further, unit
                heapq.heappush(heap, (further, other))
    return None
