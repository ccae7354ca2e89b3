"""What an officer asks of packages (打包规则): every rule with its bounds, checked as it comes in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Barrier = Literal["river", "railway", "arterial", "street"]
Code = Annotated[str, Field(pattern=r"^[0-9]{12}[CS][0-9]{3}$")]
"""A service unit (服务对象): a community or a stand-alone building."""
Pair = tuple[Code, Code]
Group = Annotated[tuple[Code, ...], Field(min_length=2, max_length=50)]
Bounds = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
Price = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_OPEN = ConfigDict(frozen=True, extra="forbid")


class AnchorRule(BaseModel):
    """What carries weak neighbours (大带小、新带旧): large enough, or new enough. A unit's own flag goes before it."""

    model_config = _OPEN

    households: int | None = Field(300, ge=1)
    built_since: int | None = Field(None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.households is None and self.built_since is None:
            raise ValueError("say from how many households, or from which year on, a unit is an anchor")
        return self


class MoneyRule(BaseModel):
    """Income (m² × fee × 12 × collection rate, and subsidy) against cost, in yuan a year (肥瘦搭配)."""

    model_config = _OPEN

    cost_per_m2: float | None = Field(None, ge=0, le=1000)
    """Yuan per m² and month."""
    cost_per_household: float | None = Field(None, ge=0, le=100_000)
    """Yuan per household and month."""
    subsidy_per_m2: float = Field(0, ge=0, le=1000)
    """Yuan per m² and year (Wuxiang: 1)."""
    assumed_fee: float | None = Field(None, ge=0, le=1000)
    """Taken where a fee is unknown, and said; without it such a unit cannot be weighed."""
    assumed_rate: float | None = Field(None, ge=0, le=1)
    shortfall_price: Price | None = None
    """Per yuan that a package falls short; None: no package may."""

    @model_validator(mode="after")
    def _one_cost(self) -> Self:
        if (self.cost_per_m2 is None) == (self.cost_per_household is None):
            raise ValueError("give the cost per m² or per household, one of the two")
        return self


class Centre(BaseModel):
    """A firm's own site (驻点) that takes its neighbours: the unit it lies in, and what it can take."""

    model_config = _OPEN

    unit: Code
    capacity: float | None = Field(None, gt=0, le=1e9)
    """In the first weight of the rules: households, or m² where only those are weighed."""
    fixed_cost: Price = 0


class BundleRules(BaseModel):
    """What an officer asks of packages. Bounds are sums per package, both ends included."""

    model_config = _OPEN

    area: str = Field(pattern=r"^[0-9]{12}$")
    """Region (区, 街道 or 社区) whose pool is bundled."""
    households: Bounds | None = (300, 1500)
    floor_area: Bounds | None = None
    max_members: int | None = Field(None, ge=1, le=1000)
    packages: Annotated[int, Field(ge=0, le=10_000)] | tuple[int, int] | None = None
    """Free, a number, or a range."""
    anchors: AnchorRule | None = None
    """Every package holds an anchor; None: it need not."""
    willing: Literal["any", "not_refused", "yes"] = "not_refused"
    """Whom the rules take: everybody, all but who refused, or only who agreed."""
    money: MoneyRule | None = None
    gap: float = Field(300, ge=0, le=5000)
    """Metres between the footprints of neighbours, at most."""
    within_subdistrict: bool = True
    """Packages keep to one sub-district (街道)."""
    border_price: Price | None = None
    """Where they need not: the price of each further sub-district in a package."""
    barriers: tuple[Barrier, ...] = ("river", "railway")
    links_added: tuple[Pair, ...] = Field((), max_length=500)
    """Pairs that are neighbours whatever lies between them: a bridge, a gate."""
    links_cut: tuple[Pair, ...] = Field((), max_length=500)
    """Pairs that are no neighbours: a wall."""
    apart: tuple[Group, ...] = Field((), max_length=200)
    together: tuple[Group, ...] = Field((), max_length=200)
    standalone: bool = True
    """Stand-alone buildings (单体楼) may join packages."""
    ending: bool = True
    """Units whose contract ends within the settings' days join the pool."""
    added: tuple[Code, ...] = Field((), max_length=500)
    """Units that join the pool though they need no tender: a strong neighbour as an anchor (新带旧)."""
    locks: dict[Code, Annotated[str, Field(min_length=1, max_length=80)]] = Field(
        default_factory=dict, max_length=2000
    )
    """Unit → package it must stay in."""
    centres: tuple[Centre, ...] = Field((), max_length=200)
    leave_out_price: Annotated[float, Field(gt=0, le=1e9)] | None = 1.0
    """Price of each household (or m²) left out; None: every unit must be placed."""
    effort: float = Field(1.0, gt=0, le=20)
    exact: bool = False
    """Go on to the proven optimum as far as the engine gets."""
    alternatives: int = Field(1, ge=1, le=5)
    """How many different proposals are wanted."""
    seed: int = Field(1, ge=0, le=2**31)

    @field_validator("households", "floor_area")
    @classmethod
    def _bounds_in_order(cls, bounds: Bounds | None) -> Bounds | None:
        if bounds and bounds[0] > bounds[1]:
            raise ValueError("the lower bound lies above the upper bound")
        return bounds

    @field_validator("packages")
    @classmethod
    def _range_in_order(cls, packages: int | tuple[int, int] | None) -> int | tuple[int, int] | None:
        if isinstance(packages, tuple) and not 0 <= packages[0] <= packages[1] <= 10_000:
            raise ValueError("a range of packages goes from the fewest to the most")
        return packages

    @field_validator("links_added", "links_cut", "apart", "together")
    @classmethod
    def _no_unit_twice(cls, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for group in groups:
            if len(set(group)) != len(group):
                raise ValueError(f"{group[0]} stands twice in one group")
        return groups

    @field_validator("centres")
    @classmethod
    def _centres_differ(cls, centres: tuple[Centre, ...]) -> tuple[Centre, ...]:
        if len({centre.unit for centre in centres}) != len(centres):
            raise ValueError("two centres lie in one unit")
        return centres

    @field_validator("locks")
    @classmethod
    def _locks_are_text(cls, locks: dict[str, str]) -> dict[str, str]:
        return dict(sorted(locks.items()))

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.households is None and self.floor_area is None:
            raise ValueError("give bounds on households or on floor area")
        if self.exact and self.alternatives > 1:
            raise ValueError("exact: a proof is of one plan; ask for one alternative")
        if self.within_subdistrict and self.border_price is not None:
            raise ValueError("border_price: packages that keep to one sub-district cross no border")
        both = {frozenset(pair) for pair in self.links_added} & {frozenset(pair) for pair in self.links_cut}
        if both:
            raise ValueError(f"links_cut: {' – '.join(sorted(both.pop()))} is added as well")
        return self

    def weighed(self) -> tuple[str, ...]:
        """Return the figures that every unit must have, first the one that weighs distance."""
        return tuple(name for name in ("households", "floor_area") if getattr(self, name) is not None)

    def brought(self) -> tuple[str, ...]:
        """Return the units that the rules themselves bring into the pool."""
        centres = (centre.unit for centre in self.centres)
        return tuple(dict.fromkeys(itertools.chain(self.added, self.locks, *self.together, centres)))

    def mentioned(self) -> Iterator[tuple[str, str]]:
        """Yield every unit that the rules name, with the field that names it."""
        for field in ("links_added", "links_cut", "apart", "together"):
            yield from ((field, code) for group in getattr(self, field) for code in group)
        yield from (("added", code) for code in self.added)
        yield from (("locks", code) for code in self.locks)
        yield from (("centres", centre.unit) for centre in self.centres)
