"""The attribute table of a shapefile (.dbf), read byte by byte: its encoding is a guess that must be shown.

The order: what the .cpg says, then the language byte (LDID, byte 29), then whether the bytes are valid UTF-8, then
GB18030, which holds GBK and GB2312. A hint under which the bytes cannot be read is passed over.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.errors import BadInput, TooLarge
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
_CODE_PAGES = {"936": "gb18030", "54936": "gb18030", "950": "big5", "65001": "utf-8", "1252": "cp1252"}
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
    """Columns of plain values, which rows are deleted, the encoding and on what it rests, and what was cut."""

    columns: dict[str, list[Any]]
    deleted: np.ndarray
    encoding: str
    reason: str
    cut_names: list[str]
    cut_texts: list[str]


def read_dbf(content: bytes, cpg: str | None) -> Attributes:
    """Read a table. Raises BadInput where it is none, TooLarge over the limits."""
    fields, table = _layout(content)
    encoding, reason = _encoding(content, fields, table, cpg)
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
    return Attributes(columns, table[:, 0] == ord("*"), encoding, reason, cut_names, cut_texts)


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


def _encoding(content: bytes, fields: list[_Field], table: np.ndarray, cpg: str | None) -> tuple[str, str]:
    texts = [
        np.ascontiguousarray(table[:, f.start : f.start + f.width]).tobytes() for f in fields if f.type == "C"
    ]
    sample = [one.name for one in fields] + texts
    widths = [0] * len(fields) + [f.width for f in fields if f.type == "C"]
    hints = (
        (codec_of(cpg), ".cpg"),
        (_LDID.get(content[29]), "LDID"),
        ("utf-8", "UTF-8"),
        ("gb18030", "GB18030"),
    )
    for encoding, reason in hints:
        if encoding and all(_fits(part, width, encoding) for part, width in zip(sample, widths, strict=True)):
            return encoding, reason
    return "cp1252", "none"


def codec_of(label: str | None) -> str | None:
    """Return Python's name of what a .cpg says (`GBK`, `936`, `ANSI 936`, `UTF-8`), None where it says nothing known.

    >>> codec_of("UTF-8"), codec_of("ANSI 936"), codec_of("gb2312"), codec_of("whatever")
    ('utf-8', 'gb18030', 'gb18030', None)
    """
    text = (label or "").strip().lower()
    digits = re.sub(r"\D", "", text)
    if not text:
        return None
    if digits in _CODE_PAGES and not text.startswith("iso"):
        return _CODE_PAGES[digits]
    try:
        name = codecs.lookup(text).name
    except (LookupError, ValueError):
        return None
    return "gb18030" if name in ("gbk", "gb2312") else name


def _fits(part: bytes, width: int, encoding: str) -> bool:
    """Whether bytes are text in an encoding; each cell of `width` may end in the middle of a character."""
    if part.isascii():
        return True
    cells = [part] if not width else {part[at : at + width] for at in range(0, len(part), width)}
    return all(cell.isascii() or _cut(cell, encoding) is not None for cell in cells)


def _cut(cell: bytes, encoding: str) -> str | None:
    """Return the text of bytes of which the last character may be cut, None where they are none."""
    for short in range(4):
        try:
            return cell[: len(cell) - short].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(cell) - short - 4:
                return None
    return None


def _decoded(cell: bytes, encoding: str) -> str:
    text = _cut(cell, encoding)
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
