"""Opens the store that the settings name: a foreign PostGIS, or the private cluster in the data folder."""

from __future__ import annotations

from geo.people.trail import make_months
from geo.settings import Settings
from geo.store.cluster import ensure_cluster
from geo.store.engine import APP_ROLE, Store
from geo.store.prepare import prepare


def open_store(settings: Settings, *, migrate: bool = False) -> Store:
    """Return a store, its database started where it is ours and migrated when asked.

    Raises ClusterError or DatabaseNotReadyError with what to do.
    """
    if settings.database_url:
        login = application = settings.database_url
    else:
        address = ensure_cluster(settings.data)
        login, application = address.url(address.superuser), address.url(APP_ROLE)
    if migrate:
        prepare(login)
    store = Store(application, pool_size=settings.pool_size)
    if migrate:
        make_months(store)
    return store
