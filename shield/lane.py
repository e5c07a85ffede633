"""One text of a gate: what came, how far it was judged, what has left, what is cut out of it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shield.redact import placeholder
from shield.text.growing import Growing
from shield.text.openings import opening
from shield.types import Edit, Finding, Span


class Stretch(Struct, frozen=True):
    """The characters [start, end) of a lane, of which `fresh` is the first that has not left.

    `reach` is how far before the end something open may have begun.
    """

    text: str
    start: int
    end: int
    fresh: int
    reach: int

    def moved(self, found: Iterable[Finding], lane: int) -> list[Finding]:
        """What was found in the text, with spans in the lane.

        What touches its left edge, or is over before `fresh`, was judged with more context before.
        """
        shown = _moved(found, lane, self.start)
        edge = self.start or -1
        return [
            f
            for f in shown
            if not f.spans or any(s.end > self.fresh and s.start != edge for s in f.spans)
        ]


class Lane:
    """One text of a gate. `number` is that of its segment.

    `free` says that the policy lets the rest pass unjudged.
    """

    def __init__(self, number: int, keep: int, *, free: bool = False) -> None:
        self.number, self.free = number, free
        self.text = Growing(keep)
        self.released = 0
        self._cuts: list[Edit] = []
        self._out: list[str] = []

    def stretch(self, end: int, reach: int) -> Stretch:
        """What is to be judged at the judging point `end`: all that is held, and `reach` more."""
        start = max(0, self.released - reach)
        return Stretch(self.text.part(start, end), start, end, self.released, reach)

    def moved(self, found: Iterable[Finding], ahead: int) -> list[Finding]:
        """What was found in the text from `ahead` on, with spans in the lane."""
        return _moved(found, self.number, ahead)

    def closed(self, found: Iterable[Finding], stretch: Stretch) -> int:
        """Up to where a stretch may leave: no finding, and nothing that looks like the beginning of
        one, reaches further.
        """
        to = stretch.start + opening(stretch.text, stretch.reach)
        spans = [s for f in found for s in f.spans]
        for span in sorted(spans, key=lambda s: s.end, reverse=True):
            if span.end > to or span.end == stretch.end:
                to = min(to, span.start)
        return max(to, stretch.fresh)

    def late(self, cuts: Iterable[Edit]) -> bool:
        """True when something to cut has left already."""
        return any(not self._gone(c.span) for c in cuts if c.span.segment == self.number)

    def leave(self, to: int, cuts: Iterable[Edit] = ()) -> None:
        """Release the text up to `to`, without `cuts`."""
        start = self.released
        if to <= start:
            return
        for cut in cuts:
            span = cut.span
            if span.segment == self.number and start < span.end <= to:
                first = max(span.start, start)
                self._cuts.append(replace(cut, span=Span(self.number, first, span.end)))
        self._out.append(self.shown(start, self.text.part(start, to)))
        self.released = to
        self.text.forget(to)

    @property
    def cuts(self) -> tuple[Edit, ...]:
        """What has been cut out, in order."""
        return tuple(self._cuts)

    def taken(self) -> str:
        """What has left since this was asked last."""
        found = "".join(self._out)
        self._out.clear()
        return found

    def shown(self, start: int, text: str) -> str:
        """`text`, which came at `start`, without what is cut out of it."""
        if not self._cuts:
            return text
        found: list[str] = []
        at, end = start, start + len(text)
        first = bisect_right(self._cuts, start, key=lambda e: e.span.end)
        for cut in self._cuts[first : bisect_right(self._cuts, end - 1, key=_start)]:
            found.append(text[at - start : max(at, cut.span.start) - start])
            found += [placeholder(cut.kind)] if cut.span.start >= start else []
            at = cut.span.end
        return "".join((*found, text[at - start :]))

    def _gone(self, span: Span) -> bool:
        """True when no character of the span has left: those that should have are cut."""
        at = min(span.end, self.released)
        for cut in self._before(at):
            if cut.span.end < at:
                break
            at = min(at, cut.span.start)
        return at <= span.start or span.start >= self.released

    def _before(self, end: int) -> Sequence[Edit]:
        """The cuts that begin before `end`, the last first."""
        return self._cuts[: bisect_right(self._cuts, end - 1, key=_start)][::-1]


def _start(cut: Edit) -> int:
    return cut.span.start


def _moved(found: Iterable[Finding], lane: int, by: int) -> list[Finding]:
    return [
        replace(f, spans=tuple(Span(lane, s.start + by, s.end + by) for s in f.spans))
        for f in found
    ]
