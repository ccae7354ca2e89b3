"""One cell's text to one value. Unknown stays None; what cannot be read is said, never guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from geo.ingest.fields import Field

Value = str | int | float | bool | date | list[str] | None

UNKNOWN = frozenset({"", "-", "--", "—", "——", "/", "\\", "无数据", "暂无", "暂无信息", "暂无数据", "未知", "不详",
                     "待补充", "待核实", "null", "none", "nan", "n/a", "na", "#n/a"})  # fmt: skip
"""Texts that mean "we do not know"."""

_NUMBER = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(万)?\s*((?:\D.{0,10})?)"
)
_RANGE = re.compile(r"(\d[\d,.]*)\s*\D{0,6}?\s*(?:至|到|[-~～—–]{1,2})\s*(\d[\d,.]*)\s*\D{0,12}")
_VARIANTS = str.maketrans(
    "臺號區棟樓戶層單數築積編碼稱網類別屬務業費開結備註無萬齡時間門東車廠場聯繫電話級長員歲",
    "台号区栋楼户层单数筑积编码称网类别属务业费开结备注无万龄时间门东车厂场联系电话级长员岁",
)
"""Traditional forms that tables from elsewhere, and old ones, write in headers, units and choices (台/臺)."""
_UNITS = frozenset({
    "", "户", "人", "栋", "幢", "座", "层", "个", "单元", "台", "套", "间", "家",
    "年", "年代建", "年建成", "年建", "年竣工", "平方米", "平米", "㎡", "m2", "m²", "平方",
    "元", "元/㎡·月", "元/m2·月", "元/平方米·月", "元/平米·月", "元/平米/月", "元/平方米/月", "元/㎡/月", "元/m2/月",
})  # fmt: skip
_DATES = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d.*)?"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_YES = frozenset({"有", "是", "true", "1", "yes", "y", "具备", "√", "愿意", "同意"})
_NO = frozenset({"无", "否", "false", "0", "no", "n", "没有", "不具备", "×", "不愿意", "不同意"})
_LIST = re.compile(r"[、,，;；|]")


class Unreadable(ValueError):
    """The cell holds something that is not a value of its field; the message is the original text."""

    key = "cell"


class Range(Unreadable):
    """The cell holds a range (0.3至0.5元): one value cannot be made of it."""

    key = "range"


def unified(text: str) -> str:
    """Return a header, unit or choice in the forms used here: half width, simplified.

    >>> unified("樓棟數（棟）"), unified("１臺")
    ('楼栋数(栋)', '1台')
    """
    return unicodedata.normalize("NFKC", text).translate(_VARIANTS)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, and whether it was understood in a way that deserves a look (`doubt` is a finding's key)."""

    value: Value
    doubt: str = ""


def plain(cell: object) -> str | None:
    """Return the text of a cell: full width made half, spaces trimmed; None where it means unknown.

    A whole float becomes its integer: a spreadsheet keeps codes as numbers.

        >>> plain("１１２４ 户"), plain(990101001001.0), plain("暂无信息")
        ('1124 户', '990101001001', None)
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    folded = unicodedata.normalize("NFKC", str(cell).replace("\x00", "")).strip()
    return None if folded.lower() in UNKNOWN else folded


MAX_TOLD = 200
"""Letters kept of a cell whose value is not plainly what it says."""


def told(cell: object) -> str:
    """Return what a cell says, as it stands there, for a person to read; "" where it is empty.

    >>> told(" 暂无信息 "), told(None), told(float("nan")), told(-5.0)
    ('暂无信息', '', '', '-5')
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    text = str(cell) if isinstance(cell, str) else plain(cell) or ""
    return "".join(letter for letter in text if letter.isprintable()).strip(" \u3000")[:MAX_TOLD]


def _text(cell: object, _field: Field) -> Parsed:
    """Free text keeps its own width and spelling: only the outer spaces go."""
    if plain(cell) is None:
        return Parsed(None)
    if not isinstance(cell, str):
        return Parsed(plain(cell))
    return Parsed(cell.replace("\x00", "").strip(" \u3000\n"))


def _code(cell: object, _field: Field) -> Parsed:
    if isinstance(cell, str) and cell.isascii() and cell.isalnum() and cell.lower() not in UNKNOWN:
        return Parsed(cell.upper())  # as nearly every code is written
    text = plain(cell)
    return Parsed(None if text is None else "".join(text.split()).upper())


def _number(cell: object, _field: Field) -> Parsed:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if isinstance(cell, float) and math.isnan(cell):
            return Parsed(None)
        return _finite(float(cell), cell)
    text = plain(cell)
    if text is None:
        return Parsed(None)
    text = text.translate(_VARIANTS)
    match = _NUMBER.fullmatch(text)
    if match is None or match[3].strip().lower() not in _UNITS:
        raise Range(str(cell)) if _RANGE.fullmatch(text) else Unreadable(text)
    return _finite(float(match[1].replace(",", "")) * (10_000 if match[2] else 1), text)


def _finite(number: float, original: object) -> Parsed:
    if not math.isfinite(number):
        raise Unreadable(str(original))
    return Parsed(number)


def _integer(cell: object, field: Field) -> Parsed:
    number = _number(cell, field).value
    if number is None:
        return Parsed(None)
    if not isinstance(number, float) or not number.is_integer() or abs(number) >= 2**31:
        raise Unreadable(str(cell))
    return Parsed(int(number))


def _share(cell: object, field: Field) -> Parsed:
    """Read a share of 0–1; `85%` and `85` both mean 0.85, the second is doubtful."""
    text = plain(cell)
    per_cent = text is not None and text.endswith("%")
    number = _number(text[:-1] if text and per_cent else cell, field).value
    if number is None:
        return Parsed(None)
    if not isinstance(number, float) or not 0 <= number <= 100:
        raise Unreadable(str(cell))
    if per_cent:
        return Parsed(number / 100)
    return Parsed(number / 100, "percent") if number > 1 else Parsed(number)


def _flag(cell: object, field: Field) -> Parsed:
    """Read 有/无 (of the thing that the header names) or 是/否; `lacks` turns the sense of the stored flag."""
    if isinstance(cell, bool):
        return Parsed(cell != field.lacks)
    if isinstance(cell, str) and cell.strip() in ("无", "無"):
        return Parsed(field.lacks)
    text = plain(cell)
    if text is None:
        return Parsed(None)
    word = text.translate(_VARIANTS).lower()
    if word in _YES:
        return Parsed(not field.lacks)
    if word in _NO:
        return Parsed(field.lacks)
    raise Unreadable(text)


def _date(cell: object, _field: Field) -> Parsed:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 20_000 < cell < 80_000:
        return Parsed(date.fromordinal(693_594 + int(cell)))  # a spreadsheet's day number, 1900 system
    text = plain(cell)
    if text is None:
        return Parsed(None)
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match:
            try:
                return Parsed(date(*(int(part) for part in match.groups())))
            except ValueError as error:
                raise Unreadable(text) from error
    raise Unreadable(text)


def _choice(cell: object, field: Field) -> Parsed:
    text = (unified(cell).strip() if isinstance(cell, str) else plain(cell)) or None
    if text is None:
        return Parsed(None)
    known = _folded(field.choices)
    if text.lower() in known:
        return Parsed(known[text.lower()])
    if plain(text) is None:
        return Parsed(None)
    raise Unreadable(text)


def _folded(choices: Mapping[str, str]) -> dict[str, str]:
    return {
        **{value.lower(): value for value in choices.values()},
        **{unified(word).lower(): value for word, value in choices.items()},
    }


def _list(cell: object, field: Field) -> Parsed:
    if isinstance(cell, list | tuple):
        return Parsed([str(part) for part in cell])
    text = _text(cell, field).value
    parts = _LIST.split(text) if isinstance(text, str) else []
    return Parsed([part.strip() for part in parts if part.strip()])


_PARSERS: dict[str, Callable[[Any, Field], Parsed]] = {
    "text": _text, "code": _code, "integer": _integer, "number": _number, "share": _share, "flag": _flag,
    "date": _date, "choice": _choice, "list": _list,
}  # fmt: skip


def parse(cell: object, field: Field) -> Parsed:
    """Return the value of a cell for its field.

    Raises Unreadable with the original text when it is not a value of that field.
    """
    return _PARSERS[field.type](cell, field)
