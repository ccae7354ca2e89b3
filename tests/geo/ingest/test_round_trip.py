"""Whatever an export writes comes back equal, but for the losses that `geo.ingest.losses` lists: random tables."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.ingest.cells import plain
from geo.ingest.columns import map_columns
from geo.ingest.export import FORMATS, write_file
from geo.ingest.exported import Exported
from geo.ingest.fields import KINDS, Field, Kind
from geo.ingest.formats import inspect
from geo.ingest.losses import (
    FIGURES,
    LOSSES,
    NO_SHAPES,
    ONE_DIMENSION,
    ROUNDED,
    SHAPES_ONLY,
    SHORT_TEXTS,
    loses,
)
from geo.ingest.readers import read
from geo.ingest.reading import RawTable, table_of
from geo.ingest.shapes import prepare_shapes
from geo.ingest.tables import ParsedTable, parse_table
from tests.examples import examples

CHINA = (73.0, 3.0, 136.0, 54.0)
DOCS = Path(__file__).parents[3] / "docs" / "files-in-and-out.md"
PAIRS = [(kind, format_) for kind in KINDS for format_ in FORMATS
         if KINDS[kind].shape != "none" or format_ not in SHAPES_ONLY]  # fmt: skip


def stored(text: str) -> bool:
    """Whether the store would ever hold this text: what means "unknown" is null there, and outer blanks are gone."""
    return plain(text) is not None and text == text.strip()


LETTERS = st.characters(categories=("L", "N", "P", "S"), exclude_characters="\ufffe\uffff")
WORDS = st.one_of(
    st.sampled_from(["=1+1", "-1", "@x", "'x", "''=x", "07", "1e5", "a b", "臺北", "𠮷野", "a,b;c|d", '"', "<b>&amp;", "甲\u3000乙",
                     "甲\n乙", "甲\t乙", "null?", "é" * 130, "长" * 100]),
    st.text(LETTERS, min_size=1, max_size=12),
).filter(stored)  # fmt: skip
PART = st.text(st.characters(categories=("Lo",)), min_size=1, max_size=4).filter(stored)


def values_of(one: Field) -> st.SearchStrategy[Any]:
    match one.type:
        case "integer":
            found: st.SearchStrategy[Any] = st.integers(0, 2**31 - 1)
        case "number":
            found = st.floats(0, 1e12, allow_nan=False, allow_subnormal=False)
        case "share":
            found = st.floats(0, 1, allow_nan=False, allow_subnormal=False)
        case "flag":
            found = st.booleans()
        case "date":
            found = st.dates(date(1949, 10, 1), date(2099, 12, 31))
        case "choice":
            found = st.sampled_from(sorted(set(one.choices.values())))
        case "list":
            return st.lists(PART, max_size=3)
        case "code":
            found = st.from_regex(r"[0-9]{12}([A-Z][0-9]{3})?", fullmatch=True)
        case _:
            found = WORDS
    return found if one.required else st.one_of(st.none(), found)


@st.composite
def squares(draw: st.DrawFn) -> shapely.MultiPolygon:
    """One to three squares apart from one another, some with a hole, at any decimals."""
    x, y = draw(st.floats(80, 130)), draw(st.floats(5, 50))
    side = draw(st.floats(1e-5, 0.01))
    parts = []
    for n in range(draw(st.integers(1, 3))):
        west = x + 2 * n * side
        hole = (
            shapely.box(west + side / 4, y + side / 4, west + side / 2, y + side / 2)
            if draw(st.booleans())
            else None
        )
        box = shapely.box(west, y, west + side, y + side)
        parts.append(box if hole is None else box.difference(hole))
    return shapely.MultiPolygon(parts)


@st.composite
def lines(draw: st.DrawFn) -> Any:
    x, y = draw(st.floats(80, 130)), draw(st.floats(5, 50))
    points = [(x + n * 1e-3, y + n * draw(st.floats(1e-6, 1e-3))) for n in range(draw(st.integers(2, 5)))]
    return shapely.LineString(points)


@st.composite
def tables(draw: st.DrawFn, kind: Kind, format_: str) -> Exported:
    rows = draw(st.integers(1, 5))
    values = {one.name: [draw(values_of(one)) for _ in range(rows)] for one in kind.fields}
    key = "unit" if kind.name == "service-periods" else "code"
    values[key] = draw(st.lists(values_of(kind.field(key)), min_size=rows, max_size=rows, unique=True))
    shapes = None
    if kind.shape != "none":
        made = squares() if kind.shape == "polygon" or draw(st.booleans()) else lines()
        each = (
            made
            if loses(format_, ONE_DIMENSION) or kind.shape == "polygon"
            else st.one_of(squares(), lines())
        )
        shapes = np.empty(rows, dtype=object)
        shapes[:] = [draw(st.one_of(st.none(), each) if kind.optional_shape else each) for _ in range(rows)]
        shapes = np.array(shapely.orient_polygons(shapes), dtype=object)
    return Exported(kind, values, shapes)


def back(path: Path, kind: Kind) -> ParsedTable:
    """The file as an import takes it, up to where the database begins; read in this process, to be quick."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with chdir(folder):
            answer = read({"path": str(path), "format": inspect(path), "layer": None}, folder)
        raw = table_of(folder, json.loads(json.dumps(answer)))
    assert isinstance(raw, RawTable)
    mapping = map_columns(list(raw.columns), kind, dict(told(raw, kind)), raw.cut)
    assert (mapping.missing(), mapping.clashes) == ([], {})
    table = parse_table(raw, mapping)
    if table.shapes is not None:
        prepare_shapes(table, 4326, CHINA)
    return table


def told(raw: RawTable, kind: Kind) -> Iterator[tuple[str, str]]:
    """What a person answers about names that were cut: they keep the order of the fields."""
    for column, one in zip(raw.columns, kind.fields, strict=False):
        if column in raw.cut:
            yield column, one.name


def expected(one: Field, value: Any, format_: str) -> Any:
    if isinstance(value, str) and one.type == "text" and loses(format_, SHORT_TEXTS):
        value = value.encode("gb18030")[:254].decode("gb18030", "ignore").strip()
    if isinstance(value, float) and loses(format_, FIGURES):
        return pytest.approx(value, rel=1e-14, abs=1e-290)
    return None if value == [] else value


@pytest.mark.parametrize(("kind", "format_"), PAIRS)
def test_a_table_comes_back_equal(kind: str, format_: str, tmp_path: Path) -> None:
    @given(tables(KINDS[kind], format_))
    @examples(4)
    def holds(table: Exported) -> None:
        path = tmp_path / f"out.{format_}"
        write_file(table, format_, path)
        found = back(path, KINDS[kind])
        assert [finding for finding in found.findings if finding.severity != "suspicious"] == []
        for one in KINDS[kind].fields:
            was = [expected(one, value, format_) for value in table.values[one.name]]
            now = [None if value == [] else value for value in found.column(one.name)]
            assert now == was, one.name
        same_shapes(table.shapes, found.shapes, format_)

    holds()


def same_shapes(was: np.ndarray | None, now: np.ndarray | None, format_: str) -> None:
    if was is None or loses(format_, NO_SHAPES):
        assert now is None
        return
    if now is None:  # a table of which no row has a shape is one without shapes
        assert shapely.is_missing(was).all()
        return
    was, now = multiple(was), multiple(now)
    assert (shapely.is_missing(was) == shapely.is_missing(now)).all()
    if loses(format_, ROUNDED):
        there = ~shapely.is_missing(was)
        assert shapely.equals_exact(shapely.normalize(was[there]), shapely.normalize(now[there]), 1e-11).all()
    else:
        assert (shapely.to_wkb(shapely.normalize(was)) == shapely.to_wkb(shapely.normalize(now))).all()


def multiple(shapes: np.ndarray) -> np.ndarray:
    """Single parts as collections of one: which of the two a file writes is no difference."""
    made = shapes.copy()
    for at, shape in enumerate(shapes):
        if shape is not None and shape.geom_type in ("Polygon", "LineString"):
            made[at] = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}[
                shape.geom_type
            ]([shape])
    return made


def test_the_losses_are_written_down() -> None:
    text = DOCS.read_text("utf-8")
    assert set(LOSSES) == set(FORMATS)
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| `")}
    for format_, losses in LOSSES.items():
        row = rows[f"`.{format_}`"]
        told = [cell.strip() for cell in row.split("|")[3].split(";")]
        assert told == ([loss.en for loss in losses] or ["nothing"]), format_
