"""Reasons of real plans in the page's own sentences: none falls back to the engine's English or leaves a gap."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from geo.bundling import Activity, Centre, Infeasible, Link, Problem, Reason, Rules, Unit, solve
from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

SAY = """async (told) => {
  const say = await import("/static/js/packages/reasons.js");
  return told.map(([how, reason]) => say[how](reason, (code) => `「${code}」`));
}"""


def problem(draw: random.Random, number: int) -> Problem:
    """A small random map with a random set of rules, many of which no plan can keep."""
    names = [f"u{place}" for place in range(draw.randint(1, 9))]
    units = tuple(
        Unit(
            name,
            draw.uniform(0, 900),
            draw.uniform(0, 900),
            {"households": float(draw.randint(0, 400)), "floor_area": float(draw.randint(0, 9000))},
            within=draw.choice("AB"),
            anchor=draw.random() < 0.3,
            lock=draw.choice([*[None] * 12, "P01", "P02"]),
        )
        for name in names
    )
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if draw.random() < 0.4]
    links = tuple(
        Link(a, b, float(draw.randint(0, 600)), cut=draw.choice([None, None, "gap", "barrier"]))
        for a, b in pairs
    )
    low = float(draw.choice([0, 300, 500]))
    activities = [Activity("households", low, low + draw.choice([100, 400, 900]))]
    if draw.random() < 0.3:
        activities.append(Activity("floor_area", 1000.0, 12000.0))
    group = tuple(draw.sample(names, 2)) if len(names) > 3 else ()
    centres = tuple(
        Centre(name, draw.choice([None, 50.0, 700.0])) for name in draw.sample(names, min(2, len(names)))
    )
    rules = Rules(
        activities=tuple(activities),
        packages=draw.choice([*[None] * 6, 2, 4, (3, 6)]),
        max_members=draw.choice([None, 2]),
        within=draw.random() < 0.3,
        anchors=draw.random() < 0.3,
        together=(group,) if group and draw.random() < 0.15 else (),
        apart=(tuple(draw.sample(names, 3)),) if len(names) > 4 and draw.random() < 0.3 else (),
        centres=centres if number % 4 == 0 else (),
        leave_out_price=draw.choice([*[1.0] * 5, None]),
    )
    return Problem(units, links, rules)


def reasons(count: int) -> Iterator[tuple[str, Reason]]:
    draw = random.Random(7)
    for number in range(count):
        answer = solve(problem(draw, number), effort=0.05, seed=1)
        if isinstance(answer, Infeasible):
            yield from (("conflicts", each) for each in answer.conflict)
        else:
            yield from (("whyOut", each) for each in answer.left_out.values())
            yield from (("binds", each) for each in answer.binding)


def plain(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "figures": dict(reason.figures)}


def test_every_reason_met_is_said_in_chinese(page: Page, service: Service) -> None:
    service.enter(page, "officer")
    found = {(how, each.code, tuple(sorted(each.figures))): each for how, each in reasons(160)}
    told = [(how, plain(each)) for (how, _, _), each in found.items()]
    assert len({each["code"] for _, each in told}) > 15
    said = page.evaluate(SAY, [[how, each] for how, each in told])
    english = [each["text"] for (_, each), text in zip(told, said, strict=True) if text == each["text"]]
    assert english == []
    assert [text for text in said if "{" in text or "undefined" in text] == []
