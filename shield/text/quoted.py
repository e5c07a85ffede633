"""Where a text shows code, which is read and not rendered."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_FENCE = re.compile(r"(?m)^[ \t>]{0,12}(?P<mark>```|~~~)")
_INLINE = re.compile(r"(?<!`)`(?!`)[^`\n]{1,1000}`(?!`)")


class Quoted:
    """The stretches of a Markdown text that are code: fenced blocks, and words in backticks.

    A fence that is never closed reaches to the end, as renderers have it.
    """

    def __init__(self, text: str) -> None:
        ranges = sorted(_ranges(text)) if "`" in text or "~~~" in text else []
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def __contains__(self, at: object) -> bool:
        """True when the character at an offset is part of code."""
        if not isinstance(at, int):
            return False
        number = bisect_right(self._starts, at) - 1
        return number >= 0 and at < self._ends[number]


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    fenced = list(_fenced(text))
    starts = [start for start, _ in fenced]
    yield from fenced
    for inline in _INLINE.finditer(text):
        number = bisect_right(starts, inline.start()) - 1
        if number < 0 or fenced[number][1] <= inline.start():
            yield inline.span()


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    opened: tuple[int, str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence.start(), fence["mark"]
        elif fence["mark"] == opened[1]:
            yield opened[0], fence.end()
            opened = None
    if opened is not None:
        yield opened[0], len(text)
