"""Token probabilities → marks: whole words of one class, with exact characters."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shield.inference.tokens import Read

_SURE = 0.9  # a comma that the model is sure about parts two names, another joins them


class Mark(Struct, frozen=True):
    """Characters [start, end) of a text, their class, and its mean probability over the tokens."""

    start: int
    end: int
    label: str
    score: float


def merged(
    parts: "Sequence[tuple[int, NDArray[np.float32]]]", length: int
) -> "NDArray[np.float32]":
    """One row a token out of overlapping windows, shape (length, classes).

    `parts` are the first token of each window and its rows. A token takes the row of the
    window in which it stands farther from an edge; the ends of the text are no edges.
    """
    import numpy as np

    whole = np.zeros((length, parts[0][1].shape[1]), np.float32)
    depth = np.full(length, -1)
    for first, rows in parts:
        place = np.arange(len(rows))
        left = place if first else np.full(len(rows), length)
        right = place[::-1] if first + len(rows) < length else np.full(len(rows), length)
        mine, here = np.minimum(left, right), slice(first, first + len(rows))
        better = mine > depth[here]
        whole[here][better] = rows[better]
        depth[here][better] = mine[better]
    return whole


def marks(
    text: str, read: "Read", rows: "NDArray[np.float32]", classes: Sequence[str]
) -> list[Mark]:
    """The marks of a text, in order and apart.

    `rows` are probabilities of shape (tokens, classes), the first class is outside. A word
    takes the class with the highest sum over its tokens. Neighbours of one class are one mark
    when only white space parts them, or punctuation that is not surely outside.
    """
    import numpy as np

    if not len(rows):
        return []
    begins = np.concatenate([[0], np.flatnonzero(np.diff(read.words)) + 1])
    ends = np.concatenate([begins[1:], [len(rows)]])
    sums, counts = np.add.reduceat(rows, begins, axis=0), ends - begins
    best = sums.argmax(axis=1)
    outside = sums[:, 0] / counts
    spans = np.stack([read.offsets[begins, 0], read.offsets[ends - 1, 1]], axis=1)
    found: list[list[int]] = []
    for word in map(int, np.flatnonzero(best)):
        last = found[-1][1] if found else -1
        if (
            found
            and best[last] == best[word]
            and not any(map(str.isalnum, text[spans[last, 1] : spans[word, 0]]))
            and (outside[last + 1 : word] < _SURE).all()
        ):
            found[-1][1] = word
        else:
            found.append([word, word])
    whole = []
    for first, last in found:
        label = int(best[first])
        inside = [w for w in range(first, last + 1) if best[w] == label]
        score = float(sums[inside, label].sum() / counts[inside].sum())
        start, end = int(spans[first, 0]), int(spans[last, 1])
        whole.append(Mark(start, end, classes[label], min(1.0, score)))
    return whole


def by_window(found: Sequence[Mark], begins: Sequence[int]) -> Iterator[tuple[Mark, ...]]:
    """The marks of each window: those that begin in it and in no later one."""
    at = 0
    for number in range(len(begins)):
        until = begins[number + 1] if number + 1 < len(begins) else None
        stop = at
        while stop < len(found) and (until is None or found[stop].start < until):
            stop += 1
        yield tuple(found[at:stop])
        at = stop
