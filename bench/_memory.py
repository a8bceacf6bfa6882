"""How much memory processes hold, looked at again and again, and whether it grew: compared at equal age."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
# A pool's child is replaced after 500 tasks and a killed one at once, so old and young are never compared.
# In its first seconds a process only loads its programs.
AGES = ((30, 60), (60, 180), (180, 600), (600, 1e9))
ENOUGH = 5  # samples on both sides, or an age says nothing
FLAT = 0.10


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process: seconds since the start, its role, its age in seconds, resident MiB."""

    at: float
    role: str
    age: float
    mib: float


class Sampler(threading.Thread):
    """Looks every few seconds at the processes that `pids()` gives as (role, pid), until it is told to end."""

    def __init__(self, pids: Callable[[], Iterable[tuple[str, int]]], every: float = 5) -> None:
        super().__init__(daemon=True)
        self.pids, self.every, self.over = pids, every, threading.Event()
        self.begun, self.samples = time.monotonic(), list[Sample]()

    def run(self) -> None:
        while not self.over.wait(self.every):
            for role, pid in list(self.pids()):
                with suppress(FileNotFoundError, ProcessLookupError):  # it was killed meanwhile
                    self.samples.append(Sample(time.monotonic() - self.begun, role, age(pid), resident(pid)))


def resident(pid: int) -> float:
    """MiB of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def age(pid: int) -> float:
    """Seconds since a process began."""
    begun = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]) / TICKS
    return float(Path("/proc/uptime").read_text().split()[0]) - begun


@dataclass(frozen=True, slots=True)
class Growth:
    """Median MiB of processes of one role and age, in the first quarter after the warm-up and in the last."""

    role: str
    ages: tuple[float, float]
    first: float
    last: float
    looks: tuple[int, int]

    @property
    def flat(self) -> bool:
        """Whether it grew by a tenth at most; to have less to do, and shrink, is no leak."""
        return self.last / self.first - 1 <= FLAT


def growths(samples: list[Sample], warm: float, end: float) -> list[Growth]:
    """Every role and age of which both quarters of the time from `warm` to `end` saw enough."""
    quarter = (end - warm) / 4
    found = []
    for role in sorted({sample.role for sample in samples}):
        for ages in AGES:
            here = [s for s in samples if s.role == role and ages[0] <= s.age < ages[1] and s.at >= warm]
            first = [s.mib for s in here if s.at < warm + quarter]
            last = [s.mib for s in here if end - quarter <= s.at < end]
            if min(len(first), len(last)) >= ENOUGH:
                looks = (len(first), len(last))
                found.append(Growth(role, ages, statistics.median(first), statistics.median(last), looks))
    return found
