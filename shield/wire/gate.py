"""What a stream asks of the gate that its texts go through."""

from typing import Protocol

from shield.types import Outcome, Retraction, SkipReason


class Gate(Protocol):
    """What lets text leave, lane by lane; `shield.stream.OutputGate` is one."""

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was."""

    @property
    def cut(self) -> bool:
        """True when nothing more leaves."""

    @property
    def passing(self) -> bool:
        """True when what comes leaves unjudged."""

    def feed(self, text: str, lane: str = "") -> str:
        """Take the next piece of a lane."""

    def settle(self, lane: str) -> None:
        """Judge a lane up to its end."""

    def end(self, lane: str = "") -> str:
        """The answer is over."""

    def refuse(self, reason: SkipReason) -> None:
        """Something cannot be looked at."""

    def omit(self, reason: SkipReason) -> None:
        """Something by the way cannot be looked at."""

    def abandon(self, outcome: Outcome) -> None:
        """Cut, because of another checkpoint."""

    def withhold(self, lane: str) -> None:
        """A lane leaves only as it is judged."""

    def catch_up(self) -> None:
        """Judge what has left ahead of its judgement."""

    def retractions(self) -> tuple[Retraction, ...]:
        """What has to be taken back, since this was asked last."""

    def released(self, lane: str) -> int:
        """How many characters of a lane may leave."""

    def shown(self, lane: str, start: int, text: str) -> str:
        """What left in place of a text."""
