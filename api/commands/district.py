"""`wangge district`: what a district decides for itself (区级设置)."""

from __future__ import annotations

import argparse
import sys
from typing import get_args

from api.commands.people import who
from api.opening import open_store
from geo.boundaries.codes import region_prefix
from geo.boundaries.setup import ThreeNo, define_three_no, read_settings
from geo.settings import Settings
from geo.store.engine import Scope


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `district`."""
    district = chosen.add_parser(
        "district", help="show or set what counts as three-no (三无小区) in a district"
    )
    district.add_argument("code", help="twelve digits, e.g. 990101000000")
    district.add_argument("--three-no", choices=get_args(ThreeNo), help="set it; without it, it is shown")
    district.set_defaults(run=run_district)


def run_district(arguments: argparse.Namespace, settings: Settings) -> int:
    """Set the definition when one is given, and print what holds. Raises NotFound for what is no district."""
    scope = Scope(actor=who(), areas=(region_prefix(arguments.code),))
    store = open_store(settings)
    try:
        with store.begin(scope) as db:
            if arguments.three_no:
                found = define_three_no(db, arguments.code, arguments.three_no)
            else:
                found = read_settings(db, arguments.code)
    finally:
        store.dispose()
    sys.stdout.write(f"{found['code']} three_no={found['three_no']}\n")
    return 0
