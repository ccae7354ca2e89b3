"""Who may do what, where: one row for each route. A route without its row fails the tests, and so does a stale row.

Roles:   the roles that may use it; EVERYONE = open to all, SIGNED_IN = every role.
Ground:  what somebody with the right role but responsible elsewhere gets:
         HIDDEN    404: the address names a thing from here (990101001)
         FILTERED  the answer, without anything from here
         NOWHERE   the route is not about places
Call:    the address as it is called, with {plan}, {round}, {change_set} and {job} from the small world of
         `world.py`; a body where there is one; the status for somebody who may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from geo.people.roles import BUSINESS, ROLES

Ground = Literal["hidden", "filtered", "nowhere"]

EVERYONE: tuple[str, ...] = ()
SIGNED_IN = ROLES
PLANNING = ("planner", "reviewer")
PACKAGES = ("officer", "reviewer", "supervisor")

HIDDEN: Ground = "hidden"
FILTERED: Ground = "filtered"
NOWHERE: Ground = "nowhere"


@dataclass(frozen=True)
class Row:
    """One route; see the module."""

    method: str
    path: str
    roles: tuple[str, ...]
    ground: Ground
    url: str = ""
    status: int = 200
    json: Any = None
    files: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_page: bool = False

    @property
    def address(self) -> str:
        return self.url or self.path

    @property
    def is_write(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def page(path: str, roles: tuple[str, ...], url: str = "") -> Row:
    """A page: it holds no data, so it is the same everywhere."""
    return Row("GET", path, roles, NOWHERE, url, is_page=True)


NEWCOMER = {"username": "newcomer", "name": "新人", "roles": ["planner"], "areas": ["990101001000"]}

HEALTH = (
    Row("GET", "/healthz", EVERYONE, NOWHERE),
    Row("GET", "/openapi.json", SIGNED_IN, NOWHERE),
)

SESSION = (
    Row("GET", "/api/me", SIGNED_IN, NOWHERE),
    Row("GET", "/api/session", EVERYONE, NOWHERE),
    # Open, and yet 401: for a wrong password, and without having followed a one-time link.
    Row("POST", "/api/session", EVERYONE, NOWHERE, status=401, json={"username": "planner", "password": "wrong"}),
    Row("POST", "/api/session/choose", EVERYONE, NOWHERE, status=401, json={"username": "planner"}),
    Row("POST", "/api/session/appoint", EVERYONE, NOWHERE, status=401,
        json={"username": "first", "name": "某人", "password": "a long enough one"}),
    Row("POST", "/api/session/password", EVERYONE, NOWHERE, status=401, json={"password": "a long enough one"}),
    Row("DELETE", "/api/session", SIGNED_IN, NOWHERE, status=422),  # a bearer token is not signed out
    Row("POST", "/api/password", SIGNED_IN, NOWHERE, status=422, json={"current": "x", "password": "short"}),
    Row("GET", "/enter", EVERYONE, NOWHERE, "/enter?key=unknown", status=303),
)  # fmt: skip

PEOPLE = (
    Row("GET", "/api/people", ("security",), FILTERED),
    Row("POST", "/api/people", ("security",), NOWHERE, status=201, json=NEWCOMER),
    Row("GET", "/api/people/{username}", ("security",), HIDDEN, "/api/people/local"),
    Row("PATCH", "/api/people/{username}", ("security",), HIDDEN, "/api/people/local", json={"name": "改名"}),
    Row("POST", "/api/people/{username}/unlock", ("security",), HIDDEN, "/api/people/local/unlock"),
    Row("POST", "/api/people/{username}/link", ("security",), HIDDEN, "/api/people/local/link", status=201),
)

AUDIT = (
    Row("GET", "/api/audit", ("auditor",), FILTERED, "/api/audit?limit=1000"),
    Row("GET", "/api/audit/verify", ("auditor",), NOWHERE),
)

SETTINGS = "/api/districts/990101000000/settings"
MODES = "/api/districts/990101000000/modes"
GRID_LIMITS = "/api/districts/990101000000/grid-limits"
DISTRICTS = (
    Row("GET", "/api/districts/{code}/grid-limits", BUSINESS, HIDDEN, GRID_LIMITS),
    Row(
        "PUT",
        "/api/districts/{code}/grid-limits",
        ("planner",),
        HIDDEN,
        GRID_LIMITS,
        json={"least": 200, "most": 600},
    ),
    Row("GET", "/api/districts/{code}/settings", BUSINESS, HIDDEN, SETTINGS),
    Row("PUT", "/api/districts/{code}/settings", ("planner",), HIDDEN, SETTINGS, json={"three_no": "old"}),
    Row("GET", "/api/districts/{code}/modes", BUSINESS, HIDDEN, MODES),
    Row(
        "PUT",
        "/api/districts/{code}/modes",
        ("planner", "officer"),
        HIDDEN,
        MODES,
        json={"let_households": 500},
    ),
)

LAYERS = (
    *(
        row
        for name, code in (
            ("regions", "990101001000"), ("grids", "990101001001001"), ("communities", "990101001001C001"),
            ("building-groups", "990101001001S001"), ("buildings", "990101001001C00101001"),
            ("branches", "990101001001B1"),
        )
        for row in (
            Row("GET", f"/api/{name}", BUSINESS, FILTERED),
            Row("GET", f"/api/{name}/{{code}}", BUSINESS, HIDDEN, f"/api/{name}/{code}"),
        )
    ),
    # Roads, rivers and firms belong to their whole district, so they are read from every sub-district of it.
    Row("GET", "/api/base-features", BUSINESS, NOWHERE),
    Row("GET", "/api/base-features/{code}", BUSINESS, NOWHERE, "/api/base-features/990101001R1"),
    Row("GET", "/api/firms", BUSINESS, NOWHERE),
    Row("GET", "/api/firms/{code}", BUSINESS, NOWHERE, "/api/firms/91990101MA0000001X"),
)  # fmt: skip

TILE = "/14/13471/6706.mvt"
TILES = (
    Row("GET", "/api/tiles/{layer}/{z}/{x}/{y}.mvt", BUSINESS, FILTERED, f"/api/tiles/communities{TILE}"),
    Row("GET", "/api/tiles/{layer}.json", BUSINESS, NOWHERE, "/api/tiles/communities.json"),
    Row("GET", "/api/basemaps", BUSINESS, NOWHERE),
    Row(
        "GET", "/api/basemaps/{name}/{z}/{x}/{y}", BUSINESS, NOWHERE, "/api/basemaps/folder/3/6/3", status=404
    ),
    Row("GET", "/api/census", BUSINESS, FILTERED, "/api/census?level=subdistrict"),
)

HERE_ONLY = "?region=990101001000"
COVERAGE = (
    Row("GET", "/api/coverage", BUSINESS, FILTERED),
    Row("GET", "/api/coverage/unserved", BUSINESS, FILTERED),
    Row("GET", "/api/coverage/rebounds", BUSINESS, HIDDEN, f"/api/coverage/rebounds{HERE_ONLY}"),
    Row("GET", "/api/coverage/pool", BUSINESS, FILTERED),
    Row("GET", "/api/summary", BUSINESS, HIDDEN, f"/api/summary{HERE_ONLY}"),
    Row("GET", "/api/assign", BUSINESS, HIDDEN, "/api/assign?lon=116.0015&lat=31.0015"),
    Row(
        "POST",
        "/api/assign",
        BUSINESS,
        FILTERED,
        files={"file": ("points.csv", b"lon,lat\n116.005,31.005\n")},
    ),
    Row("GET", "/api/grids/faults", BUSINESS, FILTERED),
    Row("GET", "/api/search", BUSINESS, FILTERED, "/api/search?q=990101"),
)

V1 = {"If-Match": '"1"'}
LINE = {"type": "LineString", "coordinates": [[116.007, 30.99], [116.007, 31.02]]}
FORM = "/api/communities/990101001001C001"
STANCE = "/api/units/990101001001C001/stance"
COMMUNITIES = (
    Row("GET", "/api/communities/{code}/fields", BUSINESS, HIDDEN, f"{FORM}/fields"),
    # 412: the community's version is not the first row of the database.
    Row("POST", "/api/communities/{code}/corrections", ("planner", "officer"), HIDDEN, f"{FORM}/corrections",
        status=412, headers={"If-Match": '"999"'}, json={"fields": {"name": "新名"}}),
    Row("POST", "/api/communities/{code}/changes", ("planner", "officer"), HIDDEN, f"{FORM}/changes",
        status=412, headers={"If-Match": '"999"'}, json={"from_date": "2026-11-01", "fields": {"name": "新名"}}),
    Row("GET", "/api/units/{code}/stance", BUSINESS, HIDDEN, STANCE),
    Row("PUT", "/api/units/{code}/stance", ("planner", "officer"), HIDDEN, STANCE,
        status=412, headers={"If-Match": '"999"'}, json={"willing": True}),
)  # fmt: skip

PLANS = (
    Row("GET", "/api/plans", BUSINESS, FILTERED),
    Row("POST", "/api/plans", ("planner",), HIDDEN, status=201, json={"area": "990101001001", "title": "新案"}),
    Row("GET", "/api/plans/{plan}", BUSINESS, HIDDEN),
    Row("DELETE", "/api/plans/{plan}", ("planner",), HIDDEN, status=204),
    Row("PATCH", "/api/plans/{plan}", ("planner",), HIDDEN, json={"title": "改名"}, headers=V1),
    Row("POST", "/api/plans/{plan}/operations", ("planner",), HIDDEN, headers=V1,
        json={"operation": "split", "cell": "990101001001001", "line": LINE}),
    Row("POST", "/api/plans/{plan}/undo", ("planner",), HIDDEN, status=409, headers=V1),  # nothing to take back
    Row("POST", "/api/plans/{plan}/redo", ("planner",), HIDDEN, status=409, headers=V1),
    Row("POST", "/api/plans/{plan}/submit", ("planner",), HIDDEN, status=409, headers=V1),  # changes nothing yet
    Row("GET", "/api/plans/{plan}/faults", BUSINESS, HIDDEN),
    Row("POST", "/api/plans/{plan}/fixes", ("planner",), HIDDEN, status=409, headers=V1,
        json={"fault": "0123456789abcdef"}),  # no such fault
    Row("POST", "/api/plans/{plan}/rebase", ("planner",), HIDDEN, status=409, headers=V1, json={"keep": "both"}),
    Row("POST", "/api/plans/{plan}/suggest", ("planner",), HIDDEN, status=202, json={"kind": "rebalance"}),
    Row("POST", "/api/plans/{plan}/adopt", ("planner",), HIDDEN, status=409, headers=V1,
        json={"job": 1}),  # that job is an import
    Row("GET", "/api/plans/{plan}/compare", BUSINESS, HIDDEN),
    Row("PUT", "/api/plans/{plan}/lineage", ("planner",), HIDDEN, headers=V1, json={}),
    Row("GET", "/api/plans/{plan}/comments", BUSINESS, HIDDEN),
    Row("POST", "/api/plans/{plan}/comments", PLANNING, HIDDEN, status=201, json={"text": "请看"}),
    Row("GET", "/api/grids/dates", BUSINESS, NOWHERE),  # days alone: they name nothing
    Row("POST", "/api/plans/{plan}/approve", ("reviewer",), HIDDEN, status=409, headers=V1),
    Row("POST", "/api/plans/{plan}/withdraw", ("reviewer",), HIDDEN, status=409, headers=V1),
    Row("POST", "/api/plans/{plan}/return", ("reviewer",), HIDDEN, status=409, headers=V1, json={"remark": "重画"}),
    Row("POST", "/api/plans/{plan}/publish", ("reviewer",), HIDDEN, status=409, headers=V1,
        json={"valid_from": "2026-11-01"}),
)  # fmt: skip

RULES = {"area": "990101001000", "households": [10, 1000]}
LOT = {"name": "P01", "units": ["990101001001C001"]}
DRAFT = {"name": "新批次", "rules": RULES, "packages": [LOT]}
BUNDLES = (
    Row("POST", "/api/bundles", ("officer",), HIDDEN, json=RULES),
    Row("POST", "/api/bundles/links", ("officer",), HIDDEN, json=RULES),
    Row("POST", "/api/bundles/jobs", ("officer",), HIDDEN, status=202, json=RULES),
    Row("GET", "/api/bundles/jobs", BUSINESS, FILTERED),
    Row("POST", "/api/bundles/jobs/{number}/prices", ("officer",), HIDDEN, "/api/bundles/jobs/{proposal}/prices",
        status=202),
    Row("GET", "/api/bundles/jobs/{number}/prices", BUSINESS, HIDDEN, "/api/bundles/jobs/{proposal}/prices"),
    Row("GET", "/api/bundles/pool", BUSINESS, HIDDEN, "/api/bundles/pool?region=990101001000"),
    Row("POST", "/api/bundles/check", ("officer",), HIDDEN,
        json={"rules": RULES, "packages": {"P01": ["990101001001C001"]}}),
    Row("POST", "/api/bundles/strays", ("officer",), HIDDEN, json={"area": RULES["area"], "units": LOT["units"]}),
)  # fmt: skip

R = "/api/rounds/{round}"
AT = "/api/rounds/{number}"
WHY = {"remark": "重做"}
DEAL = {"package": 1, "start": "2026-12-01", "end": "2027-12-01"}
# The round of the world is an empty draft: what another state allows is refused with 409.
ROUNDS = (
    Row("GET", "/api/rounds", BUSINESS, FILTERED),
    Row("POST", "/api/rounds", ("officer",), HIDDEN, status=201, json=DRAFT),
    *(
        Row("GET", f"{AT}{what}", BUSINESS, HIDDEN, f"{R}{what}")
        for what in ("", "/changes", "/history", "/gate", "/money", "/units", "/bids")
    ),
    Row("GET", f"{AT}/award", BUSINESS, HIDDEN, f"{R}/award", status=409),
    *(
        # 409: the round of the world holds no unit, so there is nothing to print.
        Row("GET", f"{AT}/documents/{file}", BUSINESS, HIDDEN, f"{R}/documents/{file}", status=409)
        for file in ("lots.xlsx", "annex.docx", "maps.pdf", "round.gpkg")
    ),
    Row("POST", f"{AT}/documents/{{file}}", BUSINESS, HIDDEN, f"{R}/documents/annex.docx", status=409),
    Row("PUT", AT, ("officer",), HIDDEN, R, json=DRAFT, headers=V1),
    Row("DELETE", AT, ("officer",), HIDDEN, R, status=204, headers=V1),
    Row("POST", f"{AT}/copy", ("officer",), HIDDEN, f"{R}/copy", status=201, json={"name": "另存"}),
    Row("POST", f"{AT}/moves", ("officer",), HIDDEN, f"{R}/moves", status=422, headers=V1,
        json={"moves": [{"unit": "990101001001C001", "to": "A"}]}),  # nothing of its pool was surveyed
    *(
        Row("POST", f"{AT}/{step}", (role,), HIDDEN, f"{R}/{step}", status=409, headers=V1, json=body)
        for step, role, body in (
            ("submit", "officer", {}), ("return", "reviewer", WHY), ("publish", "reviewer", {}), ("open", "officer", None),
            ("award", "officer", None), ("award/confirm", "reviewer", {"hash": "0" * 64}), ("contract", "officer", DEAL),
            ("fail", "reviewer", {"package": 1, **WHY}), ("close", "officer", {}), ("void", "reviewer", WHY),
            ("relet", "officer", {"name": "再招"}),
        )
    ),
    Row("PUT", f"{AT}/bids", ("officer",), HIDDEN, f"{R}/bids", status=409, headers=V1, json={"bids": []}),
    Row("DELETE", f"{AT}/award", ("officer", "reviewer"), HIDDEN, f"{R}/award", status=409, headers=V1),
)  # fmt: skip

BIDDING = "/api/districts/990101000000/bidding"
FIRMS = (
    Row("GET", "/api/bidders", BUSINESS, HIDDEN, "/api/bidders?region=990101001000"),
    Row("GET", "/api/bidders/{code}", BUSINESS, HIDDEN, "/api/bidders/91990101MA0000001X?region=990101001000"),
    # 412: the firm's version is not the first row of the database. Outside its district it is not seen.
    Row("PATCH", "/api/firms/{code}", ("officer",), NOWHERE, "/api/firms/91990101MA0000001X", status=412,
        headers={"If-Match": '"999"'}, json={"capacity": 1000}),
    Row("GET", "/api/districts/{code}/bidding", BUSINESS, HIDDEN, BIDDING),
    Row("PUT", "/api/districts/{code}/bidding", ("planner", "officer"), HIDDEN, BIDDING, json={"least_days": 10}),
    Row("POST", "/api/inbox/read", BUSINESS, NOWHERE, json={"keys": ["0" * 32]}),  # one's own marks; its own test
    Row("GET", "/api/inbox", BUSINESS, NOWHERE),  # what waits for who asks; its own test looks at the areas
    Row("GET", "/api/tender/expiring", BUSINESS, HIDDEN, "/api/tender/expiring?region=990101001000"),
    Row("GET", "/api/tender/trials", BUSINESS, HIDDEN, "/api/tender/trials?region=990101001000"),
)  # fmt: skip

HOMES = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"小区编码": "990101001001C002",'
    ' "小区名称": "新苑", "所属社区编码": "990101001001"}, "geometry": {"type": "Polygon", "coordinates":'
    " [[[116.003, 31.003], [116.004, 31.003], [116.004, 31.004], [116.003, 31.004], [116.003, 31.003]]]}}]}"
)
IMPORTS = (
    # The file is looked at in the scope of who sent it; what it may not touch is in the report of the job.
    Row("POST", "/api/imports", ("planner", "officer"), NOWHERE, status=202,
        files={"file": ("communities.geojson", HOMES.encode())}),
    Row("GET", "/api/imports", BUSINESS, FILTERED),
    Row("GET", "/api/imports/{number}", BUSINESS, HIDDEN, "/api/imports/{change_set}"),
    Row("POST", "/api/imports/{number}/undo", ("planner", "officer"), HIDDEN, "/api/imports/{change_set}/undo"),
    Row("GET", "/api/districts/{code}/matching", BUSINESS, HIDDEN, "/api/districts/990101000000/matching"),
    Row("PUT", "/api/districts/{code}/matching", ("planner", "officer"), HIDDEN,
        "/api/districts/990101000000/matching", json={"certain": 0.9}),
    Row("GET", "/api/matchings", ("planner", "officer"), FILTERED),
    Row("GET", "/api/matchings/{number}", ("planner", "officer"), HIDDEN, "/api/matchings/{matching}"),
    Row("GET", "/api/matchings/{number}/rows", ("planner", "officer"), HIDDEN, "/api/matchings/{matching}/rows"),
    Row("GET", "/api/matchings/{number}/rows.xlsx", ("planner", "officer"), HIDDEN,
        "/api/matchings/{matching}/rows.xlsx"),
    Row("POST", "/api/matchings/{number}/decisions", ("planner", "officer"), HIDDEN,
        "/api/matchings/{matching}/decisions", status=412,
        json={"decisions": [{"number": 2, "version": 99, "choice": "none"}]}),
    Row("POST", "/api/matchings/{number}/load", ("planner", "officer"), HIDDEN, "/api/matchings/{matching}/load",
        status=409),  # its file is gone
    Row("POST", "/api/matchings/{number}/finish", ("planner", "officer"), HIDDEN,
        "/api/matchings/{matching}/finish", status=409),  # nothing of it was loaded
    Row("DELETE", "/api/matchings/{number}", ("planner", "officer"), HIDDEN, "/api/matchings/{matching}"),
    Row("GET", "/api/jobs/{number}", BUSINESS, HIDDEN, "/api/jobs/{job}"),
    Row("POST", "/api/jobs/{number}/cancel", BUSINESS, HIDDEN, "/api/jobs/{job}/cancel",
        status=409),  # it has ended
    Row("DELETE", "/api/imports/kept/{number}", ("planner", "officer"), HIDDEN, "/api/imports/kept/{job}",
        status=404),  # it was loaded: nothing is kept
    Row("POST", "/api/control-points", ("planner", "officer"), NOWHERE,
        json={"points": [[0, 0, 117, 31.5], [1000, 0, 117.0105, 31.5], [0, 1000, 117, 31.509]]}),
    Row("GET", "/api/templates/{kind}.xlsx", BUSINESS, NOWHERE, "/api/templates/communities.xlsx"),
    Row("GET", "/api/exports/{kind}", BUSINESS, FILTERED, "/api/exports/communities?format=geojson"),
    Row("GET", "/api/plans/{plan}/export", BUSINESS, HIDDEN, "/api/plans/{plan}/export?format=geojson"),
    Row("GET", "/api/exports/{kind}/drawing", BUSINESS, HIDDEN,
        "/api/exports/communities/drawing?format=geojson&region=990101001000"),
)  # fmt: skip

S = "/api/surveys/{survey}"
ONE = "/api/surveys/{number}"
SENDERS = ("planner", "officer")
TICK = {"unit": "990101001001C001", "field": "households", "old": 100, "new": 120}
SURVEYS = (
    Row("GET", "/api/surveys", BUSINESS, FILTERED),
    Row("POST", "/api/surveys", SENDERS, HIDDEN, status=201, json={"area": "990101001000"}),
    Row("GET", ONE, BUSINESS, HIDDEN, S),
    Row("DELETE", ONE, SENDERS, HIDDEN, S, status=204),
    Row("GET", f"{ONE}/sheets.{{parcel}}", SENDERS, HIDDEN, f"{S}/sheets.xlsx"),
    Row("GET", f"{ONE}/difference", BUSINESS, HIDDEN, f"{S}/difference"),
    Row("POST", f"{ONE}/returns", SENDERS, HIDDEN, f"{S}/returns",
        files={"file": ("摸底.csv", "编码,户数\n990101001001C001,120\n".encode())}),
    Row("PUT", f"{ONE}/answers", SENDERS, HIDDEN, f"{S}/answers",
        json={"unit": "990101001001C001", "field": "households", "text": "120 户"}),
    # 412: nobody has answered this survey yet.
    Row("POST", f"{ONE}/confirm", SENDERS, HIDDEN, f"{S}/confirm", status=412, json={"items": [TICK]}),
    # 404: that change set is an import.
    Row("POST", f"{ONE}/confirmations/{{change_set}}/undo", SENDERS, HIDDEN, f"{S}/confirmations/{{change_set}}/undo",
        status=404),
    Row("GET", "/api/units/{code}/surveys", BUSINESS, HIDDEN, "/api/units/990101001001C001/surveys"),
)  # fmt: skip

PAGES = (
    Row("GET", "/", EVERYONE, NOWHERE, status=303),
    page("/sign-in", EVERYONE),
    page("/demo", EVERYONE),
    page("/overview", BUSINESS),
    page("/status", BUSINESS),
    page("/heat", BUSINESS),
    page("/packages", PACKAGES),
    page("/rounds", PACKAGES),
    page("/rounds/{id}", PACKAGES, "/rounds/1"),
    page("/firms", PACKAGES),
    page("/inbox", BUSINESS),
    page("/plans", PLANNING),
    page("/plans/{id}", PLANNING, "/plans/1"),
    page("/imports", ("planner", "officer")),
    page("/surveys", BUSINESS),
    page("/surveys/{id}", BUSINESS, "/surveys/1"),
    page("/matchings", ("planner", "officer")),
    page("/communities/{code}", BUSINESS, "/communities/990101001001C001"),
    page("/people", ("security",)),
    page("/audit", ("auditor",)),
    page("/account", SIGNED_IN),
)

MATRIX: tuple[Row, ...] = (
    *HEALTH, *SESSION, *PEOPLE, *AUDIT, *DISTRICTS, *LAYERS, *TILES,
    *COVERAGE, *COMMUNITIES, *PLANS, *BUNDLES, *ROUNDS, *FIRMS, *IMPORTS, *SURVEYS, *PAGES,
)  # fmt: skip
