"""What the matcher works with: rows as a file names them, communities as they are known, and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from geo.errors import BadInput

Class = Literal["certain", "doubtful", "none"]
Place = tuple[float, float]
Sentence = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row (行) that names a community without its code. Unknown is empty, or None for `place` (lon, lat in degrees).

    `neighbourhood` and `subdistrict` are names or codes, as the file has them; `others` are former names that it gives.
    """

    name: str
    address: str = ""
    neighbourhood: str = ""
    subdistrict: str = ""
    others: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A community (小区) that is there.

    `place` is a point inside it, and `reach` the radius in metres of its own area around that point: whoever stands
    nearer is inside.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    address: str = ""
    neighbourhood: str = ""
    subdistrict: str = ""
    place: Place | None = None
    reach: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """From which score (0–1) a match is taken by itself or asked about, and by how much it must lead the next.

    `far` is the distance in metres at which nearness no longer counts; `most` how many candidates a row keeps.
    """

    certain: float = 0.88
    doubtful: float = 0.55
    lead: float = 0.06
    far: float = 1500.0
    most: int = 5


LEAST_CERTAIN: Final = 0.6
"""Below it nothing is taken by itself: an equal address or place alone comes to as much."""
LEAST_DOUBTFUL: Final = 0.2


def limits_of(certain: float | None, doubtful: float | None) -> Limits | None:
    """Return the limits with some of them chosen, None where none is: the district's. Raises BadInput for none."""
    if certain is None and doubtful is None:
        return None
    usual = Limits()
    sure = usual.certain if certain is None else certain
    asked = min(usual.doubtful, sure) if doubtful is None else doubtful
    if not LEAST_DOUBTFUL <= asked <= sure <= 1 or sure < LEAST_CERTAIN:
        raise BadInput("scores lie between 0.2 and 1, a certain one from 0.6 on, and not below a doubtful one",
                       field="certain")  # fmt: skip
    return Limits(sure, asked)


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of evidence: `name`, `marks`, `address`, `near` or `region`; its score 0–1, and the reason in words."""

    about: str
    score: float
    words: Sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """A community that a row may mean: its position among the known, the score 0–1 and its parts."""

    known: int
    score: float
    parts: tuple[Part, ...]
    capped: bool = False
    """Something distinguishing is named on one side only: never taken without asking."""


@dataclass(frozen=True, slots=True)
class Match:
    """What became of one row. `known` is the community of a certain row (None otherwise); candidates are best first."""

    kind: Class
    known: int | None
    candidates: tuple[Candidate, ...] = ()
    reason: Sentence = ("", "")
    rivals: tuple[int, ...] = field(default=())
    """Other rows that want the same community."""
