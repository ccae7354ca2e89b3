"""The pages of the product: which address shows which template with which module."""

from dataclasses import dataclass
from typing import Final

BUSINESS: Final = ("planner", "officer", "supervisor", "reviewer")
"""The roles that see the district's data; the three duties of administration (三员) do not."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the product.

    ``name`` is the template, the module and the key of the words; ``path`` is the address as a route pattern;
    ``has_map`` puts the Folium map in; ``is_open`` pages are shown to somebody who has not signed in;
    ``roles`` may use it (the menu shows it to them), ``in_menu`` tells whether it has an entry there, and
    ``under`` names the page whose entry stands for it.
    """

    name: str
    path: str
    has_map: bool = False
    is_open: bool = False
    roles: tuple[str, ...] = ()
    in_menu: bool = True
    under: str = ""


_ALL: Final = (
    Page("sign-in", "/sign-in", is_open=True, in_menu=False),
    Page("demo", "/demo", is_open=True, in_menu=False),
    Page("overview", "/overview", has_map=True, roles=BUSINESS),
    Page("status", "/status", has_map=True, roles=BUSINESS),
    Page("heat", "/heat", has_map=True, roles=BUSINESS),
    Page("packages", "/packages", has_map=True, roles=("officer", "reviewer", "supervisor")),
    Page("rounds", "/rounds", roles=("officer", "reviewer", "supervisor")),
    Page(
        "round",
        "/rounds/{id}",
        has_map=True,
        roles=("officer", "reviewer", "supervisor"),
        in_menu=False,
        under="rounds",
    ),
    Page("firms", "/firms", roles=("officer", "reviewer", "supervisor")),
    Page("plans", "/plans", roles=("planner", "reviewer")),
    Page("plan", "/plans/{id}", has_map=True, roles=("planner", "reviewer"), in_menu=False, under="plans"),
    Page("imports", "/imports", has_map=True, roles=("planner", "officer")),
    Page(
        "matching", "/matchings", has_map=True, roles=("planner", "officer"), in_menu=False, under="imports"
    ),
    Page("surveys", "/surveys", roles=BUSINESS),
    Page("survey", "/surveys/{id}", roles=BUSINESS, in_menu=False, under="surveys"),
    Page("community", "/communities/{code}", has_map=True, roles=BUSINESS, in_menu=False, under="status"),
    Page("people", "/people", roles=("security",)),
    Page("audit", "/audit", roles=("auditor",)),
    Page("inbox", "/inbox", roles=BUSINESS, in_menu=False),
    Page("account", "/account", in_menu=False),
)

PAGES: Final[dict[str, Page]] = {page.name: page for page in _ALL}
"""Every page by name, in the order of the menu."""
