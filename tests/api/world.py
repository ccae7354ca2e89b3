"""A very small country for tests: two districts, in each two sub-districts with one thing of every kind.

Everything under 990101001 is *here*; the matrix asks for it as somebody who is responsible for something else.
Codes tell where a thing lies, so an answer that holds `990101001` holds something from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.people.register import Change, insert_person
from geo.people.roles import ROLES
from geo.people.trail import Origin
from geo.store.engine import Scope, Store
from geo.survey.sending import Wanted, send

HERE = "990101001"
DISTRICTS = ("990101", "990102")
SUBDISTRICTS = ("990101001", "990101002", "990102001", "990102002")
NEIGHBOURHOOD = "990101001001"
GRID = "990101001001001"
COMMUNITY = "990101001001C001"
GROUP = "990101001001C00101"
BUILDING = "990101001001C00101001"
STAND_ALONE = "990101001001S001"
FIRM = "91990101MA0000001X"
OUTSIDERS = {"other-district": "990102000000", "other-subdistrict": "990101002000"}
"""Where somebody is responsible who must see nothing from here."""


@dataclass(frozen=True)
class World:
    """Ids that the database gave, of things that lie here."""

    plan: int
    round: int
    change_set: int
    job: int
    proposal: int
    survey: int
    matching: int


def build(store: Store) -> World:
    """Fill an empty store."""
    with store.begin(Scope(actor="os:test", areas=("",))) as db:
        change = db.scalar(
            text("INSERT INTO change_set (kind, area, subject) VALUES ('import', '99', 'world') RETURNING id")
        )
        _region(db, change, "990100000000", "city", None, None)
        for number, district in enumerate(DISTRICTS):
            _region(
                db,
                change,
                f"{district}000000",
                "district",
                "990100000000",
                (number * 2, 0, number * 2 + 2, 1),
            )
            db.execute(
                text("INSERT INTO area_setting (area, three_no, made_up) VALUES (:a, 'old', true)"),
                {"a": district},
            )
            _firm(db, change, f"91{district}MA0000001X", district)
        for number, subdistrict in enumerate(SUBDISTRICTS):
            _subdistrict(db, change, subdistrict, number)
        ids = {subdistrict: _work(db, subdistrict) for subdistrict in SUBDISTRICTS}
    _people(store)
    return ids[HERE]


def _region(
    db: Session, change: int, code: str, level: str, parent: str | None, box: tuple[float, ...] | None
) -> None:
    _insert(db, change, "region", box, code=code, level=level, parent=parent, name=f"地{code}")


def _firm(db: Session, change: int, code: str, district: str) -> None:
    _insert(db, change, "firm", None, code=code, name=f"企{district}", grade="A", region=f"{district}000000")


def _subdistrict(db: Session, change: int, subdistrict: str, number: int) -> None:
    """One square degree wide: the neighbourhood is all of it, the grid all of that."""
    west, district = float(number), subdistrict[:6]
    whole, neighbourhood = (west, 0.0, west + 1, 1.0), f"{subdistrict}001"
    community, group = f"{neighbourhood}C001", f"{neighbourhood}C00101"
    homes, alone = (west + 0.1, 0.1, west + 0.2, 0.2), (west + 0.5, 0.5, west + 0.6, 0.6)
    _region(db, change, f"{subdistrict}000", "subdistrict", f"{district}000000", whole)
    _region(db, change, neighbourhood, "neighbourhood", f"{subdistrict}000", whole)
    inside = {"neighbourhood": neighbourhood}
    _insert(
        db, change, "grid", whole, code=f"{neighbourhood}001", name=f"格{subdistrict}", kind="basic", **inside
    )
    counts = {"building_count": 7, "households": 100, "residents": 300, "floor_area": 9000.0}
    _insert(
        db,
        change,
        "community",
        homes,
        code=community,
        name=f"苑{subdistrict}",
        kind="old",
        **inside,
        **counts,
    )
    _insert(
        db,
        change,
        "building_group",
        homes,
        code=group,
        name=f"群{subdistrict}",
        community=community,
        **inside,
        **counts,
    )
    _insert(
        db,
        change,
        "building_group",
        alone,
        code=f"{neighbourhood}S001",
        name=f"楼{subdistrict}",
        **inside,
        **counts,
    )
    _insert(
        db,
        change,
        "building",
        homes,
        code=f"{group}001",
        name="1幢",
        building_group=group,
        community=community,
        floors=6,
        households=100,
    )
    _insert(db, change, "base_feature", whole, code=f"{subdistrict}R1", name=f"路{subdistrict}", kind="river")
    _insert(
        db,
        change,
        "branch",
        None,
        code=f"{neighbourhood}B1",
        name=f"支{subdistrict}",
        kind="grid",
        grid=f"{neighbourhood}001",
    )
    period = {"unit_kind": "community", "unit": community, "mode": "none", "note": f"注{subdistrict}"}
    _insert(db, change, "service_period", None, **period)


def _insert(db: Session, change: int, table: str, box: tuple[float, ...] | None, **values: object) -> None:
    """Insert one row of a history table, true since 2020; a box (west, south, east, north) is its geometry."""
    names = [*values, "opened_by", "valid"]
    terms = [f":{name}" for name in values] + [":change", "daterange('2020-01-01', NULL)"]
    if box is not None:
        names.append("geom")
        terms.append("ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(:x0, :y0, :x1, :y1, 4490)))")
        # Around 116° east, 31° north, a hundredth of a degree for one.
        west, south, east, north = (
            116 + box[0] / 100,
            31 + box[1] / 100,
            116 + box[2] / 100,
            31 + box[3] / 100,
        )
        values = {**values, "x0": west, "y0": south, "x1": east, "y1": north}
    statement = text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(terms)})")
    db.execute(statement, {**values, "change": change})


def _work(db: Session, subdistrict: str) -> World:
    """A plan, a round, an import and a job of a sub-district."""
    area = {"area": f"{subdistrict}000", "prefix": subdistrict, "name": f"案{subdistrict}"}
    area["request"] = f'{{"areas": ["{subdistrict}"], "name": "{subdistrict}.csv"}}'
    plan = db.scalar(
        text("INSERT INTO grid_plan (area, title, author) VALUES (:area, :name, 'planner') RETURNING id"),
        {**area, "area": f"{subdistrict}001"},
    )
    rounds = db.scalar(
        text(
            "INSERT INTO tender_round (area, name, as_of, rules)"
            " VALUES (:area, :name, '2026-11-01', jsonb_build_object('area', CAST(:area AS text))) RETURNING id"
        ),
        area,
    )
    change = db.scalar(
        text(
            "INSERT INTO change_set (kind, area, subject, source) VALUES ('import', :prefix, 'branches', :name) RETURNING id"
        ),
        area,
    )
    job = db.scalar(
        text(
            "INSERT INTO job (kind, area, state, request) VALUES ('import', :prefix, 'done', CAST(:request AS jsonb)) RETURNING id"
        ),
        area,
    )
    area["request"] = f'{{"areas": ["{subdistrict}"], "rules": {{"area": "{subdistrict}000"}}}}'
    proposal = db.scalar(
        text(
            "INSERT INTO job (kind, area, state, request, result)"
            " VALUES ('bundle', :prefix, 'done', CAST(:request AS jsonb), '{\"packages\": []}') RETURNING id"
        ),
        area,
    )
    survey = send(db, Wanted(area["area"], date(2026, 11, 1), standalone=True))
    matching = _matching(db, subdistrict)
    return World(plan or 0, rounds or 0, change or 0, job or 0, proposal or 0, survey, matching)


def _matching(db: Session, subdistrict: str) -> int:
    """A file of a sub-district with one row that may mean its community."""
    number = db.scalar(
        text(
            "INSERT INTO matching (areas, kind, source, sha256, request, one_each)"
            " VALUES (ARRAY[:area], 'communities', :area || '.csv', :area, '{}', true) RETURNING id"
        ),
        {"area": subdistrict},
    )
    db.execute(
        text(
            "INSERT INTO matching_row (matching, number, class, name, original, candidates, reason, may_be_new)"
            " VALUES (:matching, 2, 'doubtful', :area, '[]', '[]', '{\"zh\": \"\", \"en\": \"\"}', false)"
        ),
        {"matching": number, "area": subdistrict},
    )
    return number or 0


def _people(store: Store) -> None:
    """Each role three times: for this sub-district's district, and for the two areas of the outsiders."""
    with store.begin(Origin().scope("os:test", duty="security")) as db:
        for role in ROLES:
            insert_person(db, role, Change(f"员{role}", (role,), ("990101000000",)), demo=True)
            for where, area in OUTSIDERS.items():
                insert_person(db, f"{role}.{where}", Change(f"外{role}", (role,), (area,)))
        insert_person(db, "local", Change("本地人", ("planner",), (f"{HERE}000",)))
