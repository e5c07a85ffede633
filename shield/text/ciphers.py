"""Words in a cipher or backwards: ROT13, Atbash, Caesar on a cue, and each in reverse.

A guess costs a look at the words that the lexicon does not know; a view is made only of the
stretches where the guess turns such words into everyday ones.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from shield.text.assemble import Part, assembled
from shield.text.lexicon import LEAST, WORD, lexicon, located
from shield.view import View

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 24
_EVIDENCE = 3
_SURE = 5  # letters from which a word is found in a cipher hardly ever by accident
_SMALL = 2_000  # words below which accidents with four letters are rare too
_GAP = 60
_REACH = 400
_DOUBTS = 3
_CUES = (
    *(
        "caesar",
        "cesar",
        "cipher",
        "cypher",
        "shift",
        "decod",
        "dekod",
        "decrypt",
        "decif",
        "encrypt",
    ),
    *("entschlussel", "verschlussel", "chiffr", "dechiffr", "cifrad", "deszyfr", "szyfr"),
    *("зашифр", "расшифр", "шифр", "密码", "解密", "暗号", "復号", "암호", "شفر"),
)


class Cipher(NamedTuple):
    """A way to hide letters: `table` undoes the substitution, `backwards` the order."""

    kind: str
    table: dict[int, int]
    backwards: bool

    def read(self, text: str) -> str:
        """What the text says."""
        return text.translate(self.table)[:: -1 if self.backwards else 1]


def _shifted(by: int) -> dict[int, int]:
    return str.maketrans(_LETTERS, _LETTERS[by:] + _LETTERS[:by])


_SHIFTS = tuple(_shifted(by) for by in range(26))
_ATBASH = str.maketrans(_LETTERS, _LETTERS[::-1])
_ALWAYS = (
    Cipher("rot13", _SHIFTS[13], backwards=False),
    Cipher("atbash", _ATBASH, backwards=False),
    Cipher("reversed", {}, backwards=True),
    Cipher("rot13", _SHIFTS[13], backwards=True),
    Cipher("atbash", _ATBASH, backwards=True),
)


def deciphered(plain: View, vocabulary: frozenset[str]) -> Iterator[View]:
    """The stretches of a canonical view that read as words once a cipher is undone."""
    unknown = [w for w in vocabulary - lexicon() if LEAST < len(w) <= _LONGEST]
    latin = [w for w in unknown if w.isascii()]
    found = [(c, _hits(c, latin if c.table else unknown)) for c in _ALWAYS]
    if latin and any(word.startswith(_CUES) for word in vocabulary):
        found += _caesars(latin)
    for cipher, hits in found:
        sure = hits if len(vocabulary) < _SMALL else [w for w in hits if len(w) >= _SURE]
        if _weight(sure) >= _EVIDENCE:
            rows = list(_rows(plain.text, cipher, frozenset(hits), sure))
            yield from _views(plain, cipher, rows)


def _hits(cipher: Cipher, unknown: list[str]) -> list[str]:
    """The words that the cipher makes known."""
    said = cipher.read(" ".join(unknown)).split()
    read = reversed(said) if cipher.backwards else said
    known = lexicon()
    return [word for word, shown in zip(unknown, read, strict=True) if shown in known]


def _caesars(unknown: list[str]) -> Iterator[tuple[Cipher, list[str]]]:
    """The shifts that make words known, with those words.

    Two words are shifts of each other when they are the same once both begin with "a".
    """
    votes: dict[tuple[int, bool], list[str]] = {}
    for word in unknown:
        for backwards in (False, True):
            shown = word[::-1] if backwards else word
            for first in _first_letters().get(_from_a(shown), ""):
                by = (ord(first) - ord(shown[0])) % 26
                votes.setdefault((by, backwards), []).append(word)
    for (by, backwards), hits in votes.items():
        if by % 13:  # the other two are tried on every text
            yield Cipher("caesar", _SHIFTS[by], backwards), hits


def _from_a(word: str) -> str:
    return word.translate(_SHIFTS[(97 - ord(word[0])) % 26])


@cache
def _first_letters() -> dict[str, str]:
    """The lexicon's longer Latin words shifted to begin with "a": their true first letters."""
    made: dict[str, str] = {}
    for word in lexicon():
        if len(word) >= _SURE and word.isascii():
            key = _from_a(word)
            made[key] = made.get(key, "") + word[0]
    return made


def _weight(words: Iterable[str]) -> int:
    """Three letters prove nothing; a word of six is no accident."""
    return sum(len(word) - LEAST for word in set(words))


def _rows(
    text: str, cipher: Cipher, hits: frozenset[str], sure: Iterable[str]
) -> Iterator[list[Part]]:
    """Rows of words around hits, as far as their neighbours fit too."""
    for start, end in located(text, sure, _REACH):
        tokens = [(m[0], m.start(), m.end()) for m in WORD.finditer(text, start, end)]
        places = [i for i, token in enumerate(tokens) if token[0] in hits]
        done = 0
        for group in _groups(tokens, places):
            if group[0] >= done and _weight(tokens[i][0] for i in group) >= _EVIDENCE:
                first, last = _grown(tokens, group[0], group[-1], cipher, done)
                yield tokens[first : last + 1]
                done = last + 1


def _groups(tokens: list[Part], places: list[int]) -> Iterator[list[int]]:
    group: list[int] = []
    for place in places:
        if group and tokens[place][1] - tokens[group[-1]][2] > _GAP:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _grown(
    tokens: list[Part], first: int, last: int, cipher: Cipher, least: int
) -> tuple[int, int]:
    """The row with its neighbours on both sides."""
    before = _fitting(tokens, range(first - 1, least - 1, -1), first, cipher)
    after = _fitting(tokens, range(last + 1, len(tokens)), last, cipher)
    return first - before, last + after


def _fitting(tokens: list[Part], places: range, edge: int, cipher: Cipher) -> int:
    """How many neighbours, outwards from `edge`, are close, no plain words, and seldom noise."""
    kept = doubts = 0
    for count, place in enumerate(places, 1):
        left, right = sorted((place, edge))
        if tokens[right][1] - tokens[left][2] > 6:
            break
        fits = cipher.read(tokens[place][0]) in lexicon() or len(tokens[place][0]) < LEAST
        doubts = 0 if fits else doubts + 1
        if doubts > _DOUBTS or (not fits and tokens[place][0] in lexicon()):
            break
        edge = place
        kept = count
    return kept


def _views(plain: View, cipher: Cipher, rows: list[list[Part]]) -> Iterator[View]:
    yield from _view(plain, cipher, [(row[0][1], row[-1][2]) for row in rows], "\n")
    if cipher.backwards:  # each word may stand backwards in its place
        yield from _view(plain, cipher, _in_place(plain.text, rows), "")


def _view(
    plain: View, cipher: Cipher, ranges: Iterable[tuple[int, int]], glue: str
) -> Iterator[View]:
    parts = ((cipher.read(plain.text[s:e]), s, e) for s, e in ranges)
    made = assembled(cipher.kind, parts, plain, glue=glue, backwards=cipher.backwards)
    if made is not None:
        yield made


def _in_place(text: str, rows: list[list[Part]]) -> Iterator[tuple[int, int]]:
    for row in rows:
        end = row[0][1]
        for _, start, stop in row:
            if start > end:
                yield end, start
            yield start, stop
            end = stop
        if end < len(text):
            yield end, end + 1  # what follows keeps two rows apart
