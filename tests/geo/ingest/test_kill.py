"""An import that is killed in the middle leaves nothing; one that ends leaves everything."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geo.ingest.undo import undo_import
from geo.store.engine import Scope, Store
from tests.conftest import Databases
from tests.geo.ingest import office
from tests.geo.ingest.conftest import Import, Rows

KILLS = 12
BUILDINGS = 5000
ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import sys
from datetime import date
from pathlib import Path
from geo.ingest.importer import ImportOptions, import_file
from geo.settings import Settings
from geo.store.engine import Scope, Store
path = Path(sys.argv[1])
settings = Settings(data=path.parent, today=date(2026, 11, 1), min_free_share=0.0)
import_file(Store(sys.argv[2]), Scope("os:test", ("",)), path, options=ImportOptions(), settings=settings,
            progress=lambda share, note: print(note, flush=True))
"""


def many_buildings(folder: Path) -> Path:
    """5,000 buildings in five communities of a thousand each."""
    frames, shapes = [], []
    for community in range(1, 6):
        frame = office.pd.DataFrame(
            {
                "楼栋编码": [f"{office.NEIGHBOURHOOD}C{community:03d}00{n:03d}" for n in range(1000)],
                "楼栋名称": [f"{n}幢" for n in range(1000)],
                "所属小区编码": [f"{office.NEIGHBOURHOOD}C{community:03d}"] * 1000,
            }
        )
        frames.append(frame)
        x = 101 + 200 * (community - 1)
        shapes += [office.square(x + 3 * (n % 32), 101 + 3 * (n // 32), 2) for n in range(1000)]
    return office.write(folder / "楼栋.gpkg", office.pd.concat(frames), shapes)


@pytest.mark.slow
@pytest.mark.usefixtures("neighbourhood")
def test_twelve_kills_leave_nothing_partial(
    load: Import,
    rows: Rows,
    databases: Databases,
    database: str,
    store: Store,
    everywhere: Scope,
    tmp_path: Path,
) -> None:
    load(office.communities(tmp_path, 5))
    path = many_buildings(tmp_path)
    chance = random.Random(12)
    kept = "SELECT count(*) FROM building WHERE upper_inf(recorded)"
    open_sets = "SELECT count(*) FROM change_set WHERE subject = 'buildings' AND kind = 'import' AND undone_by IS NULL"
    stages = ["reading", "mapping", "checking", "staging", "writing", "writing", "writing"]
    for turn in range(KILLS):
        stage = stages[turn % len(stages)]
        _kill_after(stage, chance.uniform(0, 0.4), path, databases.url(database))
        assert rows(kept)[0][0] in (0, BUILDINGS), f"killed in {stage}"
        assert rows(open_sets)[0][0] == (1 if rows(kept)[0][0] else 0)
        if rows(kept)[0][0]:  # the kill came after the commit: make room for the next
            (newest,) = rows("SELECT max(id) FROM change_set WHERE kind = 'import'")[0]
            undo_import(store, everywhere, newest)
    report = load(path, valid_from=None)
    assert (report.counts["new"] + report.counts["unchanged"], report.counts["refused"]) == (BUILDINGS, 0)
    assert rows(kept)[0][0] == BUILDINGS


def _kill_after(stage: str, seconds: float, path: Path, url: str) -> None:
    """Run an import in a process group of its own; when it says `stage`, wait and kill all of it."""
    command = [sys.executable, "-c", SCRIPT, str(path), url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == stage:
            break
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
