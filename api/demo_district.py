"""Loads the demo district (演示区): its files go through the same importer as anyone's, then packages are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from data.demo import make_district, write_files
from geo.boundaries.setup import set_up_district
from geo.ingest.importer import ImportOptions, import_file
from geo.people.demo import seed_demo_people
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.tender.bundles import propose
from geo.tender.rounds import Draft, Lot, save_new
from geo.tender.rules import BundleRules
from geo.tender.survey import survey

DISTRICT: Final = "990101000000"
SINCE: Final = date(2023, 1, 1)
"""The boundaries hold from here on, ten months before the first service period."""


def load(store: Store, scope: Scope, settings: Settings, say: Callable[[str], None]) -> None:
    """Make the files, import them, add the people, make the first packages; what is there already stays."""
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
    rules, day = BundleRules(area=DISTRICT), settings.business_date()
    plan = propose(survey(db, rules, day, settings.ending_days), rules, day)
    lots = [Lot(name=each["id"], units=each["members"], hub=each["hub"]) for each in plan["packages"]]
    draft = Draft(name="演示：首批标包", rules=rules, packages=lots)
    save_new(db, draft, day, ending_days=settings.ending_days)
