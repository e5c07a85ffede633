"""What a run did: steps, labels and decisions, never a value."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from shield.dual.admit import Reason
from shield.dual.approval import Proposed
from shield.dual.failures import Code, Status
from shield.policy.schema import Effect
from shield.types import Caller, Capacity, Integrity, Label


class Mark(Struct, frozen=True):
    """A label without its text: integrity, the steps it came through, whether it is public."""

    integrity: Integrity
    capacity: Capacity
    origins: tuple[str, ...]
    public: bool


class Went(StrEnum):
    """How one execution of a step went."""

    DONE = "done"
    FAILED = "failed"
    REPLAYED = "replayed"
    SKIPPED = "skipped"


class Event(Struct, frozen=True):
    """One execution of a step.

    `place` is the iteration of each loop around it, `uses` the steps whose results went in,
    `asked` whether a person approved it, `ms` milliseconds.
    """

    plan: int
    step: str
    kind: str
    place: tuple[int, ...]
    uses: tuple[str, ...]
    went: Went
    label: Mark | None = None
    shape: str = ""
    tool: str = ""
    effect: Effect | None = None
    reasons: tuple[Reason, ...] = ()
    asked: bool = False
    code: Code | None = None
    reveals: tuple[tuple[str, bool | str | None], ...] = ()
    ms: float = 0.0


class Trace(Struct, frozen=True):
    """All of a run: how it ended and its events in the order in which they ended."""

    id: str
    status: Status
    code: Code | None
    step: str
    plans: tuple[str, ...]
    events: tuple[Event, ...]
    ms: float


class Observer(Protocol):
    """Told about every run; must not raise and must not block."""

    def run(self, trace: Trace, caller: Caller) -> None:
        """A run has ended."""


class Quote(Struct, frozen=True):
    """A piece of an answer and where it came from; `origin` is empty for the plan's own words."""

    text: str
    origin: str = ""


class Report(Struct, frozen=True):
    """What a run gives back.

    Args:
        status: how it ended.
        answer: the answer as inert text; empty when there is none.
        parts: the same in pieces, each with its origin.
        code: what went wrong, at `step`.
        done: steps whose effect happened, with their tool, in order.
        open: steps with an effect that did not run.
        uncertain: steps whose effect may or may not have happened.
        pending: calls that nobody was there to approve.
        fault: where in this code something unforeseen happened; no text of the traffic.
        trace: see `Trace`.
    """

    status: Status
    trace: Trace
    answer: str = ""
    parts: tuple[Quote, ...] = ()
    code: Code | None = None
    step: str = ""
    done: tuple[tuple[str, str], ...] = ()
    open: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    pending: tuple[Proposed, ...] = ()
    fault: str = ""


def mark(label: Label) -> Mark:
    """A label for a trace."""
    through = tuple(sorted({origin.path or origin.name for origin in label.origins}))
    return Mark(label.integrity, label.capacity, through, label.readers is None)
