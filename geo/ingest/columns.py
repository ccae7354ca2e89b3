"""Which kind a table is, and which of its columns is which field: scored, with nothing decided in silence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from geo.errors import BadInput
from geo.ingest.cells import unified
from geo.ingest.fields import KINDS, Field, Kind

_UNIT = re.compile(r"[(（\[【].*?[)）\]】]")
_FUZZY = 0.8
"""The least likeness (difflib ratio) of a header to a known one that is taken, and then shown with its score."""
_KNOWN = 0.9
"""How sure a known other name is."""
_CUT = 0.85
"""How sure a cut name is that only one field begins with."""
_CLEAR_LEAD = 0.08
"""A kind must lead the next by this much of a score to be taken without asking."""


@dataclass(frozen=True, slots=True)
class Match:
    """One column of the file: its field (None = not used) and how sure that is, 0–1."""

    column: str
    field: str | None
    score: float


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The mapping of one table's columns to the fields of a kind.

    `clashes` are fields that two columns claim, `doubtful` columns with a cut name that could be several fields.
    """

    kind: Kind
    matches: tuple[Match, ...]
    clashes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns(self) -> dict[str, str]:
        """Return column by field name."""
        return {match.field: match.column for match in self.matches if match.field}

    def missing(self) -> list[Field]:
        """Return required fields that no column carries."""
        present = self.columns()
        return [one for one in self.kind.fields if one.required and one.name not in present]

    def score(self) -> float:
        """Return how well the table fits the kind: the share of required fields, then of its columns."""
        if self.missing() or not self.matches:
            return 0.0
        used = sum(match.score for match in self.matches if match.field)
        return used / len(self.matches)


def _folded(header: str) -> str:
    return re.sub(r"[\s_]+", "", unified(header)).lower()


def likeness(header: str, one: Field) -> float:
    """Return how sure it is, 0–1, that a column of this header holds the field.

    1 = our own header or canonical name, 0.95 the same without its unit, 0.9 a known alias, below that a likeness.
    """
    mine, bare = _folded(header), _folded(_UNIT.sub("", header))
    if mine in (_folded(one.header), _folded(one.name), _folded(one.stored)) and not one.key:
        return 1.0
    if mine in (_folded(one.header), _folded(one.name)):
        return 1.0
    if bare == _folded(_UNIT.sub("", one.header)):
        return 0.95
    if bare in {_folded(name) for name in one.also}:
        return 0.9
    # Codes look alike (小区编码, 网格编码): a likeness among them would be a guess.
    if one.type == "code" or len(bare) < 3:
        return 0.0
    ratio = difflib.SequenceMatcher(None, bare, _folded(_UNIT.sub("", one.header))).ratio()
    return round(ratio * 0.8, 3) if ratio >= _FUZZY else 0.0


def mended(column: str, kind: Kind) -> list[tuple[Field, float]]:
    """Return the fields that a cut name could be the beginning of, each with its score; none where it fits one alone.

    >>> from geo.ingest.fields import KINDS
    >>> [(one.name, score) for one, score in mended("所属社区编", KINDS["communities"])]
    [('neighbourhood', 0.85)]
    >>> [one.name for one, _ in mended("物业费", KINDS["communities"])]  # or was it 物业费收缴率?
    ['fee', 'collection_rate']
    """
    mine, fitting = _folded(column), fitted(column, kind)
    names = ((one, (one.header, one.name, one.stored, *one.also)) for one in kind.fields)
    found = [one for one, known in names if any(_folded(name).startswith(mine) for name in known)]
    return [] if fitting and {one.name for one in found} <= fitting else [(one, _CUT) for one in found]


def fitted(column: str, kind: Kind) -> set[str]:
    """Return the fields whose own or known name a column bears."""
    return {one.name for one in kind.fields if likeness(column, one) >= _KNOWN}


def map_columns(
    columns: Sequence[str],
    kind: Kind,
    chosen: Mapping[str, str] | None = None,
    cut: Collection[str] = (),
) -> ColumnMap:
    """Map columns to the fields of a kind; `chosen` (column → field, "" = leave out) overrides.

    `cut` names columns of a shapefile whose names fill the ten bytes there are: they are mended where only one field
    begins so, and doubtful where several do.

    Raises BadInput where `chosen` names a column or field that does not exist.
    """
    chosen = chosen or {}
    _check_chosen(columns, kind, chosen)
    fixed = {column: name or None for column, name in chosen.items()}
    best: dict[str, tuple[float, list[str]]] = {}
    beginnings = {column: mended(column, kind) for column in columns if column in cut and column not in fixed}
    # What a whole name of another column says is no longer open.
    whole = (one for one in columns if one not in fixed and not beginnings.get(one))
    taken = set(fixed.values()).union(*(fitted(one, kind) for one in whole))
    doubtful = {
        column: open_
        for column, found in beginnings.items()
        if len(open_ := tuple(one.name for one, _ in found if one.name not in taken)) > 1
    }
    for column in (one for one in columns if one not in fixed and one not in doubtful):
        sure = {one.name: score for one, score in beginnings.get(column, ())}
        for one in kind.fields:
            score = 0.0 if one.name in fixed.values() else max(likeness(column, one), sure.get(one.name, 0.0))
            leader, holders = best.get(one.name, (0.0, []))
            if score > leader:
                best[one.name] = (score, [column])
            elif score == leader and score > 0:
                holders.append(column)
    clashes = {name: tuple(holders) for name, (_, holders) in best.items() if len(holders) > 1}
    given = _one_field_each(best)
    matches = tuple(
        Match(column, fixed[column], 1.0)
        if column in fixed
        else Match(column, *given.get(column, (None, 0.0)))
        for column in columns
    )
    return ColumnMap(kind, matches, clashes, doubtful)


def _one_field_each(best: Mapping[str, tuple[float, list[str]]]) -> dict[str, tuple[str | None, float]]:
    """Give each column to the field that fits it best."""
    given: dict[str, tuple[str | None, float]] = {}
    for name, (score, holders) in best.items():
        for column in holders[:1]:
            if score > given.get(column, (None, 0.0))[1]:
                given[column] = (name, score)
    return given


def _check_chosen(columns: Sequence[str], kind: Kind, chosen: Mapping[str, str]) -> None:
    names = {one.name for one in kind.fields}
    for column, name in chosen.items():
        if column not in columns:
            raise BadInput(f"the file has no column {column!r}", field="map")
        if name and name not in names:
            raise BadInput(f"{kind.name} have no field {name!r}", field="map")


def rank_kinds(
    columns: Sequence[str], has_shapes: bool, cut: Collection[str] = ()
) -> list[tuple[float, Kind]]:
    """Return the kinds that a table could be, best first, with scores (those without a required field left out)."""
    possible = [kind for kind in KINDS.values() if not (has_shapes and kind.shape == "none")]
    scores = [(map_columns(columns, kind, cut=cut).score(), kind) for kind in possible]
    return sorted(((score, kind) for score, kind in scores if score > 0), key=lambda pair: -pair[0])


def kind_of(
    columns: Sequence[str], has_shapes: bool, cut: Collection[str] = ()
) -> tuple[Kind | None, list[str]]:
    """Return the kind that a table clearly is, or None with the names of those it could be."""
    ranked = rank_kinds(columns, has_shapes, cut)
    if not ranked:
        return None, list(KINDS)
    if len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= _CLEAR_LEAD:
        return ranked[0][1], []
    return None, [kind.name for _, kind in ranked]
