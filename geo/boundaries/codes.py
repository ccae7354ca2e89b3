"""The codes of regions (编码): the prefix that everything inside one begins with."""

from __future__ import annotations

from geo.errors import BadInput


def region_prefix(code: str) -> str:
    """Return a region's code without its padding, which every code inside it begins with.

    Twelve digits = 2+2+2 (GB/T 2260) + 3 (GB/T 10114) + 3. Raises BadInput on anything else.

    >>> region_prefix("990101000000"), region_prefix("990101001000"), region_prefix("990101001002")
    ('990101', '990101001', '990101001002')
    """
    if len(code) != 12 or not code.isascii() or not code.isdigit():
        raise BadInput(f"{code!r} is no region code: twelve digits are needed", field="region")
    for length in (2, 4, 6, 9):
        if code[length:].strip("0") == "":
            return code[:length]
    return code
