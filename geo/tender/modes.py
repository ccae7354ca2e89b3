"""How a unit of the pool could be served (共享+): let (引入), joint (联建) or self-managed (自治).

And what is missing before it can be let. Pure: figures in, codes and figures out; pages write the sentences.
Practice: Longtan lets what lies together, is large and willing, manages scattered single buildings by their own, and
lets strong firms take neighbours along; where each begins is the district's to say (`Thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["let", "joint", "self", "undecided"]
Grade = Literal["A", "B", "C", "D"]
Figures = dict[str, float | int | str | None]


class Thresholds(BaseModel):
    """Where a mode begins, as a district sets it (区级设置)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    let_households: int = Field(300, ge=1, le=1_000_000)
    """Households that units lying together need before a tender pays."""
    gap: float = Field(300, ge=0, le=5000)
    """Metres within which two units lie together."""
    single_buildings: int = Field(2, ge=0, le=100)
    """A unit of at most so many buildings counts as scattered (单片散楼)."""
    joint_metres: float = Field(200, ge=0, le=5000)
    """How near a strong firm must serve."""
    joint_grades: Annotated[tuple[Grade, ...], Field(max_length=4)] = ("A", "B")
    """Credit grades (信用等级) of a strong firm."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A unit and those of the pool beside it (连片): how many, their known households, how many are unknown."""

    members: int
    households: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class NearFirm:
    """A strong firm that serves `unit` so many metres away."""

    firm: str
    name: str
    grade: str
    unit: str
    metres: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one unit; None is unknown."""

    kind: str
    households: int | None = None
    floor_area: float | None = None
    fee: float | None = None
    building_count: int | None = None
    willing: bool | None = None
    vote: str | None = None
    cluster: Cluster = field(default_factory=lambda: Cluster(1, 0, 1))
    firm: NearFirm | None = None
    mid_contract: bool = False
    taken: bool = False
    """Its services stand in a live round already."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing before a unit can be let; `blocks`: it cannot be let without."""

    code: str
    blocks: bool
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mode and its reason."""

    mode: Mode
    code: str
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is missing before a unit can be let, and the modes that fit it, the best first."""

    missing: tuple[Missing, ...]
    suggestions: tuple[Suggestion, ...]

    def as_json(self) -> dict[str, object]:
        """Return the outlook as plain values."""
        best, *others = self.suggestions
        return {
            "ready": not any(each.blocks for each in self.missing),
            "missing": [
                {"code": each.code, "blocks": each.blocks, "figures": each.figures} for each in self.missing
            ],
            "suggestion": _plain(best),
            "others": [_plain(each) for each in others],
        }


def _plain(suggestion: Suggestion) -> dict[str, object]:
    return {"mode": suggestion.mode, "code": suggestion.code, "figures": suggestion.figures}


def outlook(facts: Facts, limits: Thresholds) -> Outlook:
    """Judge one unit.

    >>> alone = Facts("building_group", households=40, building_count=1, cluster=Cluster(1, 40))
    >>> outlook(alone, Thresholds()).suggestions[0].mode
    'self'
    """
    return Outlook(tuple(_missing(facts, limits)), tuple(_suggestions(facts, limits)))


def _missing(facts: Facts, limits: Thresholds) -> list[Missing]:
    found = [
        Missing(f"{name}_unknown", name == "households")
        for name in ("households", "floor_area", "fee")
        if getattr(facts, name) is None and not (name == "fee" and facts.kind == "building_group")
    ]
    cluster = facts.cluster
    if cluster.households < limits.let_households and not cluster.unknown:
        figures: Figures = {"households": cluster.households, "least": limits.let_households}
        found.append(Missing("under_minimum", True, figures))
    if facts.willing is not True:
        refused = facts.willing is False
        found.append(Missing("refused" if refused else "willing_unknown", refused))
    if facts.vote != "passed":
        found.append(Missing("vote_failed" if facts.vote else "vote_missing", True))
    found += [Missing("mid_contract", True)] if facts.mid_contract else []
    found += [Missing("taken", True)] if facts.taken else []
    return found


def _suggestions(facts: Facts, limits: Thresholds) -> list[Suggestion]:
    """Letting first where it fits; single buildings rather manage themselves, others rather join a strong firm."""
    rest = (_self, _joint) if _is_single(facts, limits) else (_joint, _self)
    options = [option for judge in (_let, *rest) if (option := judge(facts, limits)) is not None]
    return options or [_undecided(facts, limits)]


def _is_single(facts: Facts, limits: Thresholds) -> bool:
    count = facts.building_count
    return facts.kind == "building_group" or (count is not None and count <= limits.single_buildings)


def _size(facts: Facts) -> Figures:
    return {"members": facts.cluster.members, "households": facts.cluster.households}


def _large(facts: Facts, limits: Thresholds) -> bool:
    return facts.cluster.households >= limits.let_households


def _let(facts: Facts, limits: Thresholds) -> Suggestion | None:
    """Large, contiguous and not unwilling (连片、规模大、意愿强)."""
    if not _large(facts, limits) or facts.willing is False:
        return None
    alone = facts.cluster.members == 1
    code = "large_alone" if alone else "large_together"
    return Suggestion(
        "let", code if facts.willing else f"{code}_ask", {**_size(facts), "least": limits.let_households}
    )


def _joint(facts: Facts, limits: Thresholds) -> Suggestion | None:
    """A strong firm serves a neighbour (联建)."""
    near = facts.firm
    if near is None or near.metres > limits.joint_metres or near.grade not in limits.joint_grades:
        return None
    figures: Figures = {
        "firm": near.firm, "name": near.name, "grade": near.grade, "unit": near.unit, "metres": round(near.metres),
    }  # fmt: skip
    return Suggestion("joint", "strong_firm_near", figures)


def _self(facts: Facts, limits: Thresholds) -> Suggestion | None:
    """Scattered single buildings (单片散楼), or too few together for a tender."""
    if _large(facts, limits) or facts.cluster.unknown:
        return None
    code = "single_building" if _is_single(facts, limits) else "few_together"
    return Suggestion("self", code, {**_size(facts), "least": limits.let_households})


def _undecided(facts: Facts, limits: Thresholds) -> Suggestion:
    if facts.willing is False:
        return Suggestion("undecided", "refused", _size(facts))
    return Suggestion("undecided", "size_unknown", {**_size(facts), "unknown": facts.cluster.unknown})
