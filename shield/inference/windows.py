"""Token windows: a text is covered whole by overlapping windows, never truncated.

Training and serving build their windows here, so that a model sees in production what
it was fitted on.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct


class Window(Struct, frozen=True):
    """Token ids with their special tokens, and the characters that they cover.

    `first` is the place in the text's tokens of the first one that is content.
    """

    ids: tuple[int, ...]
    start: int
    end: int
    first: int = 0


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
    for start in starts(len(ids), room, frame.overlap):
        part = offsets[start : start + room]
        yield Window(
            ids=(*frame.head, *ids[start : start + room], *frame.tail),
            start=int(part[0][0]) if len(part) else 0,
            end=int(part[-1][1]) if len(part) else 0,
            first=start,
        )


def starts(length: int, room: int, overlap: int) -> list[int]:
    """Where windows of `room` begin that cover `length` and share `overlap` at least."""
    if length <= room:
        return [0]
    return [*range(0, length - room, room - overlap), length - room]
