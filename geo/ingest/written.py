"""What the file wrote (原文), as one cell beside a row: `户数：暂无信息；收缴率：85`, out and in again.

In the store it is field → text. A field is called by its column there, by its own name where a column holds several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from geo.ingest.fields import Field, Kind

WRITTEN: Final = Field("written", "原文")
"""The column of an export that holds it; no field of any kind."""
_PART = re.compile(r"((?:[^；]|；；)+)")


def told_as(one: Field) -> str:
    """Return what the store calls a field here."""
    return one.name if one.key else one.stored


def as_text(kind: Kind, told: Mapping[str, str]) -> str:
    """Return the texts of a row as one cell, under the headers of the kind; a semicolon within is doubled.

    >>> from geo.ingest.fields import KINDS
    >>> as_text(KINDS["communities"], {"households": "暂无", "fee": "0.3；0.5"})
    '户数：暂无；物业费(元/㎡·月)：0.3；；0.5'
    """
    headers = {told_as(one): one.header for one in kind.fields}
    return "；".join(
        f"{headers[name]}：{text.replace('；', '；；')}" for name, text in told.items() if name in headers
    )


def from_text(kind: Kind, cell: object) -> dict[str, str]:
    """Return field → text of such a cell; what is no text of this form says nothing.

    >>> from geo.ingest.fields import KINDS
    >>> from_text(KINDS["communities"], "户数：暂无；物业费(元/㎡·月)：0.3；；0.5；别的")
    {'households': '暂无', 'fee': '0.3；0.5'}
    """
    names = {one.header: one.name for one in kind.fields}
    parts = (part.partition("：") for part in _PART.findall(cell if isinstance(cell, str) else ""))
    return {
        names[header]: text.replace("；；", "；") for header, _, text in parts if header in names and text
    }
