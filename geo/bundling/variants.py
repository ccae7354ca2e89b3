"""Where to look for other plans (备选方案): the problem with one more demand on it, each a step along a trade-off.

An ε-constraint sweep (Haimes 1971): what one part of the objective gives up is held to a demand on another,
here more or fewer packages, loads nearer to their mean, no borders crossed, no money short, or neither priced.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from geo.bundling.plan import Figure, Reason, Solution, number
from geo.bundling.problem import BORDER, Activity, Problem
from geo.bundling.search.whole import Style

EVEN = (0.5, 0.25, 0.7, 0.85, 0.1, 0.95)
"""Shares of the first plan's largest deviation from the mean that evener plans are held to."""
FURTHER = 6
"""Most steps away from the first plan's number of packages."""


@dataclass(frozen=True)
class Variant:
    """A problem whose plans are plans of the one asked, with the terms that it adds; ``terms`` None adds none."""

    problem: Problem
    style: Style
    terms: Reason | None


def variants(problem: Problem, first: Solution) -> Iterator[Variant]:
    """Demands in turns, the likeliest to differ first, so that a few of them already span the trade-offs."""
    roads = [
        _evener(problem, first),
        _other_numbers(problem, first),
        _priced(problem, first),
        _leaning(problem),
    ]
    for turn in itertools.zip_longest(*roads):
        yield from (each for each in turn if each is not None)


def _evener(problem: Problem, first: Solution) -> Iterator[Variant]:
    """The same number of packages, their loads held nearer to the mean."""
    count = len(first.packages)
    activity = problem.rules.activities[0] if problem.rules.activities else None
    if count < 2 or activity is None or not problem.rules.is_hard(activity) or first.parts.imbalance <= 0:
        return
    loads = [package.loads[activity.name] for package in first.packages]
    mean = math.fsum(loads) / count
    widest = max(abs(load - mean) for load in loads)
    for share in EVEN:
        low, high = mean - share * widest, mean + share * widest
        low = low if activity.lower is None else max(low, activity.lower)
        high = high if activity.upper is None else min(high, activity.upper)
        narrower = (Activity(activity.name, low, high), *problem.rules.activities[1:])
        held = with_rules(problem, activities=narrower, packages=count)
        text = f"held to {count} packages of {number(round(low))} to {number(round(high))} {activity.name}"
        figures: dict[str, Figure] = {
            "packages": count, "rule": activity.name, "lower": low, "upper": high,
        }  # fmt: skip
        yield Variant(held, Style(balance=1.0), Reason("terms_even", text, figures))


def _other_numbers(problem: Problem, first: Solution) -> Iterator[Variant]:
    """Fewer and more packages, by one, then by two and so on."""
    low, high = problem.rules.package_range()
    for step in range(1, FURTHER + 1):
        for count in (len(first.packages) - step, len(first.packages) + step):
            if max(low, 1) <= count <= min(high, len(problem.units)):
                terms = Reason("terms_packages", f"held to {count} packages", {"packages": count})
                yield Variant(with_rules(problem, packages=count), Style(), terms)


def _priced(problem: Problem, first: Solution) -> Iterator[Variant]:
    """Priced rules kept at any distance, or not looked at."""
    rules = problem.rules
    priced = {name: price for name, price in rules.soft.items() if price > 0}
    if not priced:
        return
    if first.parts.soft > 0:
        kept = {name: price for name, price in rules.soft.items() if name not in priced}
        hard = with_rules(problem, soft=kept, within=rules.within or BORDER in priced)
        yield Variant(hard, Style(), Reason("terms_kept", "held to every priced rule", {}))
    free = with_rules(problem, soft=dict.fromkeys(rules.soft, 0.0))
    yield Variant(free, Style(), Reason("terms_unpriced", "made without looking at priced rules", {}))


def _leaning(problem: Problem) -> Iterator[Variant]:
    """The problem itself, leaning towards even loads or another number of packages."""
    for style in (Style(balance=3.0), Style(lean=0.25), Style(lean=-0.25), Style(balance=0.5)):
        yield Variant(problem, style, None)


def with_rules(problem: Problem, **changes: object) -> Problem:
    """The problem with some fields of its rules changed."""
    rules = dataclasses.replace(problem.rules, **changes)  # type: ignore[arg-type]  # names checked by replace
    return dataclasses.replace(problem, rules=rules)
