"""What the areas (范围) of a person are called."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import text

from geo.people.roles import WHOLE_COUNTRY
from geo.people.sessions import Actor
from geo.store.engine import Scope, Store

_NAMES = text("SELECT code, name, level FROM region_at(:as_of) WHERE code = ANY (:codes)")
_COUNTRY: Final = {"code": WHOLE_COUNTRY, "name": "全国", "level": "country"}


def name_areas(store: Store, actor: Actor, as_of: date) -> list[dict[str, str | None]]:
    """Return code, name and level of the actor's areas; a region that is not loaded is called by its code."""
    if not actor.regions:
        return []
    with store.begin(Scope(actor.username, actor.areas)) as db:
        rows = db.execute(_NAMES, {"as_of": as_of, "codes": list(actor.regions)}).mappings()
        known = {row["code"]: dict(row) for row in rows} | {WHOLE_COUNTRY: _COUNTRY}
    return [known.get(code, {"code": code, "name": code, "level": None}) for code in actor.regions]
