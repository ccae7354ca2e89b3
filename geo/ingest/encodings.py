"""Encodings of texts (编码): a guess that must be shown, with what the first names read like under each.

Bytes of GBK are often valid Big5 and the other way round: no rule tells 上海 from its nonsense, a person does at once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from geo.errors import BadInput

CHOICES: Final = ("utf-8", "gb18030", "big5", "utf-16", "cp1252", "cp932", "cp949")
"""What a person may choose."""
_SHOWN: Final = ("utf-8", "gb18030", "big5")
"""Always tried; the others only where the file itself names them."""
_CODE_PAGES: Final = {"936": "gb18030", "54936": "gb18030", "950": "big5", "65001": "utf-8", "1252": "cp1252"}
_SAMPLES: Final = 5
_SAMPLE_LENGTH: Final = 24


def parse_encoding(text: str) -> str:
    """Return Python's name of an encoding that somebody chose (`GBK`, `Big5`, `UTF-8`). Raises BadInput.

    >>> parse_encoding("GBK"), parse_encoding("Big5"), parse_encoding("UTF-8")
    ('gb18030', 'big5', 'utf-8')
    """
    found = codec_of(text)
    if found not in CHOICES:
        raise BadInput(f"{text!r} is no encoding that is taken: {', '.join(CHOICES)}", field="encoding")
    return found


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


def fits(part: bytes, encoding: str, width: int = 0) -> bool:
    """Whether bytes are text in an encoding; each cell of `width` (0 = all is one) may end within a character."""
    if part.isascii():
        return True
    cells = [part] if not width else {part[at : at + width] for at in range(0, len(part), width)}
    return all(cell.isascii() or cut_text(cell, encoding) is not None for cell in cells)


def cut_text(cell: bytes, encoding: str) -> str | None:
    """Return the text of bytes of which the last character may be cut, None where they are none."""
    for short in range(4):
        try:
            return cell[: len(cell) - short].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(cell) - short - 4:
                return None
    return None


def candidates(
    parts: Sequence[tuple[bytes, int]], hints: Iterable[tuple[str | None, str]], taken: str
) -> list[dict[str, Any]]:
    """Return the encodings that bytes could be in, the one that was taken first; none where all is ASCII.

    `parts` are texts with the bytes of a cell (0 = one cell); `hints` say which encoding what of the file names. Each
    candidate says what speaks for it, whether every byte is text in it, and how the first texts read.
    """
    samples = _samples(parts)
    if not samples:
        return []
    named = {
        encoding: reason
        for encoding, reason in reversed(list(hints))
        if encoding and reason in (".cpg", "LDID")
    }
    return [
        {
            "encoding": encoding,
            "reason": named.get(encoding, ""),
            "fits": all(fits(part, encoding, width) for part, width in parts),
            "texts": [_shown(cell, encoding) for cell in samples],
        }
        for encoding in dict.fromkeys((taken, *named, *_SHOWN))
    ]


def _samples(parts: Sequence[tuple[bytes, int]]) -> list[bytes]:
    """Return the first different texts that are not plain ASCII: of the cells, then of the names."""
    found: dict[bytes, None] = {}
    for part, width in sorted(parts, key=lambda pair: pair[1] == 0):
        if part.isascii():
            continue
        for at in range(0, len(part), width or len(part)):
            cell = part[at : at + (width or len(part))].replace(b"\0", b"").strip()
            if cell and not cell.isascii():
                found.setdefault(cell)
            if len(found) == _SAMPLES:
                return list(found)
    return list(found)


def _shown(cell: bytes, encoding: str) -> str:
    text = cut_text(cell, encoding)
    return (cell.decode(encoding, "replace") if text is None else text)[:_SAMPLE_LENGTH]
