"""How many random examples a property is tried with: few each time, many when somebody asks."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = float(os.environ.get("WANGGE_EXAMPLES", "1"))
"""Environment variable: so many times the usual examples, e.g. 20 for a night."""


def examples(count: int) -> settings:
    """Settings of a property: ``count`` examples times ``WANGGE_EXAMPLES``; no deadline, any shape of data."""
    return settings(
        max_examples=max(1, round(count * TIMES)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
