"""Which grid, region, community and building group a place lies in, and who serves there (点位归属)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound
from geo.settings import Settings
from geo.store.sql import query


def assign(db: Session, lon: float, lat: float, moment: Moment, settings: Settings) -> dict[str, Any]:
    """Return what holds the place lon, lat (degrees, EPSG:4490): members are null where nothing does.

    A place on a border belongs to the cell with the smaller code, and `on_border` is true.
    Raises BadInput outside the settings' extent, NotFound outside every district of the asker's area.
    """
    west, south, east, north = settings.extent
    if not (west <= lon <= east and south <= lat <= north):
        raise BadInput("the place lies outside the extent this service covers", field="lon", place=(lon, lat))
    values = {"lon": lon, "lat": lat, **moment.bind()}
    answer: dict[str, Any] = db.execute(query("geo.coverage", "assign"), values).scalar_one()
    if all(answer[part] is None for part in ("grid", "neighbourhood", "subdistrict", "district")):
        raise NotFound("this place lies in no region of your area", place=(lon, lat))
    return {"lon": lon, "lat": lat, **answer}
