"""How much of the traffic a remote model is asked about: capped and counted, without a clock."""

import threading

from msgspec import Struct


class Counted(Struct, frozen=True):
    """What has been offered, what was asked about, and what the cap refused."""

    offered: int = 0
    asked: int = 0
    refused: int = 0


class Share:
    """Grants at most `burst` questions, and `share` more for each thing offered. For many threads.

    Args:
        share: of what is offered, in (0, 1].
        burst: questions that may be asked at once; at least 1.
    """

    def __init__(self, share: float, burst: int) -> None:
        self._share, self._burst = share, float(burst)
        self._credit = self._burst
        self._counted = Counted()
        self._lock = threading.Lock()

    @property
    def counted(self) -> Counted:
        """The numbers so far."""
        return self._counted

    def offer(self) -> None:
        """One more thing that could be asked about."""
        with self._lock:
            self._credit = min(self._burst, self._credit + self._share)
            was = self._counted
            self._counted = Counted(was.offered + 1, was.asked, was.refused)

    def take(self) -> bool:
        """Whether a question may be asked now; it counts as asked then, as refused otherwise."""
        with self._lock:
            was = self._counted
            if self._credit < 1.0:
                self._counted = Counted(was.offered, was.asked, was.refused + 1)
                return False
            self._credit -= 1.0
            self._counted = Counted(was.offered, was.asked + 1, was.refused)
            return True
