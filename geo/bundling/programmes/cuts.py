"""Cuts on triples of atoms (三元割): they draw the linear programme over packages nearer to whole plans.

Of the packages of a plan at most one can hold two or more of any three atoms, as no two share an atom. Half a
package here and half there may well break that; each such *subset row* (Jepsen, Petersen, Spoorendonk, Pisinger
2008) is a further limit of the programme. The nearer bound leaves fewer packages that a better plan could hold.
"""

from __future__ import annotations

import numpy as np

from geo.bundling.forms.arrays import Floats, Whole
from geo.bundling.programmes.master import Limit, Pool, Relaxed, Stop, relax

MOST_ROWS = 120
"""Rows above which there are too many triples to look at."""
ROUNDS, MOST_A_ROUND, MOST_A_ROW = 40, 30, 4
_LEAST = 0.03
"""What a triple must be broken by."""
ENOUGH = 1_500
"""Packages that are few enough for a whole-number programme as it is."""


def sharpened(
    pool: Pool,
    taken: Whole,
    known: float,
    relaxed: Relaxed,
    hair: float,
    stop: Stop,
    enough: int = ENOUGH,
    rounds: int = ROUNDS,
    rows: int = MOST_ROWS,
) -> tuple[Whole, Relaxed, int]:
    """The packages that a plan cheaper than ``known`` can hold, those of ``taken`` with them, by a sharper programme.

    Returns their numbers, the programme's optimum over them (no plan costs less; its reduced costs, summed over a
    plan, are at most what that plan costs above it), and the packages that all programmes looked at, summed.
    With more than ``rows`` rows nothing is sharpened, nor after so many ``rounds``.
    """
    kept = _useful(relaxed, known, hair, taken)
    found = _of(relaxed, kept)
    limits, looked, free = pool.limits, 0, len(pool.out_cost)
    if free > rows:
        return kept, found, 0
    triples: list[tuple[int, int, int]] = []
    for _ in range(rounds):
        if len(kept) <= enough or known <= found.value + hair or stop():
            break
        part = pool.some(kept)
        inside = _inside(part, np.flatnonzero(found.x > 1e-7))
        new = broken_triples(inside, found.x[found.x > 1e-7])
        if not new:
            break
        triples += new
        broken = tuple(Limit(_holding_two(part, each), np.zeros(free), 1.0) for each in triples)
        cut = relax(part._replace(limits=(*part.limits, *broken)), np.searchsorted(kept, taken), stop)
        looked += len(kept)
        if cut.broken > 0 or stop():
            break
        fewer = _useful(cut, known, hair, np.searchsorted(kept, taken))
        kept, found = kept[fewer], _of(cut, fewer)
        # a limit that holds nothing down says nothing any more
        triples = [
            each for each, price in zip(triples, cut.duals.limit[len(limits) :], strict=True) if price < 0
        ]
    return kept, found, looked


def broken_triples(inside: Floats, x: Floats) -> list[tuple[int, int, int]]:
    """Triples of rows that packages hold two of more than once in all, the worst first, few with the same row.

    ``inside`` (rows, packages): 1.0 where a package holds a row; ``x``: how much of each package is taken.

    >>> inside = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    >>> broken_triples(inside, np.full(3, 0.5))
    [(0, 1, 2)]
    """
    count = len(inside)
    pairs = (inside * x) @ inside.T
    found: list[tuple[float, int, int, int]] = []
    for one in range(count - 2):
        # rows that no package holds together with this one make no triple with it that is broken
        near = np.flatnonzero(pairs[one] > 0)
        near = near[near > one]
        with_one = inside[np.ix_(near, inside[one] > 0)]
        all_three = (with_one * x[inside[one] > 0]) @ with_one.T
        beside = pairs[one, near]
        over = beside[:, None] + beside[None, :] + pairs[np.ix_(near, near)] - 2 * all_three - 1.0
        b, c = np.nonzero(np.triu(over > _LEAST, 1))
        found += [(float(over[j, k]), one, int(near[j]), int(near[k])) for j, k in zip(b, c, strict=True)]
    found.sort(key=lambda each: (-round(each[0], 9), each[1:]))
    used = np.zeros(count, dtype=np.int64)
    chosen: list[tuple[int, int, int]] = []
    for _, *triple in found:
        if len(chosen) < MOST_A_ROUND and used[triple].max() < MOST_A_ROW:
            used[triple] += 1
            chosen.append((triple[0], triple[1], triple[2]))
    return chosen


def _useful(relaxed: Relaxed, known: float, hair: float, taken: Whole) -> Whole:
    return np.union1d(np.flatnonzero(relaxed.reduced <= known - relaxed.value + hair), taken)


def _of(relaxed: Relaxed, which: Whole) -> Relaxed:
    return Relaxed(relaxed.value, relaxed.duals, relaxed.x[which], relaxed.reduced[which], relaxed.broken)


def _inside(part: Pool, which: Whole) -> Floats:
    """(rows, packages): 1.0 where a package holds a row."""
    found = np.zeros((len(part.out_cost), len(which)))
    for place, package in enumerate(which.tolist()):
        found[part.rows[part.at[package] : part.at[package + 1]], place] = 1.0
    return found


def _holding_two(part: Pool, triple: tuple[int, int, int]) -> Floats:
    """Per package: 1.0 where it holds two of three rows or all."""
    held = np.isin(part.rows, triple)
    return np.asarray(np.add.reduceat(held.astype(np.int64), part.at[:-1]) >= 2, dtype=float)
