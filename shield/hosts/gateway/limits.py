"""What one principal may ask for in a minute, and how much the process takes on at once."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shield.hosts.settings import Limits
from shield.types import Caller


class Bucket:
    """So many units a minute, and at most a minute's worth at once.

    What an exchange costs is known only afterwards: the level may fall below zero, and then
    nothing is taken until it has risen again.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self._rate, self._most = per_minute / 60.0, float(per_minute)
        self._level, self._at = float(per_minute), now

    def wait(self, need: float, now: float) -> float:
        """Seconds until `need` units are there; 0 when they are."""
        self._fill(now)
        return max(0.0, (need - self._level) / self._rate)

    def take(self, units: float, now: float) -> None:
        """Take units, whether they are there or not."""
        self._fill(now)
        self._level -= units

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self._level = min(self._most, self._level + passed * self._rate)
        self._at = max(self._at, now)


class Allowances:
    """The buckets of all principals; the least recently seen goes first. For one event loop.

    A principal that is forgotten begins afresh, so that `principals` must be more than there are.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._kept: OrderedDict[tuple[str, str], tuple[Bucket | None, Bucket | None]] = (
            OrderedDict()
        )

    def ask(self, caller: Caller) -> int:
        """Take one request; 0, or the whole seconds to wait when there is none to take."""
        now = self._clock()
        requests, tokens = self._of(caller, now)
        waits = (
            requests.wait(1.0, now) if requests else 0.0,
            tokens.wait(1.0, now) if tokens else 0.0,
        )
        if longest := max(waits):
            return max(1, math.ceil(longest))
        if requests:
            requests.take(1.0, now)
        return 0

    def charge(self, caller: Caller, tokens: int) -> None:
        """Take the tokens that an exchange turned out to cost."""
        now = self._clock()
        _, bucket = self._of(caller, now)
        if bucket:
            bucket.take(tokens, now)

    def _of(self, caller: Caller, now: float) -> tuple[Bucket | None, Bucket | None]:
        key = (caller.tenant, caller.principal)
        found = self._kept.pop(key, None) or (
            _bucket(self._limits.requests_per_minute, now),
            _bucket(self._limits.tokens_per_minute, now),
        )
        self._kept[key] = found
        while len(self._kept) > self._limits.principals:
            self._kept.popitem(last=False)
        return found


class Places:
    """So many at once. There is no queue: one more is refused."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator["Place | None"]:
        """A place, given back at the end if not before; None when all are taken."""
        place = Place(self) if self.taken < self._most else None
        try:
            yield place
        finally:
            if place:
                place.leave()


class Place:
    """One of the places."""

    def __init__(self, places: Places) -> None:
        self._places: Places | None = places
        places.taken += 1

    def leave(self) -> None:
        """Give it back; a second time does nothing."""
        if self._places is not None:
            self._places.taken -= 1
            self._places = None


def _bucket(per_minute: int | None, now: float) -> Bucket | None:
    return None if per_minute is None else Bucket(per_minute, now)
