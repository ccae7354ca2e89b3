"""Other names (别名) that people's decisions taught, kept with the community: the next file matches by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from geo.store import history
from geo.store.tables import community

_AREA: Final = text("SELECT area FROM change_set WHERE id = :id")
_NAMES: Final = text(
    "community.aliases || ARRAY(SELECT jsonb_array_elements_text(CAST(:names AS jsonb) -> community.code)"
    " EXCEPT SELECT unnest(community.aliases))"
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
    by = history.open_change_set(session, "correction", area, "aliases")
    history.close_known(session, community, ids, by)
    columns = [one for one in community.columns if one.computed is None and one.name not in _OWN]
    rows = select(*columns, _NAMES, text("CAST(:by AS bigint)")).where(community.c.id.in_(ids))
    into = insert(community).from_select([*(one.name for one in columns), "aliases", "opened_by"], rows)
    session.execute(into, {"names": json.dumps(names, ensure_ascii=False), "by": by})
    return by
