"""What scanners found in a case, below thresholds too, read beside the verdicts of a guard."""

import threading
from typing import cast

from shield.guard import Guard
from shield.pipeline import Detection, Pipeline
from shield.types import Subject


class Tap:
    """A pipeline that keeps what it answers, apart for each thread: a case is replayed in one."""

    def __init__(self, guard: Guard) -> None:
        self._pipeline, self._local = guard.pipeline, threading.local()
        self.heads = guard.pipeline.heads
        guard.pipeline = cast("Pipeline", self)

    def run(self, subject: Subject, *, complete: bool = False) -> Detection:
        """Detect, and keep it."""
        found = self._pipeline.run(subject, complete=complete)
        self._local.seen = (*self.taken(), found)
        return found

    def taken(self) -> tuple[Detection, ...]:
        """What this thread's guard answered since it was last asked, in order."""
        seen: tuple[Detection, ...] = getattr(self._local, "seen", ())
        self._local.seen = ()
        return seen

    def close(self) -> None:
        """Let the workers go."""
        self._pipeline.close()
