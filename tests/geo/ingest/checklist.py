"""The hostile files of the checklist: deep, huge, entities, bombs, links, other drivers."""

from __future__ import annotations

import json

import numpy as np

from tests.geo.ingest.malformed import LAT, LON, Case, _codes, zipped


def _star_of(count: int) -> str:
    points = np.random.default_rng(1).uniform((LON, LAT), (LON + 0.01, LAT + 0.01), (count, 2)).tolist()
    about = {"小区编码": _codes(1)[0], "小区名称": "星"}
    feature = {
        "type": "Feature",
        "properties": about,
        "geometry": {"type": "Polygon", "coordinates": [[*points, points[0]]]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def checklist(port: int) -> list[Case]:
    """The hostile files of rows 11–15: deep, huge, entities, bombs, links, other drivers; `port` is one to be called at."""
    vrt = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    sources = [
        f"/vsicurl/http://127.0.0.1:{port}/a",
        f"http://127.0.0.1:{port}/a",
        "PG:dbname=wangge",
        "/etc/passwd",
    ]
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><kml><name>&b;</name></kml>'
    outside = laughs.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"')
    many = {f"{n}.txt": b"" for n in range(2_500)}
    files = {
        "deep.geojson": b'{"a":' * 100_000, "deep33.geojson": b"{\"a\":" + b"[" * 33 + b"]" * 33 + b"}",
        "nan.geojson": _star_of(4).replace("117.3", "NaN", 1).encode(),
        "large.geojson": _star_of(4).replace("117.3", "1e400", 1).encode(), "star.geojson": _star_of(3_000).encode(),
        **{f"vrt{n}.geojson": vrt.format(source).encode() for n, source in enumerate(sources)},
        **{f"vrt{n}.zip": zipped({"x.shp": vrt.format(source).encode()}) for n, source in enumerate(sources)},
        **{f"vrt{n}.kml": vrt.format(source).encode() for n, source in enumerate(sources)},
        "laughs.kml": laughs, "outside.kml": outside, "laughs16.kml": laughs.decode().encode("utf-16"),
        "laughs.gml": laughs, "laughs.kmz": zipped({"doc.kml": laughs}), "outside.kmz": zipped({"doc.kml": outside}),
        "laughs.xlsx": zipped({"[Content_Types].xml": laughs, "xl/workbook.xml": outside}),
        "bomb.zip": zipped({"x.shp": bytes(64 * 2**20)}), "bomb.xlsx": zipped({"[Content_Types].xml": bytes(64 * 2**20)}),
        "nested.zip": zipped({"x.shp": b"", "y.zip": zipped({"x.shp": b""})}), "many.zip": zipped(many),
        "up.zip": zipped({"../../evil.shp": b"x"}), "root.zip": zipped({"/tmp/wangge-evil.shp": b"x"}),
        "back.zip": zipped({"..\\evil.shp": b"x"}), "link.zip": zipped({"x.shp": b"/etc/passwd"}, 0o120777),
        "up.kmz": zipped({"../evil.kml": b"<kml/>"}), "empty.zip": zipped({}), "noise.gpkg": b"SQLite format 3\x00" + bytes(200),
    }  # fmt: skip
    return [Case(name, content, 1, "checklist") for name, content in files.items()]
