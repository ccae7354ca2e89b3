"""Which units can be near which hubs (邻近): pairs of hub and atom, short lists that stay rigorous.

A tree over the points (Bentley 1975) finds units within a radius; each unit has its own radius, so that a
lonely farm reaches the town and the town's units do not reach every farm. A pair is dropped where even the
lightest path between the two outweighs what a package may hold: no connected package can have both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.bundling.compiling.compiled import compiled
from geo.bundling.forms.arrays import Arrays, Floats, Whole

_LEAF = 8
_DEEP = 256


class Tree(NamedTuple):
    """Nodes over ``order``: node ``i`` holds ``order[start[i]:end[i]]``, its children are left, left + 1."""

    order: Whole
    start: Whole
    end: Whole
    left: Whole
    box: Floats
    """Per node: least x, most x, least y, most y."""


class Pairs(NamedTuple):
    """Per hub (a unit): the atoms that it may serve. Row ``i`` is ``at[i]:at[i + 1]``.

    ``cost``: distance cost of the whole atom. ``complete``: whether every atom that can be in a package
    with the hub is listed.
    """

    at: Whole
    atom: np.ndarray
    cost: Floats
    complete: np.ndarray


@compiled
def plant(x: Floats, y: Floats) -> Tree:
    """A tree over points, halved along its wider side down to leaves of a few points."""
    count = len(x)
    order = np.arange(count)
    most = 4 * (count // _LEAF + 2)
    start, end = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64)
    left = np.full(most, -1, dtype=np.int64)
    box = np.zeros((most, 4))
    end[0], nodes, node = count, 1, 0
    while node < nodes:
        first, last = start[node], end[node]
        part = order[first:last].copy()
        if first < last:
            box[node, 0], box[node, 1] = x[part].min(), x[part].max()
            box[node, 2], box[node, 3] = y[part].min(), y[part].max()
        if last - first > _LEAF:
            wide = box[node, 1] - box[node, 0] >= box[node, 3] - box[node, 2]
            keys = x[part] if wide else y[part]
            order[first:last] = part[np.argsort(keys, kind="mergesort")]
            middle = (first + last) // 2
            left[node] = nodes
            start[nodes], end[nodes] = first, middle
            start[nodes + 1], end[nodes + 1] = middle, last
            nodes += 2
        node += 1
    return Tree(order, start[:nodes].copy(), end[:nodes].copy(), left[:nodes].copy(), box[:nodes].copy())


@compiled
def within(tree: Tree, x: Floats, y: Floats, unit: int, radius: float, found: Whole, stack: Whole) -> int:
    """Write the units within ``radius`` of a unit to ``found``; returns how many."""
    got, depth = 0, 1
    stack[0] = 0
    square = radius * radius
    here_x, here_y = x[unit], y[unit]
    while depth > 0:
        depth -= 1
        node = stack[depth]
        dx = max(tree.box[node, 0] - here_x, 0.0, here_x - tree.box[node, 1])
        dy = max(tree.box[node, 2] - here_y, 0.0, here_y - tree.box[node, 3])
        if dx * dx + dy * dy > square:
            continue
        if tree.left[node] < 0:
            for place in range(tree.start[node], tree.end[node]):
                other = tree.order[place]
                if (x[other] - here_x) ** 2 + (y[other] - here_y) ** 2 <= square:
                    found[got] = other
                    got += 1
        else:
            stack[depth], stack[depth + 1] = tree.left[node], tree.left[node] + 1
            depth += 2
    return got


@compiled
def radii(
    tree: Tree, x: Floats, y: Floats, load: Floats, piece: Whole, sizes: Whole, wanted: float, most: int
) -> Floats:
    """Per unit: radius within which units of its piece load ``wanted``, or are ``most``; inf = all of them.

    ``piece``: connected piece of each unit, -1 for units that are in no package; ``sizes``: units per piece.
    """
    count = len(x)
    radius = np.full(count, np.inf)
    found, stack = np.empty(count, dtype=np.int64), np.empty(_DEEP, dtype=np.int64)
    away = np.empty(count)
    wide = np.hypot(tree.box[0, 1] - tree.box[0, 0], tree.box[0, 3] - tree.box[0, 2])
    guess = 2.0 * wide / np.sqrt(count) + 1e-6
    for unit in range(count):
        if piece[unit] < 0:
            continue
        reach = guess
        while True:
            size, total = 0, 0.0
            for place in range(within(tree, x, y, unit, reach, found, stack)):
                other = found[place]
                if piece[other] == piece[unit]:
                    away[size] = np.hypot(x[other] - x[unit], y[other] - y[unit])
                    found[size] = other
                    total += load[other]
                    size += 1
            if size == sizes[piece[unit]] or total >= wanted or size >= most:
                break
            reach *= 1.6
        guess = min(reach / 1.3, wide + 1e-6)
        total = 0.0
        nearest = np.argsort(away[:size], kind="mergesort")
        for place in range(size):
            total += load[found[nearest[place]]]
            if (total >= wanted or place + 1 >= most) and place + 1 < sizes[piece[unit]]:
                radius[unit] = away[nearest[place]]
                break
    return radius


@compiled
def pairs_within(
    arrays: Arrays, tree: Tree, piece: Whole, radius: Floats, around: Floats, one_area: bool
) -> Pairs:
    """Pairs of a hub and an atom of which some unit is within its own ``radius`` or the hub's ``around``.

    ``one_area``: only atoms that lie wholly in the hub's area.
    """
    count = len(arrays.x)
    room, size = 1024, 0
    hub, atom_of_pair = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    found, stack = np.empty(count, dtype=np.int64), np.empty(_DEEP, dtype=np.int64)
    met = np.full(count, -1, dtype=np.int64)
    at = np.zeros(count + 1, dtype=np.int64)
    for atom in range(len(arrays.component)):
        for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
            unit = arrays.units[which]
            if piece[unit] < 0:
                break
            reach = min(radius[unit] * (1.0 + 1e-9), 1e12)
            for place in range(within(tree, arrays.x, arrays.y, unit, reach, found, stack)):
                centre = found[place]
                if piece[centre] != piece[unit] or met[centre] == atom:
                    continue
                met[centre] = atom
                if one_area and not _same_area(arrays, atom, centre):
                    continue
                if size == room:
                    room *= 2
                    hub, atom_of_pair = _longer(hub, room), _longer(atom_of_pair, room)
                hub[size], atom_of_pair[size] = centre, atom
                at[centre + 1] += 1
                size += 1
    for centre in range(count):
        if piece[centre] < 0:
            continue
        reach = min(around[centre] * (1.0 + 1e-9), 1e12)
        for place in range(within(tree, arrays.x, arrays.y, centre, reach, found, stack)):
            atom = arrays.atom_of[found[place]]
            if piece[found[place]] != piece[centre] or (one_area and not _same_area(arrays, atom, centre)):
                continue
            if size == room:
                room *= 2
                hub, atom_of_pair = _longer(hub, room), _longer(atom_of_pair, room)
            hub[size], atom_of_pair[size] = centre, atom
            at[centre + 1] += 1
            size += 1
    at = np.cumsum(at)
    free = at[:-1].copy()
    atoms, cost = np.empty(size, dtype=np.int32), np.zeros(size)
    for pair in range(size):
        atoms[free[hub[pair]]] = atom_of_pair[pair]
        free[hub[pair]] += 1
    # both ways of being near may have found a pair: it is kept once
    single_at = np.zeros_like(at)
    met[:] = -1
    kept = 0
    for centre in range(count):
        for place in range(at[centre], at[centre + 1]):
            atom = atoms[place]
            if met[atom] == centre:
                continue
            met[atom] = centre
            atoms[kept] = atom
            for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
                unit = arrays.units[which]
                far = np.hypot(arrays.x[unit] - arrays.x[centre], arrays.y[unit] - arrays.y[centre])
                cost[kept] += arrays.pull[unit] * far
            kept += 1
        single_at[centre + 1] = kept
    return Pairs(single_at, atoms[:kept].copy(), cost[:kept].copy(), np.zeros(count, dtype=np.bool_))


@compiled
def _same_area(arrays: Arrays, atom: int, centre: int) -> bool:
    for which in range(arrays.units_at[atom], arrays.units_at[atom + 1]):
        if arrays.area[arrays.units[which]] != arrays.area[centre]:
            return False
    return True


@compiled
def _longer(values: np.ndarray, room: int) -> np.ndarray:
    longer = np.empty(room, dtype=np.int32)
    longer[: len(values)] = values
    return longer


@compiled
def reachable_pairs(arrays: Arrays, pairs: Pairs, amount: Floats, limit: float) -> Pairs:
    """The pairs with a path between them that weighs at most ``limit`` in all (Dijkstra by amounts ≥ 0).

    ``amount``: per atom. Atoms that are reachable but not listed make a hub's list incomplete.
    """
    atoms = len(arrays.component)
    weight = np.full(atoms, np.inf)
    heap, heap_atom = np.empty(len(arrays.next) + 1), np.empty(len(arrays.next) + 1, dtype=np.int64)
    touched, listed = np.empty(atoms, dtype=np.int64), np.full(atoms, -1, dtype=np.int64)
    at = np.zeros_like(pairs.at)
    kept_atom, kept_cost = pairs.atom.copy(), pairs.cost.copy()
    complete = np.ones_like(pairs.complete)
    kept = 0
    for hub in range(len(pairs.at) - 1):
        own = arrays.atom_of[hub]
        for pair in range(pairs.at[hub], pairs.at[hub + 1]):
            listed[pairs.atom[pair]] = hub
        seen = size = 0
        if pairs.at[hub] < pairs.at[hub + 1] and amount[own] <= limit:
            weight[own], heap[0], heap_atom[0], touched[0] = amount[own], amount[own], own, own
            seen = size = 1
        while size > 0:
            size, so_far, atom = _pop(heap, heap_atom, size)
            if so_far > weight[atom]:
                continue
            if listed[atom] != hub:
                complete[hub] = False
            for which in range(arrays.next_at[atom], arrays.next_at[atom + 1]):
                other = arrays.next[which]
                further = so_far + amount[other]
                if further <= limit and further < weight[other]:
                    if weight[other] == np.inf:
                        touched[seen] = other
                        seen += 1
                    weight[other] = further
                    size = _push(heap, heap_atom, size, further, other)
        for pair in range(pairs.at[hub], pairs.at[hub + 1]):
            if weight[pairs.atom[pair]] < np.inf:
                kept_atom[kept], kept_cost[kept] = pairs.atom[pair], pairs.cost[pair]
                kept += 1
        at[hub + 1] = kept
        for place in range(seen):
            weight[touched[place]] = np.inf
    return Pairs(at, kept_atom[:kept].copy(), kept_cost[:kept].copy(), complete)


@compiled
def _push(heap: Floats, heap_atom: Whole, size: int, key: float, atom: int) -> int:
    place = size
    while place > 0 and heap[(place - 1) // 2] > key:
        heap[place], heap_atom[place] = heap[(place - 1) // 2], heap_atom[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place], heap_atom[place] = key, atom
    return size + 1


@compiled
def _pop(heap: Floats, heap_atom: Whole, size: int) -> tuple[int, float, int]:
    """The new size, the least key and its atom."""
    key, atom = heap[0], heap_atom[0]
    size -= 1
    last, last_atom, place = heap[size], heap_atom[size], 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[place], heap_atom[place] = heap[child], heap_atom[child]
        place = child
    heap[place], heap_atom[place] = last, last_atom
    return size, key, atom
