"""`wangge warm`: compile the loops of the bundling engine ahead; part of set-up, harmless at any time."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

from geo.errors import Conflict
from geo.settings import Settings


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `warm`."""
    parser = chosen.add_parser(
        "warm",
        help="compile the bundling engine ahead, so that nobody's first click waits",
        description="Compile the loops of the bundling engine and keep them in this environment, or where that "
        "cannot be written in the user's own cache. Does nothing where they are kept already.",
    )
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace, _settings: Settings) -> int:
    """Compile what is not kept yet; raises Conflict where it cannot be kept."""
    began = time.monotonic()
    # imported late: the compiler takes a second to import
    kernel_files = import_module("geo.bundling.compiling.kernel_files")
    if kernel_files.complete():
        sys.stdout.write("the bundling engine is compiled already\n")
        return 0
    folder = kernel_files.writable()
    if folder is None:
        looked = ", ".join(map(str, kernel_files.folders()))
        raise Conflict(f"nothing can be kept: none of these folders may be written and trusted: {looked}")
    with kernel_files.alone(folder, "warm"):
        missed = import_module("geo.bundling.warm").warm()
    if missed:
        sys.stderr.write(f"wangge warm: left for the first call: {', '.join(missed)}\n")
    sys.stdout.write(f"compiled in {time.monotonic() - began:.0f} s, kept in {folder}\n")
    return 0
