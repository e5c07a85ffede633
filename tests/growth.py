"""How the cost of a work grows with its size, told so that no single measurement decides."""

import gc
import time
from collections.abc import Callable

Work = Callable[[int], Callable[[], object]]  # size → what is timed
Clock = Callable[[], float]

ROUNDS = 15


def seconds(work: Callable[[], object], clock: Clock = time.thread_time) -> float:
    """The CPU time of `work` on this thread, or its time by another clock."""
    gc.disable()  # its passes cost by what the whole process holds
    try:
        began = clock()
        work()
        return clock() - began
    finally:
        gc.enable()


def assert_linear(
    work: Work,
    small: int,
    large: int,
    *,
    limit: float = 6.0,
    slack: float = 0.003,
    clock: Clock = time.thread_time,
) -> None:
    """Four times the size costs less than `limit` times the time, by the best times of both.

    Both are measured in turn until that holds. What a busy machine adds to one measurement is
    gone from the best of many, and what grows too fast stays over the limit in all of them.
    `slack` is the seconds below which what the caches hold decides.
    """
    less, more = work(small), work(large)
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        best = [min(best[0], seconds(less, clock)), min(best[1], seconds(more, clock))]
        if best[1] < limit * best[0] + slack:
            return
    raise AssertionError(f"{large / small:.0f} times the size, {best[1] / best[0]:.1f} the time")
