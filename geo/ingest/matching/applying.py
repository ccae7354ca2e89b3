"""A parsed table whose rows name communities: matched against the store, and given their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo.crs_shifted import bd_to_wgs, gcj_to_wgs
from geo.ingest.matching.candidates import metres
from geo.ingest.matching.doubles import Double, New, doubles
from geo.ingest.matching.matcher import match
from geo.ingest.matching.names import parse
from geo.ingest.matching.outcome import Decision, Matching, RowMatch, candidate_json
from geo.ingest.matching.rows import CODE, FILLED, ONE_EACH, TARGETS, UNIT, Columns, original, wanted
from geo.ingest.matching.values import Candidate, Known, Limits, Match, Sentence, Wanted
from geo.ingest.reading import RawTable
from geo.ingest.tables import ParsedTable
from geo.store.sql import query

_CLOSE: Final = 0.6
"""Points are taken as shifted where that brings known names nearer by this factor."""
_ENOUGH: Final = 5
_UNIT_KINDS: Final = {"C": "community", "S": "building_group"}


def read_known(session: Session, at: date, *, alone: bool = False) -> list[Known]:
    """Return the communities that the asker may see on a date, with `alone` stand-alone buildings too."""
    found = session.execute(query("geo.ingest.matching", "known"), {"at": at, "alone": alone})
    return [
        Known(
            row.code, row.name, tuple(row.aliases or ()), row.address, row.neighbourhood, row.subdistrict,
            (row.lon, row.lat) if row.lon is not None else None, float(row.reach or 0.0),
        )
        for row in found
    ]  # fmt: skip


def readmit(table: ParsedTable) -> None:
    """Take rows in again that were refused only because what a match fills in was empty."""
    filled = FILLED[table.kind.name]
    table.findings[:] = [one for one in table.findings if not (one.key == "required" and one.field in filled)]
    refused = {one.row for one in table.findings if one.severity == "refused"}
    table.keep = np.array([int(row) not in refused for row in table.rows], dtype=bool)


Outlines = Callable[[list[Any]], Mapping[str, Any]]
"""Shapes in degrees → outlines of the known communities near them, by code."""


def outlines_near(session: Session, at: date, shapes: Sequence[Any]) -> dict[str, Any]:
    """Return the outlines of communities that may touch any of these shapes (degrees, EPSG:4490), by code."""
    if not shapes:
        return {}
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    if not np.isfinite([west, south, east, north]).all():
        return {}
    box = {"at": at, "west": west, "south": south, "east": east, "north": north}
    found = session.execute(query("geo.ingest.matching", "outlines"), box).all()
    return dict(
        zip((row.code for row in found), shapely.from_wkb([bytes(row.wkb) for row in found]), strict=True)
    )


class Applying:
    """The matching of one table of somebody who answers for `areas`."""

    def __init__(
        self,
        raw: RawTable,
        table: ParsedTable,
        columns: Columns,
        known: Sequence[Known],
        limits: Limits,
        areas: Sequence[str],
    ) -> None:
        self._raw, self._table, self._columns = raw, table, columns
        self._known, self._limits, self._areas = known, limits, tuple(areas)
        self._at = {one.code: position for position, one in enumerate(known)}
        self._target = TARGETS[table.kind.name]
        self.matching = Matching(table.kind.name in ONE_EACH, limits=limits)
        self.notes: list[Sentence] = []

    def run(self, decisions: Mapping[int, Decision], *, keep_new: bool = False) -> Matching:
        """Give every row that can be told its code, refuse the others with the reason, and return what became of each.

        `decisions` are by the rows' numbers in the file. `keep_new` leaves rows of nobody in, without a code.
        """
        table = self._table
        codes = list(table.column(self._target))
        self._tell_kinds(codes)
        positions = [p for p in table.kept() if self._is_wanted(p, codes[p])]
        rows = wanted(self._raw, table, self._columns, positions)
        rows = self._unshifted(rows, positions)
        decided = {p: decisions[int(table.rows[p])] for p in positions if int(table.rows[p]) in decisions}
        taken = {self._at[codes[p]]: int(table.rows[p]) for p in table.kept() if codes[p] in self._at}
        taken |= {self._at[d.code]: int(table.rows[p]) for p, d in decided.items() if d.code in self._at}
        open_ = [i for i, p in enumerate(positions) if p not in decided]
        numbers = [int(table.rows[positions[i]]) for i in open_]
        found = match(
            [rows[i] for i in open_], self._known, self._limits,
            one_each=self.matching.one_each, taken=taken, numbers=numbers,
        )  # fmt: skip
        matches: dict[int, Match] = {positions[i]: one for i, one in zip(open_, found, strict=True)}
        for position, row in zip(positions, rows, strict=True):
            told = self._row(position, row, matches.get(position), decided.get(position))
            self.matching.rows.append(told)
            self._apply(position, row, told, keep_new)
        return self.matching

    def _tell_kinds(self, codes: Sequence[str | None]) -> None:
        """Services whose unit is named by its code need no column that says of which kind it is."""
        if self._table.kind.name != "service-periods":
            return
        kinds = list(self._table.column("unit_kind"))
        for position, code in enumerate(codes):
            if kinds[position] is None and code and UNIT.fullmatch(code):
                self._set("unit_kind", position, _UNIT_KINDS[code[12]])

    def doubles(self, outlines: Outlines, decisions: Mapping[int, Decision]) -> None:
        """Find rows with a new code that seem to be there already, and do with them what was decided.

        What nobody decided about is loaded and noted as suspicious.
        """
        table = self._table
        if table.kind.name != "communities":
            return
        fresh = [p for p in table.kept() if table.code(p) and table.code(p) not in self._at]
        names, shapes = table.column("name"), table.shapes
        rows = [
            New(
                int(table.rows[p]),
                str(table.code(p)),
                str(names[p] or ""),
                None if shapes is None else shapes[p],
            )
            for p in fresh
        ]
        for one in doubles(rows, self._known, outlines([row.shape for row in rows if row.shape is not None])):
            self._settle_double(one, rows, fresh, decisions)

    def _settle_double(
        self, one: Double, rows: Sequence[New], fresh: Sequence[int], decisions: Mapping[int, Decision]
    ) -> None:
        position, row = fresh[one.new], rows[one.new]
        decision = decisions.get(row.number)
        if one.known is not None:
            there = self._known[one.known]
            candidate = candidate_json(Candidate(one.known, one.score, one.parts), there)
        else:
            earlier = rows[one.row or 0]
            there = Known(earlier.code, earlier.name)
            candidate = candidate_json(Candidate(0, one.score, one.parts), there) | {"row": earlier.number}
        place = self._table.places.get(position)
        told = RowMatch(row.number, "double", row.name, original(self._raw, position), place, [candidate],
                        one.parts[0].words, True, decision.code if decision else None, decision)  # fmt: skip
        self.matching.rows.append(told)
        if decision is None:
            text = f"{there.name}（{there.code}）：{one.parts[0].words[0]}"
            self._table.note(position, "suspicious", "double", None, text)
        elif decision.choice == "none":
            self._table.note(position, "refused", "double_left", None, f"{there.name}（{there.code}）")
        elif decision.choice == "match" and decision.code in self._at:
            self._give(position, self._known[self._at[decision.code]])

    def _is_wanted(self, position: int, code: str | None) -> bool:
        """Whether a row is to be matched: no code, or one that nobody here knows and that cannot be a new one's.

        A whole code of ground that is not the asker's is somebody else's, whatever the name: the checks refuse it.
        """
        if code in self._at or (code and UNIT.fullmatch(code) and not code.startswith(self._areas)):
            return False
        table = self._table
        if table.kind.name == "branches":
            return code is None and table.column("kind")[position] == "community"
        if table.kind.name == "communities":
            new = table.shapes is not None and table.shapes[position] is not None
            return code is None or not CODE.fullmatch(code) or not new
        return code is None or code not in self._at

    def _row(self, position: int, row: Wanted, found: Match | None, decision: Decision | None) -> RowMatch:
        table = self._table
        code = decision.code if decision else None
        if found is not None and found.known is not None:
            code = self._known[found.known].code
        candidates = (
            [candidate_json(one, self._known[one.known]) for one in found.candidates] if found else []
        )
        shaped = table.shapes is not None and table.shapes[position] is not None
        return RowMatch(
            int(table.rows[position]),
            found.kind if found else "doubtful",
            row.name,
            original(self._raw, position),
            row.place,
            candidates,
            found.reason if found else ("", ""),
            table.kind.name == "communities" and shaped,
            code,
            decision,
        )

    def _apply(self, position: int, row: Wanted, told: RowMatch, keep_new: bool) -> None:
        table, decision = self._table, told.decision
        if told.code is not None and told.code in self._at:
            self._give(position, self._known[self._at[told.code]])
            if decision is not None:
                self._learn(position, row, self._known[self._at[told.code]])
        elif told.code is not None:
            table.note(position, "refused", "match_gone", None, told.code)
        elif decision is not None and decision.choice == "none":
            table.note(position, "refused", "match_left", None, row.name)
        elif decision is not None or (keep_new and told.kind == "none"):
            self._set(self._target, position, None)
        elif told.kind == "doubtful":
            best = told.candidates[0]
            table.note(
                position,
                "refused",
                "match_doubtful",
                None,
                f"{best['name']}（{best['code']}）{best['score']:.2f}",
            )
        else:
            table.note(position, "refused", "match_none", None, row.name)

    def _give(self, position: int, there: Known) -> None:
        """Give a row the code of a community, and what follows from it; the community keeps its own name."""
        self._set(self._target, position, there.code)
        kind = self._table.kind.name
        if kind == "communities":
            self._set("name", position, there.name)
            self._set("neighbourhood", position, there.code[:12])
            if "aliases" in self._table.values:
                self._set("aliases", position, self._aliases(position, there))
        elif kind == "service-periods":
            self._set("unit_kind", position, _UNIT_KINDS[there.code[12]])

    def _learn(self, position: int, row: Wanted, there: Known) -> None:
        """Remember under which other name a person found a community."""
        heard = {parse(name).key for name in (there.name, *there.aliases)}
        fresh = [name for name in (row.name, *row.others) if name and parse(name).key not in heard]
        if not fresh:
            return
        learned = self.matching.learned.setdefault(there.code, [])
        learned.extend(name for name in fresh if name not in learned)
        if self._table.kind.name == "communities":
            self._keep_aliases()
            self._table.kept_fields.get(position, set()).discard("aliases")
            self._set("aliases", position, self._aliases(position, there, fresh))

    def _aliases(self, position: int, there: Known, fresh: Sequence[str] = ()) -> list[str]:
        """Return the known other names, the file's and fresh ones: no repeats, and not the name itself."""
        given = self._table.values["aliases"][position]
        told = given if isinstance(given, list) else []
        return [one for one in dict.fromkeys([*there.aliases, *told, *fresh]) if one != there.name]

    def _keep_aliases(self) -> None:
        """Where the file has no column of other names, every row keeps those that are known."""
        if "aliases" not in self._table.values:
            self._table.values["aliases"] = [None] * len(self._table)
            for position in range(len(self._table)):
                self._table.kept_fields.setdefault(position, set()).add("aliases")

    def _set(self, name: str, position: int, value: Any) -> None:
        if name not in self._table.values:
            self._table.values[name] = [None] * len(self._table)
        self._table.values[name][position] = value

    def _unshifted(self, rows: list[Wanted], positions: Sequence[int]) -> list[Wanted]:
        """Return rows with points that came in columns turned from GCJ-02 or BD-09, where names that agree say so."""
        typed = [
            i for i, p in enumerate(positions) if rows[i].place is not None and p not in self._table.places
        ]
        by_key: dict[str, list[int]] = {}
        for position, one in enumerate(self._known):
            by_key.setdefault(parse(one.name).key, []).append(position)
        pairs = [
            (i, by_key[parse(rows[i].name).key][0])
            for i in typed
            if len(by_key.get(parse(rows[i].name).key, ())) == 1
        ]
        pairs = [(i, k) for i, k in pairs if self._known[k].place is not None]
        if len(pairs) < _ENOUGH:
            return rows
        here = np.array([rows[i].place for i, _ in pairs], dtype=np.float64)
        there = np.array([self._known[k].place for _, k in pairs], dtype=np.float64)
        ways = {"GCJ-02": gcj_to_wgs, "BD-09": bd_to_wgs}
        plain = float(np.median(metres(here, there)))
        name, away = min(
            ((name, float(np.median(metres(way(here), there)))) for name, way in ways.items()),
            key=lambda one: one[1],
        )
        if away >= plain * _CLOSE:
            return rows
        self.notes.append(
            (
                f"经纬度按 {name} 理解：{len(pairs)} 个同名小区的中位距离由 {plain:,.0f} 米变为 {away:,.0f} 米",
                f"longitude and latitude are taken as {name}: the median distance of {len(pairs)} communities of the"
                f" same name falls from {plain:,.0f} to {away:,.0f} m",
            )
        )
        moved = dict(zip(typed, ways[name](np.array([rows[i].place for i in typed])).tolist(), strict=True))
        return [_moved(row, moved[i]) if i in moved else row for i, row in enumerate(rows)]


def _moved(row: Wanted, place: Sequence[float]) -> Wanted:
    return Wanted(
        row.name,
        row.address,
        row.neighbourhood,
        row.subdistrict,
        row.others,
        (float(place[0]), float(place[1])),
    )
