"""One cell of a sheet that came back to an answer (答复): what it says, whether it can be read, whether it is new."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from geo.ingest.cells import UNKNOWN, Unreadable, Value, parse, plain
from geo.survey.fields import UNCLEAR, Asked

_MOST_TOLD: Final = 200
_REMARKED: Final = re.compile(r"(有|无|是|否|没有)[\s,，、;；:：(（].+", re.DOTALL)
_UNCLEAR: Final = frozenset({UNCLEAR, "不清", "不明", "不知道", "说不清", "?", "？", *UNKNOWN})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cell says: `text` as it stands there, `came` the value (None = not known).

    `reads` is false where no value can be made of it; `doubt` says why a value deserves a look.
    """

    text: str
    came: Value
    reads: bool = True
    doubt: str | None = None


def said(cell: object) -> str:
    """Return what a cell says, for a person to read.

    >>> said(12.0), said(None), said(" 有 门岗 ")
    ('12', '', '有 门岗')
    """
    if cell is None:
        return ""
    text = cell if isinstance(cell, str) else plain(cell) or ""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_MOST_TOLD]


def answer(asked: Asked, cell: object) -> Answer:
    """Return what a cell answers; never raises.

    >>> from geo.survey.fields import ASKED
    >>> answer(ASKED["no_security"], "有 门岗")
    Answer(text='有 门岗', came=False, reads=True, doubt='remark')
    >>> answer(ASKED["households"], "１２ 户").came, answer(ASKED["households"], "十来户").reads
    (12, False)
    """
    text = said(cell)
    if (plain(cell) or "").lower() in _UNCLEAR:
        return Answer(text, None)
    doubt, read = None, cell
    remarked = _REMARKED.fullmatch(text) if asked.field.type == "flag" else None
    if remarked:
        doubt, read = "remark", remarked[1]
    try:
        parsed = parse(read, asked.field)
    except Unreadable:
        return Answer(text, None, reads=False, doubt="cell")
    if not asked.admits(parsed.value):
        return Answer(text, None, reads=False, doubt="limits")
    return Answer(text, parsed.value, doubt=parsed.doubt or doubt)


def equal(one: Any, other: Any) -> bool:
    """Whether two stored values are the same; a spreadsheet keeps fifteen figures of a number.

    >>> equal(0.1 + 0.2, 0.3), equal(None, 0), equal(True, 1), equal(12, 12.0)
    (True, False, False, True)
    """
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)
