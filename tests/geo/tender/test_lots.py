"""A package let by service: each service once, and each unit's service in one live lot."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from geo.errors import Conflict
from geo.store.engine import Scope, Store
from geo.tender import rounds
from geo.tender.lots import SERVICES, ServiceLot
from geo.tender.rules import BundleRules

TODAY = date(2026, 11, 1)
RULES = BundleRules(area="990101001000", households=(1, 9000))
OFFICER = Scope("officer", ("990101",))
SPLIT = (
    ServiceLot(name="秩序", services=("order",)),
    ServiceLot(name="其余", services=("cleaning", "green")),
)


@pytest.fixture
def unit(demo_copy: Store) -> str:
    with demo_copy.begin(OFFICER) as db:
        return str(
            db.scalar(
                text("SELECT code FROM community_at(:d) WHERE code ^@ '990101001' LIMIT 1"), {"d": TODAY}
            )
        )


def keep(store: Store, unit: str, lots: tuple[ServiceLot, ...] = (), name: str = "一轮") -> int:
    draft = rounds.Draft(name=name, rules=RULES, packages=[rounds.Lot(name="A", units=[unit], lots=lots)])
    with store.begin(OFFICER) as db:
        return rounds.save_new(db, draft, TODAY, ending_days=90)


def lots_of(store: Store, number: int) -> list[dict]:
    with store.begin(OFFICER) as db:
        return rounds.view(db, number)["packages"][0]["lots"]


def test_a_package_is_let_as_a_whole_unless_its_services_are_split(demo_copy: Store, unit: str) -> None:
    whole = keep(demo_copy, unit)
    assert lots_of(demo_copy, whole) == [{"name": "A", "services": list(SERVICES)}]
    parts = keep(demo_copy, unit, SPLIT, "二轮")
    assert lots_of(demo_copy, parts) == [
        {"name": "秩序", "services": ["order"]}, {"name": "其余", "services": ["cleaning", "green"]},
    ]  # fmt: skip


def test_a_round_saved_again_has_the_lots_of_the_last_save(demo_copy: Store, unit: str) -> None:
    number = keep(demo_copy, unit, SPLIT)
    draft = rounds.Draft(name="一轮", rules=RULES, packages=[rounds.Lot(name="A", units=[unit])])
    with demo_copy.begin(OFFICER) as db:
        rounds.save(db, number, draft, 1, "officer", ending_days=90)
    assert [lot["services"] for lot in lots_of(demo_copy, number)] == [list(SERVICES)]


@pytest.mark.parametrize(
    "bad",
    [
        [{"name": "a", "services": ["order"]}, {"name": "b", "services": ["order"]}],
        [{"name": "a", "services": ["order"]}, {"name": "a", "services": ["green"]}],
        [{"name": "a", "services": []}],
        [{"name": "a", "services": ["parking"]}],
    ],
)
def test_a_service_stands_in_one_lot_of_a_package(bad: list) -> None:
    with pytest.raises(ValidationError):
        rounds.Lot(name="A", units=["990101001001C001"], lots=bad)


def go_live(store: Store, number: int) -> None:
    """Submitted, as the database alone sees it: what a gate says before is not its business."""
    step = (
        "UPDATE tender_round SET state = 'submitted', version = version + 1, stepped_on = :d, submitted_by = 'officer'"
        " WHERE id = :n"
    )
    with store.begin(OFFICER) as db:
        db.execute(text(step), {"n": number, "d": TODAY})


def test_drafts_may_hold_the_same_service_but_only_one_of_them_goes_live(demo_copy: Store, unit: str) -> None:
    first, second, other = (
        keep(demo_copy, unit, SPLIT, "一轮"),
        keep(demo_copy, unit, (), "二轮"),
        keep(demo_copy, unit, (ServiceLot(name="便民", services=("convenience",)),), "三轮"),
    )
    go_live(demo_copy, first)
    with pytest.raises(Conflict):
        go_live(demo_copy, second)
    go_live(demo_copy, other)
    with demo_copy.begin(OFFICER) as db:
        live = db.execute(text("SELECT service, round FROM unit_service WHERE live ORDER BY service")).all()
    assert {service for service, _ in live} == set(SERVICES)
    assert len(live) == len(SERVICES)
