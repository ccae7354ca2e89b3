"""Other names (别名) that people's decisions taught, kept with the community: the next file matches by itself.

They go with the import that taught them: once it is undone, nobody has said them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import TextClause, func, insert, select, text, update
from sqlalchemy.orm import Session

from geo.store import history
from geo.store.sql import query
from geo.store.tables import change_set as change_sets
from geo.store.tables import community

_AREA: Final = text("SELECT area FROM change_set WHERE id = :id")
_MORE: Final = text(
    "community.aliases || ARRAY(SELECT jsonb_array_elements_text(CAST(:names AS jsonb) -> community.code)"
    " EXCEPT SELECT unnest(community.aliases))"
)
_LESS: Final = text(
    "ARRAY(SELECT one.name FROM unnest(community.aliases) WITH ORDINALITY AS one (name, at)"
    " WHERE NOT CAST(:names AS jsonb) -> community.code ? one.name ORDER BY one.at)"
)
_OWN: Final = frozenset({"id", "aliases", "recorded", "opened_by", "closed_by"})


def remember(session: Session, learned: Mapping[str, Sequence[str]], change_set: int) -> int | None:
    """Add other names to communities as a correction of what is known of them; returns its change set.

    `change_set` is the import that used them: the correction belongs to the same area. Stand-alone buildings have no
    other names.
    """
    names = {code: list(found) for code, found in learned.items() if code[12:13] == "C"}
    known = select(community.c.id).where(community.c.code.in_(names), func.upper_inf(community.c.recorded))
    ids = list(session.scalars(known)) if names else []
    if not ids:
        return None
    area = str(session.execute(_AREA, {"id": change_set}).scalar_one())
    return _correct(session, ids, names, _MORE, area, _subject(change_set))


def forget(session: Session, change_set: int) -> int | None:
    """Take back the other names that an import taught, as a correction; returns its change set.

    What somebody wrote about these communities since stays as it is.
    """
    taught = session.execute(query("geo.ingest.matching", "taught"), {"subject": _subject(change_set)}).all()
    if not taught:
        return None
    ids = [number for row in taught for number in row.ids]
    names = {row.code: list(row.names) for row in taught}
    by = _correct(session, ids, names, _LESS, taught[0].area, _subject(change_set))
    if all(row.untouched for row in taught):
        mark = update(change_sets).where(change_sets.c.id == taught[0].change_set)
        session.execute(mark.values(undone_by=by))
    return by


def _subject(change_set: int) -> str:
    return f"aliases {change_set}"


def _correct(
    session: Session,
    ids: Sequence[int],
    names: Mapping[str, Sequence[str]],
    fresh: TextClause,
    area: str,
    subject: str,
) -> int:
    """Close rows and open them again with other aliases; returns the change set."""
    by = history.open_change_set(session, "correction", area, subject)
    history.close_known(session, community, ids, by)
    columns = [one for one in community.columns if one.computed is None and one.name not in _OWN]
    rows = select(*columns, fresh, text("CAST(:by AS bigint)")).where(community.c.id.in_(ids))
    into = insert(community).from_select([*(one.name for one in columns), "aliases", "opened_by"], rows)
    session.execute(into, {"names": json.dumps(names, ensure_ascii=False), "by": by})
    return by
