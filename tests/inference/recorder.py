"""A stand-in for a graph that writes down its batches, and callers that can be watched."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from shield.inference.batches import Batches

PATIENCE = 60


class Recorder:
    """Answers the sum of a row, writes down each batch, and can be held or broken."""

    def __init__(self):
        self.batches, self.running, self.most_running = [], 0, 0
        self.entered, self.go = threading.Semaphore(0), threading.Event()
        self.go.set()
        self.broken = lambda rows: None
        self._lock = threading.Lock()

    def __call__(self, rows):
        with self._lock:
            self.batches.append(list(rows))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        self.entered.release()
        try:
            while not self.go.wait(0.01):  # in steps, so that a thread can be torn out
                pass
            self.broken(rows)
            return [sum(row) for row in rows]
        finally:
            with self._lock:
                self.running -= 1


def row(value: int, length: int = 4) -> tuple[int, ...]:
    return (value, *[0] * (length - 1))


def arrived(batches: Batches, count: int) -> None:
    """Wait until `count` callers stand in the queue."""
    until = time.monotonic() + PATIENCE
    while len(batches._jobs) < count:
        assert time.monotonic() < until, "the callers did not arrive"
        time.sleep(0.001)


def held(graph: Recorder, batches: Batches, pool: ThreadPoolExecutor, lanes: int = 1):
    """Fill all lanes with one caller each."""
    graph.go.clear()
    first = []
    for n in range(lanes):
        first.append(pool.submit(batches, [row(1000 + n, 200)]))
        assert graph.entered.acquire(timeout=PATIENCE)
    return first
