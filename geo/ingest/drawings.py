"""What the child does with a drawing (DXF): its areas, the layer and texts of each, in an encoding that is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from geo.ingest.encodings import candidates, codec_of, fits
from geo.ingest.layer import Layer
from geo.ingest.vectors import read_vector

_HEADER: Final = re.compile(rb"\$(ACADVER|DWGCODEPAGE)\s+[13]\s+([^\r\n]+)")
_GDAL_NAMES: Final = {"cp932": "SHIFT_JIS", "cp949": "CP949"}
_UTF8: Final = "AC1021"
"""Drawings of this version (AutoCAD 2007) and later are UTF-8, whatever code page they name."""


def read_dxf(path: Path, layer: str | None, encoding: str | None = None) -> Layer | list[str]:
    """Read a drawing: closed polylines, hatches and blocks as areas, texts as the names of the areas around them."""
    import pyogrio  # noqa: PLC0415 - GDAL starts here, in the child, after the deny list

    texts_in = _encoding(path.read_bytes(), encoding)
    pyogrio.set_gdal_config_options({"DXF_ENCODING": texts_in.pop("codec")})
    found = read_vector(path, layer, "DXF")
    if isinstance(found, list):
        return found
    shapes = shapely.from_wkb(np.array(found.shapes, dtype=object), on_invalid="ignore")
    areas = np.array([_area(shape) for shape in shapes], dtype=object)
    texts = found.columns.get("Text", [None] * len(shapes))
    wanted = [row for row, area in enumerate(areas) if area is not None]
    labels = _labels(shapes, texts, areas[wanted])
    layers = found.columns.get("Layer", [None] * len(shapes))
    columns = {
        "图层": [layers[row] for row in wanted],
        "文字": labels,
        "块": [found.columns.get("BlockName", [None] * len(shapes))[row] for row in wanted],
        "句柄": [found.columns.get("EntityHandle", [None] * len(shapes))[row] for row in wanted],
    }
    columns = {name: cells for name, cells in columns.items() if any(cell is not None for cell in cells)}
    left = sum(shape is not None for shape in shapes) - len(wanted)
    notes = (
        [(f"{left} 个非面状图元（线、点、文字）未导入", f"{left} entities that are no areas were left out")]
        if left
        else []
    )
    meta = {**found.meta, **texts_in, "crs": None, "notes": notes}
    return Layer(columns, [found.rows[row] + 1 for row in wanted], list(shapely.to_wkb(areas[wanted])), meta)


def _encoding(content: bytes, chosen: str | None) -> dict[str, Any]:
    """Return what the texts of a drawing are read in: GDAL's name (`codec`), and what a report says of it.

    GDAL takes the code page of the header also where the version says UTF-8: 商品房 becomes nonsense, or less.
    """
    header = {
        key.decode(): value.strip().decode("ascii", "replace") for key, value in _HEADER.findall(content)
    }
    page, modern = codec_of(header.get("DWGCODEPAGE")), header.get("ACADVER", "") >= _UTF8
    said = (None if page == "cp1252" else page, "DWGCODEPAGE")  # what programs write that were never asked
    hints = [("utf-8", "UTF-8"), said] if modern else [said, ("utf-8", "UTF-8")]
    hints.append(("gb18030", "GB18030"))
    found = next(((one, why) for one, why in hints if one and fits(content, one)), ("cp1252", "none"))
    encoding, reason = (chosen, "chosen") if chosen else found
    lines = [(line.strip(), 1 << 20) for line in content.splitlines() if not line.isascii()]
    return {
        "codec": _GDAL_NAMES.get(encoding, encoding.upper()),
        "encoding": f"{encoding} ({reason})" if lines else "utf-8",
        "encodings": candidates([*lines[:50], (content, 0)], hints, encoding),
    }


def _area(shape: Any) -> Any:
    """Return what of an entity is an area: a closed line filled, the areas of a block; None where nothing is."""
    if shape is None or shape.is_empty:
        return None
    parts = [_ring(part) for part in shapely.get_parts(_flat(shape))]
    areas = [part for part in parts if part is not None]
    if not areas:
        return None
    return areas[0] if len(areas) == 1 else shapely.multipolygons(areas)


def _flat(shape: Any) -> Any:
    """Return the parts of nested collections, of multi-polygons too, as one collection."""
    parts = [shape]
    while any(
        shapely.get_num_geometries(part) > 1 or part.geom_type.startswith(("Multi", "Geom")) for part in parts
    ):
        parts = [inner for part in parts for inner in shapely.get_parts(part)]
    return shapely.geometrycollections(parts)


def _ring(part: Any) -> Any:
    if part.geom_type == "Polygon":
        return part
    closed = part.geom_type in ("LineString", "LinearRing") and part.is_closed
    return shapely.polygons(part) if closed and shapely.get_num_coordinates(part) >= 4 else None


def _labels(shapes: np.ndarray, texts: list[Any], areas: np.ndarray) -> list[str | None]:
    """Return for each area the texts that stand within it, joined."""
    marks = [
        row
        for row, text in enumerate(texts)
        if text and shapes[row] is not None and shapes[row].geom_type == "Point"
    ]
    labels: list[list[str]] = [[] for _ in areas]
    valid = areas.copy()
    valid[~shapely.is_valid(areas)] = None
    if marks and len(areas):
        mark, area = shapely.STRtree(valid).query(shapes[marks], "within")
        for one, other in sorted(zip(area.tolist(), mark.tolist(), strict=True)):
            labels[one].append(str(texts[marks[other]]))
    return [" ".join(found) or None for found in labels]
