"""Random streams: one per stage, so that a change in one stage leaves the others as they were."""

from __future__ import annotations

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

STAGES = (
    "skeleton",
    "cuts",
    "land",
    "sites",
    "layout",
    "people",
    "names",
    "teams",
    "firms",
    "service",
    "branches",
    "lanes",
    "wishes",
)


def stream(seed: int, stage: str) -> Generator:
    """Give the generator of one stage; the same seed and stage always give the same numbers."""
    return Generator(PCG64(SeedSequence([seed, STAGES.index(stage)])))


def share_out(total: int, weights: np.ndarray) -> np.ndarray:
    """Split `total` into whole numbers in proportion to `weights` (largest remainder, ties by position)."""
    exact = total * np.asarray(weights, dtype=float) / float(np.sum(weights))
    shares = np.floor(exact).astype(int)
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return shares
