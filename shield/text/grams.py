"""Where in a long text a pattern could match at all, found by what it must contain.

The text is hashed once, four characters at a time, and each hash looked up in a table of the
literals that patterns need. A pattern is worth running only where what it needs stands within
the length of a match. Runs of blanks or of one character count as one, so that nobody pulls a
phrase apart with them.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shield.text.literals import All, Either, Need, Needs
from shield.text.points import points
from shield.text.runs import Stretches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = NDArray[np.bool_]

_BLOCK = 128
_MARGIN = 64
_BITS = 18
_FACTORS = (2_654_435_761, 2_246_822_519, 3_266_489_917, 668_265_263)
_SIZES = (4, 3, 2)
_COMMON = frozenset("etaoinshrdlu ")


class _Rows:
    """Which literals stand in which blocks of a text."""

    def __init__(self, present: "Blocks") -> None:
        self._present = present
        held: Blocks = present.max(axis=1)
        self._anywhere: list[bool] = held.tolist()
        self._near: dict[int, Blocks] = {0: present}

    def anywhere(self, need: "_Need") -> bool:
        """True when the text holds what is needed."""
        if isinstance(need, int):
            return bool(self._anywhere[need])
        parts = map(self.anywhere, need.parts)
        return all(parts) if need.all else any(parts)

    def blocks(self, need: "_Need", span: int) -> "Blocks":
        """The blocks from which on what is needed stands within `span` blocks more."""
        if isinstance(need, int):
            near: Blocks = self._within(span)[need]
            return near
        import numpy as np

        parts = [self.blocks(part, span) for part in need.parts]
        joined = np.logical_and if need.all else np.logical_or
        made: Blocks = joined.reduce(parts)
        return made

    def _within(self, span: int) -> "Blocks":
        if span not in self._near:
            less = self._within(span - 1)
            wider = less.copy()
            wider[:, :-1] |= less[:, 1:]
            self._near[span] = wider
        return self._near[span]


class _Group:
    """A need over slots: all of the parts, or one of them."""

    def __init__(self, parts: "Iterable[_Need]", *, all_: bool) -> None:
        self.parts = tuple(parts)
        self.all = all_


_Need = int | _Group


class Grams:
    """An index over the needs of patterns, and the look-up in a text."""

    def __init__(self, wanted: Sequence[Needs]) -> None:
        import numpy as np

        self._slots: dict[tuple[int, int], int] = {}
        self._needs = {
            number: (self._numbered(needs.need), -(-needs.width // _BLOCK))
            for number, needs in enumerate(wanted)
            if needs.need is not None
        }
        self._tables = {size: np.zeros(1 << _BITS, np.uint16) for size in _SIZES}
        for (size, key), slot in self._slots.items():
            self._tables[size][key] = slot + 1

    def _numbered(self, need: Need) -> _Need:
        if isinstance(need, Either | All):
            return _Group(map(self._numbered, need.parts), all_=isinstance(need, All))
        return self._slots.setdefault(_key(need), len(self._slots))

    def near(self, text: str) -> dict[int, Stretches]:
        """The stretches of the text in which each pattern, by its number, could match.

        Patterns without needs are not in it.
        """
        if not self._needs or not text:
            return {}
        import numpy as np

        codes = points(text)
        place = _places(codes)
        present = np.zeros((len(self._slots), int(place[-1]) // _BLOCK + 1), bool)
        for size, hashes in _hashes(codes):
            found = self._tables[size][hashes]
            at = np.flatnonzero(found)
            present[found[at] - 1, place[at] // _BLOCK] = True
        rows = _Rows(present)
        likely = {
            number: _stretches(np.flatnonzero(rows.blocks(need, span)), span, place)
            for number, (need, span) in self._needs.items()
            if rows.anywhere(need)
        }
        return {number: stretches for number, stretches in likely.items() if stretches}


def _key(literal: str) -> tuple[int, int]:
    """The size and hash of the part of a literal that texts hold least often."""
    size = min(len(literal), _SIZES[0])
    parts = [literal[i : i + size] for i in range(len(literal) - size + 1)]
    rarest = min(parts, key=lambda part: sum(c in _COMMON for c in part))
    value = sum(f * ord(c) for f, c in zip(_FACTORS, rarest, strict=False))
    return size, (value & 0xFFFFFFFF) >> (32 - _BITS)


def _hashes(codes: "NDArray[np.uint32]") -> Iterable[tuple[int, "NDArray[np.uint32]"]]:
    """The hashes of all grams of two, three and four characters, by where they begin."""
    import numpy as np

    least = 2 if len(codes) and codes.max() > 0x7F else 3  # two ASCII letters tell nothing
    shift = np.uint32(32 - _BITS)
    total = codes * np.uint32(_FACTORS[0])
    for size in range(2, _SIZES[0] + 1):
        if len(codes) >= size:
            grown = codes[size - 1 :] * np.uint32(_FACTORS[size - 1])
            total = total[: len(grown)] + grown
            if size >= least:
                yield size, total >> shift


def _places(codes: "NDArray[np.uint32]") -> "NDArray[np.int32]":
    """For each character how many stand before it, repeated ones and blanks counted once."""
    import numpy as np

    new = np.ones(len(codes), np.int32)
    blank = codes <= 32
    new[1:] = (codes[1:] != codes[:-1]) & ~(blank[1:] & blank[:-1])
    new[0] = 0
    return np.cumsum(new, dtype=np.int32)


def _stretches(blocks: "NDArray[np.intp]", span: int, place: "NDArray[np.int32]") -> Stretches:
    """Ranges of the text that cover the blocks and those after them, with a margin."""
    import numpy as np

    starts = np.searchsorted(place, np.maximum(blocks * _BLOCK - _MARGIN, 0)).tolist()
    ends = np.searchsorted(place, (blocks + span + 1) * _BLOCK + _MARGIN).tolist()
    made: Stretches = []
    for start, end in zip(starts, ends, strict=True):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], end
        else:
            made.append((start, end))
    return made
