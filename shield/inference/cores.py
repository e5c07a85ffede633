"""How many processor cores this process may use, and how graphs share them."""

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MOST_THREADS = 4  # a window of 256 tokens gains nothing from more


def cores(cgroup: Path = _CGROUP) -> int:
    """Cores that the scheduler, the container and Python's own setting leave to this process."""
    counted = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if hasattr(os, "sched_getaffinity"):
        counted = min(counted, len(os.sched_getaffinity(0)))
    quota = _quota(cgroup)
    return max(1, counted if quota is None else min(counted, int(quota + 0.5)))


def shares(graphs: int, available: int) -> tuple[int, int]:
    """Threads of one run of a graph, and runs of it at a time, when `graphs` share the cores."""
    threads = max(1, min(_MOST_THREADS, available // max(1, graphs)))
    return threads, max(1, available // threads)


def _quota(cgroup: Path) -> float | None:
    """Cores that the container's quota allows, None without one; versions 2 and 1."""
    try:
        quota, period = (cgroup / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota, period = (
                (cgroup / "cpu" / name).read_text("ascii").strip()
                for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            )
        except (OSError, ValueError):
            return None
    try:
        found = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max"
        return None
    return found if found > 0 else None
