"""The register of people: what a security administrator may do, and to whom."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import BadInput, Conflict, Forbidden, NotFound
from geo.people.demo import PEOPLE, seed_demo_people
from geo.people.register import Change, add_person, change_person, find_person, list_people, unlock_person
from geo.people.roles import DUTIES, ROLES, WHOLE_COUNTRY, prefix_of
from geo.people.sessions import Actor, find_actor, issue_token
from geo.people.trail import Origin
from geo.store.engine import Scope, Store
from tests.geo.people.conftest import add_person as seed
from tests.geo.people.conftest import audit_rows

SECURITY = Scope(actor="keeper", duty="security")


def keeper(*regions: str) -> Actor:
    areas = tuple(prefix_of(region) for region in regions)
    return Actor("keeper", "秦守一", frozenset({"security"}), regions, areas, "browser", "x")


DISTRICT_KEEPER = keeper("990101000000")


def act(store: Store, *, by: Actor = DISTRICT_KEEPER, username: str, **change: object):
    with store.begin(SECURITY) as db:
        return change_person(db, by, username, Change(**change))


def test_a_person_is_added_with_roles_and_areas(store: Store):
    with store.begin(SECURITY) as db:
        person = add_person(db, DISTRICT_KEEPER, "newcomer", Change("新人", ("officer",), ("990101001000",)))
        assert person == find_person(db, DISTRICT_KEEPER, "newcomer")
    assert (person.roles, person.areas, person.has_password) == (("officer",), ("990101001000",), False)


def test_a_name_is_taken_once(store: Store):
    with pytest.raises(Conflict), store.begin(SECURITY) as db:
        for _ in range(2):
            add_person(db, DISTRICT_KEEPER, "newcomer", Change("新人", ("officer",), ("990101001000",)))


@pytest.mark.parametrize(
    ("roles", "areas", "field"),
    [
        (("king",), ("990101000000",), "roles"),
        (("system", "security"), ("990101000000",), "roles"),
        (("auditor", "planner", "system"), ("990101000000",), "roles"),
        (("planner",), ("990102000000",), "areas"),
        (("planner",), ("990100000000",), "areas"),
        (("planner",), (WHOLE_COUNTRY,), "areas"),
        (("planner",), (), "areas"),
    ],
)
def test_what_cannot_be_given(store: Store, roles: tuple[str, ...], areas: tuple[str, ...], field: str):
    with pytest.raises(BadInput) as refusal, store.begin(SECURITY) as db:
        add_person(db, DISTRICT_KEEPER, "newcomer", Change("新人", roles, areas))
    assert refusal.value.field == field
    seed(store, "alice", password=None)
    with pytest.raises(BadInput):
        act(store, username="alice", roles=roles, areas=areas)


def test_the_database_too_refuses_two_duties_in_one_hand(store: Store):
    with pytest.raises(BadInput, match="two of the duties"):
        seed(store, "alice", DUTIES[:2], password=None)


@pytest.mark.parametrize(
    "change", [{"roles": ("planner",)}, {"areas": ("990101000000",)}, {"disabled": True}]
)
def test_nobody_changes_their_own_rights(store: Store, change: dict[str, object]):
    seed(store, "keeper", ("security",), password=None)
    with pytest.raises(Forbidden):
        act(store, username="keeper", **change)
    assert act(store, username="keeper", name="秦守二").name == "秦守二"


@pytest.mark.parametrize(
    "areas", [("990102000000",), ("990100000000",), ("990101001000", "990102001000"), ()]
)
def test_people_of_other_areas_are_not_there(store: Store, areas: tuple[str, ...]):
    seed(store, "stranger", ("planner",), areas, password=None)
    with store.begin(SECURITY) as db:
        assert list_people(db, DISTRICT_KEEPER) == []
        assert [person.username for person in list_people(db, keeper(WHOLE_COUNTRY))] == ["stranger"]
    for change in ({"name": "x"}, {"disabled": True}):
        with pytest.raises(NotFound):
            act(store, username="stranger", **change)
    with pytest.raises(NotFound), store.begin(SECURITY) as db:
        unlock_person(db, DISTRICT_KEEPER, "stranger")


@pytest.mark.parametrize(
    "change", [{"roles": ("officer",)}, {"areas": ("990101002000",)}, {"disabled": True}]
)
def test_new_rights_end_what_was_open(store: Store, change: dict[str, object]):
    seed(store, "alice", password=None)
    token = issue_token(store, "alice", 1, "os:test")
    act(store, username="alice", name="别名")
    assert find_actor(store, token, "token") is not None
    act(store, username="alice", **change)
    assert find_actor(store, token, "token") is None


def test_roles_and_areas_are_replaced_as_a_whole(store: Store):
    seed(store, "alice", ("planner", "officer"), ("990101001000", "990101002000"), password=None)
    person = act(store, username="alice", roles=("officer", "reviewer"), areas=("990101003000",))
    assert (person.roles, person.areas) == (("officer", "reviewer"), ("990101003000",))


def test_a_duty_may_be_exchanged_for_another(store: Store):
    seed(store, "alice", ("system",), password=None)
    assert act(store, username="alice", roles=("auditor",)).roles == ("auditor",)


def test_each_change_of_rights_is_on_record_with_its_author(store: Store):
    seed(store, "alice", password=None)
    act(store, username="alice", roles=("officer",))
    rows = [row for row in audit_rows(store) if row["actor"] == "keeper"]
    assert [row["action"] for row in rows] == ["person_role.delete", "person_role.insert", "person.change"]
    assert rows[-1]["detail"] == {"roles": ["officer"]}


def test_without_the_duty_there_are_no_people(store: Store):
    seed(store, "alice", password=None)
    for scope in (Scope("x", ("",)), Scope("x", ("",), "auditor"), Scope("")):
        with store.begin(scope) as db:
            assert db.scalar(text("SELECT count(*) FROM person")) == 0
            assert db.scalar(text("SELECT count(*) FROM session")) == 0


def test_a_list_goes_on_after_a_name(store: Store):
    for name in ("anna", "bert", "carl"):
        seed(store, name, password=None)

    def names(db: Session, limit: int, after: str) -> list[str]:
        return [person.username for person in list_people(db, DISTRICT_KEEPER, limit, after)]

    with store.begin(SECURITY) as db:
        assert names(db, 2, "") == ["anna", "bert"]
        assert names(db, 2, "bert") == ["carl"]


def test_demo_people_are_one_for_each_role_and_added_once(store: Store):
    assert seed_demo_people(store) == len(PEOPLE) == len(ROLES)
    assert seed_demo_people(store) == 0
    with store.begin(Origin().scope("x", duty="security")) as db:
        people = list_people(db, DISTRICT_KEEPER)
    assert {person.username: person.roles for person in people} == {role: (role,) for role in ROLES}
    assert all(person.demo and not person.has_password for person in people)
