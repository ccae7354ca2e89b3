"""Loads the demo district (演示区): its files go through the same importer as anyone's, then packages are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from api.commands.people import who
from data.demo import make_district, write_files
from geo.boundaries.setup import district_is_set_up, set_up_district
from geo.ingest.importer import ImportOptions, import_file
from geo.people.demo import seed_demo_people
from geo.settings import ENV_FILE, Settings, load_settings
from geo.store.engine import Scope, Store
from geo.tender.bundles import BundleRules, propose
from geo.tender.rounds import Draft, Lot, save_new

DISTRICT = "990101000000"
BUSINESS_DATE = date(2026, 11, 1)
"""The last month of the demo's service periods."""
SINCE = date(2023, 1, 1)
"""Its boundaries hold from here on, ten months before its first service period."""
ENVIRONMENT = f"""\
# Written when the demo district was loaded. Delete WANGGE_DEMO and WANGGE_TODAY to work with data of your own.
WANGGE_DEMO=true
WANGGE_TODAY={BUSINESS_DATE.isoformat()}
"""

Say = Callable[[str], None]


def demo_settings(settings: Settings) -> Settings:
    """Make a new data folder a demo unless production is set or the settings say otherwise; returns them anew."""
    chosen = "demo" in settings.model_fields_set
    if settings.production or chosen or (settings.data / ENV_FILE).exists():
        return settings
    (settings.data / ENV_FILE).write_text(ENVIRONMENT, encoding="utf-8")
    return load_settings()


def load_demo(store: Store, settings: Settings, say: Say) -> None:
    """Load the demo district where it is not there yet. Killed midway, the next call goes on: imports repeat safely."""
    scope = Scope(actor=who(), areas=("",), source="demo")
    with store.begin(scope) as db:
        if district_is_set_up(db, DISTRICT):
            return
    say("making the demo district (all of it is made up / 演示数据均为虚构)")
    folder = settings.data / "demo-files"
    files = [path for path in write_files(make_district(), folder) if path.suffix in (".gpkg", ".xlsx")]
    for path in files:
        say(f"loading {path.name}")
        import_file(store, scope, path, options=ImportOptions(valid_from=SINCE), settings=settings)
    seed_demo_people(store)
    with store.begin(scope) as db:
        set_up_district(db, DISTRICT, three_no="old", made_up=True)
        say("making the first packages")
        _first_round(db, settings)


def _first_round(db: Session, settings: Settings) -> None:
    rules = BundleRules(area=DISTRICT)
    plan = propose(db, rules, BUSINESS_DATE, ending_days=settings.ending_days)
    lots = [Lot(name=each["id"], units=each["members"], hub=each["hub"]) for each in plan["packages"]]
    draft = Draft(name="演示：首批标包", rules=rules, packages=lots)
    save_new(db, draft, BUSINESS_DATE, ending_days=settings.ending_days)
