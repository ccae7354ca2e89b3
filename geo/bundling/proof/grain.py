"""How little two plans can differ by (目标值的最小差): weights in whole households leave no values in between.

Where all that a part of the objective sums up are multiples of one figure, a plan that betters another betters it by
that figure at least: a bound nearer to a plan than this proves it.
"""

from __future__ import annotations

import math

import numpy as np

from geo.bundling.forms.arrays import Arrays, Floats
from geo.bundling.forms.model import EPS

_FINEST = 1e-6
"""Figures are looked at up to so many decimals."""


def grain_of(arrays: Arrays, outs: Floats, beta: float) -> float:
    """Least difference between two values of Σ outs·z + β·soft that are not the same, less a hair; 0 where unknown.

    ``outs``: price of leaving out each atom; those not finite are never paid.
    """
    found, hair = [outs[np.isfinite(outs)]], 0.0
    if beta > 0:
        found.append(np.array([beta * arrays.border_price]))
        for column in np.flatnonzero(np.isfinite(arrays.price)).tolist():
            price = beta * float(arrays.price[column])
            ends = [_as_given(arrays.lower[column], 1.0), _as_given(arrays.upper[column], -1.0)]
            ends = [end for end in ends if math.isfinite(end)]
            found += [price * arrays.amounts[:, column], price * np.array(ends)]
            hair += 2 * price * EPS * max([1.0, *map(abs, ends)]) * len(arrays.component)
    grain = common(np.concatenate(found))
    return max(grain * (1 - 1e-6) - hair, 0.0) if grain > 10 * hair else 0.0


def common(values: Floats) -> float:
    """The largest figure that all values are multiples of, 0 where there is none of up to six decimals.

    >>> common(np.array([7.5, 10.0, 0.0])), common(np.array([1 / 3, 1.0])), common(np.array([0.0]))
    (2.5, 0.0, 0.0)
    """
    counts = np.rint(values / _FINEST)
    if not np.allclose(counts * _FINEST, values, rtol=1e-13, atol=_FINEST / 1000):
        return 0.0
    return float(np.gcd.reduce(np.abs(counts).astype(np.int64))) * _FINEST


def _as_given(bound: float, side: float) -> float:
    """A bound without the hair by which arrays widen it."""
    return (
        round(float(bound) + side * EPS * max(1.0, abs(float(bound))), 9) if math.isfinite(bound) else bound
    )
