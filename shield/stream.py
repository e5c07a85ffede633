"""The gate: an answer that comes in pieces leaves only as far as it has been judged.

Sans-io: text in, text out. At each judging point what is about to leave is judged with the
context that scanners need, and leaves up to where something could still be open. What is found
late, in text that has left, cuts the stream. The whole is judged at the end as `Exchange.output`
judges it, and that is the verdict.

A gate has lanes: texts that grow side by side, such as the choices of one completion.
"""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Protocol

from msgspec.structs import replace

from shield.decide import decide
from shield.findings import failed
from shield.label import label
from shield.lane import Lane, Stretch
from shield.pipeline import Detection
from shield.redact import edits
from shield.stretches import Judge
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Edit,
    Finding,
    Outcome,
    Retraction,
    Segment,
    Skip,
    SkipReason,
    Source,
)

Mode = Literal["hold", "buffer", "async"]
Held = Literal["hold", "buffer"]
_PREFIX = 4_096
_OF = label(Source.ASSISTANT)


class Conclude(Protocol):
    """Gives the verdict on what came, and tells who is to be told."""

    def __call__(self, segments: tuple[Segment, ...], found: Detection) -> Outcome:
        """The outcome."""


class State(StrEnum):
    """What becomes of the next text.

    `PASSING`: it leaves unjudged, because the policy accepts what could not be looked at.
    """

    OPEN = "open"
    PASSING = "passing"
    CUT = "cut"
    DONE = "done"


class OutputGate:
    """Holds an answer back until it is judged. Not for use from two threads at once.

    Under a policy that only observes, text leaves at once and is judged at the end.

    Args:
        judge: judges stretches and the whole.
        conclude: gives the verdict; called once for a gate, unless `abandon` is.
        mode: `hold` releases at judging points, `buffer` at the end.
        limit: the most bytes of UTF-8 in all lanes together. The rest is not looked at.
        lanes: the most lanes. What comes in another is not looked at.
    """

    def __init__(
        self, judge: Judge, conclude: Conclude, *, mode: Held, limit: int, lanes: int = 64
    ) -> None:
        self._judge, self._conclude, self._mode = judge, conclude, mode
        self._left, self._most = limit, lanes
        self._lanes: dict[str, Lane] = {}
        self._counted: dict[tuple[str, str], Finding] = {}
        self._observes = judge.policy.document.mode == "observe"
        self._omitted: tuple[Skip, ...] = ()
        self.state = State.OPEN
        self.outcome: Outcome | None = None

    @property
    def cut(self) -> bool:
        """True when the answer was cut: nothing more leaves."""
        return self.state is State.CUT

    @property
    def passing(self) -> bool:
        """True when what comes leaves unjudged."""
        return self.state is State.PASSING

    def feed(self, text: str, lane: str = "") -> str:
        """Take the next piece of a lane; what leaves of that lane now.

        After a cut nothing leaves, and `outcome` says why.
        """
        of = self._lane(lane)
        if self.state is State.OPEN:
            kept = self._fitting(text) if len(self._lanes) <= self._most else ""
            of.text.append(kept)
            if self._observes:
                of.leave(of.text.length)
            elif self._mode == "hold":
                self._advance(of)
            if len(kept) < len(text):
                self.refuse(SkipReason.LIMIT)
            text = text[len(kept) :]
        more = text if self.state is State.PASSING else ""
        return of.taken() + more

    def end(self, lane: str = "") -> str:
        """The answer is over: judge it whole. What still leaves of `lane`."""
        if self.state is State.OPEN:
            self._finish()
        elif self.state is State.PASSING:
            self.state = State.DONE
        return self._lane(lane).taken()

    def settle(self, lane: str) -> None:
        """What has come of a lane is complete in itself: judge it up to its end."""
        of = self._lane(lane)
        if self.state is State.OPEN and self._mode == "hold" and of.released < of.text.length:
            self._judged(of, of.stretch(of.text.close(), self._judge.reach), closed=True)

    def refuse(self, reason: SkipReason) -> None:
        """Something of the answer cannot be looked at: the policy decides, by the reason.

        Where it accepts that, all passes from here on; otherwise the stream is cut.
        """
        if self.state is not State.OPEN:
            return
        outcome = self._told((), Coverage(skipped=(Skip("", reason),)))
        self.state = State.PASSING if outcome.passes else State.CUT
        for lane in self._lanes.values() if outcome.passes else ():
            lane.leave(lane.text.length)
            lane.free = True

    def omit(self, reason: SkipReason) -> None:
        """Something by the way, such as a picture, cannot be looked at: the policy decides, by the
        reason. Where it accepts that, the rest is judged as before.
        """
        if self.state is not State.OPEN:
            return
        self._omitted = (*self._omitted, Skip("", reason))
        judged = decide(self._judge.policy, Checkpoint.OUTPUT, (), Coverage(skipped=self._omitted))
        if not self._observes and judged.decision.rank > Decision.REDACT.rank:
            self._cut(Coverage())

    def abandon(self, outcome: Outcome) -> None:
        """Cut the stream because of another checkpoint's outcome."""
        if self.state in {State.OPEN, State.PASSING}:
            self.outcome, self.state = outcome, State.CUT

    def withhold(self, lane: str) -> None:
        """Nothing to do: all lanes leave only as they are judged."""

    def catch_up(self) -> None:
        """Nothing to do: no text has left ahead of its judgement."""

    def retractions(self) -> tuple[Retraction, ...]:
        """None: nothing that has left is ever taken back."""
        return ()

    def cuts(self, lane: str) -> tuple[Edit, ...]:
        """What has been cut out of a lane on the way, in order."""
        return self._lane(lane).cuts

    def released(self, lane: str) -> int:
        """How many characters of a lane, as it came, have left or been cut out on the way."""
        of = self._lane(lane)
        return sys.maxsize if of.free else of.released

    def shown(self, lane: str, start: int, text: str) -> str:
        """What left in place of `text`, which came at `start` of a lane and has been released:
        without what is cut, and with a placeholder where a cut begins.
        """
        return self._lane(lane).shown(start, text)

    def _lane(self, name: str) -> Lane:
        if name not in self._lanes:
            keep = max(_PREFIX, 2 * self._judge.reach)
            made = Lane(len(self._lanes), keep, free=self.state is State.PASSING)
            if self.state is not State.OPEN:
                return made
            self._lanes[name] = made
        return self._lanes[name]

    def _fitting(self, text: str) -> str:
        """The beginning of `text` that the limit leaves room for."""
        raw = text.encode("utf-8", "surrogatepass")
        kept = text
        if len(raw) > self._left:
            kept = raw[: self._left].decode("utf-8", "ignore")
            raw = kept.encode()
        self._left -= len(raw)
        return kept

    def _advance(self, lane: Lane) -> None:
        """Judge up to each judging point that has come."""
        while self.state is State.OPEN:
            point = lane.text.point(lane.text.judged - lane.released)
            if point is None:
                return
            self._judged(lane, lane.stretch(point, self._judge.reach))

    def _judged(self, lane: Lane, stretch: Stretch, *, closed: bool = False) -> None:
        near = self._judge.near(stretch.text)
        ahead = max(0, stretch.end - _PREFIX)
        far = self._judge.far(lane.text.part(ahead, stretch.end))
        found = [*stretch.moved(near.findings, lane.number)]
        wide = lane.moved(far.findings, ahead)
        to = stretch.end
        if not closed:
            to = lane.closed([*found, *self._redacting(wide)], stretch)
        settled = [f for f in found if all(span.end <= to for span in f.spans)]
        for finding in (*settled, *wide):
            self._count(finding)
        skipped = (*near.coverage.skipped, *far.coverage.skipped)
        counted = tuple(self._counted.values())
        judged = decide(self._judge.policy, Checkpoint.OUTPUT, counted, Coverage(skipped=skipped))
        if judged.decision.rank > Decision.REDACT.rank:
            self._cut(Coverage(skipped=skipped))
            return
        cuts = edits(self._redacting([*settled, *wide]), self._segments(bare=True))
        if lane.late(cuts):
            self._cut(Coverage(), failed("stream", "late"))
        else:
            lane.leave(to, cuts)

    def _redacting(self, found: Sequence[Finding]) -> list[Finding]:
        """Those that count and ask for a redaction."""
        judged = decide(self._judge.policy, Checkpoint.OUTPUT, found, Coverage())
        policy = self._judge.policy
        return [f for f in judged.findings if policy.decision(f) is Decision.REDACT]

    def _count(self, finding: Finding) -> None:
        """Keep the surest finding of each rule: what is decided rests on these alone."""
        name = finding.scanner, finding.rule
        known = self._counted.get(name)
        if known is None or finding.score > known.score:
            self._counted[name] = finding

    def _finish(self) -> None:
        segments = self._segments()
        found = self._with_omitted(self._judge.whole(segments))
        cuts = edits(self._redacting(found.findings), segments)
        policy = self._judge.policy
        judged = decide(policy, Checkpoint.OUTPUT, found.findings, found.coverage)
        may_pass = not self._observes and judged.decision is not Decision.BLOCK
        late = may_pass and any(lane.late(cuts) for lane in self._lanes.values())
        if late:
            found = Detection((*found.findings, failed("stream", "late")), found.coverage)
        self.outcome = self._conclude(segments, found)
        self.state = State.CUT if late or not self.outcome.passes else State.DONE
        for lane in self._lanes.values() if self.state is State.DONE else ():
            lane.leave(lane.text.length, () if self._observes else cuts)

    def _cut(self, coverage: Coverage, *more: Finding) -> None:
        """Cut the stream, whatever the policy says of errors: what came late cannot be undone."""
        self._told(more, coverage)
        self.state = State.CUT

    def _told(self, more: Sequence[Finding], coverage: Coverage) -> Outcome:
        """The outcome of an answer that is not over, from what has been found so far."""
        segments = self._segments()
        read = sum(lane.text.judged for lane in self._lanes.values())
        skipped = (*self._omitted, *coverage.skipped)
        receipt = Coverage(segments=len(segments), chars=read, skipped=skipped)
        found = Detection((*self._counted.values(), *more), receipt)
        self.outcome = self._conclude(segments, found)
        return self.outcome

    def _with_omitted(self, found: Detection) -> Detection:
        skipped = (*self._omitted, *found.coverage.skipped)
        return Detection(found.findings, replace(found.coverage, skipped=skipped))

    def _segments(self, *, bare: bool = False) -> tuple[Segment, ...]:
        """The lanes as segments; `bare` without their texts."""
        return tuple(
            Segment("" if bare else lane.text.whole(), _OF, name)
            for name, lane in self._lanes.items()
        )
