"""The driver's errors, translated once into the domain's."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from geo.errors import BadInput, Busy, Conflict, DiskFull, NotFound, WanggeError

# PostgreSQL's appendix A, Error Codes. PostGIS reports bad geometry as XX000.
_BAD_INPUT = ("22", "XX000", "23502", "23503", "23514")
_CONFLICT = ("23505", "23P01", "40001", "40P01", "WG409")
"""WG409 is our own: a step that the present state does not allow."""
_BUSY = ("08", "53", "55P03", "57")


def translated(error: DBAPIError) -> WanggeError:
    """Return the domain's error for a driver's error; an unknown one stays a plain WanggeError (500)."""
    original = error.orig
    code: str = getattr(original, "pgcode", None) or ""
    diagnosis = getattr(original, "diag", None)
    message = str(getattr(diagnosis, "message_primary", None) or "the database refused")
    field = _field(diagnosis)
    if error.connection_invalidated or code == "" or code.startswith("08"):
        return Busy("the database is not answering; try again in a moment")
    if code == "53100":
        return DiskFull("no room left for the database")
    if code == "42501" and "row-level security" in message:
        return NotFound("no such thing in your area")
    for prefixes, kind in ((_BAD_INPUT, BadInput), (_CONFLICT, Conflict), (_BUSY, Busy)):
        if code.startswith(prefixes):
            return kind(_plain(message, diagnosis), field=field)
    return WanggeError("the database could not answer")


def _field(diagnosis: object) -> str | None:
    """Name the column at fault: PostgreSQL says it, or our constraint's name ends with it."""
    column = getattr(diagnosis, "column_name", None)
    if column:
        return str(column)
    constraint = getattr(diagnosis, "constraint_name", None)
    table = getattr(diagnosis, "table_name", None)
    if constraint and table:
        return re.sub(rf"^(ck|uq|ex|fk|pk)_{re.escape(str(table))}_", "", str(constraint))
    return None


def _plain(message: str, diagnosis: object) -> str:
    detail = getattr(diagnosis, "message_detail", None)
    # "Failing row contains (…)" would tell a stranger the row; a key clash is safe to show and useful.
    return f"{message}: {detail}" if detail and detail.startswith("Key ") else message
