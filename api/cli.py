"""`wangge …`: the command line. Exit status 0 done, 1 failed, 2 usage, 3 no solution or faults found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

MODULES: Final = {
    "service": ("up", "serve", "down", "reset"),
    "files": ("import", "export", "undo"),
    "assign": ("assign",),
    "bundle": ("bundle",),
    "partition": ("partition",),
    "check": ("check", "repair"),
    "warm": ("warm",),
    "people": ("token", "link"),
    "database": ("database",),
    "district": ("district",),
    "survey": ("survey",),
}
"""Which module of `api.commands` holds which commands. Only the one that is asked for is imported: maps, solvers and
readers take seconds to import, and `wangge up` should not."""


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """Return the parser of one command, or of all where the word is none of them.

    Each command sets `run`, a function of its arguments and the settings.
    """
    whole = argparse.ArgumentParser(
        prog="wangge", description="Grids, communities and tender packages of a district (网格)."
    )
    chosen = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    holders = [module for module, words in MODULES.items() if wanted in words] or list(MODULES)
    for holder in holders:
        import_module(f"api.commands.{holder}").add_parsers(chosen)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; Ctrl-C is heard before what takes long to import."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = parser(words[0] if words else "").parse_args(words)
        return int(import_module("api.commands.one").run(arguments))
    except KeyboardInterrupt:
        sys.stderr.write("wangge: interrupted\n")
    return 1
