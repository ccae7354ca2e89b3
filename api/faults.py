"""What the log is told of an error: where and what, never the values that were on their way to the database."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import psycopg2
from sqlalchemy.exc import DBAPIError


def told(error: BaseException) -> str:
    """Return an error and its causes, outermost first, as text for the log.

    psycopg2 writes values into the statement before it is sent, and PostgreSQL quotes that statement in its
    message; so a driver's error is told by its code and by the statement with its placeholders.
    """
    return "\n".join(line for part in _chain(error) for line in _lines(part))


def _chain(error: BaseException) -> Iterator[BaseException]:
    part: BaseException | None = error
    while part is not None:
        yield part
        part = part.__cause__ or (None if part.__suppress_context__ else part.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    yield f"{type(error).__name__}: {_message(error)}"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()


def _message(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"SQLSTATE {getattr(error.orig, 'pgcode', None)} in: {error.statement}"
    if isinstance(error, psycopg2.Error):
        return f"SQLSTATE {error.pgcode}"
    return str(error)
