"""`wangge …`: the command line. Exit status 0 done, 1 failed, 2 usage, 3 no solution."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from api.commands import bundle, database, people, service
from geo.errors import WanggeError
from geo.settings import load_settings

COMMANDS = (service, people, database)


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command; each sets `run`, a function of arguments and settings."""
    whole = argparse.ArgumentParser(
        prog="wangge", description="Grids, communities and tender packages of a district (网格)."
    )
    chosen = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parsers(chosen)
    # Bundling knows no database: it takes the arguments alone.
    bundle.add_parser(chosen).set_defaults(run=lambda arguments, _settings: bundle.run(arguments))
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what goes wrong is one sentence on standard error."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        return int(arguments.run(arguments, load_settings()))
    except ValidationError as error:
        problems = "; ".join(
            f"WANGGE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        sys.stderr.write(f"wangge: the settings cannot be read: {problems}\n")
    except WanggeError as error:
        sys.stderr.write(f"wangge: {error.message}\n")
    except KeyboardInterrupt:
        sys.stderr.write("wangge: interrupted\n")
    return 1
