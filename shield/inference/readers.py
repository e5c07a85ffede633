"""How a graph reads: a text cut into windows of token ids, or of hashed n-grams."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from shield.errors import LeadError, ModelError
from shield.inference import ngrams
from shield.inference.card import SurfaceCard
from shield.inference.tokens import Read, Tokens
from shield.inference.windows import Frame, Window, windows


class Cut(Struct, frozen=True):
    """The windows that cover a text.

    `head` and `tail` count the ids around the content of each; `tokens` is 0 and `read` None
    for a graph that has no tokens.
    """

    text: str
    windows: tuple[Window, ...]
    tokens: int
    head: int
    tail: int
    read: Read | None = None


class Reader(Protocol):
    """Cuts texts for one graph."""

    def cut(self, text: str, surface: str, lead: str = "") -> Cut:
        """The windows that cover `text`.

        Raises:
            LeadError: the lead leaves less than half of a window.
        """


class TokenReader:
    """Windows of tokens: what the tokenizer puts before a text, the prefix, content, and its end.

    Raises:
        ModelError: a prefix leaves no room for content.
    """

    def __init__(self, tokens: Tokens, surfaces: Mapping[str, SurfaceCard], where: Path) -> None:
        self._tokens = tokens
        self._begin, self._end = tokens.frame()
        self._frames: dict[str, Frame] = {}
        for name, surface in surfaces.items():
            head = (*self._begin, *tokens.ids(surface.prefix))
            frame = Frame(surface.size, surface.overlap, head, self._end)
            if frame.room <= surface.overlap:
                raise ModelError(
                    f"surfaces.{name}: the prefix leaves {frame.room} tokens of a window, "
                    f"of which {surface.overlap} overlap",
                    where=where,
                    mend="choose a larger size or a smaller overlap",
                )
            self._frames[name] = frame

    def cut(self, text: str, surface: str, lead: str = "") -> Cut:
        """See `Reader`. A lead takes the place of the prefix and is closed like a text."""
        frame = self._frames[surface]
        if lead:
            frame = self._led(frame, lead)
        read = self._tokens.read(text)
        made = tuple(windows(read.ids, read.offsets, frame))  # type: ignore[arg-type]  # rows
        return Cut(text, made, len(read.ids), len(frame.head), len(frame.tail), read)

    def _led(self, frame: Frame, lead: str) -> Frame:
        head = (*self._begin, *self._tokens.ids(lead), *self._end)
        if len(head) > frame.size // 2:
            raise LeadError(f"a lead of {len(head)} tokens, of a window of {frame.size}")
        room = frame.size - len(head) - len(self._end)
        return Frame(frame.size, min(frame.overlap, room // 2), head, self._end)


class NgramReader:
    """Windows of characters: the number of the surface, then the n-grams of each."""

    def __init__(self, surfaces: Mapping[str, SurfaceCard]) -> None:
        self._surfaces = dict(surfaces)

    def cut(self, text: str, surface: str, lead: str = "") -> Cut:
        """See `Reader`."""
        if lead:
            raise LeadError("a graph over n-grams takes no lead")
        card, number = self._surfaces[surface], list(self._surfaces).index(surface)
        head, found = ngrams.BUCKETS + number, ngrams.buckets(text)
        made = tuple(
            Window((head, *ngrams.window_ids(found, start, end).tolist()), start, end)
            for start, end in ngrams.pieces(len(text), card.size, card.overlap)
        )
        return Cut(text, made, 0, 1, 0)
