"""Wrong files and values: each gives one clear line that names field and place, the right status, and no file."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, Polygon, box

from api.commands import bundle_run
from tests.api.commands.test_bundle import run

GOOD = "id,x,y,households,area,lock,strong\n" + "".join(
    f"u{i},{1000 + 100 * i},0,100,{'east' if i < 3 else 'west'},,\n" for i in range(6)
)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on standard error: one line."""
    said = capsys.readouterr().err
    assert said.startswith("wangge bundle: ")
    assert said.count("\n") == 1, said
    return said


def left_behind(folder: Path) -> set[str]:
    """Files beside those that went in, temporary ones too."""
    return {path.name for path in folder.iterdir()} - {"in"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with good units in `in`, where the tests put their bad files too."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "units.csv").write_text(GOOD, encoding="utf-8")
    return tmp_path


def edited(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


# ---- tables of units ------------------------------------------------------------------------------------------

TABLES = {
    "empty": ("", "is empty"),
    "blank lines": ("\n\n \n", "is empty"),
    "header only": ("id,x,y,households\n", "units.csv holds no units [file]"),
    "no x": ("id,y,households\na,1,2\n", "needs the columns id, x, y; it has id, y, households (lon and lat do for x and y) [x]"),
    "lon without lat": ("id,lon,y\na,117,31\n", "needs the columns id, x, y; it has id, lon, y (lon and lat do for x and y) [x]"),
    "a latitude beyond the pole": ("id,lon,lat\na,31,117\n", "units.csv, line 2: lat 117 is no place on earth [lat]"),
    "an empty x": (edited("u2,1200", "u2,"), "units.csv, line 4 has no x [x]"),
    "a text in y": (edited("u3,1300,0", "u3,1300,north"), "units.csv, line 5: y 'north' is no number [y]"),
    "infinite x": (edited("u3,1300", "u3,inf"), "units.csv, line 5: x 'inf' is no finite number [x]"),
    "far away": (edited("u3,1300", "u3,1e12"), "units.csv, line 5 (unit u3) lies farther out than any plane system"),
    "degrees": ("id,x,y\na,117.1,31.2\nb,117.2,31.3\n", "x and y of units.csv look like degrees"),
    "doubled id": (edited("u3,", "u1,"), "the id u1 occurs twice: units.csv, line 3 and units.csv, line 5 [id]"),
    "no id": (edited("u3,", " ,"), "units.csv, line 5 has no id [id]"),
    "a text in a weight": (edited("u4,1400,0,100", "u4,1400,0,many"), "line 6 (unit u4): households 'many' is no number [households]"),
    "NaN in a weight": (edited("u4,1400,0,100", "u4,1400,0,NaN"), "line 6 (unit u4): households 'NaN' is no number"),
    "infinite weight": (edited("u4,1400,0,100", "u4,1400,0,-inf"), "line 6 (unit u4): households '-inf' is no finite number"),
    "overflowing weight": (edited("u4,1400,0,100", "u4,1400,0,1e999"), "is no finite number [households]"),
    "huge weight": (edited("u4,1400,0,100", "u4,1400,0,1e30"), "line 6 (unit u4): households '1e30' is no number of at most 1e+15 [households]"),
    "a thousands comma": (edited("u4,1400,0,100", 'u4,1400,0,"1,000"'), "households '1,000' is no number"),
    "a unit beside the number": (edited("u4,1400,0,100", "u4,1400,0,100户"), "households '100户' is no number"),
    "negative weight": (edited("u4,1400,0,100", "u4,1400,0,-1"), "line 6 (unit u4): households -1 is negative"),
    "no weight known": ("id,x,y,households\na,1000,0,\nb,2000,0,\n", "the households of no unit is known"),
    "more cells than columns": (edited("u4,1400,0,100,west,,", "u4,1400,0,1,000,west,x,y,z"), "line 6 has 9 cells, the first line 7"),
    "a comma in a number that pushes the rest on": (edited("u4,1400,0,100,west,,", "u4,1400,0,1,5,west,,"), "line 6 has 8 cells, the first line 7"),
    "a column twice": ("id,x,y,households,households\na,1,2,3,4\n", "units.csv has two columns households"),
    "a workbook named csv": ("PK\x03\x04", "its content is no csv"),
    "a page named csv": ("<html></html>", "its content is no csv"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), TABLES.values(), ids=TABLES)
def test_tables_of_units(content: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "in" / "units.csv"
    path.write_text(content, encoding="utf-8")
    words = ["--weight", "households", "--min", 200] if "households" in content else ["--packages", 1]
    assert run(path, *words, "--out", folder / "out.csv", "--report", folder / "r.json") == 1
    assert said in told(capsys)
    assert left_behind(folder) == set()


# ---- options against the table --------------------------------------------------------------------------------

AGAINST = {
    "unknown weight": (["--weight", "people", "--min", "1"], "units.csv has no field people; it has id, x, y, households"),
    "unknown within": (["--packages", "2", "--within", "ward"], "has no field ward"),
    "unknown anchors": (["--packages", "2", "--anchors", "big"], "has no field big"),
    "unknown lock": (["--packages", "2", "--lock", "fixed"], "has no field fixed"),
    "unknown id": (["--packages", "2", "--id", "name"], "has no field name"),
    "id that repeats": (["--packages", "2", "--id", "area"], "the area east occurs twice: units.csv, line 2 and units.csv, line 3"),
    "id that is empty": (["--packages", "2", "--id", "lock"], "units.csv, line 2 has no lock"),
    "weight that is a name": (["--weight", "area", "--min", "1"], "area 'east' is no number"),
    "anchors that are no flags": (["--packages", "2", "--anchors", "area"], "(unit u0): area 'east' is neither yes nor no"),
    "min above max": (["--weight", "households", "--min", "300", "--max", "200"], "the lower bound 300 is above the upper bound 200"),
    "bounds out of range": (["--weight", "households", "--min", "1e20"], "out of range"),
    "rook of points": (["--packages", "2", "--rook"], "unit u0 is no area, so it has no border to share"),
    "barriers without a system": (["--packages", "2", "--barriers", "in/river.geojson"], "units.csv has no coordinate system"),
    "no such out folder": (["--packages", "2", "--report", "in/no/r.json"], "there is no folder"),
    "out is a folder": (["--packages", "2", "--report", "in"], "is a folder; name a file"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "said"), AGAINST.values(), ids=AGAINST)
def test_options_that_do_not_fit_the_units(
    words: list[str],
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    assert run("in/units.csv", *words, "--out", "out.csv") == 1
    assert said in told(capsys)
    assert left_behind(folder) == set()


# ---- lists that name units ------------------------------------------------------------------------------------

LISTS = {
    "links without to": ("--links", "from,till\nu0,u1\n", "list.csv needs the columns from, to; it has from, till [to]"),
    "links to nobody": ("--links", "from,to\nu0,u1\nu1,nobody\n", "list.csv, line 3: there is no unit 'nobody' [to]"),
    "links from nowhere": ("--links", "from,to\n,u1\n", "list.csv, line 2 has no from [from]"),
    "a unit linked to itself": ("--links", "from,to\nu0,u1\nu2,u2\n", "list.csv, line 3 links u2 to itself"),
    "a gap that is no number": ("--links", "from,to,gap\nu0,u1,near\n", "list.csv, line 2: gap 'near' is no number [gap]"),
    "a gap below zero": ("--links", "from,to,gap\nu0,u1,-5\n", "list.csv, line 2: gap -5 is below zero"),
    "empty links": ("--links", "", "list.csv is empty"),
    "centres without capacity": ("--centres", "id\nu0\n", "needs the columns id, capacity; it has id"),
    "no centres": ("--centres", "id,capacity\n", "list.csv holds no centres"),
    "centres that are no units": ("--centres", "id,capacity\nu0,300\nx9,300\n", "list.csv, line 3: there is no unit 'x9' [id]"),
    "a centre twice": ("--centres", "id,capacity\nu0,300\nu0,200\n", "line 3: the centre u0 occurs twice"),
    "a capacity that is no number": ("--centres", "id,capacity\nu0,lots\n", "line 2: capacity 'lots' is no number [capacity]"),
    "a capacity below zero": ("--centres", "id,capacity\nu0,-1\n", "line 2: capacity -1 is below zero"),
    "a cost that is no number": ("--centres", "id,capacity,fixed_cost\nu0,1,?\n", "fixed_cost '?' is no number"),
    "a group of nobody": ("--together", "id,group\nu0,g\nzz,g\n", "line 3: there is no unit 'zz'"),
    "a group of one": ("--together", "id,group\nu0,g\n", "the group g has one unit only, u0"),
    "no group": ("--apart", "id,group\nu0,\nu1,a\n", "list.csv, line 2 has no group"),
    "twice in a group": ("--apart", "id,group\nu0,a\nu0,a\n", "line 3: u0 is in the group a already"),
    "a group without ids": ("--together", "unit,group\nu0,g\n", "needs the columns id, group; it has unit, group"),
}  # fmt: skip


@pytest.mark.parametrize(("option", "content", "said"), LISTS.values(), ids=LISTS)
def test_lists_that_name_units(
    option: str, content: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "in" / "list.csv"
    path.write_text(content, encoding="utf-8")
    words = ["--weight", "households", "--min", 200, option, path, "--out", folder / "out.csv"]
    assert run(folder / "in" / "units.csv", *words) == 1
    assert said in told(capsys)
    assert left_behind(folder) == set()


# ---- files of shapes ------------------------------------------------------------------------------------------


def shapes(*geometries: object, crs: int | None = 4548, **columns: object) -> gpd.GeoDataFrame:
    fields = columns or {
        "code": [f"c{i}" for i in range(len(geometries))],
        "households": [100] * len(geometries),
    }
    return gpd.GeoDataFrame(fields, geometry=list(geometries), crs=crs)


def gpkg(frame: gpd.GeoDataFrame, path: Path, layer: str = "units") -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer=layer, append=path.exists())


SQUARE, NEXT = box(500_000, 3_500_000, 500_100, 3_500_100), box(500_100, 3_500_000, 500_200, 3_500_100)
BOW = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
FRAMES: dict[str, tuple[Callable[[], gpd.GeoDataFrame], str]] = {
    "a missing shape": (lambda: shapes(SQUARE, None), "u.gpkg, unit c1 has no shape [geometry]"),
    "an empty shape": (lambda: shapes(SQUARE, Polygon()), "u.gpkg, unit c1 has no shape"),
    "a bow tie": (lambda: shapes(SQUARE, BOW), "u.gpkg, unit c1 is no valid shape (Self-intersection"),
    "a sliver without area": (
        lambda: shapes(Polygon([(0, 0), (5, 0), (0, 0), (0, 0)]), NEXT), "unit c0 is no valid shape"),
    "lines": (lambda: shapes(LineString([(0, 0), (1, 1)]), SQUARE), "unit c0 is neither point nor polygon"),
    "a collection": (
        lambda: shapes(SQUARE, shapely.GeometryCollection([SQUARE, Point(0, 0)])), "unit c1 is neither point nor polygon"),
    "no system": (lambda: shapes(SQUARE, NEXT, crs=None), "does not say its coordinate system"),
    "earth-centred": (lambda: shapes(SQUARE, NEXT, crs=4978), "is not a plane system in metres"),
    "metres called degrees": (lambda: shapes(SQUARE, NEXT, crs=4490), "says that it is in degrees (EPSG:4490), but holds 500000"),
    "half the world": (
        lambda: shapes(Point(80, 30), Point(130, 40), crs=4326), "spans 50° of longitude, too wide for one plane zone"),
    "huge coordinates": (lambda: shapes(SQUARE, box(1e15, 0, 1e15 + 8, 8)), "unit c1 lies farther out than any plane"),
    "no units": (shapes, "u.gpkg holds no units"),
    "a date as weight": (
        lambda: shapes(SQUARE, NEXT, households=["2020-01-01", "2021-01-01"]), "households '2020-01-01' is no number"),
    "no weight": (lambda: shapes(SQUARE, NEXT, name=["a", "b"]), "u.gpkg has no field households; it has name"),
    "negative weight": (lambda: shapes(SQUARE, NEXT, households=[5, -5]), "u.gpkg, unit 1: households -5 is negative"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "said"), FRAMES.values(), ids=FRAMES)
def test_files_of_shapes(
    make: Callable[[], gpd.GeoDataFrame], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "in" / "u.gpkg"
    gpkg(make(), path)
    assert run(path, "--weight", "households", "--min", 100, "--out", folder / "out.gpkg") == 1
    assert said in told(capsys)
    assert left_behind(folder) == set()


RAW = {
    "u.gpkg": ("not a database", "its content is no gpkg"),
    "u.geojson": ('{"type": "FeatureCollection"', "cannot be read"),
    "list.geojson": ("[1, 2]", "its content is no geojson"),
    "deep.geojson": ("{" + '"a":[' * 50, "nested"),
    "nan.geojson": ('{"type":"Point","coordinates":[NaN,1]}', "not a finite number"),
    "u.shp": ("text", "no shapefile"),
    "u.kml": ("<kml/>", "u.kml"),
    "units": ("id,x,y\n", "this format is not taken"),
    "u.xlsx": ("PK\x03\x04", "zip is damaged"),
}


@pytest.mark.parametrize("name", RAW)
def test_content_that_is_not_what_its_name_says(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, said = RAW[name]
    (folder / "in" / name).write_text(content, encoding="utf-8")
    assert run(folder / "in" / name, "--packages", 1, "--out", folder / "out.csv") == 1
    assert said in told(capsys)
    assert left_behind(folder) == set()


def test_feet_are_brought_into_metres(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "in" / "feet.gpkg"
    gpkg(
        gpd.GeoDataFrame({"hs": [1, 1]}, geometry=[Point(9.9e5, 2e5), Point(9.9e5 + 950, 2e5)], crs=2263),
        path,
    )
    words = ["--weight", "hs", "--packages", 1, "--gap", 300, "--report", folder / "r.json"]
    assert run(path, *words, "--out", folder / "out.csv") == 0
    assert "feet.gpkg is in EPSG:2263: distances are measured in EPSG:32618" in told(capsys)
    assert json.loads((folder / "r.json").read_text())["objective"] == pytest.approx(950 * 0.3048, rel=1e-3)


def zipped(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A shapefile as an office packs it: GBK and no word of that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path.with_suffix(".shp"), encoding="gbk")
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            if part.suffix not in (".zip", ".cpg"):
                archive.write(part, part.name)
            part.unlink() if part != path else None


OTHERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    "u.zip": zipped,
    "u.fgb": lambda frame, path: frame.to_file(path, driver="FlatGeobuf"),
    "u.kml": lambda frame, path: frame.to_crs(4326).to_file(path, driver="LIBKML"),
    "u.gml": lambda frame, path: frame.to_file(path, driver="GML"),
    "u.parquet": lambda frame, path: frame.to_parquet(path),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_format_of_shapes_that_an_import_takes_gives_the_same_plan(name: str, folder: Path) -> None:
    cells = [box(500_000 + 100 * i, 3_500_000, 500_100 + 100 * i, 3_500_100) for i in range(4)]
    names = ["一号院", "二号院", "三号院", "四号院"]
    frame = gpd.GeoDataFrame({"mc": names, "hs": [100, 100, 100, 100]}, geometry=cells, crs=4548)
    OTHERS[name](frame, folder / "in" / name)
    words = ["--rook", "--id", "mc", "--weight", "hs", "--min", 150, "--max", 250]
    assert run(folder / "in" / name, *words, "--out", folder / "out.csv") == 0
    rows = [row.split(",") for row in (folder / "out.csv").read_text("utf-8-sig").splitlines()[1:]]
    # FlatGeobuf puts its rows in an order of its own
    packages = {row[0]: row[1] for row in rows}
    assert sorted(packages) == sorted(names)
    one, two, three, four = (packages[name] for name in names)
    assert one == two != three == four


def test_files_that_are_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    units, out = folder / "in" / "units.csv", ["--packages", 1, "--out", folder / "out.csv"]
    for words in (
        ["no.gpkg"],
        ["no.csv"],
        [units, "--links", "no.csv"],
        [units, "--centres", "no.csv"],
        [folder],
    ):
        assert run(*words, *out) == 1
        assert Path(words[-1]).name in told(capsys)


def test_several_layers_must_be_chosen_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = folder / "in" / "u.gpkg", folder / "out.csv"
    gpkg(shapes(SQUARE, NEXT), path, "old")
    gpkg(shapes(SQUARE, NEXT), path, "new")
    assert run(path, "--packages", 1, "--out", out) == 1
    assert "several layers: choose one with --layer: old, new [layer]" in told(capsys)
    assert run(path, "--packages", 1, "--layer", "none", "--out", out) == 1
    assert "has no layer none with shapes; it has old, new" in told(capsys)
    assert run(path, "--packages", 1, "--layer", "new", "--out", out) == 0


def test_a_table_without_shapes_is_no_file_of_shapes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "in" / "t.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"id":1}}]}'
    )
    assert run(path, "--packages", 1, "--out", folder / "out.csv") == 1
    assert "shape" in told(capsys)


def test_barriers_that_cannot_be_laid_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, river = folder / "in" / "u.gpkg", folder / "in" / "river.gpkg"
    gpkg(shapes(SQUARE, NEXT), path)
    gpkg(shapes(BOW, name=["河"]), river)
    words = [path, "--packages", 1, "--barriers", river, "--out", folder / "out.csv"]
    assert run(*words) == 1
    assert "river.gpkg, row 1 is no valid shape" in told(capsys)
    river.unlink()
    gpkg(shapes(LineString([(0, 0), (1, 1)]), name=["河"]), river)
    assert run(*words) == 0
    assert "river.gpkg lies nowhere near the units" in told(capsys)


def test_invalid_shapes_are_mended_on_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = folder / "in" / "u.gpkg", folder / "out.gpkg"
    gpkg(
        shapes(
            SQUARE,
            Polygon([(500_100, 3_500_000), (500_200, 3_500_100), (500_200, 3_500_000), (500_100, 3_500_100)]),
        ),
        path,
    )
    assert run(path, "--packages", 1, "--mend", "--out", out) == 0
    assert "mended 1 invalid shapes, the first of them u.gpkg, unit c1" in told(capsys)
    assert pyogrio.read_dataframe(out).geometry.is_valid.all()
    path.unlink()
    gpkg(shapes(SQUARE, Polygon([(0, 0), (5, 0), (0, 0), (0, 0)])), path)
    assert run(path, "--packages", 1, "--mend", "--out", out) == 1
    assert "unit c1 cannot be mended" in told(capsys)


def test_several_points_of_one_unit_and_heights_are_taken(folder: Path) -> None:
    path = folder / "in" / "u.gpkg"
    gpkg(shapes(MultiPoint([(500_000, 3_500_000)]), Point(500_050, 3_500_000, 12)), path)
    assert run(path, "--packages", 1, "--out", folder / "out.gpkg") == 0


# ---- nothing half-written -------------------------------------------------------------------------------------


def test_what_was_there_stays_when_writing_fails(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, report = folder / "out.csv", folder / "report.json"
    out.write_text("before")
    report.write_text("before")

    def full(path: Path, report: object) -> None:
        path.write_text("{ half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(bundle_run, "write_report", full)
    assert run(folder / "in" / "units.csv", "--packages", 1, "--out", out, "--report", report) == 1
    assert "No space left on device" in told(capsys)
    assert {path.name: path.read_text() for path in (out, report)} == {
        "out.csv": "before",
        "report.json": "before",
    }
    assert left_behind(folder) == {"out.csv", "report.json"}


def test_help_and_usage_import_neither_the_compiler_nor_the_readers() -> None:
    for words in (["--help"], ["bundle", "--help"], ["bundle", "u.csv", "--out", "o.csv"]):
        script = (
            "import sys\nfrom api.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
            "print([name for name in ('numba', 'highspy', 'geopandas') if name in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]", words
