"""Texts that are read together, and the places that a finding about them can point at."""

from collections.abc import Iterable

from msgspec import Struct

from shield.label import segment
from shield.text.fragments import COLUMN, CUE, EVERY, INITIALS, PLAIN
from shield.text.pieces import Piece, Reading, Text
from shield.types import Joined, Note, Source, Span, Surface

_ORDERS = frozenset({CUE, INITIALS, EVERY, COLUMN})
_ALONE = 1_500  # characters that other scanners are shown: the newest
_MOST_SPANS = 24  # a finding that rests on more places shows one range a segment


class Group(Struct, frozen=True):
    """Texts that are read together, and where each stands: its place among the segments of the
    subject (None for what is past, or is no segment), and the turns of the user after it.
    """

    surface: Surface
    kind: str
    texts: tuple[Text, ...]
    places: dict[int, int]
    back: dict[int, int]

    @property
    def orders(self) -> list[Piece]:
        """Where new texts ask to join pieces."""
        return [
            Piece(text.text[note.start : note.end], text.home, note.start, note.kind, fresh=True)
            for text in self.texts
            if text.fresh
            for note in text.notes
            if note.kind in _ORDERS
        ]

    def spans(self, pieces: Iterable[Piece]) -> tuple[Span, ...]:
        """The places of those pieces that stand in the subject's segments."""
        found = {Span(self.places[p.home], p.start, p.end) for p in pieces if p.home in self.places}
        if len(found) <= _MOST_SPANS:
            return tuple(sorted(found))
        inside = {span.segment for span in found}
        return tuple(
            Span(
                place,
                min(s.start for s in found if s.segment == place),
                max(s.end for s in found if s.segment == place),
            )
            for place in sorted(inside)[-_MOST_SPANS:]
        )

    def turns(self, pieces: Iterable[Piece]) -> tuple[int, ...]:
        """How many of the user's turns ago the pieces were sent."""
        return tuple(sorted({self.back[p.home] for p in pieces if p.home in self.back}))

    def joined(self, reading: Reading) -> Joined | None:
        """The newest part of a reading as a segment of its own; None when no new piece stands in
        the subject.
        """
        first = next(
            n
            for n, at in enumerate(reading.bounds)
            if len(reading.text) - at <= _ALONE or n == len(reading.bounds) - 1
        )
        pieces, shift = reading.pieces[first:], reading.bounds[first]
        spans = tuple(
            Span(self.places[p.home], p.start, p.end) if p.home in self.places else None
            for p in pieces
        )
        fresh = [s for s, p in zip(spans, pieces, strict=True) if s is not None and p.fresh]
        if not fresh or len(pieces) < 2:
            return None
        source = Source.USER if self.surface is Surface.USER else Source.DOCUMENT
        return Joined(
            segment=segment(reading.text[shift:], source),
            bounds=tuple(at - shift for at in reading.bounds[first:]),
            spans=spans,
            turns=tuple(self.back.get(p.home) for p in pieces),
            fresh=tuple(p.fresh for p in pieces),
            anchor=max(fresh),
        )


def strings(values: Iterable[str], kind: str) -> Group:
    """Strings that are no segments, as a group of plain pieces."""
    texts = tuple(
        Text(value, -1 - n, (Note(PLAIN, 0, len(value)),))
        for n, value in enumerate(v for v in values if v.strip())
    )
    return Group(Surface.DATA, kind, texts, {}, {})
