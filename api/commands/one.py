"""Running one command: what goes wrong is one sentence on standard error."""

from __future__ import annotations

import argparse
import logging
import sys

from pydantic import ValidationError

from geo.errors import WanggeError
from geo.settings import load_settings


def run(arguments: argparse.Namespace) -> int:
    """Return the exit status."""
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
    except OSError as error:
        sys.stderr.write(f"wangge: {_told(error)}\n")
    return 1


def _told(error: OSError) -> str:
    """Return which file could not be read or written, and why."""
    if error.filename is None:
        return str(error)
    return f"cannot read or write {error.filename}: {error.strerror}"
