"""The weights of `wangge bundle`: each --weight with the bounds that follow it on the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any


@dataclass
class Weight:
    """One --weight with what follows it, as typed."""

    name: str
    min: str | None = None
    max: str | None = None
    tolerance: float | None = None
    """Share of the mean load that a package may be off, on both sides."""
    price: float | None = None

    def share_of_mean(self) -> str | None:
        """The option whose bound is a share of the mean load, None where there is none."""
        if self.tolerance is not None:
            return "--tolerance"
        return next((f"--{name}" for name in ("min", "max") if str(getattr(self, name)).endswith("%")), None)


class NewWeight(argparse.Action):
    """--weight starts a new activity."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Take the field's name; refused when it was given before."""
        if any(weight.name == values for weight in namespace.weights or []):
            parser.error(f"--weight {values} is given twice")
        namespace.weights = [*(namespace.weights or []), Weight(values)]


class OfWeight(argparse.Action):
    """--min, --max, --tolerance and --price belong to the --weight before them."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Take the value; refused before the first --weight and when it was given before."""
        if not namespace.weights:
            parser.error(f"{option} must follow the --weight that it is about")
        if getattr(namespace.weights[-1], self.dest) is not None:
            parser.error(f"{option} is given twice for {namespace.weights[-1].name}")
        setattr(namespace.weights[-1], self.dest, values)
