"""A circuit breaker: an upstream that fails again and again is left alone for a while.

closed → open after `failures` in a row → one probe after `rest` seconds → closed, or open again.
"""

import time
from collections.abc import Callable


class Breaker:
    """Of one upstream. For one event loop.

    Args:
        failures: in a row, that open it.
        rest: seconds that it stays open.
        clock: monotonic seconds.
    """

    def __init__(
        self, failures: int, rest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rest, self._clock = failures, rest, clock
        self._failed = 0
        self._until = 0.0
        self._probing = False

    @property
    def state(self) -> str:
        """`closed`, `open`, or `probing` when the next request decides."""
        if self._failed < self._most:
            return "closed"
        return "open" if self._clock() < self._until or self._probing else "probing"

    def admits(self) -> bool:
        """Whether a request may go out now; who gets True must report how it ended."""
        state = self.state
        self._probing = self._probing or state == "probing"
        return state != "open"

    def succeeded(self) -> None:
        """It answered."""
        self._failed, self._probing = 0, False

    def failed(self) -> None:
        """It did not answer, or with an error of its own."""
        self._failed += 1
        self._probing = False
        if self._failed >= self._most:
            self._until = self._clock() + self._rest

    def dropped(self) -> None:
        """The caller went away: nothing is known of the upstream."""
        self._probing = False
