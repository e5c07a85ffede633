"""Sessions in this process: least recently used first out, expiring, bounded per principal."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shield.memory.session import Session


class LocalSessions:
    """A `SessionStore` for one process; several workers have several memories.

    Args:
        seconds: a session expires this long after its last write.
        most: sessions in all.
        per_principal: sessions of one principal; the oldest goes first.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        seconds: float,
        most: int,
        per_principal: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._most, self._per_principal = seconds, most, per_principal
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, str, Session]] = OrderedDict()
        self._owned: dict[str, OrderedDict[str, None]] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> Session:
        """The session of `key`; empty when there is none or it has expired."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                return Session()
            if self._clock() - entry[0] > self._seconds:
                self._drop(key)
                return Session()
            return entry[2]

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session as the newest; the bounds push out the oldest."""
        with self._lock:
            self._drop(key)
            self._kept[key] = (self._clock(), principal, session)
            owned = self._owned.setdefault(principal, OrderedDict())
            owned[key] = None
            if len(owned) > self._per_principal:
                self._drop(next(iter(owned)))
            self._expire()
            while len(self._kept) > self._most:
                self._drop(next(iter(self._kept)))

    def forget(self, key: str) -> None:
        """Erase a session."""
        with self._lock:
            self._drop(key)

    def __len__(self) -> int:
        return len(self._kept)

    def _expire(self) -> None:
        """Erase what nobody will ask for again: the oldest stand first."""
        before = self._clock() - self._seconds
        while self._kept and (oldest := next(iter(self._kept))) and self._kept[oldest][0] < before:
            self._drop(oldest)

    def _drop(self, key: str) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            owned = self._owned[entry[1]]
            owned.pop(key, None)
            if not owned:
                del self._owned[entry[1]]
