"""JSON bodies that would do harm further in are refused before anybody reads them."""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn

from geo.errors import BadInput

DEEPEST: Final = 100
"""Levels of nesting. A GeometryCollection may nest 32 deep, each level an object and an array."""


def check_json(body: bytes) -> None:
    """Refuse JSON that is malformed or too deep, holds NaN or infinity, a NUL character or half a surrogate pair.

    PostgreSQL can store neither of the last two, and `1e400` is infinity to Python. Raises BadInput.
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadInput(f"JSON nested deeper than {DEEPEST} levels", field="body") from None
    except ValueError:
        raise BadInput("this is not JSON", field="body") from None
    _walk(document)


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput(f"{name} is not a number", field="body")


def _walk(document: object) -> None:
    level: list[object] = [document]
    for _ in range(DEEPEST + 1):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.keys())
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            else:
                _check_value(value)
        if not below:
            return
        level = below
    raise BadInput(f"JSON nested deeper than {DEEPEST} levels", field="body")


def _check_value(value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput("a number is infinite", field="body")
    if isinstance(value, str) and not _is_storable(value):
        raise BadInput("a text holds a NUL character or half a surrogate pair", field="body")


def _is_storable(text: str) -> bool:
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
