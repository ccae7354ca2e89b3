"""Full enumeration of small problems: the best plan there is, worked out from the words of the rules alone.

Packages are sets of units as bits. Shares no code with the engine; meant for ten units or fewer.
"""

from __future__ import annotations

import math
from functools import cache

from geo.bundling import Problem

Key = tuple[float, int, float, float]
"""Load left out, units left out, soft price, distance: the order in which plans are compared."""
Sized = dict[int, Key]
"""Number of packages → the best key with that many."""


def best_key(problem: Problem) -> Key | None:
    """Key of the best plan, None when there is no plan. Centres are not enumerated here."""
    best = by_packages(problem)
    low, high = problem.rules.package_range()
    most = len(problem.units) and high >= 1
    fine = [key for count, key in best.items() if max(low, 1 if most else 0) <= count <= high]
    return min(fine) if fine else None


def by_packages(problem: Problem) -> Sized:
    """The best key for each number of packages that some plan has."""
    units = problem.units
    count = len(units)
    packages = _packages(problem)
    load = [problem.load(unit) for unit in units]
    may_stay = [problem.rules.leave_out_price is not None and unit.lock is None for unit in units]

    @cache
    def cover(rest: int) -> tuple[tuple[int, Key], ...]:
        if not rest:
            return ((0, (0.0, 0, 0.0, 0.0)),)
        first = (rest & -rest).bit_length() - 1
        found: Sized = {}
        if may_stay[first]:
            for number, key in cover(rest & ~(1 << first)):
                _keep(found, number, (key[0] + load[first], key[1] + 1, key[2], key[3]))
        for chosen, soft, distance in packages[first]:
            if chosen & rest == chosen:
                for number, key in cover(rest & ~chosen):
                    _keep(found, number + 1, (key[0], key[1], key[2] + soft, key[3] + distance))
        return tuple(found.items())

    return dict(cover((1 << count) - 1))


def _keep(found: Sized, number: int, key: Key) -> None:
    key = (round(key[0], 6), key[1], round(key[2], 6), key[3])
    if number not in found or key < found[number]:
        found[number] = key


def _packages(problem: Problem) -> list[list[tuple[int, float, float]]]:
    """By lowest unit: every set that may be a package, with its soft price and distance."""
    count = len(problem.units)
    index = {unit.id: place for place, unit in enumerate(problem.units)}
    beside = [0] * count
    for link in problem.links:
        a, b = index[link.a], index[link.b]
        if link.cut is None:
            beside[a] |= 1 << b
            beside[b] |= 1 << a
    whole = [_bits(index, group) for group in problem.rules.together]
    by_lock: dict[str, int] = {}
    for place, unit in enumerate(problem.units):
        if unit.lock is not None:
            by_lock[unit.lock] = by_lock.get(unit.lock, 0) | 1 << place
    whole += by_lock.values()
    apart = [_bits(index, group) for group in problem.rules.apart]
    found: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    for chosen in range(1, 1 << count):
        if any(chosen & group not in (0, group) for group in whole):
            continue
        if any((chosen & group).bit_count() > 1 for group in apart):
            continue
        if sum(bool(chosen & lock) for lock in by_lock.values()) > 1 or not _connected(chosen, beside):
            continue
        soft = _soft(problem, [place for place in range(count) if chosen >> place & 1])
        if soft is not None:
            lowest = (chosen & -chosen).bit_length() - 1
            found[lowest].append((chosen, *soft))
    return found


def _bits(index: dict[str, int], group: tuple[str, ...]) -> int:
    chosen = 0
    for name in group:
        chosen |= 1 << index[name]
    return chosen


def _connected(chosen: int, beside: list[int]) -> bool:
    seen = edge = chosen & -chosen
    while edge:
        place = (edge & -edge).bit_length() - 1
        edge &= edge - 1
        new = beside[place] & chosen & ~seen
        seen |= new
        edge |= new
    return seen == chosen


def _soft(problem: Problem, places: list[int]) -> tuple[float, float] | None:
    """Soft price and distance of a package, None when it breaks a hard rule."""
    rules = problem.rules
    units = [problem.units[place] for place in places]
    soft = 0.0
    for activity in rules.activities:
        load = math.fsum(unit.weights[activity.name] for unit in units)
        low = -math.inf if activity.lower is None else activity.lower
        high = math.inf if activity.upper is None else activity.upper
        short, over = max(0.0, low - load), max(0.0, load - high)
        hair = 1e-9 * max(1.0, abs(low) if short else abs(high))
        if short + over > hair:
            if rules.is_hard(activity):
                return None
            soft += rules.soft[activity.name] * (short + over)
    if rules.max_members is not None and len(units) > rules.max_members:
        return None
    areas = len({unit.within for unit in units})
    if rules.within and areas > 1:
        return None
    if not rules.within:
        soft += rules.soft.get("border", 0.0) * (areas - 1)
    if rules.anchors and not any(unit.anchor for unit in units):
        return None
    distance = min(
        math.fsum(problem.distance_weight(u) * math.hypot(u.x - hub.x, u.y - hub.y) for u in units)
        for hub in units
    )
    return soft, distance
