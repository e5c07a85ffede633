"""A text that comes in pieces, and where it can be judged.

Judging points are where a sentence or line ends, else every 160 characters. They are a function
of the text, and of what is held back of it, never of the pieces that it comes in.
"""

import re

_END = re.compile(r"[.!?\u0964][\"'”’»)\]*_]{0,4}\s|[\u3002\uff01\uff1f\u0964]|\n")
_LEAST, _MOST = 32, 160


class Growing:
    """A text that grows at its end.

    All of it is kept; `part` reads from the newest `keep` characters before the last point, or
    before `hold` where that is earlier, in time that does not depend on the length of the whole.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._pieces: list[str] = []
        self._fresh: list[str] = []
        self._recent, self._base = "", 0
        self.length = self.judged = 0
        self._looked = 0

    def append(self, piece: str) -> None:
        """Add a piece."""
        if piece:
            self._pieces.append(piece)
            self._fresh.append(piece)
            self.length += len(piece)

    def whole(self) -> str:
        """All of it."""
        return "".join(self._pieces)

    def part(self, start: int, end: int) -> str:
        """The characters [start, end) of those that are kept at hand."""
        self._gather()
        return self._recent[max(0, start - self._base) : end - self._base]

    def point(self, held: int) -> int | None:
        """Go to the next judging point, None while there is none. `held` is how many characters
        before the last one are held back: the more, the rarer are points, so that all of them
        together cost no more than the text.
        """
        least, most = max(_LEAST, held // 2), max(_MOST, held)
        first = self.judged + least
        if self.length < first:
            return None
        self._gather()
        begin = max(first - 1, self._looked)
        end = _END.search(self._recent, begin - self._base, self.judged + most - self._base)
        if end is not None:
            at = end.end() + self._base
        elif self.length >= self.judged + most:
            at = self.judged + most
        else:
            self._looked = max(begin, self.length - 6)
            return None
        self.judged, self._looked = at, 0
        return at

    def close(self) -> int:
        """What has come is complete: its end is a judging point."""
        self.judged, self._looked = self.length, 0
        return self.length

    def forget(self, before: int) -> None:
        """Characters before the newest `keep` ones that precede `before` are not read any more."""
        floor = before - self._keep
        self._gather()
        if floor - self._base > max(self._keep, len(self._recent) // 2):
            self._recent, self._base = self._recent[floor - self._base :], floor

    def _gather(self) -> None:
        if self._fresh:
            self._recent = "".join((self._recent, *self._fresh))
            self._fresh.clear()
