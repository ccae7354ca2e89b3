"""One thing that waits (待办事项), and who looks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits; `due`: the day by which, `since`: the day from which on."""

    kind: str
    zh: str
    en: str
    link: str
    count: int = 1
    round: int | None = None
    plan: int | None = None
    due: date | None = None
    since: Any = None
    survey: int | None = None

    @property
    def key(self) -> str:
        """What tells this news from every other: once more fails, or it is returned again, it is another."""
        said = "\n".join((self.kind, self.link, self.zh, str(self.since or "")))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: name, roles, and the areas (prefixes) that he or she is responsible for."""

    name: str
    roles: Collection[str]
    areas: Sequence[str]
