"""Places of a graph without which it falls apart (割点), by one depth-first walk (Hopcroft and Tarjan 1973)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Walk(NamedTuple):
    """A depth-first walk. ``order``: nodes as first met; ``place``: of each node in it; ``parent``: -1 for a root.

    ``low``: the earliest place that a node's subtree touches by one link.
    """

    order: list[int]
    place: list[int]
    parent: list[int]
    low: list[int]

    def severed(self, node: int) -> bool:
        """Whether the subtree of ``node`` (no root) hangs on its parent alone."""
        return self.low[node] >= self.place[self.parent[node]]


def walk(neighbours: Sequence[Sequence[int]]) -> Walk:
    """Walk a whole graph, piece by piece, in the order of its nodes.

    >>> walk([[1], [0, 2], [1], []]).order
    [0, 1, 2, 3]
    """
    count = len(neighbours)
    place, parent, low = [-1] * count, [-1] * count, [0] * count
    order: list[int] = []
    for root in range(count):
        if place[root] >= 0:
            continue
        place[root] = low[root] = len(order)
        order.append(root)
        stack = [(root, iter(neighbours[root]))]
        while stack:
            node, rest = stack[-1]
            other = next(rest, -1)
            if other < 0:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[node])
            elif place[other] < 0:
                parent[other] = node
                place[other] = low[other] = len(order)
                order.append(other)
                stack.append((other, iter(neighbours[other])))
            elif other != parent[node]:
                low[node] = min(low[node], place[other])
    return Walk(order, place, parent, low)


def cut_places(neighbours: Sequence[Sequence[int]]) -> set[int]:
    """Nodes whose removal parts their piece of the graph.

    >>> cut_places([[1], [0, 2], [1, 3], [2]])
    {1, 2}
    >>> cut_places([[1, 2], [0, 2], [0, 1]])
    set()
    """
    seen = walk(neighbours)
    found: set[int] = set()
    below_root: dict[int, int] = {}
    for node in seen.order:
        above = seen.parent[node]
        if above < 0:
            continue
        if seen.parent[above] < 0:
            below_root[above] = below_root.get(above, 0) + 1
        elif seen.severed(node):
            found.add(above)
    return found | {root for root, children in below_root.items() if children > 1}
