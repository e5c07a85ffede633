"""Texts as arrays of code points, and the fold tables as arrays over them.

A look-up in an array costs a few nanoseconds a character whatever the script, where a
Python loop costs a hundred; numpy comes with the inference engine and loads when first used.
"""

from array import array
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import category

from msgspec import Struct

from shield.text.folds import folds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.uint32]

_LIMIT = 0x30000  # no character beyond has a plain form; tags, which vanish, are seen to apart
_TAGS = (0xE0000, 0xE0FFF)
_INVISIBLE = 0x200B
_LONGEST = 6  # one character stands for eighteen; so much would let a text grow past its budget


class Tables(Struct, frozen=True):
    """What becomes of each code point; arrays over code points.

    `plain` and `size`: the first character of the plain form and how many there are;
    `more[first + k]`: character `k` of a longer form. `twin`: the ASCII character that is
    imitated, or 0. `low`: lower case. `letter`, `mark`: membership.
    """

    plain: "Points"
    size: "NDArray[np.uint8]"
    first: "Points"
    more: "Points"
    twin: "Points"
    low: "Points"
    letter: "NDArray[np.bool_]"
    mark: "NDArray[np.bool_]"


def points(text: str) -> "Points":
    """The code points of a text, lone surrogates included."""
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def spelled(codes: "NDArray[Any]") -> str:
    """The text of an array of code points."""
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def offsets(places: "NDArray[Any]") -> "array[int]":
    """Places in a text, as views hold them."""
    held = array("I")
    held.frombytes(places.astype("<u4").tobytes())
    return held


def plain(codes: "Points") -> "tuple[Points, Points | None]":
    """Compatibility forms with marks and invisible characters gone, and the source offset
    of each character where that is not its own.
    """
    import numpy as np

    table = tables()
    known = clipped(codes)
    sizes = table.size[known]
    if sizes.size == 0 or sizes.min() == sizes.max() == 1:
        return _kept(codes, table.plain[known]), None
    starts = np.repeat(np.arange(len(codes), dtype=np.uint32), sizes)
    shown = _kept(codes, table.plain[known])[starts]
    if sizes.max() > 1:
        ahead = np.cumsum(sizes, dtype=np.uint32) - sizes
        longer = sizes[starts] > 1
        inside = np.arange(len(starts), dtype=np.uint32)[longer] - ahead[starts[longer]]
        shown[longer] = table.more[table.first[known[starts[longer]]] + inside]
    return shown, starts


def clipped(codes: "Points") -> "Points":
    """Code points that the tables have an entry for."""
    import numpy as np

    if codes.size == 0 or codes.max() < _LIMIT:
        return codes
    known = np.minimum(codes, _LIMIT)
    known[(codes >= _TAGS[0]) & (codes <= _TAGS[1])] = _INVISIBLE
    return known


def one_to_one(text: str, table: "Points") -> str:
    """The text with each character replaced by its entry, those beyond the table kept."""
    import numpy as np

    codes = points(text)
    return spelled(np.where(codes < _LIMIT, table[np.minimum(codes, _LIMIT)], codes))


def identity() -> "Points":
    """A table that changes nothing, to be changed."""
    import numpy as np

    return np.arange(_LIMIT + 1, dtype=np.uint32)


def _kept(codes: "Points", shown: "Points") -> "Points":
    """Code points beyond the tables stand for themselves."""
    import numpy as np

    return (
        shown if codes.size == 0 or codes.max() < _LIMIT else np.where(codes < _LIMIT, shown, codes)
    )


@cache
def tables() -> Tables:
    """The fold tables as arrays; made once a process."""
    import numpy as np

    shown, low = identity(), identity()
    first, twin = np.zeros_like(low), np.zeros_like(low)
    size = np.ones(_LIMIT + 1, np.uint8)
    more: list[int] = []
    for char, form in folds().compat.items():
        if (point := ord(char)) < _LIMIT:
            form = form[:_LONGEST]
            size[point], shown[point] = len(form), ord(form[0]) if form else 0
            if len(form) > 1:
                first[point] = len(more)
                more += map(ord, form)
    twins = folds().confusable
    for char, letter in twins.items():
        # A capital imitates what its small form does: "І" is an I, though it looks like an l too.
        twin[ord(char)] = ord(twins.get(char.lower(), letter))
    for point in range(_LIMIT):
        lower = chr(point).lower()
        if len(lower) == 1:
            low[point] = ord(lower)
    letters = np.fromiter((chr(p).isalpha() for p in range(_LIMIT + 1)), bool, _LIMIT + 1)
    marks = np.fromiter((_is_mark(p) for p in range(_LIMIT + 1)), bool, _LIMIT + 1)
    return Tables(shown, size, first, np.array(more, np.uint32), twin, low, letters, marks)


def _is_mark(point: int) -> bool:
    return point >= 0x300 and category(chr(point))[0] == "M"
