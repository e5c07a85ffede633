"""Where in a text an encoding or a spelling could stand: the only places others look at.

A long text is classed once, a few nanoseconds a character; after that a look for runs costs a
few milliseconds a megabyte, where a regular expression over prose costs ten times that.
"""

import re
from enum import IntFlag
from functools import cache
from typing import TYPE_CHECKING

from shield.text.lexicon import words
from shield.text.points import clipped, points, spelled, tables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHORT = 2_048  # below that a regular expression over all of it is as fast
_MANY = 200  # stretches from which one of all the text is faster
_BEYOND = 0x2900  # the first code point in no alphabet
_HUMP = re.compile(r"[a-z0-9][A-Z]")
_LEET = re.compile(r"[0-9@$!|+](?=[a-zA-Z])")
_LONE = re.compile(r"(?<![^\W_])[^\W_](?![^\W_])")
_JOINT = re.compile(r"(?<=[^\W_])[!#$%&*+,./:;<=>?@\\^_`|~-](?=[^\W_])|[#&*+/<=>\\^_|~]")
_DRAWN = re.compile("[\u2022\u2190-\u2bff\U0001f000-\U0001fbff]")

Stretches = list[tuple[int, int]]
Blanked = tuple[str, Stretches]


class Alphabet(IntFlag):
    """Sets of characters that encodings are written in, separators included where they vary."""

    BASE64 = 1
    HEX = 2
    BITS = 4
    NUMBERS = 8
    MORSE = 16
    PRINTED = 32
    CAPITALS = 64
    LOW = 128
    HIGH = 256
    WORD = 512
    LEET = 2048
    SIGN = 1024
    RARE = 4096  # signs of a keyboard that prose has no use for between words
    DRAWN = 8192


_MEMBERS = {
    Alphabet.BASE64: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-=",
    Alphabet.HEX: "0123456789abcdefABCDEFx:;,.-_|/ \t\r\n",
    Alphabet.BITS: "01b \t\r\n,.;:|/_-",
    Alphabet.NUMBERS: "0123456789 \t\r\n,;.:|/\\-_+o",
    Alphabet.MORSE: ".-\u2013\u2014\u2212_\u00b7\u2022\u2219* /|\t\r\n",
    Alphabet.PRINTED: "".join(map(chr, range(0x21, 0x7F))),
    Alphabet.CAPITALS: "".join(map(chr, range(0x20, 0x61))),
    Alphabet.LOW: "abcdefghijklmnopqrstuvwxyz0123456789",
    Alphabet.HIGH: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    Alphabet.WORD: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    Alphabet.LEET: "0123456789@$!|+",
    Alphabet.SIGN: "!#$%&*+,-./:;<=>?@\\^_`|~",
    Alphabet.RARE: "#&*+/<=>\\^_|~",
}


class Ground:
    """A text, the same in lower case, and, once somebody asks, its words and the classes of
    its characters.
    """

    def __init__(self, text: str, plain: str) -> None:
        self.text, self.plain = text, plain
        self._made: NDArray[np.uint16] | None = None
        self._words: list[str] | None = None
        self._vocabulary: frozenset[str] | None = None

    @property
    def words(self) -> list[str]:
        """The words in order, in lower case."""
        if self._words is None:
            self._words = words(self.plain)
        return self._words

    @property
    def vocabulary(self) -> frozenset[str]:
        """The different words, in lower case."""
        if self._vocabulary is None:
            self._vocabulary = frozenset(self.words)
        return self._vocabulary

    @property
    def _short(self) -> bool:
        return len(self.text) < _SHORT

    def runs(self, alphabet: Alphabet, least: int, gap: int = 0) -> Stretches:
        """Runs of at least `least` characters of the alphabet, those at most `gap` apart as one.

        A short text is one run from end to end.
        """
        if len(self.text) < least:
            return []
        if self._short:
            return [(0, len(self.text))]
        import numpy as np

        inside = np.zeros(len(self.text) + 2, np.int8)
        inside[1:-1] = self._in(alphabet)
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        starts, ends = edges[::2], edges[1::2]
        long = ends - starts >= least
        return _merged(starts[long].tolist(), ends[long].tolist(), gap)

    def humps(self, least: int, gap: int) -> Stretches:
        """Where at least `least` capitals follow small letters or digits, each at most `gap` on."""
        if self._short:
            return self._whole_if(_HUMP, least)
        import numpy as np

        humps = self._in(Alphabet.LOW)[:-1] & self._in(Alphabet.HIGH)[1:]
        return clustered(np.flatnonzero(humps), least, gap)

    def lone(self, least: int, gap: int) -> Stretches:
        """Where at least `least` letters or digits stand alone, each at most `gap` on."""
        if self._short:
            return self._whole_if(_LONE, least)
        import numpy as np

        inside = self._in(Alphabet.WORD)
        alone = inside.copy()
        alone[1:] &= ~inside[:-1]
        alone[:-1] &= ~inside[1:]
        return clustered(np.flatnonzero(alone), least, gap)

    def leets(self, gap: int) -> Stretches:
        """Where digits or signs stand directly before letters, with `gap` characters around."""
        if self._short:
            return self._whole_if(_LEET, 1)
        import numpy as np

        letters = self._in(Alphabet.LOW | Alphabet.HIGH)
        signs = self._in(Alphabet.LEET)
        signs[:-1] &= letters[1:] & ~signs[1:]
        signs[-1:] = False
        return clustered(np.flatnonzero(signs), 1, gap)

    def unsigned(self, least: int, gap: int, *, drawn: bool) -> Blanked:
        """The text in lower case with blanks for signs that prose seldom has or that touch
        words on both sides, and where at least `least` of them stand at most `gap` apart.
        `drawn`: emoji and other drawn signs only; else those of a keyboard only.
        """
        import numpy as np

        if self._short:
            pattern = _DRAWN if drawn else _JOINT
            places = np.array([m.start() for m in pattern.finditer(self.plain)], np.intp)
        else:
            signs = (
                self._in(Alphabet.DRAWN) if drawn else self._touching() | self._in(Alphabet.RARE)
            )
            places = np.flatnonzero(signs)
        near = clustered(places, least, gap)
        if not near:
            return self.plain, near
        codes = points(self.plain).copy()
        codes[places] = 32
        return spelled(codes), near

    def closed(self, around: int) -> list[tuple[str, "NDArray[np.intp]"]]:
        """Stretches of the text in lower case without the signs that touch words on both
        sides, each with the places that its characters came from.
        """
        if self._short and not _JOINT.search(self.plain):
            return []
        import numpy as np

        touching = self._touching()
        codes = points(self.plain)
        near = clustered(np.flatnonzero(touching), 1, around)
        near = near if len(near) < _MANY else [(0, len(codes))]
        kept = [s + np.flatnonzero(~touching[s:e]) for s, e in near]
        return [(spelled(codes[places]), places) for places in kept]

    def _touching(self) -> "NDArray[np.bool_]":
        inside = self._in(Alphabet.WORD)
        signs = self._in(Alphabet.SIGN)
        signs[1:] &= inside[:-1]
        signs[:-1] &= inside[1:]
        signs[:1] = signs[-1:] = False
        return signs

    def _whole_if(self, pattern: re.Pattern[str], least: int) -> Stretches:
        return [(0, len(self.text))] if len(pattern.findall(self.text)) >= least else []

    def _in(self, alphabet: Alphabet) -> "NDArray[np.bool_]":
        import numpy as np

        if self._made is None:
            self._made = _classes(self.text)
        inside: NDArray[np.bool_] = (self._made & np.uint16(alphabet)) != 0
        return inside


def clustered(places: "NDArray[np.intp]", least: int, gap: int) -> Stretches:
    """Ranges around groups of at least `least` places, each at most `gap` after the one before."""
    import numpy as np

    if len(places) < least:
        return []
    breaks = np.flatnonzero(np.diff(places) > gap) + 1
    firsts = np.concatenate([[0], breaks])
    lasts = np.concatenate([breaks, [len(places)]])
    full = lasts - firsts >= least
    starts = np.maximum(places[firsts[full]] - gap, 0).tolist()
    return _merged(starts, (places[lasts[full] - 1] + gap).tolist(), 0)


def _merged(starts: list[int], ends: list[int], gap: int) -> Stretches:
    made: Stretches = []
    for start, end in zip(starts, ends, strict=True):
        if made and start - made[-1][1] <= gap:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((start, end))
    return made


def _classes(text: str) -> "NDArray[np.uint16]":
    import numpy as np

    if text.isascii():
        return _table()[np.frombuffer(text.encode("ascii"), np.uint8)]
    codes = points(text)
    made = _table()[np.minimum(codes, _BEYOND)]
    letters = tables().letter[clipped(codes)]
    made[letters] |= np.uint16(Alphabet.WORD)
    # Emoji and all other signs beyond ASCII; a mark belongs to its letter.
    others = (codes >= 0x2022) & ~letters & ~tables().mark[clipped(codes)]
    made[others] |= np.uint16(Alphabet.SIGN)
    # Between stand the quotation marks and points of all scripts.
    drawn = (codes == 0x2022) | (codes >= 0x2190) & ((codes < 0x2C00) | (codes >= 0x1F000))
    made[others & drawn] |= np.uint16(Alphabet.DRAWN)
    return made


@cache
def _table() -> "NDArray[np.uint16]":
    import numpy as np

    table = np.zeros(_BEYOND + 1, np.uint16)
    for alphabet, members in _MEMBERS.items():
        for member in members:
            table[ord(member)] |= alphabet
    return table
