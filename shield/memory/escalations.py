"""Questions to a person, and their answers: bounded, expiring, each approval good for one thing once.

What is approved is named by an HMAC of exactly what would be done; the store never decides and never
guesses. Approving nearly everything is a sign that nobody reads the questions any more: `Statistics`
counts it.
"""

import math
import secrets
import statistics
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from shield.types import Checkpoint

_FEWEST_DECISIONS, _NEARLY_ALL = 50, 0.95
SHOWN_CHARS = 8_000


class State(StrEnum):
    """What has become of a question. `used`: the approval was made use of, and is spent."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"


class Question(Struct, frozen=True):
    """What a person is asked.

    `owner` and `session` are keys of who asks, `digest` is the HMAC of what exactly would pass, `shown`
    what the person reads.
    """

    owner: str
    session: str
    checkpoint: Checkpoint
    digest: str
    shown: str
    rules: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, str, str]:
        """For whom an answer holds, and for what."""
        return self.owner, self.session, self.digest


class Escalation(Struct, frozen=True):
    """A question that was asked. Times are seconds of the store's clock; `decided`: when it was answered."""

    id: str
    question: Question
    opened: float
    expires: float
    state: State = State.OPEN
    decided: float | None = None


class Statistics(Struct, frozen=True):
    """How questions were answered: how many, the share of approvals, the median seconds to an answer."""

    answered: int
    approved: float
    seconds: float

    @property
    def rubber_stamped(self) -> bool:
        """True when so nearly everything is approved that the questions protect nobody."""
        return self.answered >= _FEWEST_DECISIONS and self.approved > _NEARLY_ALL


class EscalationStore(Protocol):
    """Where questions live. Implementations bound and expire them; a shared one raises `StoreError`."""

    def ask(self, question: Question) -> Escalation:
        """The open question about the same thing; a new one when there is none."""

    def take(self, question: Question) -> bool:
        """Use up the approval of exactly this; False when there is none."""

    def decide(self, identity: str, *, approve: bool) -> Escalation | None:
        """Answer a question; None when it is unknown, expired or answered already."""

    def all(self) -> tuple[Escalation, ...]:
        """Every question that has not expired, oldest first."""

    def forget_owner(self, owner: str) -> None:
        """Erase all questions of an owner."""


class LocalEscalations:
    """An `EscalationStore` for one process.

    Args:
        seconds: a question, answered or not, expires this long after it was asked.
        most: questions in all; the oldest go first.
        per_owner: open questions of one owner; further ones replace the oldest.
        clock: seconds, from any beginning. Time that runs backwards counts as none.
    """

    def __init__(
        self,
        *,
        seconds: float = 900.0,
        most: int = 10_000,
        per_owner: int = 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._most, self._per_owner = seconds, most, per_owner
        self._clock, self._now = clock, 0.0
        self._kept: OrderedDict[str, Escalation] = OrderedDict()
        self._answers: list[tuple[bool, float]] = []
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Escalation:
        """The open question about the same thing; a new one when there is none."""
        with self._lock:
            now = self._time()
            open_ = [e for e in self._kept.values() if e.state is State.OPEN]
            mine = [e for e in open_ if e.question.owner == question.owner]
            for known in mine:
                if known.question.about == question.about:
                    return known
            for old in mine[: max(0, len(mine) + 1 - self._per_owner)]:
                del self._kept[old.id]
            short = replace(question, shown=question.shown[:SHOWN_CHARS])
            made = Escalation(secrets.token_hex(8), short, now, now + self._seconds)
            self._kept[made.id] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return made

    def take(self, question: Question) -> bool:
        """Use up the approval of exactly this; False when there is none."""
        with self._lock:
            self._time()
            for known in self._kept.values():
                if known.state is State.APPROVED and known.question.about == question.about:
                    self._kept[known.id] = replace(known, state=State.USED)
                    return True
        return False

    def decide(self, identity: str, *, approve: bool) -> Escalation | None:
        """Answer a question; None when it is unknown, expired or answered already."""
        with self._lock:
            now = self._time()
            known = self._kept.get(identity)
            if known is None or known.state is not State.OPEN:
                return None
            state = State.APPROVED if approve else State.DENIED
            answered = replace(known, state=state, decided=now)
            self._kept[identity] = answered
            self._answers = [*self._answers[-self._most :], (approve, now - known.opened)]
            return answered

    def all(self) -> tuple[Escalation, ...]:
        """Every question that has not expired, oldest first."""
        with self._lock:
            self._time()
            return tuple(self._kept.values())

    def forget_owner(self, owner: str) -> None:
        """Erase all questions of an owner."""
        with self._lock:
            for known in [e for e in self._kept.values() if e.question.owner == owner]:
                del self._kept[known.id]

    def statistics(self) -> Statistics:
        """How the questions of this process were answered."""
        with self._lock:
            answers = list(self._answers)
        if not answers:
            return Statistics(0, 0.0, 0.0)
        approved = sum(yes for yes, _ in answers) / len(answers)
        return Statistics(len(answers), approved, statistics.median(s for _, s in answers))

    def _time(self) -> float:
        """The time, which never runs backwards; what has expired by now is gone."""
        read = self._clock()
        if math.isfinite(read):
            self._now = max(self._now, read)
        while self._kept and next(iter(self._kept.values())).expires <= self._now:
            self._kept.popitem(last=False)
        return self._now
