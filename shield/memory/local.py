"""Sessions in this process: least recently used first out, expiring, bounded per principal."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

from shield.memory.session import Session


class _Entry(Struct, frozen=True):
    """A session, when it was written, whose it is, and what it weighs."""

    at: float
    owner: str
    session: Session
    weight: int


class LocalSessions:
    """A `SessionStore` for one process; several workers have several memories.

    Args:
        seconds: a session expires this long after its last write.
        most: sessions in all.
        per_principal: sessions of one principal; the oldest goes first.
        size: bytes of all sessions together, about; the oldest go first.
        clock: seconds, from any beginning. Time that runs backwards counts as none.
    """

    def __init__(
        self,
        *,
        seconds: float,
        most: int,
        per_principal: int,
        size: int = 67_108_864,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._most, self._per_principal = seconds, most, per_principal
        self._size, self._used = size, 0
        self._clock, self._last, self._passed = clock, clock(), 0.0
        self._kept: OrderedDict[str, _Entry] = OrderedDict()
        self._owned: dict[str, OrderedDict[str, None]] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> Session:
        """The session of `key`; empty when there is none or it has expired."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                return Session()
            if self._now() - entry.at > self._seconds:
                self._drop(key)
                return Session()
            return entry.session

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session as the newest; the bounds push out the oldest.

        A session that weighs more than all may is not kept.
        """
        with self._lock:
            self._drop(key)
            entry = _Entry(self._now(), principal, session, session.weight)
            if entry.weight > self._size:
                return
            self._kept[key] = entry
            self._used += entry.weight
            if key != principal:
                owned = self._owned.setdefault(principal, OrderedDict())
                owned[key] = None
                if len(owned) > self._per_principal:
                    self._drop(next(iter(owned)))
            self._expire()
            while len(self._kept) > self._most or self._used > self._size:
                self._drop(next(iter(self._kept)))

    def forget(self, key: str) -> None:
        """Erase a session."""
        with self._lock:
            self._drop(key)

    def forget_owner(self, principal: str) -> None:
        """Erase all sessions of an owner, and what they share."""
        with self._lock:
            for key in (principal, *self._owned.get(principal, ())):
                self._drop(key)

    def __len__(self) -> int:
        return len(self._kept)

    def _now(self) -> float:
        """Seconds that have passed so far: a clock that is set back neither keeps sessions alive
        nor takes their time away.
        """
        read = self._clock()
        if math.isfinite(read):
            self._passed += max(0.0, read - self._last)
            self._last = read
        return self._passed

    def _expire(self) -> None:
        """Erase what nobody will ask for again: the oldest stand first."""
        before = self._now() - self._seconds
        while self._kept and self._kept[oldest := next(iter(self._kept))].at < before:
            self._drop(oldest)

    def _drop(self, key: str) -> None:
        entry = self._kept.pop(key, None)
        if entry is None:
            return
        self._used -= entry.weight
        owned = self._owned.get(entry.owner)
        if owned is not None and owned.pop(key, "gone") is None and not owned:
            del self._owned[entry.owner]
