"""How things are measured: medians of five, wall and CPU, always beside a named peer in the same run."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from geo.store.cluster.processes import family

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what, and its cost per run in milliseconds of wall and of CPU (ours and PostgreSQL's).

    `database_ms` is the part of the CPU that PostgreSQL took.
    """

    name: str
    wall_ms: float
    cpu_ms: float
    database_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Meter:
    """Reads the CPU time of this process, its ended children, other processes, and the database of a data folder."""

    data: Path
    others: tuple[int, ...] = ()

    def cpu_s(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = time.process_time() + ended.ru_utime + ended.ru_stime
        return own + sum(map(_cpu_of, self.others)) + self.database_s()

    def database_s(self) -> float:
        return sum(map(_cpu_of, family(self.data / "postgres")))

    def measure(self, name: str, run: Callable[[], object], times: int = 1) -> Row:
        """Median of five samples, each of `times` runs after one run to warm up."""
        run()
        samples = []
        for _ in range(SAMPLES):
            began = time.perf_counter(), self.cpu_s(), self.database_s()
            for _ in range(times):
                run()
            ended = time.perf_counter(), self.cpu_s(), self.database_s()
            samples.append([1000 * (b - a) / times for a, b in zip(began, ended, strict=True)])
        return Row(name, *map(statistics.median, zip(*samples, strict=True)))


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def show(title: str, rows: Iterable[Row], note: str = "") -> None:
    """Print a table; ratios are against its last row, the peer."""
    rows = list(rows)
    peer = rows[-1]
    say(f"\n### {title}\n")
    say("| | wall ms | CPU ms | wall ÷ peer | CPU ÷ peer |")
    say("|---|---:|---:|---:|---:|")
    for row in rows:
        wall, cpu = ratio(row.wall_ms, peer.wall_ms), ratio(row.cpu_ms, peer.cpu_ms)
        mine = " (peer)" if row is peer and len(rows) > 1 else ""
        say(f"| {row.name}{mine} | {row.wall_ms:.1f} | {row.cpu_ms:.1f} | {wall} | {cpu} |")
    if note:
        say(f"\n{note}")


def ratio(value: float, peer: float) -> str:
    return f"{value / peer:.2f}" if peer else "–"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def machine() -> str:
    """The line on top of every table."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load before the run {load:.1f}"
    )
