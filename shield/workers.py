"""Daemon threads that a deadline can walk away from.

`concurrent.futures` joins its threads at exit, so that one scanner that hangs would hang the
process; these threads are left behind, counted, and named, so that the pipeline can put a
scanner that does not come back out of service.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Workers:
    """A fixed number of threads that run named jobs, oldest job first."""

    def __init__(self, count: int) -> None:
        self._jobs: queue.SimpleQueue[tuple[str, Callable[[], Any], Future[Any]] | None]
        self._jobs = queue.SimpleQueue()
        self._running: dict[int, tuple[str, float]] = {}
        self._count = count
        for number in range(count):
            threading.Thread(target=self._work, name=f"shield-{number}", daemon=True).start()

    def submit(self, name: str, job: Callable[[], T]) -> "Future[T]":
        """Run `job` on a thread; `name` says whose it is."""
        future: Future[T] = Future()
        self._jobs.put((name, job, future))
        return future

    def stuck(self, seconds: float) -> list[str]:
        """The names of jobs that have been running for longer than `seconds`."""
        before = time.monotonic() - seconds
        return [name for name, began in list(self._running.values()) if began < before]

    @property
    def count(self) -> int:
        """How many threads there are, stuck ones included."""
        return self._count

    def close(self) -> None:
        """Let every idle thread end; a running job is not waited for."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _work(self) -> None:
        me = threading.get_ident()
        while (item := self._jobs.get()) is not None:
            name, job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            self._running[me] = (name, time.monotonic())
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 — extension panics are BaseExceptions
                future.set_exception(error)
            finally:
                self._running.pop(me, None)
