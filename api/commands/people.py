"""`wangge token`: a bearer token for scripts, and the one-time link of an installation."""

from __future__ import annotations

import argparse
import getpass
import sys

from api.opening import open_store
from geo.people.links import invite
from geo.people.sessions import issue_token
from geo.settings import Settings


def add_parsers(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `token` and `link`."""
    token = chosen.add_parser("token", help="print a bearer token for a person as the last line")
    token.add_argument("--user", required=True, help="user name, e.g. planner")
    token.add_argument("--days", type=float, default=1.0, help="how long it is good for (default 1)")
    token.set_defaults(run=print_token)
    link = chosen.add_parser("link", help="print a one-time sign-in link")
    link.set_defaults(run=print_link)


def who() -> str:
    """Return the name that the audit gets for the command line: the operating-system user."""
    return f"os:{getpass.getuser()}"


def print_token(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a token; raises NotFound for an unknown or disabled person."""
    if not 0 < arguments.days <= 366:
        sys.stderr.write("wangge: --days lies between 0 and 366\n")
        return 2
    store = open_store(settings)
    sys.stdout.write(issue_token(store, arguments.user, arguments.days, who()) + "\n")
    store.dispose()
    return 0


def print_link(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a one-time link, where this installation gives one."""
    store = open_store(settings)
    key = invite(store, demo=settings.demo, by=who())
    store.dispose()
    if key is None:
        sys.stderr.write("wangge: this installation has its administrator; sign in with a password\n")
        return 1
    sys.stdout.write(f"{address(settings)}/enter?key={key}\n")
    return 0


def address(settings: Settings) -> str:
    """Return where a browser on this machine finds the service."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  (compared, not bound)
    return f"http://{host}:{settings.port}"
