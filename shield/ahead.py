"""The gate that lets text leave at once and judges it afterwards: weaker, and off by default.

What `hold` would have kept back is taken back by the client, which is told where it stands: a
client that carries out all `Retraction`s ends with what `hold` would have shown. Nothing helps
against one that does not, or against a person who reads fast.

Sans-io: `feed` costs nothing; `catch_up` judges what has left, as the held gate would have, piece by
piece, and is to be called after each delivery.
"""

import sys
from collections import deque

from shield.redact import placeholder
from shield.stream import OutputGate, State
from shield.types import Outcome, Retraction, SkipReason

_PILE = 65_536  # characters that may wait to be judged


class AheadGate:
    """Lets an answer leave and judges it afterwards. Not for use from two threads at once.

    Args:
        gate: what judges, new.
    """

    def __init__(self, gate: OutputGate) -> None:
        self._gate = gate
        self._waiting: deque[tuple[str, str | None]] = deque()
        self._pile = 0
        self._lengths: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._withheld: set[str] = set()
        self._told: dict[str, int] = {}
        self._tailed = False

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was."""
        return self._gate.outcome

    @property
    def cut(self) -> bool:
        """True when the answer was cut: nothing more leaves."""
        return self._gate.cut

    @property
    def passing(self) -> bool:
        """True when what comes leaves unjudged, because the policy accepts that."""
        return self._gate.passing

    def withhold(self, lane: str) -> None:
        """What comes of a lane leaves only as it is judged, such as what makes up a tool call."""
        self._withheld.add(lane)

    def feed(self, text: str, lane: str = "") -> str:
        """Take the next piece of a lane; it leaves at once, unless its lane is withheld."""
        if self._gate.state is not State.OPEN:
            return self._gate.feed(text, lane)
        self._waiting.append((lane, text))
        self._lengths[lane] = self._lengths.get(lane, 0) + len(text)
        self._pile += len(text)
        if self._pile > _PILE:
            self.catch_up()
        return "" if lane in self._withheld else text

    def settle(self, lane: str) -> None:
        """What has come of a lane is complete in itself."""
        self._waiting.append((lane, None))

    def catch_up(self) -> None:
        """Judge what has left ahead of its judgement; afterwards the gate may be `cut`."""
        while self._waiting:
            lane, text = self._waiting.popleft()
            if text is None:
                self._gate.settle(lane)
            else:
                self._gate.feed(text, lane)
        self._pile = 0

    def end(self, lane: str = "") -> str:
        """The answer is over: judge it whole. Nothing of it is left to leave."""
        self.catch_up()
        self._gate.end(lane)
        return ""

    def refuse(self, reason: SkipReason) -> None:
        """Something of the answer cannot be looked at: the policy decides, by the reason."""
        self.catch_up()
        self._gate.refuse(reason)

    def omit(self, reason: SkipReason) -> None:
        """Something by the way, such as a picture, cannot be looked at."""
        self.catch_up()
        self._gate.omit(reason)

    def abandon(self, outcome: Outcome) -> None:
        """Cut the stream because of another checkpoint's outcome."""
        self.catch_up()
        self._gate.abandon(outcome)

    def released(self, lane: str) -> int:
        """How many characters of a lane may leave."""
        if lane not in self._withheld:
            return sys.maxsize
        if self._gate.released(lane) < self._lengths.get(lane, 0):
            self.catch_up()
        return self._gate.released(lane)

    def shown(self, lane: str, start: int, text: str) -> str:
        """What leaves in place of `text`, which came at `start` of a lane: itself the first time; a
        copy without what was found since.
        """
        end = start + len(text)
        if lane in self._withheld or start < self._left.get(lane, 0):
            return self._gate.shown(lane, start, text)
        self._left[lane] = end
        return text

    def retractions(self) -> tuple[Retraction, ...]:
        """What clients have to take back, since this was asked last."""
        found: list[Retraction] = []
        ends = self.cut and not self._tailed
        self._tailed = self._tailed or self.cut
        for lane in self._lengths.keys() - self._withheld:
            cuts = self._gate.cuts(lane)
            fresh = cuts[self._told.get(lane, 0) :]
            self._told[lane] = len(cuts)
            found += [
                Retraction(lane, c.span.start, c.span.end, placeholder(c.kind)) for c in fresh
            ]
            judged = min(self._gate.released(lane), self._lengths[lane])
            if ends and judged < self._lengths[lane]:
                found.append(Retraction(lane, judged, self._lengths[lane]))
        return tuple(sorted(found))
