"""Compiled loops on disk: found again, compiled anew when anything they stand on changed, never taken from strangers."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest

from geo.bundling import warm
from geo.bundling.compiling import kernel_files
from geo.bundling.forms import columns
from tests.house.tree import ROOT

MEASURE = """
import json, sys
from geo.bundling import Activity, Rules
from geo.bundling.forms.arrays import arrays_of
from geo.bundling.forms.columns import columns_of, medoids
from geo.bundling.forms.model import compile_problem
from tests.geo.bundling.cases import grid
problem = grid(4, activities=(Activity('households', 100, 300),))
columns = columns_of(arrays_of(compile_problem(problem)), [[0, 1], [2, 3]])
stats = medoids.stats
print(json.dumps([sum(stats.cache_hits.values()), sum(stats.cache_misses.values()), columns.distance.tolist()]))
"""


def measured(*before: str, **environment: str) -> list[Any]:
    """Hits and misses of the disk, and the answer, of one compiled loop in a process of its own."""
    return list(json.loads(said(MEASURE, *before, **environment)))


def said(script: str, *before: str, **environment: str) -> str:
    """What a script prints that has the engine to itself."""
    done = subprocess.run(
        [*before, sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which another process has compiled."""
    folder = tmp_path_factory.mktemp("kernels")
    folder.chmod(0o755)
    assert measured(WANGGE_KERNELS=str(folder)) == [0, 1, [10_000.0, 10_000.0]]
    return folder


def copy_of(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def inner(folder: Path) -> Path:
    """The folder of this machine's versions inside a folder of compiled loops."""
    return next(each for each in folder.iterdir() if each.is_dir())


def test_the_next_process_finds_what_was_compiled(filled: Path) -> None:
    assert measured(WANGGE_KERNELS=str(filled)) == [1, 0, [10_000.0, 10_000.0]]


def test_a_damaged_file_is_compiled_anew(filled: Path, tmp_path: Path) -> None:
    folder = copy_of(filled, tmp_path)
    for path in inner(folder).glob("forms.columns.medoids*"):
        path.write_bytes(path.read_bytes()[:100])
    assert measured(WANGGE_KERNELS=str(folder))[1:] == [1, [10_000.0, 10_000.0]]
    assert measured(WANGGE_KERNELS=str(folder))[0] == 1


def test_a_folder_that_others_could_write_is_neither_read_nor_written(filled: Path, tmp_path: Path) -> None:
    folder = copy_of(filled, tmp_path)
    inner(folder).chmod(0o777)
    before = sorted(path.stat().st_mtime_ns for path in inner(folder).iterdir())
    assert measured(WANGGE_KERNELS=str(folder))[:2] == [0, 1]
    assert sorted(path.stat().st_mtime_ns for path in inner(folder).iterdir()) == before


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody can reach; pytest's own is closed to others."""
    with TemporaryDirectory(prefix="wangge-kernels-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_another_user_reads_what_the_installer_compiled_and_needs_no_home(shared: Path) -> None:
    """The service's user may write neither the environment nor, here, a home."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if not os.access(sys.executable, os.X_OK) or ROOT.stat().st_mode & 5 != 5:
        pytest.skip("this folder is closed to other users")
    as_nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    nowhere = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"}
    assert measured(*as_nobody, WANGGE_KERNELS=str(shared), **nowhere)[:2] == [0, 1]
    assert list(shared.iterdir()) == []
    assert measured(WANGGE_KERNELS=str(shared))[:2] == [0, 1]
    assert measured(*as_nobody, WANGGE_KERNELS=str(shared), **nowhere)[:2] == [1, 0]


def test_the_folder_of_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    assert kernel_files.trusted(tmp_path)
    assert not kernel_files.trusted(tmp_path / "none")
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
        assert not kernel_files.trusted(tmp_path)


def test_folders_first_of_the_environment_then_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(kernel_files.FOLDER, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shared, own = kernel_files.folders()
    assert shared.is_relative_to(sys.prefix)
    assert own.is_relative_to(tmp_path / "wangge")
    assert shared.name == own.name
    monkeypatch.setattr(kernel_files, "_versions", lambda: "another processor")
    assert kernel_files.folders()[0] != shared
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert len(kernel_files.folders()) == 1


def test_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernel_files.FOLDER, "/proc/nowhere")
    assert kernel_files.writable() is None
    assert kernel_files.mark_complete() is None
    assert not kernel_files.complete()


# ---- what a digest covers -------------------------------------------------------------------------------------


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An engine of five files: loops imports ground and, through it, floor and cellar; apart is apart."""
    (tmp_path / "room").mkdir()
    (tmp_path / "loops.py").write_text("from geo.bundling.room.ground import x\n")
    (tmp_path / "room" / "ground.py").write_text(
        "import numpy\nfrom geo.bundling import floor\nfrom geo.bundling.room import cellar\n"
    )
    (tmp_path / "room" / "cellar.py").write_text("EPS = 1\n")
    (tmp_path / "floor.py").write_text("EPS = 1\n")
    (tmp_path / "apart.py").write_text("")
    monkeypatch.setattr(kernel_files, "SOURCES", tmp_path)
    kernel_files.digest.cache_clear()
    yield tmp_path
    kernel_files.digest.cache_clear()


def changes(sources: Path, name: str) -> bool:
    """Whether the digest of `loops` changes with a file."""
    before = kernel_files.digest("loops")
    (sources / f"{name}.py").write_text("EPS = 2\n")
    kernel_files.digest.cache_clear()
    return kernel_files.digest("loops") != before


def test_a_loop_is_compiled_anew_when_what_it_imports_changes(sources: Path) -> None:
    assert not changes(sources, "apart")
    assert changes(sources, "floor")
    assert changes(sources, "room/cellar")
    assert changes(sources, "room/ground")


def test_any_change_makes_the_folder_incomplete(
    sources: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(kernel_files.FOLDER, str(tmp_path / "k"))
    assert not kernel_files.complete()
    kernel_files.mark_complete()
    assert kernel_files.complete()
    (sources / "apart.py").write_text("x = 1\n")
    kernel_files.digest.cache_clear()
    assert not kernel_files.complete()


# ---- ahead of the first click ---------------------------------------------------------------------------------


def test_small_problems_reach_every_loop_and_the_next_process_loads_them() -> None:
    assert said("from geo.bundling.warm import warm; print(warm())") == "[]"
    assert kernel_files.complete()
    script = """
from geo.bundling import Activity, alternatives, solve, warm
from geo.bundling.problem import BORDER
from tests.geo.bundling.cases import grid
kernels = warm.compiled.KERNELS
print(warm.load() - sum(len(kernel.signatures) for kernel in kernels))
print([kernel.py_func.__name__ for kernel in kernels if len(kernel.signatures) > 1])
homes = Activity("households", 350, 550)
solve(grid(5, activities=(homes,), soft={"households": 5.0, BORDER: 50.0}), effort=0.1)
solve(grid(5, packages=3, max_members=9), effort=0.1)
alternatives(grid(5, activities=(homes,)), 2, effort=0.1)
print([kernel.py_func.__name__ for kernel in kernels if kernel.stats.cache_misses])
"""
    assert said(script).splitlines() == ["0", "[]", "[]"]


def test_rooms_are_compiled_by_processes_side_by_side_or_where_that_fails_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert warm._command("print(1)")[-1] == str(ROOT)
    monkeypatch.setitem(warm.ROOMS, "none", lambda: None)
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, b"", b"no memory")

    monkeypatch.setattr(subprocess, "run", run)
    with caplog.at_level(logging.WARNING):
        warm._warm_room("none")
    assert "ROOMS['none']()" in asked[0][-2]
    assert "no memory" in caplog.text


# ---- one form of each loop -----------------------------------------------------------------------------------

FORMS = """
from geo.bundling.compiling.compiled import bare, inlined
@inlined
def shifted(values, by, up):
    return values[0] + by if up else values[0] - by
@bare
def both(values, by):
    return shifted(values, by, True) + shifted(values, 1, True) + shifted(values, 2, True)
import numpy
print(both(numpy.array([1.0]), 3), len(both.signatures), len(shifted.signatures))
print(len(shifted.get_overload.__self__.signatures))
print(shifted(numpy.array([1.0]), 3, False), len(shifted.signatures))
"""


def test_a_loop_that_others_call_is_compiled_once_whatever_constants_it_is_given(tmp_path: Path) -> None:
    """And is not kept apart from them; called from Python it is compiled once more."""
    folder = tmp_path / "kernels"
    (tmp_path / "forms.py").write_text(FORMS)
    script = f"""
import pathlib, runpy
from geo.bundling.compiling import kernel_files
kernel_files.SOURCES = pathlib.Path({str(tmp_path)!r})
runpy.run_path({str(tmp_path / "forms.py")!r})
"""
    assert said(script, WANGGE_KERNELS=str(folder)).splitlines() == ["9.0 1 0", "1", "-2.0 1"]


def test_a_service_gets_ready_beside_its_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(kernel_files.FOLDER, str(tmp_path))
    asked: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command))
    warm.in_background().join(60)
    assert len(asked) == 1
    kernel_files.mark_complete()
    warm.in_background().join(60)
    assert len(asked) == 1

    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "python")

    monkeypatch.setattr(kernel_files, "complete", lambda: False)
    monkeypatch.setattr(subprocess, "run", fails)
    with caplog.at_level(logging.ERROR):
        warm.in_background().join(60)
    assert "could not be compiled ahead" in caplog.text
    assert threading.current_thread().is_alive()


def test_a_damaged_index_holds_no_signatures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(kernel_files.FOLDER, str(tmp_path))
    folder = kernel_files.writable()
    assert folder is not None
    kernel = cast("Any", columns.medoids).py_func
    assert kernel_files.kept_signatures(kernel) == []
    (folder / "forms.columns.medoids-wangge.py311.nbi").write_bytes(pickle.dumps("other"))
    assert kernel_files.kept_signatures(kernel) == []
