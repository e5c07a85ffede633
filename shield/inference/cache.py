"""Scores by content: each text once, remembered within a bound of bytes."""

import threading
from collections import OrderedDict
from concurrent.futures import Future

from shield.errors import LeadError
from shield.inference.scores import Scores

Key = tuple[str, str, bytes]  # model digest, surface, digest of lead and text


class ScoreCache:
    """Least recently used first out, by bytes; entries in the making are futures."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._kept: OrderedDict[Key, Scores] = OrderedDict()
        self._making: dict[Key, Future[Scores]] = {}
        self._lock = threading.Lock()

    def claim(self, key: Key) -> tuple["Future[Scores]", bool]:
        """The future answer, and whether the caller has to compute it.

        A future that is cancelled was given up by its maker: claim anew.
        """
        with self._lock:
            if key in self._making:
                return self._making[key], False
            future: Future[Scores] = Future()
            if key in self._kept:
                self._kept.move_to_end(key)
                future.set_result(self._kept[key])
                return future, False
            self._making[key] = future
            return future, True

    def peek(self, key: Key) -> Scores | None:
        """The answer when it is kept."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Key, scores: Scores) -> None:
        """Remember an answer and hand it to all who wait for it."""
        with self._lock:
            future = self._making.pop(key, None)
            self._used += cost(scores) - (cost(self._kept[key]) if key in self._kept else 0)
            self._kept[key] = scores
            self._kept.move_to_end(key)
            while self._used > self._limit and self._kept:
                _, oldest = self._kept.popitem(last=False)
                self._used -= cost(oldest)
        if future is not None:
            future.set_result(scores)

    def drop(self, key: Key, error: BaseException) -> None:
        """Give up on an answer. Who waits gets the graph's failure.

        When the maker left, or failed for another of its texts, who waits is to ask anew.
        """
        with self._lock:
            future = self._making.pop(key, None)
        if future is None:
            return
        if isinstance(error, Exception) and not isinstance(error, LeadError):
            future.set_exception(error)
        else:
            future.cancel()


def cost(scores: Scores) -> int:
    """Bytes that an answer takes in memory, about: measured structs, tuples and numbers."""
    windows = sum(160 + 32 * len(w.probabilities) for w in scores.windows)
    marks = sum(160 * len(w.marks) for w in scores.windows)
    return 500 + len(scores.vector) + windows + marks
