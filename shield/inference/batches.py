"""Dynamic batching: what arrives while a graph is busy is run next, together.

Nobody waits for company: a caller that finds the graph idle runs at once, on its own thread.
Callers that find it busy leave their rows; whoever is free next takes the rows of one length
bucket, of all callers, oldest caller first and each caller in turn, so that a short text does
not wait for the whole of a long one.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
Row = Sequence[int]

BATCH_TOKENS = 512  # more in a batch is no faster, as it leaves the processor's caches
_BUCKET = 16


class _Job(Generic[A]):
    """The rows of one caller, and what is known of their answers."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.todo: dict[int, deque[int]] = {}
        for i, row in enumerate(rows):
            self.todo.setdefault(-(-len(row) // _BUCKET), deque()).append(i)
        self.answers: dict[int, A] = {}
        self.error: Exception | None = None
        self.wake = threading.Event()
        self.waits = False

    @property
    def done(self) -> bool:
        return self.error is not None or len(self.answers) == len(self.rows)

    def take(self, bucket: int) -> int:
        """The next row of a bucket that nobody runs yet."""
        found = self.todo[bucket].popleft()
        if not self.todo[bucket]:
            del self.todo[bucket]
        return found

    def give_back(self, row: int) -> None:
        self.todo.setdefault(-(-len(self.rows[row]) // _BUCKET), deque()).appendleft(row)


_Batch = list[tuple[_Job[A], int]]


class Batches(Generic[A]):
    """Rows → answers of `run`, which gets the rows of many callers at a time.

    Args:
        run: answers a batch of rows, one answer a row.
        lanes: how many batches may run at a time.
        most: rows in a batch; 1 where an answer depends on what shares its batch.
    """

    def __init__(self, run: Callable[[list[Row]], list[A]], lanes: int = 1, most: int = 64) -> None:
        self._run, self._free, self._most = run, lanes, most
        self._jobs: deque[_Job[A]] = deque()
        self._lock = threading.Lock()

    def __call__(self, rows: Sequence[Row]) -> list[A]:
        """The answers to `rows`, in their order.

        What `run` raises reaches every caller with a row in that batch. A caller that is
        torn out of its wait, or out of a batch that it runs, leaves the rows of others to them.
        """
        job: _Job[A] = _Job(rows)
        with self._lock:
            self._jobs.append(job)
        try:
            while not job.done:
                batch = self._taken(job)
                if batch:
                    self._serve(batch)
                elif not job.done:  # another lane may have answered it just now
                    job.wake.wait()
                    job.wake.clear()
        finally:
            with self._lock:
                self._jobs.remove(job)
                self._wake()
        if job.error is not None:
            raise job.error
        return [job.answers[i] for i in range(len(rows))]

    def _taken(self, mine: _Job[A]) -> _Batch[A]:
        """The next batch, of whoever's turn it is; empty when `mine` has to wait."""
        with self._lock:
            mine.waits = False
            lead = next((job for job in self._jobs if job.todo and not job.error), None)
            if mine.done or lead is None or not self._free:
                mine.waits = not mine.done
                return []
            self._free -= 1
            bucket = next(iter(lead.todo))
            batch: _Batch[A] = []
            for job in (lead, *(j for j in self._jobs if j is not lead and not j.error)):
                while bucket in job.todo and self._fits(batch, bucket):
                    batch.append((job, job.take(bucket)))
            self._jobs.remove(lead)
            self._jobs.append(lead)
            return batch

    def _fits(self, batch: _Batch[A], bucket: int) -> bool:
        return not batch or (
            len(batch) < self._most and (len(batch) + 1) * bucket * _BUCKET <= BATCH_TOKENS
        )

    def _serve(self, batch: _Batch[A]) -> None:
        try:
            answers = self._run([job.rows[i] for job, i in batch])
            for (job, i), answer in zip(batch, answers, strict=True):
                job.answers[i] = answer
        except Exception as error:  # noqa: BLE001 — whatever it is, each caller raises it
            for job, _ in batch:
                job.error = error
        finally:
            with self._lock:
                self._free += 1
                for job, i in batch:
                    if not job.error and i not in job.answers:
                        job.give_back(i)
                self._wake()

    def _wake(self) -> None:
        """Wake who is done, and as many of those who wait with rows as there are free lanes."""
        free = self._free
        for job in self._jobs:
            if job.waits and (job.done or (free and job.todo)):
                free -= not job.done
                job.waits = False
                job.wake.set()
