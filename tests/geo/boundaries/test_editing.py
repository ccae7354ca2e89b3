"""A community's form: mending a typo is not a change in the world, and nobody's save is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from geo.boundaries.editing import form, save
from geo.boundaries.layers import Moment
from geo.errors import BadInput, NotFound, Stale
from geo.store.engine import Scope, Store

TODAY = date(2026, 11, 1)
NEXT = date(2026, 12, 1)
CODE = "990101001001C001"


def read(store: Store, scope: Scope, day: date = TODAY, known_at: datetime | None = None) -> dict:
    with store.begin(scope) as db:
        name = text("SELECT name, households FROM community_at(:d, :k) WHERE code = :code")
        values = {"d": day, "k": known_at or "infinity", "code": CODE}
        return dict(db.execute(name, values).mappings().one())


def test_every_field_tells_where_it_came_from(demo, district) -> None:
    with demo.begin(district) as db:
        fields = form(db, CODE, Moment(TODAY)).fields
    assert fields["households"]["source"] == "03_小区.gpkg"
    assert fields["households"]["who"].startswith("os:")
    assert fields["households"]["valid_from"] == "2023-01-01"


def test_a_correction_holds_for_all_time_and_the_mistake_stays_readable(demo_copy, district) -> None:
    before, asked = read(demo_copy, district), datetime.now(UTC)
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        save(db, CODE, version, {"name": "改正名"}, as_of=TODAY, from_date=None)
    assert read(demo_copy, district)["name"] == "改正名"
    assert read(demo_copy, district, date(2024, 1, 1))["name"] == "改正名"
    assert read(demo_copy, district, known_at=asked) == before
    with demo_copy.begin(district) as db:
        found = form(db, CODE, Moment(TODAY))
    assert found.fields["name"]["who"] == "planner"
    assert found.fields["name"]["source"] == "correction"
    assert found.fields["households"]["source"] == "03_小区.gpkg"


def test_a_change_holds_from_its_day_on(demo_copy, district) -> None:
    before = read(demo_copy, district)
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        save(db, CODE, version, {"households": 7}, as_of=TODAY, from_date=NEXT)
    assert read(demo_copy, district) == before
    assert read(demo_copy, district, NEXT)["households"] == 7


def test_what_is_scheduled_keeps_its_change_and_takes_the_correction(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        version = save(db, CODE, version, {"households": 7}, as_of=TODAY, from_date=NEXT)
        save(db, CODE, version, {"name": "改正名"}, as_of=TODAY, from_date=None)
    later = read(demo_copy, district, NEXT)
    assert later == {"name": "改正名", "households": 7}
    assert read(demo_copy, district, date(2024, 1, 1))["name"] == "改正名"


def test_a_change_goes_on_into_versions_that_are_scheduled(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        version = save(db, CODE, version, {"households": 7}, as_of=TODAY, from_date=NEXT)
        save(db, CODE, version, {"name": "新名"}, as_of=TODAY, from_date=date(2026, 11, 15))
    assert read(demo_copy, district)["name"] != "新名"
    assert read(demo_copy, district, date(2026, 11, 20))["name"] == "新名"
    assert read(demo_copy, district, NEXT) == {"name": "新名", "households": 7}


def test_a_change_before_the_version_began_is_refused(demo_copy, district) -> None:
    with pytest.raises(BadInput) as refusal, demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        save(db, CODE, version, {"households": 7}, as_of=TODAY, from_date=date(2020, 1, 1))
    assert refusal.value.field == "from_date"


def test_the_form_can_be_read_as_it_was_known(demo_copy, district) -> None:
    asked = datetime.now(UTC)
    with demo_copy.begin(district) as db:
        found = form(db, CODE, Moment(TODAY))
        save(db, CODE, found.version, {"name": "改正名"}, as_of=TODAY, from_date=None)
    with demo_copy.begin(district) as db:
        then = form(db, CODE, Moment(TODAY, asked))
        with pytest.raises(NotFound):
            form(db, CODE, Moment(TODAY, datetime(2020, 1, 1, tzinfo=UTC)))
    assert (then.version, then.fields["name"]["value"]) == (found.version, found.fields["name"]["value"])


def test_a_second_save_from_the_same_version_is_told_of_the_first(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        save(db, CODE, version, {"name": "先存"}, as_of=TODAY, from_date=None)
    with pytest.raises(Stale) as refusal, demo_copy.begin(district) as db:
        save(db, CODE, version, {"name": "后存"}, as_of=TODAY, from_date=None)
    assert refusal.value.extra["current"]["values"]["name"] == "先存"
    assert refusal.value.extra["current"]["who"] == "planner"


def test_of_eight_saves_at_once_one_wins_and_none_is_lost(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
    said, start = [], Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            with demo_copy.begin(district) as db:
                save(db, CODE, version, {"name": f"写者{number}"}, as_of=TODAY, from_date=None)
            said.append(number)
        except Stale:
            pass

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 1
    assert read(demo_copy, district)["name"] == f"写者{said[0]}"


def test_saving_what_is_already_so_writes_nothing(demo_copy, district) -> None:
    with demo_copy.begin(district) as db:
        found = form(db, CODE, Moment(TODAY))
        same = {"name": found.fields["name"]["value"]}
        assert save(db, CODE, found.version, same, as_of=TODAY, from_date=None) == found.version
        assert len(form(db, CODE, Moment(TODAY)).history) == 1


@pytest.mark.parametrize("field", ["code", "neighbourhood", "geom", "opened_by", "recorded"])
def test_fields_outside_the_form_are_refused(demo, district, field: str) -> None:
    with pytest.raises(BadInput) as refusal, demo.begin(district) as db:
        save(db, CODE, 1, {field: "x"}, as_of=TODAY, from_date=None)
    assert refusal.value.field == field


def test_the_database_refuses_a_value_out_of_range_and_names_the_field(demo_copy, district) -> None:
    with pytest.raises(BadInput) as refusal, demo_copy.begin(district) as db:
        version = form(db, CODE, Moment(TODAY)).version
        save(db, CODE, version, {"collection_rate": 7.0}, as_of=TODAY, from_date=None)
    assert refusal.value.field == "collection_rate"


def test_another_areas_community_is_not_there(demo) -> None:
    with pytest.raises(NotFound), demo.begin(Scope("other", ("990101002",))) as db:
        form(db, CODE, Moment(TODAY))
