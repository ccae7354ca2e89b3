"""What the child does with a TopoJSON: arcs, whole or quantised, joined to rings; rows without a shape are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from geo.errors import BadInput
from geo.ingest.formats import load_json
from geo.ingest.layer import Layer, flat_cell

_UNREADABLE = b"\x01\x06\x00\x00\x00"


def read_topojson(path: Path, layer: str | None) -> Layer | list[str]:
    """Read one object; the names of all where there are several. Like GeoJSON it is in WGS 84. Raises BadInput."""
    document = load_json(path.read_bytes())
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(objects, dict) or not objects:
        raise BadInput("the file is no TopoJSON", field="file")
    if layer is None and len(objects) > 1:
        return list(objects)
    name = layer or next(iter(objects))
    if name not in objects:
        raise BadInput(f"the file has no object {name!r}", field="layer", extra={"layers": list(objects)})
    members = _members(objects[name])
    arcs = _arcs(document)
    rows = [one.get("properties") or {} for one in members]
    columns = {
        key: [flat_cell(row.get(key)) for row in rows]
        for key in dict.fromkeys(k for row in rows for k in row)
    }
    meta = {
        "name": name,
        "crs": "OGC:CRS84",
        "encoding": "utf-8",
        "driver": "TopoJSON",
        "layers": list(objects),
    }
    return Layer(columns, list(range(1, len(members) + 1)), [_shape(one, arcs) for one in members], meta)


def _members(found: Any) -> list[dict[str, Any]]:
    listed = (
        found.get("geometries")
        if isinstance(found, dict) and found.get("type") == "GeometryCollection"
        else [found]
    )
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadInput("an object of the TopoJSON is no list of shapes", field="file")
    if not all(isinstance(one.get("properties") or {}, dict) for one in listed):
        raise BadInput("the properties of a TopoJSON are objects", field="file")
    return listed


def _arcs(document: dict[str, Any]) -> list[np.ndarray]:
    """Return arcs as (n, 2) coordinates; quantised ones are sums of steps."""
    try:
        arcs = [
            np.asarray(arc, dtype=np.float64).reshape(len(arc), -1)[:, :2] for arc in document.get("arcs", [])
        ]
        if "transform" in document:
            scale, shift = (
                np.asarray(document["transform"][key], dtype=np.float64) for key in ("scale", "translate")
            )
            arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in arcs]
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise BadInput("the arcs of the TopoJSON cannot be read", field="file") from error
    return arcs


def _shape(member: dict[str, Any], arcs: list[np.ndarray]) -> bytes | None:
    """Return a member as WKB, None where it has no shape; what cannot be joined is left for the report to name."""
    kind, parts = member.get("type"), member.get("arcs")
    try:
        match kind:
            case None:
                return None
            case "Polygon":
                shape = _polygon(parts, arcs)
            case "MultiPolygon":
                shape = shapely.multipolygons([_polygon(part, arcs) for part in parts or ()])
            case "LineString":
                shape = shapely.linestrings(_joined(parts, arcs))
            case "MultiLineString":
                shape = shapely.multilinestrings(
                    [shapely.linestrings(_joined(part, arcs)) for part in parts or ()]
                )
            case "Point":
                shape = shapely.points(np.asarray(member.get("coordinates"), dtype=np.float64)[:2])
            case _:
                return b"\x01\x07\x00\x00\x00"
        return bytes(shapely.to_wkb(shape))
    except (GEOSException, TypeError, ValueError, IndexError):
        return _UNREADABLE


def _polygon(rings: Any, arcs: list[np.ndarray]) -> Any:
    outer, *holes = (shapely.linearrings(_joined(ring, arcs)) for ring in rings)
    return shapely.polygons(outer, holes=holes or None)


def _joined(numbers: Any, arcs: list[np.ndarray]) -> np.ndarray:
    """Join arcs end to end; a negative number is its complement turned round."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([part if not at else part[1:] for at, part in enumerate(parts)])
