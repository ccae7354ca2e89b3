"""Roles (职责) and areas (范围): seven roles, and the region prefixes in which a person holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from geo.boundaries.codes import region_prefix
from geo.errors import BadInput

BUSINESS: Final = ("planner", "officer", "supervisor", "reviewer")
"""See the district's data: planner 规划员, tender officer 招标员, supervisor 督导员, reviewer 复核员."""

DUTIES: Final = ("system", "security", "auditor")
"""The three duties of administration (三员): they see no business data, and nobody holds two of them."""

ROLES: Final = BUSINESS + DUTIES

WHOLE_COUNTRY: Final = "000000000000"
"""The area that covers every region (全国)."""


def prefix_of(region: str) -> str:
    """Return a 12-digit region code without its padding; the whole country is the empty prefix.

    >>> prefix_of("990101000000"), prefix_of("990101001000"), prefix_of("990101001001")
    ('990101', '990101001', '990101001001')
    >>> prefix_of(WHOLE_COUNTRY)
    ''
    """
    return "" if region == WHOLE_COUNTRY else region_prefix(region)


def covers(areas: Iterable[str], code: str) -> bool:
    """Whether a code lies in one of the areas (prefixes).

    >>> covers(("990101001",), "990101001002C001"), covers(("990101001",), "990101002000"), covers((), "99")
    (True, False, False)
    """
    return any(code.startswith(area) for area in areas)


def lies_in(regions: Collection[str], areas: Iterable[str]) -> bool:
    """Whether every one of somebody's regions lies in the areas; who has none belongs to the whole country.

    >>> lies_in(["990101001000"], ["990101"]), lies_in(["990102000000"], ["990101"]), lies_in([], ["990101"])
    (True, False, False)
    """
    areas = tuple(areas)
    return all(covers(areas, prefix_of(region)) for region in regions or (WHOLE_COUNTRY,))


def check_roles(roles: Collection[str]) -> None:
    """Refuse an unknown role, and two of the three administrative duties in one hand.

    Raises BadInput naming the field `roles`. The database refuses the second as well.
    """
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise BadInput(f"no such role: {', '.join(unknown)}", field="roles")
    if len(set(roles) & set(DUTIES)) > 1:
        raise BadInput("nobody holds two of the duties system, security and auditor", field="roles")
