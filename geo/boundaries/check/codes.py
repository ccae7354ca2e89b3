"""Faults of codes (编码): form, prefix, uniqueness, reuse, and the order of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.check.report import CheckRules, Finding


def code_findings(
    codes: Sequence[str | None],
    shapes: NDArray[np.object_],
    rules: CheckRules,
    *,
    prefix: str | None = None,
    parents: Sequence[str | None] | None = None,
    retired: AbstractSet[str] = frozenset(),
) -> Iterator[Finding]:
    """Yield faults of the codes of cells, in the order of the cells.

    A code has `code_digits` digits, begins with its parent's code (`parents`, cell by cell) or with `prefix`, is given
    once and is none of the retired. Within a parent the numbers go from west to east and then from north to south, by
    the middles of the cells, as new numbers are given.
    """
    seen: dict[str, int] = {}
    for at, code in enumerate(codes):
        place = _place(shapes[at])
        if not code:
            yield Finding("code_missing", (f"row {at + 1}",), place, fix="renumber")
            continue
        fault = _form(code, rules)
        if fault:
            yield Finding("code_form", (code,), place, fix="renumber", text=fault)
        wanted = (parents[at] if parents is not None else None) or prefix
        if wanted and not code.startswith(wanted):
            yield Finding("code_prefix", (code,), place, fix="renumber", text=f"should begin with {wanted}")
        if code in seen:
            text = f"rows {seen[code] + 1} and {at + 1}"
            yield Finding("code_duplicate", (code,), place, fix="renumber", text=text)
        seen.setdefault(code, at)
        if code in retired:
            yield Finding("code_reused", (code,), place, fix="renumber", text="a code is for ever")
    if rules.code_digits is not None:
        yield from _order(codes, shapes, rules)


def _form(code: str, rules: CheckRules) -> str:
    if rules.code_digits is None:
        return ""
    if not (code.isascii() and code.isdigit()):
        return "not digits alone"
    return "" if len(code) == rules.code_digits else f"{len(code)} digits, not {rules.code_digits}"


def _order(codes: Sequence[str | None], shapes: NDArray[np.object_], rules: CheckRules) -> Iterator[Finding]:
    """Yield, for each parent, one finding where its numbers are not in order: the first that comes too early."""
    families: dict[str, list[tuple[float, float, str]]] = {}
    for code, shape in zip(codes, shapes, strict=True):
        if code and not _form(code, rules) and shape is not None and not shape.is_empty:
            middle = shapely.centroid(shape)
            families.setdefault(code[: -rules.number_digits], []).append((middle.x, -middle.y, code))
    for parent, members in families.items():
        placed = [code for *_, code in sorted(members)]
        wrong = [i for i in range(1, len(placed)) if placed[i] < placed[i - 1]]
        if wrong:
            x, y, code = next(one for one in members if one[2] == placed[wrong[0]])
            text = (
                f"{parent or 'all'}: {len(wrong)} of {len(placed)} come after a higher number to their west"
            )
            yield Finding("code_order", (code,), shapely.Point(x, -y), fix="renumber", text=text)


def _place(shape: shapely.Geometry | None) -> shapely.Point | None:
    return None if shape is None or shape.is_empty else shape.representative_point()
