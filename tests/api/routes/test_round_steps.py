"""No step of a round can be skipped: every step is tried in every state, over HTTP and in the database itself."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from geo.errors import WanggeError
from geo.store.engine import Scope
from geo.tender.steps import STEPS
from tests.api.routes.conftest import DEAL, Desk, bid, bring_to, draft_of

STATES = ("draft", "submitted", "published", "opened", "awarded", "contracted", "closed", "voided")
OFFICER, REVIEWER = Scope("officer", ("990101",)), Scope("reviewer", ("990101",))
CALLS = {
    "submit": ("officer", "submit", {}, "POST"),
    "return": ("reviewer", "return", {"remark": "重做"}, "POST"),
    "publish": ("reviewer", "publish", {}, "POST"),
    "open": ("officer", "open", None, "POST"),
    "bids": ("officer", "bids", {"bids": [bid()]}, "PUT"),
    "propose": ("officer", "award", None, "POST"),
    "confirm": ("reviewer", "award/confirm", {"hash": "0" * 64}, "POST"),
    "contract": ("officer", "contract", DEAL, "POST"),
    "fail": ("reviewer", "fail", {"package": 1, "remark": "弃标"}, "POST"),
    "close": ("officer", "close", {}, "POST"),
    "void": ("reviewer", "void", {"remark": "废标"}, "POST"),
    "relet": ("officer", "relet", {"name": "再招"}, "POST"),
}
NEVER = {("opened", "confirm"), ("awarded", "close"), ("awarded", "relet"), ("contracted", "contract"),
         ("contracted", "relet"), ("closed", "relet")}  # fmt: skip
"""The state allows the step, and yet it is refused here: nothing is proposed, waits for a contract, or failed."""


def state_of(desk: Desk, number: int) -> tuple[str, int]:
    seen = desk.get(f"/api/rounds/{number}")
    return seen["state"], seen["version"]


def test_the_calls_are_all_the_steps_there_are():
    assert set(CALLS) == set(STEPS)


@pytest.mark.parametrize("state", STATES)
def test_every_step_is_refused_in_every_state_but_its_own(small: Desk, state: str) -> None:
    number = draft_of(small)
    bring_to(small, number, state)
    before = state_of(small, number)
    assert before[0] == state
    for step in STEPS.values():
        if state in step.begins and (state, step.name) not in NEVER:
            continue
        who, address, body, method = CALLS[step.name]
        answer = small.ask(number, address, who, body, method)
        assert answer.status_code == 409, (step.name, answer.text[:300])
        assert state_of(small, number) == before, step.name


@pytest.mark.parametrize("state", STATES)
def test_the_database_refuses_every_jump_by_itself(small: Desk, state: str) -> None:
    """As the application role, with everything a careless statement could set."""
    number = draft_of(small)
    bring_to(small, number, state)
    before = state_of(small, number)
    for other in STATES:
        for scope in (OFFICER, REVIEWER):
            if other == state or _is_lawful(state, other):
                continue
            with pytest.raises(WanggeError), small.store.begin(scope) as db:
                db.execute(
                    text(
                        "UPDATE tender_round SET state = :s, version = version + 1, stepped_on = '2026-11-01', remark = 'x'"
                        " WHERE id = :n"
                    ),
                    {"s": other, "n": number},
                )
    assert state_of(small, number) == before


def _is_lawful(state: str, other: str) -> bool:
    """What the bare statement may do: it lacks who and when, so only steps that need neither pass."""
    return (state, other) in {
        ("contracted", "closed"), ("submitted", "draft"), ("submitted", "voided"), ("published", "voided"), ("opened", "voided"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE package SET state = 'awarded', firm = 'x', price_fen = 1 WHERE round = :n",
        "UPDATE package SET state = 'contracted', firm = 'x', price_fen = 1 WHERE round = :n",
        "UPDATE package SET firm = 'x' WHERE round = :n",
        "UPDATE package SET name = '换名' WHERE round = :n",
        "DELETE FROM package_unit WHERE round = :n",
        "DELETE FROM service_lot WHERE round = :n",
        "DELETE FROM tender_round WHERE id = :n",
        "UPDATE tender_round SET rules = '{}' WHERE id = :n",
        "UPDATE tender_round SET published_by = 'x' WHERE id = :n",
        "UPDATE tender_round SET proposal = '{}' WHERE id = :n",
        "INSERT INTO bid VALUES (:n, 1, '91990101MA0000001X', 1, 1, now(), 9)",
        "INSERT INTO contract (round, package, kind, firm, price_fen, starts, ends, change_set)"
        " VALUES (:n, 1, 'regular', 'x', 1, '2026-11-01', '2027-11-01', 1)",
        "DELETE FROM round_change WHERE round = :n",
    ],
)
def test_what_was_submitted_stands_still_in_the_database(small: Desk, statement: str) -> None:
    number = draft_of(small)
    bring_to(small, number, "submitted")
    with pytest.raises(WanggeError), small.store.begin(OFFICER) as db:
        db.execute(text(statement), {"n": number})


def test_a_second_person_publishes_confirms_and_voids(small: Desk) -> None:
    """Somebody with both roles reviews nothing that he or she worked on."""
    with small.store.begin(Scope("os:test", (), "security")) as db:
        both = db.scalar(text("SELECT id FROM person WHERE username = 'officer2'"))
        db.execute(text("INSERT INTO person_role VALUES (:p, 'reviewer')"), {"p": both})
    number = draft_of(small)
    round_ = small.get(f"/api/rounds/{number}")
    body = {
        "name": "改名",
        "rules": round_["rules"],
        "packages": [{"name": "甲", "units": round_["packages"][0]["members"]}],
    }
    assert (
        small.user("officer2").put(f"/api/rounds/{number}", json=body, headers=small.tag(number)).status_code
        == 200
    )
    small.take(number, "submit", "officer", {})
    for step in ("publish", "return", "void"):
        refused = small.ask(number, step, "officer2", {"remark": "x"} if step != "publish" else {})
        assert (refused.status_code, refused.json()["second"]) == (409, True)
    small.take(number, "publish", "reviewer", {})
    small.take(number, "open", "officer")
    small.take(number, "bids", "officer2", {"bids": [bid()]}, "PUT")
    made = small.take(number, "award", "officer2")
    assert small.ask(number, "award/confirm", "officer2", {"hash": made["hash"]}).status_code == 409
    assert small.take(number, "award/confirm", "reviewer", {"hash": made["hash"]})["state"] == "awarded"


def test_every_step_is_on_record_with_who_and_when(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "closed")
    steps = [each for each in small.get(f"/api/rounds/{number}/history")["steps"] if each["to"]]
    told = [(each["from"], each["to"], each["actor"], each["day"]) for each in steps]
    assert told == [
        ("draft", "submitted", "officer", "2026-11-01"),
        ("submitted", "published", "reviewer", "2026-11-01"),
        ("published", "opened", "officer", "2026-11-01"),
        ("opened", "awarded", "reviewer", "2026-11-01"),
        ("awarded", "contracted", "officer", "2026-11-01"),
        ("contracted", "closed", "officer", "2026-11-01"),
    ]
    rows = small.user("auditor").get("/api/audit?limit=200").json()
    audited = {
        (row["action"], row["actor"]) for row in rows["rows"] if f"tender_round {number}" in row["object"]
    }
    assert {
        ("tender_round.draft", "officer"), ("tender_round.submitted", "officer"), ("tender_round.published", "reviewer"),
        ("tender_round.opened", "officer"), ("round.bids", "officer"), ("round.propose", "officer"),
        ("package.awarded", "reviewer"), ("tender_round.awarded", "reviewer"), ("contract.regular", "officer"),
        ("package.contracted", "officer"), ("tender_round.contracted", "officer"), ("tender_round.closed", "officer"),
        ("contract", "officer"),
    } <= audited  # fmt: skip


def test_a_returned_round_is_a_draft_again_and_goes_the_same_way(small: Desk) -> None:
    number = draft_of(small)
    bring_to(small, number, "submitted")
    back = small.take(number, "return", "reviewer", {"remark": "缺表决"})
    assert (back["state"], back["remark"], back["submitted_by"]) == ("draft", "缺表决", None)
    assert small.take(number, "submit", "officer", {})["state"] == "submitted"
