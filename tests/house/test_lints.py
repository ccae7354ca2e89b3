"""The house's own lints: each finds its sample, and finds nothing in the product."""

from __future__ import annotations

import pytest

from tests.house.lints import LINTS, Sample
from tests.house.tree import Lint, Module, findings, functions, modules

SAMPLES = [
    pytest.param(lint, sample, id=f"{lint.__name__}-{number}")
    for lint, samples in LINTS.items()
    for number, sample in enumerate(samples, 1)
]


@pytest.mark.parametrize(("lint", "sample"), SAMPLES)
def test_finds_its_sample_and_no_more(lint: Lint, sample: Sample) -> None:
    assert findings(lint, Module.of(sample.path, sample.bad))
    assert findings(lint, Module.of(sample.path, sample.good)) == []


@pytest.mark.parametrize("lint", [pytest.param(lint, id=lint.__name__) for lint in LINTS])
def test_product_is_clean(lint: Lint) -> None:
    assert [text for module in modules() for text in findings(lint, module)] == []


def test_every_lint_says_what_harm_it_prevents() -> None:
    assert [lint.__name__ for lint in LINTS if not lint.__doc__] == []


def test_functions_are_short() -> None:
    """95 % of all functions under 40 lines."""
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules()
        for node in functions(module.tree)
    )
    assert lengths[int(0.95 * len(lengths))] < 40
