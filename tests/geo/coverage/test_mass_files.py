"""Files of points through the limited child: every row back, in order, whatever else is in the file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import shapely
from sqlalchemy import text

from geo.boundaries.layers import Moment
from geo.coverage import mass_layers
from geo.coverage.assign import assign
from geo.coverage.mass_layers import mosaics, parse_layers
from geo.coverage.mass_run import MassOptions, assign_file
from geo.errors import BadInput, NotFound, TooLarge
from geo.settings import Settings
from geo.store.engine import Scope, Store

NOW = Moment(date(2026, 11, 1))
Run = Callable[..., dict[str, int]]


@pytest.fixture
def run(demo: Store, district: Scope, tmp_path: Path) -> Run:
    """Assign a file's points in the demo district; the answer is `out`."""

    def go(
        source: Path, out: Path | None = None, *, scope: Scope = district, **options: Any
    ) -> dict[str, int]:
        return assign_file(demo, scope, NOW, source, out or tmp_path / "out", MassOptions(**options))

    return go


def points(demo: Store, district: Scope, count: int) -> tuple[np.ndarray, np.ndarray]:
    with demo.begin(district) as db:
        west, south, east, north = db.execute(
            text(
                "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geom) e FROM grid_at(:d)) x"
            ),
            {"d": NOW.as_of},
        ).one()
    rng = np.random.default_rng(3)
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_answers_are_those_of_the_single_question(
    run: Run, demo: Store, district: Scope, demo_settings: Settings, tmp_path: Path
) -> None:
    x, y = points(demo, district, 400)
    # Corners of grids beside the random places: on a border the smaller code wins.
    grids = mosaics(demo, district, NOW, ["grid"])["grid"]
    corners = shapely.get_coordinates(list(grids.shapes[:40]))[:100]
    x, y = np.append(x, corners[:, 0]), np.append(y, corners[:, 1])
    pq.write_table(pa.table({"n": np.arange(500), "lon": x, "lat": y}), tmp_path / "p.parquet")
    counts = run(tmp_path / "p.parquet", format="csv")
    assert counts["rows"] == 500
    assert counts["border"] >= 100
    with demo.begin(district) as db:
        for row, px, py in zip(rows(tmp_path / "out"), x.tolist(), y.tolist(), strict=True):
            try:
                told = assign(db, px, py, NOW, demo_settings)
            except NotFound:
                assert row["position"] == "outside"
                continue
            for layer in ("neighbourhood", "grid", "community"):
                assert row[layer] == (told[layer]["code"] if told[layer] else ""), (px, py)
            if row["grid"]:
                assert (row["position"] == "border") >= told["on_border"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_rows_come_back_in_order_with_their_own_cells(run: Run, tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "点位.csv"
    body = '编号,经度,纬度,备注\n007,117.30,31.86,"甲,乙"\n008,,31.86,=1+1\n009, 117.3 ,31.8600,"a ""b"""\n010,北纬,x,\n011,100,30,远\n'
    source.write_bytes(body.encode(encoding))
    counts = run(source)
    assert counts == {"rows": 5, "inside": 2, "border": 0, "outside": 1, "unread": 2}
    found = rows(tmp_path / "out")
    assert [row["编号"] for row in found] == ["007", "008", "009", "010", "011"]
    assert [row["备注"] for row in found] == ["甲,乙", "=1+1", 'a "b"', "", "远"]
    assert [row["position"] for row in found] == ["inside", "unread", "inside", "unread", "outside"]
    assert found[0]["grid"] == found[2]["grid"] != ""


def test_parquet_keeps_its_types_and_may_hold_points_as_wkb(run: Run, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, None, 3], pa.int64()),
            "when": pa.array([0, 1, 2], pa.timestamp("ms")),
            "geometry": pa.array(
                [shapely.to_wkb(shapely.Point(117.3, 31.86)), None, b"no geometry"], pa.binary()
            ),
        }
    )
    pq.write_table(table, tmp_path / "p.parquet")
    counts = run(tmp_path / "p.parquet", layers=("grid",))
    assert (counts["inside"], counts["unread"]) == (1, 2)
    out = pq.read_table(tmp_path / "out")
    assert out.schema.field("id").type == pa.int64()
    assert out.column("when").to_pylist() == table.column("when").to_pylist()
    assert out.column_names == ["id", "when", "geometry", "grid", "position"]


def test_another_system_and_named_columns(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "p.csv"
    source.write_text("东,北\n39528390.990,3526367.686\n", "utf-8")
    with pytest.raises(BadInput) as caught:
        run(source)
    assert caught.value.field == "x"
    with pytest.raises(BadInput) as caught:
        run(source, x="东", y="北")
    assert caught.value.field == "crs"
    assert run(source, x="东", y="北", crs="EPSG:4527")["inside"] == 1
    with pytest.raises(BadInput, match="no column"):
        run(source, x="西", y="北")


def test_a_name_that_is_taken_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "p.csv"
    source.write_text("lon,lat,grid,lon\n117.3,31.86,mine,9\n", "utf-8")
    run(source, layers=("grid",))
    head, row = (tmp_path / "out").read_text("utf-8-sig").splitlines()
    assert head == "lon,lat,grid,lon,wangge_grid,position"
    assert row.startswith("117.3,31.86,mine,9,990101")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"lon,lat\n1,2,3\n", b"\x00\x01\x02\n\x03", b"PAR1 and nothing of it", b"lon\n1\n", b"lon,lat\n\xff\xff\xff\xff,1\n",
        b"PAR1" + bytes(200) + b"PAR1", b",".join([b"lon"] * 600) + b"\n",
    ],
)  # fmt: skip
def test_what_is_no_table_of_points_is_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises((BadInput, TooLarge)):
        run(tmp_path / "p")
    assert not (tmp_path / "out").exists()


def test_a_table_without_rows_is_answered(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lon,lat\n", "utf-8")
    assert run(tmp_path / "p.csv")["rows"] == 0
    assert (tmp_path / "out").read_text("utf-8-sig") == "lon,lat,neighbourhood,grid,community,position\n"


def test_more_rows_than_one_batch_keep_their_order(
    run: Run, demo: Store, district: Scope, tmp_path: Path
) -> None:
    x, y = points(demo, district, 300_000)
    table = pa.table({"n": np.arange(len(x)), "lon": x, "lat": y})
    pacsv.write_csv(table, tmp_path / "p.csv")
    pq.write_table(table, tmp_path / "p.parquet")
    one, two = tmp_path / "one", tmp_path / "two"
    assert run(tmp_path / "p.csv", one, format="parquet") == run(tmp_path / "p.parquet", two)
    first, second = pq.read_table(one), pq.read_table(two)
    assert first.column("n").to_pylist() == [str(n) for n in range(len(x))]
    assert first.column("grid").to_pylist() == second.column("grid").to_pylist()


def test_nothing_of_another_area_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lon,lat\n117.3,31.86\n", "utf-8")
    assert run(tmp_path / "p.csv", scope=Scope(actor="x", areas=("990102",)))["outside"] == 1
    assert run(tmp_path / "p.csv", scope=Scope(actor="x", areas=()))["outside"] == 1


def test_the_index_is_built_once_per_version(
    demo_copy: Store, district: Scope, everywhere: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = mass_layers._build
    monkeypatch.setattr(
        mass_layers, "_build", lambda db, moment, layer: (built.append(layer), build(db, moment, layer))[1]
    )
    first = mosaics(demo_copy, district, NOW, ["grid", "community"])
    assert mosaics(demo_copy, district, NOW, ["community", "grid"])["grid"] is first["grid"]
    assert built == ["grid", "community"]
    mosaics(demo_copy, district, Moment(date(2024, 1, 1)), ["grid"])
    mosaics(demo_copy, everywhere, NOW, ["grid"])
    assert len(built) == 4
    with demo_copy.begin(everywhere) as db:
        db.execute(text("INSERT INTO change_set (kind, area, subject) VALUES ('change', '990101', 'grids')"))
    assert mosaics(demo_copy, district, NOW, ["grid"])["grid"] is not first["grid"]


def test_layers_are_named_or_the_usual_three() -> None:
    assert parse_layers(None) == ("neighbourhood", "grid", "community")
    assert parse_layers("grid, grid,building") == ("grid", "building")
    with pytest.raises(BadInput):
        parse_layers("grid,roof")
    with pytest.raises(BadInput):
        parse_layers(",")
