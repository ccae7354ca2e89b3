from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geo.errors import Conflict, NotFound
from geo.ingest.report import ImportReport
from geo.ingest.undo import undo_import
from geo.store.engine import Scope, Store
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

pytestmark = pytest.mark.usefixtures("neighbourhood")
KNOWN = "SELECT code, name, households, valid::text, geom FROM community WHERE upper_inf(recorded) ORDER BY code, valid"


def number(report: ImportReport) -> int:
    assert report.change_set is not None
    return report.change_set


def changed(load: Import, folder: Path) -> int:
    frame, shapes = office.community_rows()
    frame.loc[0, "户数"] = "1200"
    return number(load(office.write(folder / "b.gpkg", frame, shapes), valid_from=date(2025, 1, 1)))


def test_undo_of_a_change_brings_back_what_was_known(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    before = rows(KNOWN)
    change = changed(load, tmp_path)
    assert rows(KNOWN) != before
    undo = undo_import(store, everywhere, change)
    assert rows(KNOWN) == before
    assert rows("SELECT undone_by FROM change_set WHERE id = :id", id=change) == [(undo,)]
    assert rows("SELECT count(*) FROM community")[0][0] == 7, "nothing is erased"


def test_undo_of_a_first_load_frees_its_codes(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    path = office.communities(tmp_path)
    undo_import(store, everywhere, number(load(path)))
    assert rows(KNOWN) == []
    assert load(path).counts["new"] == 4


def test_what_was_built_on_it_is_named(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    first = number(load(office.communities(tmp_path)))
    load(office.buildings(tmp_path, 3))
    with pytest.raises(Conflict) as caught:
        undo_import(store, everywhere, first)
    code = f"{office.NEIGHBOURHOOD}C001"
    (built,) = caught.value.extra["built_on"]
    assert (built["code"], built["used_by"], built["times"]) == (code, "building", 3)
    assert "楼栋.gpkg" in caught.value.message
    later = changed(load, tmp_path)
    with pytest.raises(Conflict) as caught:
        undo_import(store, everywhere, first)
    (built,) = caught.value.extra["built_on"]
    assert (built["code"], built["changed_by"]) == (code, later)
    assert len(rows(KNOWN)) == 5


def test_undo_happens_once_and_only_to_imports(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    change = number(load(office.communities(tmp_path)))
    undo = undo_import(store, everywhere, change)
    with pytest.raises(Conflict, match="undone already"):
        undo_import(store, everywhere, change)
    with pytest.raises(Conflict, match="only an import"):
        undo_import(store, everywhere, undo)


def test_an_import_of_another_area_is_not_found(load: Import, store: Store, tmp_path: Path) -> None:
    change = number(load(office.communities(tmp_path)))
    with pytest.raises(NotFound):
        undo_import(store, Scope("planner", ("990102",)), change)


def test_undo_of_periods(load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path) -> None:
    load(office.communities(tmp_path))
    load(office.periods(tmp_path, [(1, "自管", None, "2023-01-01", None)]))
    replaced = number(load(office.periods(tmp_path, [(1, "无物业", None, "2023-01-01", None)], "b.xlsx")))
    undo_import(store, everywhere, replaced)
    assert rows("SELECT mode FROM service_period WHERE upper_inf(recorded)") == [("self",)]


def again(load: Import, folder: Path, households: str, since: date) -> int:
    frame, shapes = office.community_rows()
    frame.loc[0, "户数"] = households
    return number(load(office.write(folder / f"{households}.gpkg", frame, shapes), valid_from=since))


def test_imports_are_undone_one_after_the_other(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    first = number(load(office.communities(tmp_path)))
    at_first = rows(KNOWN)
    second = again(load, tmp_path, "1200", date(2025, 1, 1))
    at_second = rows(KNOWN)
    third = again(load, tmp_path, "1300", date(2025, 6, 1))
    undo_import(store, everywhere, third)
    assert rows(KNOWN) == at_second
    fourth = again(load, tmp_path, "1400", date(2025, 6, 1))
    with pytest.raises(Conflict, match="later work"):
        undo_import(store, everywhere, second)
    undo_import(store, everywhere, fourth)
    undo_import(store, everywhere, second)
    assert rows(KNOWN) == at_first
    undo_import(store, everywhere, first)
    assert rows(KNOWN) == []
    assert load(office.communities(tmp_path)).counts["new"] == 4, "its codes are free again"


def test_regions_are_undone_after_a_change_of_them_was(
    load: Import, store: Store, everywhere: Scope, neighbourhood: ImportReport, rows: Rows, tmp_path: Path
) -> None:
    names = pd.DataFrame(
        {"编码": ["990101001000"], "名称": ["新街道"], "级别": ["街道"], "上级编码": ["990101000000"]}
    )
    path = office.write(tmp_path / "regions.csv", names, None)
    undo_import(store, everywhere, number(load(path, kind="regions", valid_from=date(2025, 1, 1))))
    undo_import(store, everywhere, number(neighbourhood))
    assert rows("SELECT code FROM region WHERE upper_inf(recorded)") == []


def test_what_was_built_on_a_second_first_load_is_named(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    path = office.communities(tmp_path)
    undo_import(store, everywhere, number(load(path)))
    second = number(load(path))
    load(office.buildings(tmp_path, 3))
    with pytest.raises(Conflict, match="later work"):
        undo_import(store, everywhere, second)


def test_periods_are_undone_one_after_the_other(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    load(office.communities(tmp_path))
    first = number(load(office.periods(tmp_path, [(1, "自管", None, "2023-01-01", None)])))
    second = number(load(office.periods(tmp_path, [(1, "无物业", None, "2023-01-01", None)], "b.xlsx")))
    undo_import(store, everywhere, second)
    undo_import(store, everywhere, first)
    assert rows("SELECT mode FROM service_period WHERE upper_inf(recorded)") == []


def test_what_an_import_replaced_is_not_brought_back_beside_what_was_written_since(
    load: Import, store: Store, everywhere: Scope, rows: Rows, tmp_path: Path
) -> None:
    """A first load says: served for ever; a second ends it; a third says what follows. The second cannot go alone."""
    load(office.communities(tmp_path))
    load(office.periods(tmp_path, [(1, "自管", None, "2023-01-01", None)]))
    ended = number(load(office.periods(tmp_path, [(1, "自管", None, "2023-01-01", "2024-01-01")], "b.xlsx")))
    next_ = number(load(office.periods(tmp_path, [(1, "无物业", None, "2025-01-01", None)], "c.xlsx")))
    with pytest.raises(Conflict) as refused:
        undo_import(store, everywhere, ended)
    zh, en = refused.value.extra["zh"], refused.value.message
    for told in (str(zh), en):
        assert "c.xlsx" in told
        assert str(next_) in told
        assert "C001" in told
    assert "第 2 行" in str(zh)
    assert "row 2" in en
    undo_import(store, everywhere, next_)
    undo_import(store, everywhere, ended)
    assert rows("SELECT upper_inf(valid) AS open FROM service_period WHERE upper_inf(recorded)")[0].open


def test_a_refused_undo_names_the_row_and_the_import_that_changed_it(
    load: Import, store: Store, everywhere: Scope, tmp_path: Path
) -> None:
    first = number(load(office.communities(tmp_path)))
    second = again(load, tmp_path, "1200", date(2025, 1, 1))
    with pytest.raises(Conflict) as refused:
        undo_import(store, everywhere, first)
    assert f"import {second} (1200.gpkg)" in refused.value.message
    assert f"导入 {second} 号（1200.gpkg）" in str(refused.value.extra["zh"])
    assert "(row 1)" in refused.value.message
