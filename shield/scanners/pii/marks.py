"""The entities of a text out of the marks of its windows."""

from collections.abc import Iterable

import regex
from msgspec import Struct
from msgspec.structs import replace

from shield.inference.engine import Scores

_WORD = regex.compile(r"\w++(?:[-&]\w++|['’](?!s\b)\w++)*+")
_PARTS = regex.compile(r"[\s,]{0,12}")
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})


class Entity(Struct, frozen=True):
    """Characters [start, end) of a text, what they are, and how sure that is, 0 to 1."""

    start: int
    end: int
    label: str
    score: float


def entities(text: str, scores: Scores) -> list[Entity]:
    """Every entity of a text once, in order and apart."""
    marks = (mark for window in scores.windows for mark in window.marks)
    return merged(text, (Entity(m.start, m.end, m.label, m.score) for m in marks))


def merged(text: str, marks: Iterable[Entity]) -> list[Entity]:
    """Marks as whole words, each word in one entity; the score is the highest of the parts.

    Windows overlap: what two of them marked alike is one, and of two readings the surer one
    stays. Street, postcode and town that stand together are one address, and names of
    different classes with one space between are one name, of the surer class.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    found: list[Entity] = []
    for mark in _whole(words, text, sorted(set(marks), key=_order)):
        last = found[-1] if found else None
        if last is None:
            found.append(mark)
        elif mark.start < last.end or _together(text, last, mark):
            found[-1] = _one(last, mark)
        else:
            found.append(mark)
    return found


def _order(mark: Entity) -> tuple[int, int, float, str]:
    return (mark.start, -mark.end, -mark.score, mark.label)


def _whole(words: list[tuple[int, int]], text: str, marks: Iterable[Entity]) -> Iterable[Entity]:
    """Marks from the start of their first word to the end of their last; none without words."""
    at = 0
    for mark in marks:
        while at < len(words) and words[at][1] <= mark.start:
            at += 1
        last = at
        while last < len(words) and words[last][0] < mark.end:
            last += 1
        if last > at:
            end = words[last - 1][1]
            # The full stop of "Inc." is a part of it where the mark says so.
            end += text[end : end + 1] == "." and mark.end > end
            yield replace(mark, start=words[at][0], end=end)


def _together(text: str, one: Entity, other: Entity) -> bool:
    gap = text[one.end : other.start]
    near = {one.label, other.label}
    if len(near) == 1:
        return not gap.strip()
    if "ADDRESS" in near and near <= {"ADDRESS", "LOCATION"}:
        return _PARTS.fullmatch(gap) is not None
    return gap == " " and near <= {"ADDRESS", *_NAMES}


def _one(one: Entity, other: Entity) -> Entity:
    surer = one if one.score >= other.score else other
    in_address = "ADDRESS" in {one.label, other.label} and one.end <= other.start
    return Entity(
        one.start, max(one.end, other.end), "ADDRESS" if in_address else surer.label, surer.score
    )
