"""The audit (审计): append a row, read pages of rows, verify the chain. Rows are written by the database alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.people.roles import lies_in
from geo.store.engine import Duty, Scope, Store


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: its id, and the address of the client."""

    request: str = ""
    source: str = ""

    def scope(self, actor: str, areas: tuple[str, ...] = (), duty: Duty = "") -> Scope:
        """Return the scope of somebody who asks from here."""
        return Scope(actor, areas, duty, self.request, self.source)


@dataclass(frozen=True, slots=True)
class Others:
    """People outside an auditor's area: what concerns nobody but them is not shown."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the audit to show: newest first, below the row `before`; None leaves a filter out."""

    areas: tuple[str, ...]
    before: int | None = None
    limit: int = 100
    actor: str | None = None
    action: str | None = None
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    others: Others = Others()


_WRITE = text(
    "SELECT write_audit(CAST(:action AS text), CAST(:object AS text), CAST(:area AS text),"
    " CAST(:success AS boolean), CAST(:detail AS jsonb))"
)

# Rows on people carry no area: they go by where the person is responsible.
_READ = text("""
SELECT id, at, actor, action, object, area, success, request_id, source, detail
  FROM audit
 WHERE (CAST(:before AS bigint) IS NULL OR id < :before)
   AND CASE WHEN area IS NOT NULL THEN region_prefix(area) ^@ ANY (:areas)
            ELSE actor <> ALL (:names) AND object <> ALL (:names)
             AND coalesce(detail ->> 'person', '') <> ALL (:ids) END
   AND (CAST(:actor AS text) IS NULL OR actor = :actor)
   AND (CAST(:action AS text) IS NULL OR action = :action OR action ^@ (:action || '.'))
   AND (CAST(:success AS boolean) IS NULL OR success = :success)
   AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
   AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
 ORDER BY id DESC LIMIT :limit
""")
_PEOPLE = text("""
SELECT p.id, p.username, ARRAY(SELECT region::text FROM person_area WHERE person = p.id) AS areas FROM person p
""")

_MONTHS = text("SELECT make_audit_partitions()")
_VERIFY = text("SELECT id, at FROM verify_audit()")
_COUNT = text("SELECT count(*) FROM audit")


def record(
    db: Session,
    action: str,
    subject: str,
    *,
    area: str | None = None,
    success: bool = True,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one row in the name of the session's scope; its time is the database's.

    Never put a password, a token or anything else that is secret into `subject` or `detail`.
    """
    values = {"action": action, "object": subject, "area": area, "success": success}
    db.execute(_WRITE, {**values, "detail": json.dumps(dict(detail or {}), ensure_ascii=False)})


def read(db: Session, wanted: Wanted) -> list[dict[str, object]]:
    """Return rows of the audit, newest first. The scope's duty must be auditor, else there are none."""
    values = {name: getattr(wanted, name) for name in Wanted.__slots__ if name != "others"}
    lists = {"areas": list(wanted.areas), "ids": list(wanted.others.ids), "names": list(wanted.others.names)}
    return [dict(row) for row in db.execute(_READ, {**values, **lists}).mappings()]


def others(store: Store, areas: tuple[str, ...]) -> Others:
    """Return who is responsible for ground outside these areas; nobody is, outside the whole country."""
    if "" in areas:
        return Others()
    with store.begin(Scope(actor="audit", duty="auth")) as db:
        rows = [row for row in db.execute(_PEOPLE) if not lies_in(row.areas, areas)]
    return Others(tuple(str(row.id) for row in rows), tuple(row.username for row in rows))


def make_months(store: Store) -> None:
    """Make room for this month's rows and the next one's; without it, nothing that must be on record could be done."""
    with store.begin(Scope(actor="system")) as db:
        db.execute(_MONTHS)


def verify(db: Session) -> dict[str, object]:
    """Follow the chain of hashes; names the first row that does not follow from its content, or None."""
    broken = db.execute(_VERIFY).one_or_none()
    rows = db.scalar(_COUNT)
    first = None if broken is None else {"id": broken.id, "at": broken.at}
    return {"intact": broken is None, "rows": rows, "first_broken": first}
