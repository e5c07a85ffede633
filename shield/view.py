"""A rewritten reading of a text, with a map from its offsets back to the source."""

from array import array
from bisect import bisect_right

from msgspec import Struct


class Pieces(Struct, frozen=True):
    """A view put together from stretches of its source.

    Piece `k` begins at view offset `at[k]` (`at[0]` is 0) and came from the source characters
    [`starts[k]`, `ends[k]`). A piece as long as its source maps character for character,
    in reverse where `backwards`; any other maps as a whole.
    """

    at: "array[int]"
    starts: "array[int]"
    ends: "array[int]"
    backwards: bool = False


class View(Struct, frozen=True):
    """A rewritten reading of a text, with a map from its offsets back to the source.

    `starts[i]` is the source character that view character `i` came from; `pieces` says the
    same of stretches; with neither, the view is as long as its source and maps character for
    character. `whole` maps every character to one source range (a decoded blob). `parent` is
    the view that this one was made from.
    """

    kind: str
    text: str
    starts: "array[int] | None" = None
    pieces: Pieces | None = None
    whole: tuple[int, int] | None = None
    parent: "View | None" = None

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The source characters behind the view's half-open range [start, end)."""
        span = self._span(start, end)
        return self.parent.source_span(*span) if self.parent else span

    def _span(self, start: int, end: int) -> tuple[int, int]:
        if self.whole is not None:
            return self.whole
        if self.pieces is not None and self.text:
            return self._pieced(self.pieces, start, end)
        if not self.starts:
            return start, end
        if end > start:
            return self.starts[start], self.starts[end - 1] + 1
        last = len(self.starts) - 1
        return (self.starts[start] if start <= last else self.starts[last] + 1,) * 2

    def _pieced(self, pieces: Pieces, start: int, end: int) -> tuple[int, int]:
        if end <= start:
            inside = min(start, len(self.text) - 1)
            return (self._of_piece(pieces, inside, inside + 1)[0],) * 2
        first, last = bisect_right(pieces.at, start) - 1, bisect_right(pieces.at, end - 1) - 1
        if first == last:
            return self._of_piece(pieces, start, end)
        near = self._of_piece(pieces, start, pieces.at[first + 1])
        far = self._of_piece(pieces, pieces.at[last], end)
        between = slice(first + 1, last)
        return (
            min(near[0], far[0], *pieces.starts[between]),
            max(near[1], far[1], *pieces.ends[between]),
        )

    def _of_piece(self, pieces: Pieces, start: int, end: int) -> tuple[int, int]:
        """The source of a range inside one piece."""
        number = bisect_right(pieces.at, start) - 1
        begin, stop = pieces.starts[number], pieces.ends[number]
        last = number + 1 == len(pieces.at)
        first = pieces.at[number]
        if (len(self.text) if last else pieces.at[number + 1]) - first != stop - begin:
            return begin, stop
        if pieces.backwards:
            return stop - (end - first), stop - (start - first)
        return begin + start - first, begin + end - first
