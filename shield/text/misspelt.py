"""Which known words a respelled word may be meant as.

Readers take in a word by its ends and the letters between them. Words are therefore indexed by
a signature: first letter, inner letters in alphabetical order, last letter; beside it stand the
signatures with an inner letter or two missing, the word without doubled letters, and its
consonants. A few look-ups find the candidates, and an edit distance accepts or refuses them.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from rapidfuzz.distance import OSA

_RUN = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiouyаеиоуыэюя")
_LONGEST = 40  # letters of a word that is compared at all
_ORDERED = 4  # a shorter word has no order inside
_DROPPED, _DROPPED_TWICE = 6, 9  # letters from which one may be missing, and two
_CONSONANTS = 4
_LONG = 8  # letters from which two edits may be made


class Reading(NamedTuple):
    """A known word that a respelled one may be meant as.

    `strange` when nobody misspells a word so by mistake: letters shuffled, several edits in a
    short word, vowels left out, a letter put in front.
    """

    word: str
    strange: bool


class Reader:
    """The words of one list, by signature; for use from any thread.

    A `lenient` reader also accepts wrong and added letters, words of fewer letters and fewer
    consonants: for short lists of words that matter.
    """

    def __init__(self, words: Iterable[str], *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._rank = {word: rank for rank, word in enumerate(dict.fromkeys(words))}
        self._shuffled: dict[str, tuple[str, ...]] = {}
        self._short: dict[str, tuple[str, ...]] = {}
        self._letters: dict[str, tuple[frozenset[str], ...]] = {}
        self._squeezed: dict[str, tuple[str, ...]] = {}
        self._consonants: dict[str, tuple[str, ...]] = {}
        self._pairs = frozenset(word[0] + word[-1] for word in self._rank)
        for word in self._rank:
            self._index(word)

    def __contains__(self, word: str) -> bool:
        return word in self._rank

    def read(self, word: str) -> tuple[Reading, ...]:
        """The known words that `word`, which is none of them, may be meant as.

        Those of the same letters first, then the nearest, then those that stand first in the list.
        """
        if not _ORDERED <= len(word) + 1 <= _LONGEST or not self._ends(word):
            return ()
        letters = sorted(word)
        near = (
            (sorted(known) != letters, OSA.distance(word, known), self._rank[known], known)
            for known in self._near(word)
        )
        accepted = tuple(
            Reading(known, strange=_is_strange(word, known, edits))
            for other, edits, _, known in sorted(near)
            if not other or self._accepted(word, known, edits)
        )
        return accepted or tuple(Reading(known, strange=True) for known in self._bare(word))

    def _ends(self, word: str) -> bool:
        """Whether a known word begins and ends like this one, a letter in front aside."""
        return word[0] + word[-1] in self._pairs or word[1] + word[-1] in self._pairs

    def _index(self, word: str) -> None:
        _add(self._squeezed, squeezed(word), word)
        if len(word) < _ORDERED:
            return
        if self._lenient:
            ends = word[0] + word[-1]
            self._letters[ends] = (*self._letters.get(ends, ()), frozenset(word))
        _add(self._shuffled, _signature(word), word)
        if len(word) >= _DROPPED - self._lenient:
            for short in _shorter(word, 1 + (self._lenient and len(word) >= _DROPPED_TWICE)):
                _add(self._short, short, word)
        consonants = _consonants(word)
        if len(consonants) >= _CONSONANTS - self._lenient and len(word) > len(consonants) + 1:
            _add(self._consonants, consonants, word)

    def _near(self, word: str) -> set[str]:
        """The words that share a signature with `word`."""
        found = {*self._squeezed.get(squeezed(word), ())}
        if len(word) >= _ORDERED:
            own = _signature(word)
            found.update(self._shuffled.get(own, ()), self._short.get(own, ()))
            if self._lenient and self._alike(word):
                for short in _shorter(word, 1):
                    found.update(self._shuffled.get(short, ()), self._short.get(short, ()))
        return found

    def _alike(self, word: str) -> bool:
        """Whether a known word with the same ends lacks at most two of the letters."""
        letters = frozenset(word)
        return any(
            len(letters - known) <= 2 and len(known - letters) <= 2
            for known in self._letters.get(word[0] + word[-1], ())
        )

    def _bare(self, word: str) -> tuple[str, ...]:
        """What is left when a letter in front is taken away, or what has these consonants only."""
        if len(word) >= _DROPPED and word[1:] in self._rank:
            return (word[1:],)
        if word == _consonants(word):
            return self._consonants.get(word, ())
        return ()

    def _accepted(self, word: str, known: str, edits: int) -> bool:
        """Whether a word with other letters is near enough."""
        if edits <= 1 or squeezed(word) == squeezed(known):
            return True
        if len(word) < len(known):
            return edits <= 2 or (self._lenient and len(known) >= _DROPPED_TWICE)
        return self._lenient and edits <= 2 and len(known) >= _LONG


def squeezed(word: str) -> str:
    """A word with each run of one letter as one letter."""
    return _RUN.sub(r"\1", word)


def _is_strange(word: str, known: str, edits: int) -> bool:
    """Two edits in a long word are no more than people make."""
    return edits > 1 and not (
        len(known) >= _DROPPED_TWICE and edits == 2 and len(word) != len(known)
    )


def _signature(word: str) -> str:
    return f"{word[0]}{''.join(sorted(word[1:-1]))}{word[-1]}"


def _shorter(word: str, most: int) -> Iterator[str]:
    """The signatures of a word without one inner letter, and up to `most`."""
    inner = sorted(word[1:-1])
    for missing in range(1, most + 1):
        for kept in {*combinations(inner, len(inner) - missing)}:
            yield f"{word[0]}{''.join(kept)}{word[-1]}"


def _consonants(word: str) -> str:
    return word[0] + word[1:].translate(_VOWELS)


def _add(index: dict[str, tuple[str, ...]], key: str, word: str) -> None:
    if word not in (held := index.get(key, ())):
        index[key] = (*held, word)
