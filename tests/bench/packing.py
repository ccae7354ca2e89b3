"""Bundling the demo's pool through its own door, and two synthetic maps."""

from __future__ import annotations

import statistics
import time

from api.demo import BUSINESS_DATE, DISTRICT
from geo.tender.bundles import propose
from geo.tender.rules import BundleRules
from geo.tender.survey import survey
from tests.bench import bundling
from tests.bench.ground import SCOPE, Ground
from tests.bench.measure import say


def run(ground: Ground) -> None:
    """Print seconds and quality; the peers' published figures stand in tests/bench/bundling.py."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        with ground.store.begin(SCOPE) as db:
            answer = propose(
                survey(db, BundleRules(area=DISTRICT), BUSINESS_DATE, 90),
                BundleRules(area=DISTRICT),
                BUSINESS_DATE,
            )
        seconds.append(time.perf_counter() - began)
    placed = sum(len(package["members"]) for package in answer["packages"])
    say("\n### Bundling\n")
    say(
        f"The demo's pool, stand-alone buildings included: {placed + len(answer['left_out'])} units → {len(answer['packages'])} packages, "
        f"{len(answer['left_out'])} left out with a reason, {statistics.median(seconds):.2f} s with everything around it.\n"
    )
    say("```")
    bundling.main(["--sizes", "300", "600", "--seeds", "1"])
    say("```")
