"""The attribute table of a shapefile (.dbf), read byte by byte: its encoding is a guess that must be shown.

The order: what the .cpg says, then the language byte (LDID, byte 29), then whether the bytes are valid UTF-8, then
GB18030, which holds GBK and GB2312. A hint under which the bytes cannot be read is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo.errors import BadInput, TooLarge
from geo.ingest.encodings import candidates, codec_of, cut_text, fits
from geo.ingest.layer import MAX_COLUMNS, MAX_ROWS

_LDID = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4F: "big5",
    0x78: "big5",
    0x7B: "cp932",
    0x4E: "cp949",
    0x13: "cp932",
}
"""Language bytes that name an encoding of East Asia. Others (0x03 = Windows 1252, 0x57 = "as the system") are what
programs write that were never asked."""
NAME_BYTES = 10
"""Bytes of a field's name; a longer one was cut."""
TEXT_BYTES = 254
"""Bytes of the widest text column; a longer text was cut."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: bytes
    type: str
    start: int
    width: int


@dataclass(frozen=True)
class Attributes:
    """Columns of plain values, which rows are deleted, the encoding and on what it rests, and what was cut.

    `encodings` are those that it could be read in, each with the first texts as they would then read.
    """

    columns: dict[str, list[Any]]
    deleted: np.ndarray
    encoding: str
    reason: str
    cut_names: list[str]
    cut_texts: list[str]
    encodings: list[dict[str, Any]] = field(default_factory=list)


def read_dbf(content: bytes, cpg: str | None, chosen: str | None = None) -> Attributes:
    """Read a table, in the `chosen` encoding where somebody looked. Raises BadInput where it is none, or TooLarge."""
    fields, table = _layout(content)
    parts = _parts(fields, table)
    hints = [
        (codec_of(cpg), ".cpg"),
        (_LDID.get(content[29]), "LDID"),
        ("utf-8", "UTF-8"),
        ("gb18030", "GB18030"),
    ]
    encoding, reason = (chosen, "chosen") if chosen else _encoding(hints, parts)
    columns: dict[str, list[Any]] = {}
    cut_names, cut_texts = [], []
    for one in fields:
        name = _decoded(one.name, encoding).strip() or f"column_{len(columns) + 1}"
        name = name if name not in columns else f"{name}_{len(columns) + 1}"
        cells = (
            np.ascontiguousarray(table[:, one.start : one.start + one.width]).view(f"S{one.width}").ravel()
        )
        columns[name] = _cells(cells, one, encoding)
        # GBK cuts five characters; in UTF-8 three fit, and the byte that is left may begin a fourth.
        if len(one.name) >= NAME_BYTES - (not one.name.isascii()):
            cut_names.append(name)
        if one.type == "C" and one.width >= TEXT_BYTES - 1 and _full(cells, one.width):
            cut_texts.append(name)
    return Attributes(
        columns,
        table[:, 0] == ord("*"),
        encoding,
        reason,
        cut_names,
        cut_texts,
        candidates(parts, hints, encoding),
    )


def _layout(content: bytes) -> tuple[list[_Field], np.ndarray]:
    """Return the fields, and the records as (n, bytes)."""
    if len(content) < 33:
        raise BadInput("the .dbf is no table", field="file")
    count = int.from_bytes(content[4:8], "little")
    head, width = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    fields, at, start = [], 32, 1
    while at + 32 <= min(head, len(content)) and content[at] != 0x0D:
        length = content[at + 16]
        fields.append(_Field(content[at : at + 11].partition(b"\0")[0], chr(content[at + 11]), start, length))
        at, start = at + 32, start + length
    fields = [one for one in fields if one.width and one.start + one.width <= width]
    if not fields or width < 2 or head < 33:
        raise BadInput("the .dbf is no table", field="file")
    count = min(count, max(len(content) - head, 0) // width)
    if count > MAX_ROWS or len(fields) > MAX_COLUMNS:
        raise TooLarge(f"at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are taken", field="file")
    return fields, np.frombuffer(content, np.uint8, count * width, head).reshape(count, width)


def _parts(fields: list[_Field], table: np.ndarray) -> list[tuple[bytes, int]]:
    """Return every text of the table with the bytes of one cell (0 = one cell): the names, then column by column."""
    texts = [f for f in fields if f.type == "C"]
    columns = [np.ascontiguousarray(table[:, f.start : f.start + f.width]).tobytes() for f in texts]
    return [(one.name, 0) for one in fields] + [(c, f.width) for c, f in zip(columns, texts, strict=True)]


def _encoding(hints: list[tuple[str | None, str]], parts: list[tuple[bytes, int]]) -> tuple[str, str]:
    for encoding, reason in hints:
        if encoding and all(fits(part, encoding, width) for part, width in parts):
            return encoding, reason
    return "cp1252", "none"


def _decoded(cell: bytes, encoding: str) -> str:
    text = cut_text(cell, encoding)
    return cell.decode(encoding, "replace") if text is None else text


def _full(cells: np.ndarray, width: int) -> bool:
    return bool(len(cells)) and bool((np.char.str_len(cells) >= width - 1).any())


def _cells(cells: np.ndarray, one: _Field, encoding: str) -> list[Any]:
    known: dict[bytes, Any] = {}
    for cell in set(cells.tolist()):
        known[cell] = _value(cell, one.type, encoding)
    return [known[cell] for cell in cells.tolist()]


def _value(cell: bytes, kind: str, encoding: str) -> Any:
    bare = cell.replace(b"\0", b"").strip()
    if not bare or (kind in "NFD" and set(bare) <= set(b"*-")):
        return None
    if kind in "NF":
        try:
            number = float(bare)
        except ValueError:
            return _decoded(bare, encoding)
        return int(bare) if bare.lstrip(b"+-").isdigit() else (number if np.isfinite(number) else None)
    if kind == "L":
        return {b"T": True, b"Y": True, b"F": False, b"N": False}.get(bare.upper())
    return _decoded(cell.replace(b"\0", b"").rstrip(b" "), encoding)  # a tab before a text is part of it
