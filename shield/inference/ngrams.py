"""Hashed character n-grams: a second way to read a text, which shares no vocabulary with the first.

Every run of two to five characters becomes a number below `BUCKETS`. Scripts that a
wordpiece vocabulary does not know are read as well as any other.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUCKETS = 1 << 18
SIZES = (2, 3, 4, 5)
_STEP, _MIX = 0x01000193, 0x9E3779B1  # odd multipliers of 32 bits, as in FNV-1 and by Fibonacci


def buckets(text: str) -> "list[NDArray[np.int64]]":
    """For each size in `SIZES`, the bucket of the n-gram that starts at each character.

    The arrays have `len(text) - size + 1` entries, none when the text is shorter. Lone
    surrogates count as characters.
    """
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    found = []
    rolling = codes.astype(np.uint32)
    for size in range(2, SIZES[-1] + 1):
        rolling = (
            rolling[:-1] * np.uint32(_STEP) + codes[size - 1 :] if len(rolling) > 1 else rolling[:0]
        )
        salted = (rolling ^ np.uint32(size)) * np.uint32(_MIX)
        found.append((salted >> np.uint32(32 - 18)).astype(np.int64))
    return found


def pieces(length: int, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Windows of `size` characters over a text; the last one is filled from the left."""
    if length <= size:
        yield 0, length
        return
    for start in range(0, length - size, size - overlap):
        yield start, start + size
    yield length - size, length


def window_ids(found: "list[NDArray[np.int64]]", start: int, end: int) -> "NDArray[np.int64]":
    """The buckets of the n-grams that lie wholly in the characters [start, end)."""
    import numpy as np

    return np.concatenate(
        [ids[start : max(start, end - size + 1)] for ids, size in zip(found, SIZES, strict=True)]
    )
