"""What the areas (范围) of a person are called."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from geo.people.sessions import Actor
from geo.store.engine import Scope, Store

_NAMES = text("SELECT code, name FROM region_at(:as_of) WHERE code = ANY (:codes)")


def area_names(store: Store, actor: Actor, as_of: date) -> dict[str, str]:
    """Return code → name of the actor's areas; a region that is not loaded has none."""
    if not actor.regions:
        return {}
    with store.begin(Scope(actor.username, actor.areas)) as db:
        rows = db.execute(_NAMES, {"as_of": as_of, "codes": list(actor.regions)})
        return {row.code: row.name for row in rows}
