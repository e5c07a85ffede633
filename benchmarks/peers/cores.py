"""Two cores for everyone, and how much of them went to processes outside the comparison."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

_TICK = float(os.sysconf("SC_CLK_TCK"))


def keep_to(count: int) -> None:
    """Bind this process, and the children it will start, to `count` of its cores (Linux only)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


class Outsiders:
    """The core time that others take, from now on.

    Args:
        pids: the processes of the comparison, besides this one.
        proc: where the kernel tells; a folder without its files gives no figure.
    """

    def __init__(self, pids: Iterable[int], proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._pids = (os.getpid(), *pids)
        self._began, self._busy, self._ours = time.monotonic(), self._taken(), self._own()

    def share(self) -> float | None:
        """Of the cores' time since the start; None where the kernel does not tell."""
        busy, began = self._taken(), self._busy
        if busy is None or began is None:
            return None
        room = (time.monotonic() - self._began) * len(os.sched_getaffinity(0))
        return max(0.0, busy - began - (self._own() - self._ours)) / room

    def _taken(self) -> float | None:
        """Seconds in which the cores of this process were not idle."""
        stat = self._proc / "stat"
        if not stat.is_file():
            return None
        mine = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        rows = [line.split() for line in stat.read_text().splitlines()]
        ticks = ([int(cell) for cell in row[1:9]] for row in rows if row[0] in mine)
        return sum(sum(row) - row[3] - row[4] for row in ticks) / _TICK

    def _own(self) -> float:
        """Seconds that the processes of the comparison ran."""
        stats = [self._proc / str(pid) / "stat" for pid in self._pids]
        rows = [s.read_text().rpartition(")")[2].split() for s in stats if s.is_file()]
        return sum(int(row[11]) + int(row[12]) for row in rows) / _TICK
