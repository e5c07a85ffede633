"""Pieces of texts, put together: the joined text, and a map from its offsets to the pieces.

Which pieces are joined, and in which order, follows the notes that `fragments` takes: those of
one kind as they come, numbered ones by number, named ones as a new text mentions them, and
letters or words by rank where a text asks for it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import regex
from msgspec import Struct

from shield.text.fragments import (
    CAPS,
    COLUMN,
    COMMENT,
    EVERY,
    INITIALS,
    NAME,
    NUMBER,
    PIECES,
    PLAIN,
    QUOTE,
    STOPS,
    VALUE,
)
from shield.types import Note

_MOST = 6_000  # characters of a reading: the newest
_REACH = 400  # of a longer piece only its ends can belong to a phrase that crosses its borders
_NEAR = 48  # characters between a name and the piece that it belongs to
_LETTERS = 3_000  # characters of which letters or words are taken by rank
_ORDINALS = (2, 3, 4, 5)
_MENTIONING = 8  # the newest texts whose mentions of names are followed
_WORD = regex.compile(r"[\w'’&@./-]{1,64}")
_NAMES = regex.compile(r"\w{1,24}")
_FIRSTS = (  # of lines, of sentences, of words
    regex.compile(r"(?m)(?<=^[^\w\n]{0,8})\w"),
    regex.compile(r"(?<=(?:^|[.!?。])\s{0,2}[^\w\s]{0,2})\w"),
    regex.compile(r"(?<!\w)\w"),
)

_COLUMNS = (  # the first, second, third and last words of lines
    *(
        regex.compile(rf"(?m)(?<=^\W{{0,4}}(?:[\w'’]{{1,24}}[^\w\n]{{1,3}}){{{n}}})[\w'’]{{1,64}}")
        for n in range(3)
    ),
    regex.compile(r"(?m)[\w'’]{1,64}(?=[^\w\n]{0,3}$)"),
)


class Text(Struct, frozen=True):
    """A text with its notes; `home` tells texts apart, `fresh` says that it is judged anew."""

    text: str
    home: int
    notes: tuple[Note, ...]
    fresh: bool = True


class Piece(Struct, frozen=True):
    """A range of a text, and the name or number that it was given."""

    text: str
    home: int
    start: int
    kind: str
    fresh: bool
    key: str = ""

    @property
    def end(self) -> int:
        """The offset in its home behind the last character."""
        return self.start + len(self.text)


class Reading(Struct, frozen=True):
    """Pieces in an order, joined by `separator`. `bounds` are the offsets at which each one
    begins; `asked` means that the order was taken from what a text says.
    """

    pieces: tuple[Piece, ...]
    text: str
    bounds: tuple[int, ...]
    separator: str
    asked: bool

    @property
    def homes(self) -> frozenset[int]:
        """The texts that the pieces stand in."""
        return frozenset(piece.home for piece in self.pieces)

    @property
    def runs_on(self) -> bool:
        """True when at least half of the borders stand in mid-sentence on both sides."""
        borders = list(pairwise(self.pieces))
        open_ = [a.text[-1] not in STOPS and not b.text[0].isupper() for a, b in borders]
        return 2 * sum(open_) >= len(borders)

    @property
    def is_tight(self) -> bool:
        """True when the pieces are so short that nothing tells where words end."""
        return len(self.text) < 12 * len(self.pieces)

    def touched(self, start: int, end: int) -> tuple[Piece, ...]:
        """The pieces that the joined text's half-open range [start, end) lies in."""
        first = max(0, bisect_right(self.bounds, start) - 1)
        last = max(first + 1, bisect_right(self.bounds, max(start, end - 1)))
        return self.pieces[first:last]


def readings(texts: Sequence[Text]) -> Iterator[Reading]:
    """Every reading of two pieces or more, each text once, that new texts have a part in."""
    seen: set[str] = set()
    for pieces, separators, asked in _orders(texts) if texts else ():
        for separator in separators:
            made = _joined(pieces, separator, asked=asked)
            if len(made.pieces) > 1 and made.text not in seen:
                seen.add(made.text)
                yield made


def _orders(texts: Sequence[Text]) -> Iterator[tuple[list[Piece], tuple[str, ...], bool]]:
    pieces = [piece for text in texts for piece in _pieces(text)]
    keyed = [p for p in pieces if p.key]
    yield _by_number(keyed), (" ", ""), True
    yield _by_mention(keyed, texts), (" ", ""), True
    yield _plain(pieces, texts), (" ", ""), False
    for kind in (QUOTE, VALUE, COMMENT, CAPS):
        yield [p for p in pieces if p.kind == kind], (" ", ""), False
    yield [p for p in pieces if p.kind == VALUE and p.text[-1] not in STOPS], (" ", ""), False
    asked = {note.kind for text in texts for note in text.notes}
    for firsts in _FIRSTS if INITIALS in asked else ():
        yield _ranked(texts, firsts), ("",), True
    for column in _COLUMNS if COLUMN in asked else ():
        yield _ranked(texts, column), (" ",), True
    words = _ranked(texts, _WORD) if EVERY in asked else []
    for step in _ORDINALS:
        for first in range(step):
            yield words[first::step], (" ",), True


def _pieces(text: Text) -> Iterator[Piece]:
    """The pieces of a text with their keys; one inside another of its kind is not repeated."""
    key, until, last = "", -1, dict.fromkeys(PIECES, -1)
    for note in text.notes:
        shown = text.text[note.start : note.end]
        if note.kind == NAME:
            key, until = f"name {shown.casefold()}", note.end + _NEAR
        elif note.kind == NUMBER:
            key, until = f"number {shown.casefold()}", note.end + _NEAR
        elif note.kind in PIECES and note.end > last[note.kind]:
            last[note.kind] = note.end
            given = key if note.kind != PLAIN and note.start <= until else ""
            yield Piece(shown, text.home, note.start, note.kind, text.fresh, given)
            key = "" if given else key


def _plain(pieces: Sequence[Piece], texts: Sequence[Text]) -> list[Piece]:
    """The texts that begin or end in mid-sentence, and the newest one however it ends."""
    found = [p for p in pieces if p.kind == PLAIN]
    newest = texts[-1]
    if newest.fresh and newest.text.strip() and (not found or found[-1].home != newest.home):
        found.append(Piece(newest.text, newest.home, 0, PLAIN, fresh=True))
    return found


def _by_number(keyed: Sequence[Piece]) -> list[Piece]:
    """Numbered pieces by number; the first piece of each."""
    numbered = sorted((_number(p.key), n) for n, p in enumerate(keyed) if p.key[:6] == "number")
    return [keyed[next(group)[1]] for _, group in groupby(numbered, key=lambda pair: pair[0])]


def _number(key: str) -> int:
    shown = key.rpartition(" ")[2]
    return int(shown) if shown.isdecimal() else ord(shown[0]) - 96


def _by_mention(keyed: Sequence[Piece], texts: Sequence[Text]) -> list[Piece]:
    """Named pieces in the order in which new texts mention them."""
    named = {p.key.partition(" ")[2]: p for p in keyed if p.key}
    found: list[Piece] = []
    for text in texts[-_MENTIONING:]:
        if text.fresh and len(named) > 1:
            given = {note.start for note in text.notes if note.kind in {NAME, NUMBER}}
            defined = {at for p in keyed if p.home == text.home for at in range(p.start, p.end)}
            for token in _NAMES.finditer(text.text[:_LETTERS]):
                piece = named.get(token[0].casefold())
                if piece and token.start() not in given and token.start() not in defined:
                    found.append(piece)
    return found


def _ranked(texts: Sequence[Text], pattern: "regex.Pattern[str]") -> list[Piece]:
    """What `pattern` finds in the newest texts, each a piece."""
    found: list[Piece] = []
    left = _LETTERS
    for text in reversed(texts):
        left -= len(text.text)
        if left < 0:
            break
        taken = [
            Piece(m[0], text.home, m.start(), PLAIN, text.fresh)
            for m in pattern.finditer(text.text)
        ]
        found = taken + found
    return found


def _joined(pieces: Sequence[Piece], separator: str, *, asked: bool) -> Reading:
    """The newest pieces within the limit, joined; of a long piece the two ends."""
    kept: list[Piece] = []
    left = _MOST
    for piece in reversed([end for whole in pieces for end in _ends(whole)]):
        if kept and piece.kind != PLAIN and piece.text == kept[-1].text:
            continue  # a list of the same again and again says it once
        left -= len(piece.text) + len(separator)
        if left < 0:
            break
        kept.append(piece)
    kept.reverse()
    bounds, at = [], 0
    for piece in kept:
        bounds.append(at)
        at += len(piece.text) + len(separator)
    text = separator.join(piece.text for piece in kept)
    return Reading(tuple(kept), text, tuple(bounds), separator, asked)


def _ends(piece: Piece) -> tuple[Piece, ...]:
    if len(piece.text) <= 2 * _REACH:
        return (piece,)
    return _part(piece, 0, _REACH), _part(piece, len(piece.text) - _REACH, len(piece.text))


def _part(piece: Piece, start: int, end: int) -> Piece:
    text = piece.text[start:end]
    return Piece(text, piece.home, piece.start + start, piece.kind, piece.fresh, piece.key)
