"""Token windows: a text is covered whole by overlapping windows, never truncated.

Training and serving build their windows here, so that a model sees in production what
it was fitted on.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct


class Window(Struct, frozen=True):
    """Token ids with their special tokens, and the characters that they cover."""

    ids: tuple[int, ...]
    start: int
    end: int


class Frame(Struct, frozen=True):
    """How a window is built: at most `size` tokens in all, neighbours share `overlap`.

    `head` and `tail` are the ids around the content: [CLS], the surface in words, [SEP].
    """

    size: int
    overlap: int
    head: tuple[int, ...]
    tail: tuple[int, ...]

    @property
    def room(self) -> int:
        """Content tokens in one window."""
        return self.size - len(self.head) - len(self.tail)


def windows(
    ids: Sequence[int], offsets: Sequence[tuple[int, int]], frame: Frame
) -> Iterator[Window]:
    """Cover all of `ids`; the last window is filled from the left rather than left short."""
    room = frame.room
    for start in _starts(len(ids), room, room - frame.overlap):
        part = offsets[start : start + room]
        yield Window(
            ids=(*frame.head, *ids[start : start + room], *frame.tail),
            start=part[0][0] if part else 0,
            end=part[-1][1] if part else 0,
        )


def _starts(length: int, room: int, stride: int) -> list[int]:
    if length <= room:
        return [0]
    starts = list(range(0, length - room, stride))
    return [*starts, length - room]
