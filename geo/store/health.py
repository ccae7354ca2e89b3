"""Whether the database answers, and what it is."""

from __future__ import annotations

from sqlalchemy import text

from geo.store.engine import Scope, Store

_VERSIONS = text("SELECT current_setting('server_version') AS postgresql, postgis_lib_version() AS postgis")


def database_versions(store: Store) -> dict[str, str]:
    """Return the versions of PostgreSQL and PostGIS. Raises Busy when the database does not answer."""
    with store.begin(Scope(actor="health")) as db:
        row = db.execute(_VERSIONS).one()
    return {"postgresql": str(row.postgresql), "postgis": str(row.postgis)}
