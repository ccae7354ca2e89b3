"""Serving communities as GeoJSON, assigning a point, rolling coverage up: through the API and by peers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import geopandas
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from geo.boundaries.layers import Filter, Layer, Moment, list_features
from geo.coverage.assign import assign
from geo.coverage.rollup import Basis, Level, Question, coverage
from geo.store.sql import query
from tests.bench.ground import SCOPE, Client, Ground
from tests.bench.measure import Meter, Row, ratio, say, show

TODAY = Moment(date(2026, 11, 1))
SET_SCOPE = "SELECT set_config('wangge.actor', %s, true), set_config('wangge.areas', %s, true)"


def run(ground: Ground) -> None:
    """Print every table of this file."""
    meter = Meter(ground.data, (ground.service,))
    client = Client(ground, "supervisor")
    for count in (100, 500):
        communities(ground, meter, client, count)
    split(ground, meter, client)
    pages(meter, client)
    point(ground, meter, client)
    subdistricts(ground, meter, client)


def communities(ground: Ground, meter: Meter, client: Client, count: int) -> None:
    """The same rows by the API, by the same SQL on a bare connection, and by two usual ways in Python."""
    sent = ground.statements(lambda db: list_features(db, Layer.COMMUNITIES, TODAY, Filter(), limit=count))
    bare = Bare(ground)
    rows = [
        meter.measure("API over HTTP", lambda: client.get(f"/api/communities?limit={count}"), 20),
        meter.measure("GeoPandas: read_postgis, to_json", lambda: by_geopandas(ground, count), 5),
        meter.measure("SQLAlchemy rows, shapely, json.dumps", lambda: by_rows(ground, count), 5),
        meter.measure("the API's own SQL on a bare psycopg2 connection", lambda: bare.run(sent[1:]), 20),
    ]
    bare.close()
    show(f"{count} communities as GeoJSON, with their service and firm", rows)


def split(ground: Ground, meter: Meter, client: Client) -> None:
    """100 communities against the very statements that the service sends, alone: who pays which CPU.

    The peer is psycopg2 with the same text and values, as the same role, in the same scope and so under the same
    policies, one transaction a run, the connection kept open as the service keeps its own.
    """
    sent = ground.statements(lambda db: list_features(db, Layer.COMMUNITIES, TODAY, Filter(), limit=100))
    bare = Bare(ground)
    rows = [
        meter.measure("the API over HTTP", lambda: client.get("/api/communities?limit=100"), 100),
        meter.measure("the same SQL on bare psycopg2", lambda: bare.run(sent[1:]), 100),
    ]
    bare.close()
    say("\n### 100 communities as GeoJSON: the API and its own SQL alone\n")
    say("| | CPU ms | of it PostgreSQL | service and caller | CPU ÷ peer |\n|---|---:|---:|---:|---:|")
    for row in rows:
        rest = row.cpu_ms - row.database_ms
        times = ratio(row.cpu_ms, rows[-1].cpu_ms)
        say(f"| {row.name} | {row.cpu_ms:.1f} | {row.database_ms:.1f} | {rest:.1f} | {times} |")


class Bare:
    """psycopg2 alone, as the same role in the same scope, one transaction a run."""

    def __init__(self, ground: Ground) -> None:
        self._connection = ground.bare()

    def run(self, statements: list[tuple[str, Any]]) -> list[Any]:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(SET_SCOPE, (SCOPE.actor, SCOPE.settings()["areas"]))
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
                rows = cursor.fetchall()
        return rows

    def close(self) -> None:
        self._connection.close()


def _plain(count: int) -> Any:
    rows = query("geo.boundaries", "communities").text
    return text(f"SELECT * FROM ({rows}) AS layer ORDER BY code LIMIT {int(count)}")


@contextmanager
def _scoped(ground: Ground) -> Iterator[Connection]:
    with ground.store.begin(SCOPE) as db:
        yield db.connection()


def by_geopandas(ground: Ground, count: int) -> str:
    with _scoped(ground) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a geographic CRS in to_json
        frame = geopandas.read_postgis(_plain(count), connection, geom_col="geom", params=TODAY.bind())
    found: str = frame.to_json()
    return found


def by_rows(ground: Ground, count: int) -> str:
    with _scoped(ground) as connection:
        rows = connection.execute(_plain(count), TODAY.bind()).all()
    features = [
        {
            "type": "Feature",
            "id": r.code,
            "geometry": shapely.geometry.mapping(shapely.from_wkb(r.geom)),
            "properties": r.properties,
        }
        for r in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def pages(meter: Meter, client: Client) -> None:
    """A page far behind costs what the first one does: pages go by key."""
    first = json.loads(client.get("/api/buildings?limit=100"))
    link, last = first, "/api/buildings?limit=100"
    for _ in range(first["numberMatched"] // 1000):
        link = json.loads(client.get(f"/api/buildings?limit=1000&after={link['features'][-1]['id']}"))
        if not link["features"] or not link.get("links"):
            break
        last = f"/api/buildings?limit=100&after={link['features'][-1]['id']}"
    rows = [
        meter.measure("the last full page but one", lambda: client.get(last), 10),
        meter.measure("the first page", lambda: client.get("/api/buildings?limit=100"), 10),
    ]
    show(f"100 of {first['numberMatched']} buildings, late page against first", rows)


def point(ground: Ground, meter: Meter, client: Client) -> None:
    """One point to its grid, neighbourhood, community, building group and firm."""
    grid = json.loads(client.get("/api/grids?limit=1&after=990101005"))["features"][0]
    at = shapely.geometry.shape(grid["geometry"]).representative_point()
    sent = ground.statements(lambda db: assign(db, at.x, at.y, TODAY, ground.settings))
    bare = Bare(ground)
    rows = [
        meter.measure("API over HTTP", lambda: client.get(f"/api/assign?lon={at.x}&lat={at.y}"), 20),
        meter.measure("the API's own SQL on a bare psycopg2 connection", lambda: bare.run(sent[1:]), 20),
    ]
    bare.close()
    show("Assign one point", rows)


def subdistricts(ground: Ground, meter: Meter, client: Client) -> None:
    """Coverage of 13 sub-districts by households, stand-alone buildings included."""
    question = Question("990101", Basis.HOUSEHOLDS, standalone=True)

    def ours() -> Any:
        with ground.store.begin(SCOPE) as db:
            return coverage(db, question, Level.SUBDISTRICT, TODAY)

    frames = _frames(ground)
    known = {row["code"]: row["numerator"] for row in ours()["rows"]}
    if known != by_pandas(*frames):
        raise SystemExit("pandas and SQL do not agree on coverage")
    path = "/api/coverage?level=subdistrict&basis=households&standalone=true"
    rows: list[Row] = [
        meter.measure("API over HTTP", lambda: client.get(path), 5),
        meter.measure("in SQL, in process", ours, 5),
        meter.measure("pandas, tables already in memory", lambda: by_pandas(*frames), 5),
        meter.measure("pandas, tables read first", lambda: by_pandas(*_frames(ground)), 2),
    ]
    show("Coverage by sub-district", rows, "Both ways gave the same numerators.")


def _frames(ground: Ground) -> tuple[pd.DataFrame, pd.DataFrame]:
    with _scoped(ground) as connection:
        units = pd.read_sql(text(
            "SELECT code, neighbourhood::text, households FROM community WHERE valid @> DATE '2026-11-01' AND upper_inf(recorded)"
            " UNION ALL SELECT code, neighbourhood::text, households FROM building_group"
            " WHERE community IS NULL AND valid @> DATE '2026-11-01' AND upper_inf(recorded)"), connection)  # fmt: skip
        periods = pd.read_sql(text(
            "SELECT unit, mode, lower(valid) AS first, upper(valid) AS last FROM service_period WHERE upper_inf(recorded)"),
            connection, parse_dates=["first", "last"])  # fmt: skip
    return units, periods


def by_pandas(units: pd.DataFrame, periods: pd.DataFrame) -> dict[str, int]:
    """Households served per sub-district, the obvious way."""
    day = pd.Timestamp(TODAY.as_of)
    now = periods[(periods["first"].isna() | (periods["first"] <= day)) & (periods["last"].isna() | (periods["last"] > day))]  # fmt: skip
    served = units[units["code"].isin(now[now["mode"] != "none"]["unit"])]
    sums = served.groupby(served["neighbourhood"].str[:9])["households"].sum()
    return {f"{code}000": int(value) for code, value in sums.items()}
