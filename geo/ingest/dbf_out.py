"""An attribute table (.dbf) out: names of ten bytes and texts of 254, each cut between characters, never within one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from geo.ingest.dbf import NAME_BYTES, TEXT_BYTES

_WIDEST_NUMBER = 24


def write_dbf(
    columns: Mapping[str, Sequence[Any]], rows: int, encoding: str = "utf-8"
) -> tuple[bytes, list[str]]:
    """Return a table and its columns' names as they went out (cut, and told apart where two would be the same)."""
    names: list[bytes] = []
    for column in columns:
        names.append(_name(column, names, encoding))
    cells = [[_cell(value, encoding) for value in column] for column in columns.values()]
    kinds = [_kind(column) for column in columns.values()]
    widths = [max([1, *map(len, column)]) for column in cells]
    head = bytearray(32 + 32 * len(names) + 1)
    head[0:4] = bytes((0x03, 126, 1, 1))
    head[4:8] = rows.to_bytes(4, "little")
    head[8:10] = len(head).to_bytes(2, "little")
    head[10:12] = (1 + sum(widths)).to_bytes(2, "little")
    for number, (name, kind, width) in enumerate(zip(names, kinds, widths, strict=True)):
        at = 32 + 32 * number
        head[at : at + len(name)] = name
        head[at + 11] = ord(kind)
        head[at + 16] = width
        head[at + 17] = _decimals(cells[number]) if kind == "N" else 0
    head[-1] = 0x0D
    padded = [
        [cell.rjust(width) if kind == "N" else cell.ljust(width) for cell in column]
        for column, kind, width in zip(cells, kinds, widths, strict=True)
    ]
    body = b"".join(b" " + b"".join(row) for row in zip(*padded, strict=True))
    return bytes(head) + body + b"\x1a", [name.decode(encoding) for name in names]


def _name(column: str, taken: Sequence[bytes], encoding: str) -> bytes:
    name = cut(column, NAME_BYTES, encoding)
    number = 1
    while name in taken:
        name = cut(column, NAME_BYTES - len(str(number)), encoding) + str(number).encode()
        number += 1
    return name


def cut(text: str, most: int, encoding: str) -> bytes:
    """Return a text in at most so many bytes, whole characters only.

    >>> cut("所属社区编码", 10, "gb18030").decode("gb18030"), cut("所属社区编码", 10, "utf-8").decode()
    ('所属社区编', '所属社')
    """
    coded = text.encode(encoding, "replace")
    while len(coded) > most:
        text = text[:-1]
        coded = text.encode(encoding, "replace")
    return coded


def _kind(column: Sequence[Any]) -> str:
    known = [value for value in column if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "L"
    if known and all(isinstance(value, date) for value in known):
        return "D"
    return (
        "N"
        if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
        else "C"
    )


def _cell(value: Any, encoding: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, date):
        return f"{value:%Y%m%d}".encode()
    if isinstance(value, int | float):
        return repr(value).encode()[:_WIDEST_NUMBER]
    return cut(str(value), TEXT_BYTES, encoding)


def _decimals(cells: Sequence[bytes]) -> int:
    return min(max((len(cell.partition(b".")[2]) for cell in cells), default=0), 15)
