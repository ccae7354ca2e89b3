"""Sessions on PostGIS, each bound to the scope of who is asking. The only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, SessionTransaction

from geo.errors import Busy
from geo.store.failures import translated

Duty = Literal["", "auth", "security", "auditor"]

APP_ROLE = "wangge_app"
OWNER_ROLE = "wangge_owner"
_OPTIONS = "-c search_path=wangge,public -c timezone=UTC -c lock_timeout=5000"

_SET_SCOPE = text(
    "SELECT set_config('wangge.actor', :actor, true), set_config('wangge.areas', :areas, true),"
    " set_config('wangge.duty', :duty, true), set_config('wangge.request', :request, true),"
    " set_config('wangge.source', :source, true)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is asking, and for which ground.

    `areas` are region prefixes (990101 = the district): rows whose code begins with one of them are seen, no
    others. `("",)` is everything, `()` is nothing. `duty` opens the people tables (auth, security) or the audit.
    """

    actor: str
    areas: tuple[str, ...] = ()
    duty: Duty = ""
    request: str = ""
    source: str = ""

    def settings(self) -> dict[str, str]:
        """Return the values of the transaction's `wangge.*` settings."""
        areas = "{" + ",".join(f'"{area}"' for area in self.areas) + "}" if self.areas else ""
        return {
            "actor": self.actor,
            "areas": areas,
            "duty": self.duty,
            "request": self.request,
            "source": self.source,
        }


class Store:
    """A pool of connections as the application role, which owns nothing and is under row-level security."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 30_000) -> None:
        self.engine = _engine(url, pool_size, statement_timeout_ms)

    @contextmanager
    def begin(self, scope: Scope) -> Iterator[Session]:
        """Open one transaction in a scope: committed when the block ends, rolled back when it raises.

        Raises the domain's errors in place of the driver's; see `geo.store.failures`.
        """
        try:
            with Session(self.engine, info={"scope": scope}) as session, session.begin():
                yield session
        except PoolTimeout as error:
            raise Busy("every database connection is in use") from error
        except DBAPIError as error:
            raise translated(error) from error

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: str, pool_size: int, statement_timeout_ms: int) -> Engine:
    engine = create_engine(
        make_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        pool_pre_ping=True,
        hide_parameters=True,  # an error in the log shows the statement, never whose telephone number was in it
        connect_args={
            "options": f"{_OPTIONS} -c statement_timeout={statement_timeout_ms}",
            "application_name": "wangge",
            "connect_timeout": 5,
        },
    )
    event.listen(engine, "connect", _become_app)
    return engine


def _become_app(connection: Any, _record: object) -> None:
    """Step down to the application role when the connection came in as another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] != APP_ROLE:
            cursor.execute("SET ROLE wangge_app")
    connection.commit()


@event.listens_for(Session, "after_begin")
def _set_scope(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Bind the scope to the transaction alone: a session-level SET would leak to the pool's next user."""
    scope = session.info.get("scope")
    if isinstance(scope, Scope):
        connection.execute(_SET_SCOPE, scope.settings())
