"""What a start makes of a database, and what a reset deletes."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from api.commands import service
from api.commands.service import OURS, bring_up, delete_everything
from api.demo import ENVIRONMENT, demo_settings, load_demo
from geo.errors import Conflict
from geo.ingest import uploads
from geo.ingest.matching import keeping
from geo.people.demo import seed_demo_people
from geo.settings import ENV_FILE, Settings, load_settings
from geo.store.cluster import ensure_cluster, stop_cluster
from geo.store.engine import Scope, Store
from tests.api.conftest import add_person
from tests.conftest import Databases

ROOT = Path(__file__).parents[3]
UP = argparse.Namespace(no_open=True, foreground=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a new data folder."""
    for name in ("WANGGE_DEMO", "WANGGE_TODAY", "WANGGE_PRODUCTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANGGE_DATA", str(tmp_path))
    return load_settings()


def people(store: Store) -> int:
    with store.begin(Scope("os:test", duty="auth")) as db:
        return int(db.scalar(text("SELECT count(*) FROM person")) or 0)


# -- demo or not ---------------------------------------------------------------------------------------------


def test_an_empty_database_becomes_a_demo(here: Settings, store: Store) -> None:
    found = demo_settings(store, here)
    assert found.demo
    assert (here.data / ENV_FILE).read_text() == ENVIRONMENT


def test_a_database_at_work_stays_what_it_is(here: Settings, store: Store) -> None:
    """A second server, with a data folder of its own, before the database of the first."""
    add_person(store, "keeper", ("security",), ("000000000000",))
    assert demo_settings(store, here) is here
    assert not here.demo
    assert not (here.data / ENV_FILE).exists()


def test_imports_alone_are_work_too(here: Settings, store: Store) -> None:
    with store.begin(Scope("os:test", ("",))) as db:
        db.execute(
            text("INSERT INTO change_set (kind, area, subject) VALUES ('import', '340102', 'regions')")
        )
    assert not demo_settings(store, here).demo


def test_a_demo_stays_one_before_a_new_folder(here: Settings, demo_copy: Store) -> None:
    assert demo_settings(demo_copy, here).demo


def test_made_up_people_alone_make_no_demo(here: Settings, store: Store) -> None:
    seed_demo_people(store)
    assert not demo_settings(store, here).demo


def test_what_the_settings_say_stands(here: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_DEMO", "false")
    assert not demo_settings(store, load_settings()).demo
    assert not (here.data / ENV_FILE).exists()


def test_the_folder_of_a_demo_before_a_real_database_loads_nothing_into_it(
    here: Settings, store: Store
) -> None:
    add_person(store, "keeper", ("security",), ("000000000000",))
    with pytest.raises(Conflict, match="WANGGE_DEMO"):
        load_demo(store, here.model_copy(update={"demo": True}), lambda _said: None)
    assert people(store) == 1


def test_up_before_a_foreign_database_at_work_seeds_nobody(
    here: Settings,
    store: Store,
    databases: Databases,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_person(store, "keeper", ("security",), ("000000000000",))
    monkeypatch.setenv("WANGGE_DATABASE_URL", databases.url(database, databases.address.superuser))
    monkeypatch.setattr(service, "run_service", lambda *_given: 0)
    assert bring_up(UP, load_settings()) == 0
    assert people(store) == 1
    assert not (here.data / ENV_FILE).exists()
    assert "/enter?key=" not in capsys.readouterr().out


# -- reset ---------------------------------------------------------------------------------------------------


def test_reset_deletes_what_is_ours_and_says_what_it_left(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "stop_cluster", lambda _data: None)
    for name in OURS - {"postgres", "demo-files", "uploads", "matchings"}:
        (tmp_path / name).write_text("x")
    for name in ("postgres", "demo-files", "uploads", "Documents"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    (tmp_path / "uploads" / ("a" * 32)).write_text("x")
    (tmp_path / "thesis.odt").write_text("years of work")
    assert delete_everything(argparse.Namespace(), here) == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"thesis.odt", "Documents/file", "uploads/file"}
    assert "Documents, thesis.odt, uploads" in capsys.readouterr().err


def test_nothing_of_ours_is_forgotten() -> None:
    top = Path(tempfile.mkdtemp(prefix="wangge-tests-"))
    top.chmod(0o755)  # the user who runs the database has to get in
    data = top / "data"
    try:
        ensure_cluster(data)
        assert {entry.name for entry in data.iterdir()} <= OURS
        assert {uploads.FOLDER, keeping.FOLDER} == service.UPLOADS
        assert service.UPLOAD.fullmatch(uploads.new_upload(Settings(data=data)).name)
    finally:
        stop_cluster(data)
        shutil.rmtree(top)


def test_a_reset_without_a_terminal_has_to_be_told_yes(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "run", "reset"], env={**os.environ, "WANGGE_DATA": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "./run reset --yes" in done.stderr
