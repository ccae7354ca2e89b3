"""Whether this installation is a demo (演示), and loading its district the first time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Final

from api.commands.people import who
from geo.boundaries.setup import district_is_set_up
from geo.errors import Conflict
from geo.people.demo import Ground, look_around
from geo.settings import ENV_FILE, Settings, load_settings
from geo.store.engine import Scope, Store

DISTRICT: Final = "990101000000"
BUSINESS_DATE: Final = date(2026, 11, 1)
"""The last month of the demo's service periods."""
ENVIRONMENT: Final = f"""\
# Written when the demo district was loaded. Delete WANGGE_DEMO and WANGGE_TODAY to work with data of your own.
WANGGE_DEMO=true
WANGGE_TODAY={BUSINESS_DATE.isoformat()}
"""

Say = Callable[[str], None]


def demo_settings(store: Store, settings: Settings) -> Settings:
    """Make the installation a demo where the database is empty or one already; returns the settings anew.

    What the settings say themselves stands. A database that holds anything else stays what it is, also where this data
    folder is new: it may be another server's, which has been at work for years.
    """
    chosen = "demo" in settings.model_fields_set
    if settings.production or chosen or (settings.data / ENV_FILE).exists():
        return settings
    ground = _ground(store)
    if not (ground.empty or ground.demo):
        return settings
    (settings.data / ENV_FILE).write_text(ENVIRONMENT, encoding="utf-8")
    return load_settings()


def load_demo(store: Store, settings: Settings, say: Say) -> None:
    """Load the demo district where it is not there yet. Killed midway, the next call goes on: imports repeat safely.

    Raises Conflict where the database holds real data: the demo's people would open it to whoever has a link.
    """
    scope = Scope(actor=who(), areas=("",), source="demo")
    with store.begin(scope) as db:
        if district_is_set_up(db, DISTRICT):
            return
    if _ground(store).real:
        raise Conflict(
            f"this database holds data of its own; unset WANGGE_DEMO (see {settings.data / ENV_FILE})"
        )
    # Imported late: making a district needs solvers and readers that a second start has no use for.
    import_module("api.demo_district").load(store, scope, settings, say)


def _ground(store: Store) -> Ground:
    with store.begin(Scope(actor=who(), areas=("",), duty="auth", source="demo")) as db:
        return look_around(db)
