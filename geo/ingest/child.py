"""The process in which files of strangers are parsed: limited, without a network, and told its work by a folder.

    python -m geo.ingest.child read|repair|fit|nest|assign|survey FOLDER

Reads `request.json` there and writes its answer as JSON and NumPy files there (no pickles). A refusal is written as
`error.json`; any other end means that the file broke a limit.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
CPU_SECONDS = 180
MEMORY = 4 * 2**30
FILE_BYTES = 4 * 2**30
WORK = {
    "read": ("geo.ingest.readers", "read"),
    "repair": ("geo.ingest.readers", "repair"),
    "fit": ("geo.ingest.repairs.work", "fit"),
    "nest": ("geo.ingest.repairs.work", "nest"),
    "assign": ("geo.coverage.mass_files", "work"),
    "survey": ("geo.survey.reading", "work"),
}
"""Module and function of each piece of work: (request, folder) → answer, both plain JSON values."""
_LUGGAGE = ("geopandas", "pandas", "pyarrow", "pyproj")
"""What pyogrio loads where it is there, and reading never needs: it takes longer than most files."""


def limit_process() -> None:
    """Bound processor time, address space, file size and open files; a crash leaves no core."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def leave_network() -> bool:
    """Move into a network namespace of our own, with nothing in it; False where the kernel does not permit it."""
    libc = ctypes.CDLL(None, use_errno=True)
    # Root needs no user namespace for it; root of a container without that capability, and others, do.
    choices = [CLONE_NEWNET] if os.geteuid() == 0 else []
    return any(libc.unshare(flags) == 0 for flags in [*choices, CLONE_NEWUSER | CLONE_NEWNET])


def die_with_parent() -> None:
    """Ask the kernel to end this process when the server that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def travel_light() -> None:
    """Let imports of what reading does not need fail, as if it were not installed."""
    absent: dict[str, Any] = dict.fromkeys(_LUGGAGE)
    sys.modules.update(absent)


def main(arguments: list[str]) -> int:
    """Do one piece of work; 0 done, 1 refused."""
    work, folder = arguments[0], Path(arguments[1])
    isolated = leave_network()
    die_with_parent()
    limit_process()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # Only now the parsers: they must not run before the limits do.
    from geo.errors import WanggeError  # noqa: PLC0415 - imported after the limits on purpose

    module, function = WORK[work]
    gc.disable()  # a short life: shapes hold no cycles, and the collector looks through them again and again
    request = json.loads((folder / "request.json").read_text("utf-8"))
    if work == "read" and request["format"] != "parquet":
        travel_light()
    try:
        answer = getattr(import_module(module), function)(request, folder)
    except WanggeError as error:
        refusal = {"message": error.message, "field": error.field, "extra": error.extra, "type": error.type}
        (folder / "error.json").write_text(json.dumps(refusal), "utf-8")
        return 1
    (folder / "answer.json").write_text(json.dumps({**answer, "isolated": isolated}), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
