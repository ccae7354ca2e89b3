"""Matchings that wait for people (待确认的匹配): the file, its rows and what was decided, kept until all is loaded."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, NotFound, Stale
from geo.ingest.matching.outcome import Decision, Matching
from geo.jobs import WORKER
from geo.settings import Settings
from geo.store.engine import Scope, Store
from geo.store.matching_tables import matching, matching_row
from geo.store.sql import query

FOLDER: Final = "matchings"
"""Where in the data folder the files lie: longer than uploads, until the matching is loaded or dropped."""
_HERE: Final = "geo.ingest.matching"
_ORPHANED_SECONDS: Final = 3600.0
"""A file that no open matching names is swept after so long: a transaction that has just linked it may not be over."""
_TOUCH: Final = text("UPDATE matching SET changed_at = now() WHERE id = :id")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('wangge.matching:' || :key))")


@dataclass(frozen=True, slots=True)
class Head:
    """A matching without its rows."""

    id: int
    state: str
    kind: str
    areas: tuple[str, ...]
    upload: str | None
    request: Mapping[str, Any]
    one_each: bool


def table_of(path: Path, layer: str | None) -> str:
    """Return what tells a table from every other: the file's SHA-256, taken on over the layer (sheet) that was chosen.

    Row 5 of one sheet is not row 5 of the next: what was decided must not go from one to the other.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f"\n{layer}".encode() if layer else b"")
    return digest.hexdigest()


def path_of(settings: Settings, upload: str) -> Path:
    """Return where a kept file lies."""
    return settings.data / FOLDER / Path(upload).name


def decisions_for(session: Session, scope: Scope, table: str, kind: str | None) -> dict[int, Decision]:
    """Return what was decided about the rows of a table (`table_of`) that is being settled, by their numbers.

    Without a kind, what was settled last of it counts.
    """
    found = _open(session, scope, table, kind)
    if found is None:
        return {}
    rows = select(matching_row.c.number, matching_row.c.decision, matching_row.c.code).where(
        matching_row.c.matching == found, matching_row.c.decision.is_not(None)
    )
    return {number: Decision(choice, code) for number, choice, code in session.execute(rows)}


def _open(session: Session, scope: Scope, sha256: str, kind: str | None) -> int | None:
    same = select(matching.c.id).where(
        matching.c.state == "open", matching.c.sha256 == sha256, matching.c.areas == list(scope.areas)
    )
    same = same if kind is None else same.where(matching.c.kind == kind)
    return session.scalar(same.order_by(matching.c.id.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a matching: its number, rows decided otherwise while they were loaded, a file to remove."""

    number: int | None = None
    overtaken: tuple[int, ...] = ()
    gone: Path | None = None


def keep(
    session: Session,
    scope: Scope,
    settings: Settings,
    path: Path,
    found: Matching,
    *,
    kind: str,
    source: str,
    request: Mapping[str, Any],
    change_set: int | None,
    loaded: bool,
) -> Kept:
    """Keep a file's matching and its rows; without a number where nobody has anything to decide.

    A file that is being settled already keeps its number and what was decided. Once it was loaded with nothing left to
    decide, and nobody decided otherwise meanwhile, it is no longer needed: its file is to be removed after the
    transaction.
    """
    sha256 = table_of(path, request.get("layer"))
    session.execute(_LOCK, {"key": sha256})
    number = _open(session, scope, sha256, kind)
    if number is None and not found.open_rows():
        return Kept()
    if number is None:
        values = {"areas": list(scope.areas), "kind": kind, "source": source, "sha256": sha256,
                  "one_each": found.one_each, "upload": _linked(settings, path)}  # fmt: skip
        number = int(
            session.execute(
                insert(matching).values(**values, request=dict(request)).returning(matching.c.id)
            ).scalar_one()
        )
    session.execute(_LOCK, {"key": str(number)})
    rows = json.dumps([_row_json(row) for row in found.rows], ensure_ascii=False)
    overtaken: tuple[int, ...] = ()
    if loaded:
        asked = {"matching": number, "rows": rows, "change_set": change_set}
        overtaken = tuple(session.scalars(query(_HERE, "overtaken"), asked))
    session.execute(query(_HERE, "keep_rows"), {"matching": number, "rows": rows})
    used = {name: getattr(found.limits, name) for name in ("certain", "doubtful", "lead")}
    changed: dict[str, Any] = {"request": {**request, "used": used}} | (
        {"change_set": change_set} if change_set else {}
    )
    gone = None
    if loaded and not found.open_rows() and not overtaken:
        gone = _path_of(session, settings, number)
        changed |= {"state": "loaded", "upload": None}
    session.execute(update(matching).where(matching.c.id == number).values(**changed))
    session.execute(_TOUCH, {"id": number})
    return Kept(number, overtaken, gone)


def _path_of(session: Session, settings: Settings, number: int) -> Path | None:
    upload = session.scalar(select(matching.c.upload).where(matching.c.id == number))
    return path_of(settings, upload) if upload else None


def _linked(settings: Settings, path: Path) -> str:
    """Give an upload a second name in our folder: the first is swept after a day."""
    folder = settings.data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    os.link(path, folder / name)
    return name


def _row_json(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "class": row.kind,
        "name": row.name,
        "original": [list(pair) for pair in row.original.items()],
        "place": list(row.place) if row.place else None,
        "candidates": list(row.candidates),
        "reason": {"zh": row.reason[0], "en": row.reason[1]},
        "may_be_new": row.may_be_new,
        "decision": row.decision.choice if row.decision else None,
        "code": row.decision.code if row.decision else None,
    }


def list_matchings(session: Session, number: int | None = None) -> list[dict[str, Any]]:
    """Return the matchings that the asker may see, open ones first, with how far they are."""
    return [dict(row._mapping) for row in session.execute(query(_HERE, "list"), {"id": number})]


def read_matching(session: Session, number: int) -> dict[str, Any]:
    """Return one matching with its counts. Raises NotFound."""
    found = list_matchings(session, number)
    if not found:
        raise NotFound("no such matching in your area")
    return found[0]


def read_rows(
    session: Session, number: int, kind: str | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return rows of a matching by their numbers in the file, after one; of one class where it is named."""
    asked = {"matching": number, "class": kind, "after": after, "limit": limit}
    return [dict(row._mapping) for row in session.execute(query(_HERE, "rows"), asked)]


def headers(session: Session, number: int, kind: str | None) -> list[str]:
    """Return the columns of a matching's file that rows of one class fill, in its order."""
    return list(session.scalars(query(_HERE, "headers"), {"matching": number, "class": kind}))


def every_row(session: Session, number: int, kind: str | None, page: int = 5_000) -> Iterator[dict[str, Any]]:
    """Yield all rows of one class, however many, by their numbers: a page in memory at a time."""
    after = 0
    while rows := read_rows(session, number, kind, after, page):
        yield from rows
        after = int(rows[-1]["number"])


def head(session: Session, number: int) -> Head:
    """Return an open matching. Raises NotFound, or Conflict where it was loaded or dropped."""
    columns = ("id", "state", "kind", "areas", "upload", "request", "one_each")
    row = session.execute(
        select(*(matching.c[name] for name in columns)).where(matching.c.id == number)
    ).one_or_none()
    if row is None:
        raise NotFound("no such matching in your area")
    if row.state != "open":
        raise Conflict(f"this matching is {row.state}")
    return Head(row.id, row.state, row.kind, tuple(row.areas), row.upload, row.request, row.one_each)


def decide(session: Session, number: int, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write decisions down: {number, version, choice, code} each; a choice of None takes one back.

    Returns the rows' new versions. Raises Stale where somebody decided first, Conflict where a community would go to
    two rows, BadInput for a code that is not there or a choice that makes no sense, NotFound for a row that is not.
    """
    _refuse_senseless(decisions)
    session.execute(_LOCK, {"key": str(number)})
    about = head(session, number)
    _check_codes(session, about, [str(one["code"]) for one in decisions if one["choice"] == "match"])
    asked = {"matching": number, "decisions": json.dumps([dict(one) for one in decisions])}
    done = [dict(row._mapping) for row in session.execute(query(_HERE, "decide"), asked)]
    written = {one["number"] for one in done}
    _refuse_missing(session, number, [one for one in decisions if one["number"] not in written])
    if about.one_each:
        _check_once(session, number, [one["number"] for one in done])
    session.execute(_TOUCH, {"id": number})
    return done


def _refuse_senseless(decisions: Sequence[Mapping[str, Any]]) -> None:
    if any((one["choice"] == "match") is (one["code"] is None) for one in decisions):
        raise BadInput("a match names a community, and no other choice does", field="code")
    if len({one["number"] for one in decisions}) < len(decisions):
        raise BadInput("one row is decided twice", field="decisions")


def _refuse_missing(session: Session, number: int, missing: Sequence[Mapping[str, Any]]) -> None:
    """Say why the first decision that could not be written was not."""
    if not missing:
        return
    first = min(missing, key=lambda one: int(one["number"]))
    row = first["number"]
    now = [one for one in read_rows(session, number, None, row - 1, 1) if one["number"] == row]
    if not now:
        raise NotFound(f"this matching has no row {row}", field="number")
    if now[0]["version"] == first["version"]:
        raise BadInput(f"row {row} has no outline: it cannot become a new community", field="choice")
    raise Stale("somebody decided about this row first", extra={"row": row, "current": now[0]})


def _check_codes(session: Session, about: Head, codes: list[str]) -> None:
    there = set(session.scalars(query(_HERE, "there"), {"codes": codes, "areas": list(about.areas)}))
    gone = sorted(set(codes) - there)
    if gone:
        raise BadInput(f"no community {gone[0]} in the area of this file", field="code")


def _check_once(session: Session, number: int, numbers: list[int]) -> None:
    twice = session.execute(query(_HERE, "twice"), {"matching": number, "numbers": numbers}).first()
    if twice is not None:
        rows = ", ".join(str(one) for one in twice.numbers)
        raise Conflict(
            f"{twice.code} would be given to rows {rows}", extra={"code": twice.code, "rows": twice.numbers}
        )


def load_request(session: Session, number: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the job that loads a matching's file with its decisions, and the areas that it runs in."""
    about = head(session, number)
    if about.upload is None:
        raise Conflict("the file of this matching is gone")
    return {**about.request, "dry_run": False, "upload": about.upload, "kept": True}, about.areas


def finish(session: Session, settings: Settings, number: int) -> None:
    """End a matching whose file was loaded, though rows of it are open: they stay to be read, its file goes.

    Raises Conflict where nothing of it was loaded: that one is given up instead.
    """
    session.execute(_LOCK, {"key": str(number)})
    about = head(session, number)
    if session.scalar(select(matching.c.change_set).where(matching.c.id == number)) is None:
        raise Conflict("nothing of this file was loaded yet: load it, or give it up")
    _end(session, settings, about, "loaded")


def drop(session: Session, settings: Settings, number: int) -> None:
    """Give a matching up: its file goes, and its rows with what stood in them."""
    session.execute(_LOCK, {"key": str(number)})
    about = head(session, number)
    session.execute(delete(matching_row).where(matching_row.c.matching == number))
    _end(session, settings, about, "dropped")


def _end(session: Session, settings: Settings, about: Head, state: str) -> None:
    """Close a matching; its file goes once that is committed, and stays where it is not."""
    session.execute(update(matching).where(matching.c.id == about.id).values(state=state, upload=None))
    session.execute(_TOUCH, {"id": about.id})
    if about.upload:
        path = path_of(settings, about.upload)
        event.listen(session, "after_commit", lambda _: path.unlink(missing_ok=True), once=True)


def sweep(store: Store, settings: Settings, after: float = _ORPHANED_SECONDS) -> int:
    """Remove kept files that no open matching names, as a crash or a rolled-back transaction leaves them.

    Returns how many; `after` are seconds. A link is as old as its inode's change: the file in it may be a day older.
    """
    folder = settings.data / FOLDER
    lying = {one.name: one for one in folder.iterdir()} if folder.is_dir() else {}
    with store.begin(WORKER) as session:
        named = set(session.scalars(select(matching.c.upload).where(matching.c.upload.is_not(None))))
    swept = 0
    for name in lying.keys() - named:
        with suppress(FileNotFoundError):  # its matching ended meanwhile
            if time.time() - lying[name].stat().st_ctime > after:
                lying[name].unlink()
                swept += 1
    return swept
