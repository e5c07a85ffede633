"""Where sentences and lines end."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

END = re.compile(r"[.!?\u3002\uff01\uff1f\u0964]+(?=\s|$)|[\u3002\uff01\uff1f]|\n")


def widened(text: str, ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The ranges grown to whole sentences or lines, in order, those that touch joined.

    A range begins and ends at a letter or digit, so that one that takes in the full stop before it
    does not take in that sentence; white space around a sentence stays outside.
    """
    ends = [0, *(m.end() for m in END.finditer(text)), len(text)]
    found: list[tuple[int, int]] = []
    for start, end in sorted(_worded(text, *pair) for pair in ranges):
        first = ends[bisect_right(ends, start) - 1]
        last = ends[min(len(ends) - 1, bisect_left(ends, end))]
        inner = text[first:last]
        first += len(inner) - len(inner.lstrip())
        last = max(first, last - (len(inner) - len(inner.rstrip())))
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        elif last > first:
            found.append((first, last))
    return tuple(found)


def _worded(text: str, start: int, end: int) -> tuple[int, int]:
    """The range from its first to its last letter or digit; as it is when it holds none."""
    inner = [n for n in range(start, min(end, len(text))) if text[n].isalnum()]
    return (inner[0], inner[-1] + 1) if inner else (start, end)
