"""Tables of points as streams: CSV (every cell kept as its text) and Parquet (every type kept), in bounded memory."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from geo.errors import BadInput, TooLarge
from geo.ingest.formats import ENCODINGS, separator

ROWS: Final = 1 << 17
"""Rows of one batch, and of one row group of a Parquet that is written."""
_BLOCK: Final = 8 << 20
"""Bytes of a CSV that are parsed in one go; also the longest row."""
_HEADER: Final = 1 << 20
MAX_COLUMNS: Final = 500
MAX_CELL_BYTES: Final = 1 << 30
"""Bytes of the texts of one row group: packed, they may be a few kilobytes."""


@dataclass(frozen=True)
class Table:
    """A table to be read once: `names` as in the file, `schema` with names of our own, which are never twice."""

    names: list[str]
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]


class Writer(Protocol):
    """Takes batches of one schema."""

    schema: pa.Schema

    def write(self, batch: pa.RecordBatch) -> None:
        """Write one batch behind the others."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def open_table(path: Path) -> Table:
    """Open a Parquet by its first bytes, anything else as CSV. Raises BadInput or TooLarge."""
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise BadInput("the file is empty", field="file")
    return _open_parquet(path) if head == b"PAR1" else _open_csv(path)


# ---------------------------------------------------------------- CSV


def _open_csv(path: Path) -> Table:
    encoding = _encoding(path)
    first = _first_line(path, encoding)
    mark = separator(first)
    names = [name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=mark), [])]
    if not names or len(names) > MAX_COLUMNS or "\0" in first:
        raise BadInput("the first line holds no column names", field="file")
    schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(names))])

    def batches() -> Iterator[pa.RecordBatch]:
        reading = pacsv.ReadOptions(
            use_threads=False, block_size=_BLOCK, skip_rows=1, column_names=schema.names, encoding=encoding
        )
        parsing = pacsv.ParseOptions(delimiter=mark, newlines_in_values=True)
        converting = pacsv.ConvertOptions(
            column_types=schema, strings_can_be_null=False, null_values=[], check_utf8=True
        )
        try:
            with pacsv.open_csv(path, reading, parsing, converting) as reader:
                yield from reader
        except StopIteration:
            return
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise BadInput(f"the text is no table: {str(error)[:160]}", field="file") from error

    return Table(names, schema, batches)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ENCODINGS:
        if _decodes(path, encoding):
            return "utf-8" if encoding == "utf-8-sig" else encoding
    raise BadInput("the text is neither UTF-8 nor GB18030", field="encoding")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_line(path: Path, encoding: str) -> str:
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        line = file.readline(_HEADER)
    return line.rstrip("\r\n")


class _CsvWriter:
    def __init__(self, path: Path, names: list[str], schema: pa.Schema) -> None:
        self.schema = schema
        self._file = path.open("wb")
        # The mark at the beginning makes the spreadsheet programs of the offices read UTF-8.
        self._file.write(codecs.BOM_UTF8)
        header = io.StringIO(newline="")
        csv.writer(header, lineterminator="\n").writerow(names)
        self._file.write(header.getvalue().encode("utf-8"))

    def write(self, batch: pa.RecordBatch) -> None:
        # "needed" puts quotes around every text: twice the time, and a file that no longer looks like the one sent.
        style = "needed" if any(map(_needs_quotes, batch.columns)) else "none"
        try:
            options = pacsv.WriteOptions(include_header=False, quoting_style=style)
            pacsv.write_csv(batch, self._file, options)
        except pa.ArrowInvalid as error:
            raise BadInput(
                "a CSV cannot hold the columns of this file: ask for Parquet", field="format"
            ) from error

    def close(self) -> None:
        self._file.close()


def _needs_quotes(column: pa.Array) -> bool:
    """Whether a column may hold a comma, a quote or the end of a line: looked up in its bytes."""
    if not pa.types.is_string(column.type):
        return not pa.types.is_primitive(column.type)
    content = column.buffers()[2]
    text = b"" if content is None else content.to_pybytes()
    return any(mark in text for mark in (b",", b'"', b"\n", b"\r"))


# ---------------------------------------------------------------- Parquet


def _open_parquet(path: Path) -> Table:
    try:
        file = pq.ParquetFile(path, thrift_string_size_limit=1 << 24, thrift_container_size_limit=1 << 20)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise BadInput("the Parquet file cannot be read", field="file") from error
    _check_parquet(file)

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from file.iter_batches(batch_size=ROWS, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise BadInput("the Parquet file cannot be read", field="file") from error

    return Table(list(schema.names), schema, batches)


def _check_parquet(file: Any) -> None:
    meta = file.metadata
    if meta.num_columns > MAX_COLUMNS:
        raise TooLarge(f"at most {MAX_COLUMNS} columns are taken", field="file")
    for group in range(meta.num_row_groups):
        if meta.row_group(group).total_byte_size > MAX_CELL_BYTES:
            raise TooLarge("a row group of the Parquet file is over a gigabyte", field="file")


class _ParquetWriter:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="snappy")

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self) -> None:
        self._writer.close()


def open_writer(path: Path, format_: str, names: list[str], schema: pa.Schema, added: list[str]) -> Writer:
    """Open a file for rows of `schema` (columns `names`) with the text columns `added` behind them."""
    whole = pa.schema([*schema, *((name, pa.string()) for name in added)])
    if format_ == "csv":
        return _CsvWriter(path, [*names, *added], whole)
    heads = [one.with_name(name) for one, name in zip(whole, [*names, *added], strict=True)]
    return _ParquetWriter(path, pa.schema(heads, metadata=schema.metadata))
