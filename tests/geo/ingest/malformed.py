"""Files that no honest program writes, from a seed: shapes broken in every way, and containers that lie about what they hold."""

from __future__ import annotations

import io
import json
import math
import random
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.geo.ingest import office
from tests.geo.ingest.broken_rings import LAT, LON, RINGS, Rng, ring

Bytes = bytes
Maker = Callable[[Rng, int], "Case"]


@dataclass(frozen=True)
class Case:
    """One file: its name, its content, how many shapes it holds, and what is wrong with it."""

    name: str
    content: bytes
    shapes: int
    what: str


def polygon(rings: Any, kind: int = 3, order: str = "<") -> Bytes:
    """A polygon as it is given, whatever is wrong with it."""
    parts = [struct.pack(f"{order}BII", int(order == "<"), kind, len(rings))]
    for one in rings:
        parts.append(struct.pack(f"{order}I", len(one)))
        parts += [struct.pack(f"{order}{len(point)}d", *point) for point in one]
    return b"".join(parts)


def _nested(rng: Rng) -> Bytes:
    depth = rng.choice([2, 33, 1000, 20_000])
    outer = rng.choice([7, 6, 4])
    return struct.pack("<BII", 1, outer, 1) + struct.pack("<BII", 1, 7, 1) * depth + polygon([ring(rng)])


def _curve(rng: Rng) -> Bytes:
    return polygon([ring(rng)], rng.choice([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0, 99, 2**31 - 1]))


def _flagged(rng: Rng) -> Bytes:
    kind = 3 | rng.choice([0x80000000, 0x40000000, 0xC0000000, 0x20000000, 0xE0000000])
    return (
        struct.pack("<BI", 1, kind)
        + struct.pack("<i", rng.choice([4326, -1, 999_999, 0]))
        + polygon([ring(rng)])[5:]
    )


def _measured(rng: Rng) -> Bytes:
    kind, size = rng.choice([(1003, 3), (2003, 3), (3003, 4), (1006, 3)])
    return polygon(
        [[[*point, *[rng.choice([0.0, math.nan, 1e300])] * (size - 2)] for point in ring(rng)]], kind
    )


def _lying(rng: Rng) -> Bytes:
    good = bytearray(polygon([ring(rng), ring(rng)]))
    struct.pack_into(
        "<I", good, rng.choice([5, 9]), rng.choice([0, 1, 7, 2**16, 2**24, 2**31 - 1, 2**32 - 1])
    )
    return bytes(good)


def _torn(rng: Rng) -> Bytes:
    good = polygon([ring(rng)])
    return good[: rng.randint(0, len(good) - 1)]


def _flipped(rng: Rng) -> Bytes:
    good = bytearray(polygon([ring(rng)], order=rng.choice("<>")))
    for _ in range(rng.randint(1, 8)):
        good[rng.randrange(len(good))] ^= 1 << rng.randrange(8)
    return bytes(good)


def _noise(rng: Rng) -> Bytes:
    return rng.randbytes(rng.randint(0, 200))


def _mixed(rng: Rng) -> Bytes:
    point = struct.pack("<BIdd", 1, 1, LON, LAT)
    inner = [point, polygon([ring(rng)]), struct.pack("<BII", 1, 2, 1) + struct.pack("<dd", LON, LAT)]
    return struct.pack("<BII", 1, rng.choice([4, 5, 6]), len(inner)) + b"".join(inner)


def _tail(rng: Rng) -> Bytes:
    return polygon([ring(rng)]) + rng.randbytes(50)


BLOBS: Final[tuple[Callable[[Rng], Bytes], ...]] = (
    _nested, _curve, _flagged, _measured, _lying, _torn, _flipped, _noise, _mixed, _tail,
)  # fmt: skip


def blob(rng: Rng) -> Bytes:
    """One shape as bytes: half of them rings that are wrong, half bytes that are."""
    if rng.random() < 0.5:
        return polygon(rng.choice(RINGS)(rng), order=rng.choice("<<<>"))
    return rng.choice(BLOBS)(rng)


def _codes(count: int) -> list[str]:
    return [f"{office.NEIGHBOURHOOD}C{n + 1:03d}" for n in range(count)]


def _frame(count: int, rng: Rng) -> gpd.GeoDataFrame:
    codes = _codes(count)
    shapes = [shapely.Polygon(ring(rng)) for _ in codes]
    return gpd.GeoDataFrame({"小区编码": codes, "小区名称": codes}, geometry=shapes, crs="EPSG:4490")


def parquet(rng: Rng, count: int) -> Case:
    """A GeoParquet of broken bytes."""
    codes = _codes(count)
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    table = pa.table(
        {"小区编码": codes, "小区名称": codes, "geometry": pa.array([blob(rng) for _ in codes], pa.binary())}
    )
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), out)
    return Case("x.parquet", out.getvalue(), count, "GeoParquet")


def geopackage(rng: Rng, count: int) -> Case:
    """A GeoPackage whose blobs are broken, some in their own header."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        _frame(count, rng).to_file(path, driver="GPKG", SPATIAL_INDEX="NO", layer="x")
        database = sqlite3.connect(path)
        for number in range(1, count + 1):
            head = b"GP\x00\x01" + struct.pack("<i", rng.choice([4490, 4490, 0, -7]))
            if rng.random() < 0.1:
                head = rng.randbytes(rng.randint(0, 12))
            database.execute("UPDATE x SET geom = ? WHERE fid = ?", (head + blob(rng), number))
        database.commit()
        database.close()
        return Case("x.gpkg", path.read_bytes(), count, "GeoPackage")


def _geometry(rng: Rng) -> Any:
    coordinates: Any = rng.choice(RINGS)(rng)
    choice = rng.randint(0, 11)
    if choice == 0:
        coordinates = [[[*point, "x"] for point in ring(rng)]]
    elif choice == 1:
        coordinates = rng.choice(
            [None, 7, "POLYGON EMPTY", {"a": 1}, [[]], [[[]]], [[1, 2], [3, 4]], [[[1], [2, 3]]]]
        )
    elif choice == 2:
        coordinates = [[[rng.choice([None, True, [], {}]), 1] for _ in range(5)]]
    elif choice == 3:
        return rng.choice(
            [[], 3, "POLYGON", {"type": "Polygon"}, {"type": 4}, {"coordinates": []}, {"type": None}]
        )
    elif choice == 4:
        inner = {"type": "Polygon", "coordinates": [ring(rng)]}
        for _ in range(rng.randint(1, 5)):
            inner = {"type": "GeometryCollection", "geometries": [inner]}
        return inner
    elif choice == 5:
        coordinates = [coordinates]
    kind = (
        "MultiPolygon"
        if choice == 5
        else rng.choice(["Polygon"] * 6 + ["MultiPolygon", "Point", "LineString"])
    )
    return {"type": kind, "coordinates": coordinates}


def geojson(rng: Rng, count: int) -> Case:
    """A GeoJSON of wrong arities, types and numbers; such as are no JSON number only now and then."""
    features = []
    while len(features) < count:
        text = json.dumps(_geometry(rng))
        if ("NaN" not in text and "Infinity" not in text and "e+" not in text) or rng.random() < 0.001:
            code = _codes(len(features) + 1)[-1]
            about = json.dumps(
                {"小区编码": code, "小区名称": rng.choice(["甲", "\ud800", "\x00甲", "=1+1", "\u202e甲"])}
            )
            features.append(f'{{"type":"Feature","properties":{about},"geometry":{text}}}')
    content = '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"
    return Case("x.geojson", content.encode("utf-8", "surrogatepass"), count, "GeoJSON")


def topojson(rng: Rng, count: int) -> Case:
    """A TopoJSON whose arcs are wrong or not there."""
    arcs: list[Any] = [
        rng.choice([*[ring(rng)] * 40, *[ring(rng)[:2]] * 20, [[LON, LAT]], [], [[1]]]) for _ in range(count)
    ]
    refs: list[Any] = [
        rng.choice([[[n]], [[~n]], [[n, 10**6]], [[-(10**9)]], [], [["a"]], [[[n]]], None])
        for n in range(count)
    ]
    members = [
        {"type": "Polygon", "arcs": one, "properties": {"小区编码": code, "小区名称": code}}
        for one, code in zip(refs, _codes(count), strict=True)
    ]
    document = {
        "type": "Topology",
        "objects": {"x": {"type": "GeometryCollection", "geometries": members}},
        "arcs": arcs,
    }
    return Case("x.topojson", json.dumps(document).encode(), count, "TopoJSON")


def _mutated(content: bytes, rng: Rng, spare: int = 0) -> bytes:
    """Bytes with lies in them: numbers set high, bits flipped, an end cut off."""
    made = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(spare, len(made) - 5), len(made) - 4)
        lie = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", rng.randbytes(4)])
        made[at : at + 4] = lie
    return bytes(made[: rng.randint(spare + 1, len(made))] if rng.random() < 0.3 else made)


def shapefile(rng: Rng, count: int) -> Case:
    """A zip whose .shp lies about lengths, counts and types."""
    with tempfile.TemporaryDirectory() as folder:
        _frame(count, rng).to_file(Path(folder) / "x.shp", encoding="gb18030")
        parts = {path.suffix: path.read_bytes() for path in Path(folder).iterdir()}
    for name in rng.choice([(".shp",), (".shx",), (".dbf",), (".shp", ".shx", ".dbf")]):
        parts[name] = _mutated(parts[name], rng, rng.choice([0, 24, 100]))
    if rng.random() < 0.3:
        del parts[".shx"]
    return Case(
        "x.zip", zipped({f"x{ending}": content for ending, content in parts.items()}), count, "Shapefile"
    )


def flatgeobuf(rng: Rng, count: int) -> Case:
    """A FlatGeobuf with a broken header or index."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.fgb"
        _frame(count, rng).to_file(path, driver="FlatGeobuf", SPATIAL_INDEX=rng.choice(["YES", "NO"]))
        return Case("x.fgb", _mutated(path.read_bytes(), rng, 8), count, "FlatGeobuf")


def database(rng: Rng, count: int) -> Case:
    """A GeoPackage with broken pages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        _frame(count, rng).to_file(path, driver="GPKG")
        return Case("x.gpkg", _mutated(path.read_bytes(), rng, 100), count, "GeoPackage pages")


def columns(rng: Rng, count: int) -> Case:
    """A Parquet with a broken footer or pages."""
    return Case("x.parquet", _mutated(parquet(rng, count).content, rng, 4), count, "Parquet pages")


def kml(rng: Rng, count: int) -> Case:
    """A KML of broken coordinates and deep geometries."""
    places = []
    for code in _codes(count):
        text = rng.choice(
            [" ".join(f"{x},{y}" for x, y in rng.choice(RINGS[:10])(rng)[0]), "1e999,nan 3", ",,,,", "a b"]
        )
        inner = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{text}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        deep = rng.choice([*[0] * 100, 40, 1000])
        inner = "<MultiGeometry>" * deep + inner + "</MultiGeometry>" * deep
        data = f'<ExtendedData><Data name="小区编码"><value>{code}</value></Data></ExtendedData>'
        places.append(f"<Placemark><name>{code}</name>{data}{inner}</Placemark>")
    document = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(places)}</Document></kml>'
    return Case("x.kml", document.encode(), count, "KML")


def gml(rng: Rng, count: int) -> Case:
    """A GML of broken positions."""
    members = []
    for code in _codes(count):
        text = rng.choice(
            [" ".join(f"{x} {y}" for x, y in rng.choice(RINGS[:10])(rng)[0]), "1 2 3", "nan inf", "x"]
        )
        inner = (
            f"<gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior>"
        )
        members.append(
            f"<m><x><code>{code}</code><name>{code}</name><g><gml:Polygon>{inner}</gml:Polygon></g></x></m>"
        )
    document = f'<c xmlns:gml="http://www.opengis.net/gml">{"".join(members)}</c>'.replace(
        "<m>", "<gml:featureMember>"
    )
    return Case("x.gml", document.replace("</m>", "</gml:featureMember>").encode(), count, "GML")


def dxf(rng: Rng, count: int) -> Case:
    """A drawing of entities that lack what they need, with codes that are none."""
    lines = ["0", "SECTION", "2", "ENTITIES"]
    for _ in range(count):
        lines += ["0", rng.choice(["LWPOLYLINE", "HATCH", "INSERT", "POLYLINE", "SPLINE", "ELLIPSE", "TEXT"])]
        for _ in range(rng.randint(0, 20)):
            code = rng.choice(["8", "90", "70", "10", "20", "40", "91", "92", "72", "2", "999999", "-1", "x"])
            lines += [code, rng.choice(["1", "1e308", "nan", "-5", "2147483647", "a", "", "117.3"])]
    lines += rng.choice([["0", "ENDSEC", "0", "EOF"], []])
    return Case("x.dxf", "\n".join(lines).encode(), count, "DXF")


def table(rng: Rng, count: int) -> Case:
    """A table with shapes as texts that are none, beside quotes and controls that do not end."""
    texts = ["POLYGON((", "POLYGON((1 2,3 4", "MULTIPOLYGON EMPTY", "CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0))", '"', "=1+1",
             "SRID=1;POINT(1e999 nan)", "\r", "GEOMETRYCOLLECTION(" * 1000]  # fmt: skip
    rows = [
        f"{code},{code},{rng.choice(texts)},{rng.choice(['1e999', 'nan', '１', '0x7f', '—'])}"
        for code in _codes(count)
    ]
    return Case("x.csv", ("小区编码,小区名称,geom,户数\n" + "\n".join(rows)).encode(), count, "CSV")


MAKERS: Final[tuple[Maker, ...]] = (
    parquet, geopackage, geojson, topojson, shapefile, flatgeobuf, database, columns, kml, gml, dxf, table,
)  # fmt: skip


def cases(seed: int, shapes: int, each: int = 100) -> Iterator[Case]:
    """Yield files of `each` shapes, of every format in turn, until there are so many shapes; the same for a seed."""
    made, number = 0, 0
    while made < shapes:
        case = MAKERS[number % len(MAKERS)](random.Random(f"{seed} {number}"), each)
        made, number = made + case.shapes, number + 1
        yield case


def zipped(parts: dict[str, bytes], mode: int = 0) -> bytes:
    """A zip of parts as they are named, links where the mode says so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
