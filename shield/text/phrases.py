"""Many phrases looked for at once: word by word, inside words, and respelled.

A phrase is compared in its canonical form, so that case, accents, look-alike letters and
invisible characters make no difference. The words of all phrases form one tree, which is
walked from each word of the text; respelled words are found through the spellings that lie
one or two deletions away (SymSpell) and checked by edit distance.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

import regex
from msgspec import Struct
from rapidfuzz.distance import OSA

from shield.text.canonical import canonical
from shield.view import View

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
# Scripts that put no space between words, or glue endings to them.
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
)
_GAP = 6  # characters between two words of a phrase
_STOP = regex.compile(r"[.!?…।。！？][\s\"'”»)]|\n\s*\n")  # no phrase goes on behind it
_FUZZY, _LONG = 5, 8  # letters from which one edit, and two, may be wrong
_PREFIX = 7  # letters that the index of deletions reads
_LONGEST = 40  # letters of a word that is compared at all
_READINGS = 4
_RESPELLED_VIEWS = frozenset({"leet", "despaced"})
_SURE = 5  # letters that a phrase needs to count in a view of those kinds

Token = tuple[str, int, int]
Readings = Mapping[str, int]


class Phrase(Struct, frozen=True):
    """A phrase of the list `name`; `fuzzy` allows respelling, `inside` a place within a word."""

    name: str
    text: str
    fuzzy: bool = False
    inside: bool = False


class Hit(Struct, frozen=True):
    """Where a phrase stands in a view; the score is 1 less the share of letters that are wrong."""

    name: str
    start: int
    end: int
    score: float


class _Node(Struct):
    """What follows a word: further words, and the lists whose phrase ends here (fuzzy or not)."""

    following: dict[str, "_Node"] = {}
    ends: frozenset[tuple[str, bool]] = frozenset()
    letters: int = 0


def words(text: str) -> tuple[str, ...]:
    """The words of a phrase in canonical form; none when it has no letter and no digit."""
    return tuple(_WORD.findall(canonical(text).text))


class PhraseBook:
    """All phrases of a policy, compiled; for use from any thread."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._root = _Node()
        self._near: dict[str, list[str]] = {}
        self._packed: dict[str, frozenset[str]] = {}
        self._inside: dict[str, frozenset[str]] = {}
        known: set[str] = set()
        for phrase in phrases:
            parts = words(phrase.text)
            joined = "".join(parts)
            self._packed[joined] = self._packed.get(joined, frozenset()) | {phrase.name}
            if phrase.inside or _UNSPACED.search(joined):
                spaced = " ".join(parts)
                self._inside[spaced] = self._inside.get(spaced, frozenset()) | {phrase.name}
                continue
            self._grow(parts, phrase)
            known |= set(parts) if phrase.fuzzy else set()
        for word in sorted(known):
            for key in _deletions(word, _allowed(word)):
                self._near.setdefault(key, []).append(word)
        self._edits = max(map(_allowed, known), default=0)

    def find(self, view: View) -> Iterator[Hit]:
        """Every phrase in a canonical view, one hit a phrase and place."""
        found = [*self._word_by_word(view.text), *self._within(view.text)]
        if view.kind in _RESPELLED_VIEWS:
            found = [hit for hit in found if hit.end - hit.start >= _SURE]
        if view.kind == "despaced":
            found += self._glued(view.text)
        yield from dict.fromkeys(found)

    def _grow(self, parts: tuple[str, ...], phrase: Phrase) -> None:
        node = self._root
        for part in parts:
            node = node.following.setdefault(part, _Node(letters=node.letters + len(part)))
        node.ends |= {(phrase.name, phrase.fuzzy)}

    def _within(self, text: str) -> Iterator[Hit]:
        for needle, names in self._inside.items():
            start = text.find(needle)
            while start >= 0:
                end = start + len(needle)
                yield from (Hit(name, start, end, 1.0) for name in sorted(names))
                start = text.find(needle, end)

    def _glued(self, text: str) -> Iterator[Hit]:
        """Phrases whose words a spaced-out run has joined to one."""
        for match in _WORD.finditer(text):
            for name in sorted(self._packed.get(match[0], ())):
                yield Hit(name, match.start(), match.end(), 1.0)

    def _word_by_word(self, text: str) -> Iterator[Hit]:
        tokens = [(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]
        readings = {word: self._readings(word) for word in {token[0] for token in tokens}}
        for first in range(len(tokens)):
            yield from self._from(first, tokens, readings, text)

    def _from(
        self, first: int, tokens: list[Token], readings: Mapping[str, Readings], text: str
    ) -> Iterator[Hit]:
        """The phrases that begin with the word number `first`."""
        ways = [(self._root, 0)]
        last = first
        while ways and last < len(tokens):
            if last > first and _apart(text[tokens[last - 1][2] : tokens[last][1]]):
                return
            ways = [
                (node.following[word], cost + more)
                for node, cost in ways
                for word, more in readings[tokens[last][0]].items()
                if word in node.following
            ][:_READINGS]
            for node, cost in ways:
                score = 1.0 - cost / node.letters
                for name, fuzzy in sorted(node.ends):
                    if fuzzy or not cost:
                        yield Hit(name, tokens[first][1], tokens[last][2], score)
            last += 1

    def _readings(self, word: str) -> Readings:
        """The word itself, and the nearest words of fuzzy phrases that it may be meant as."""
        meant = {word: 0}
        if not _FUZZY - 1 <= len(word) <= _LONGEST:
            return meant
        near = {known for key in _deletions(word, self._edits) for known in self._near.get(key, ())}
        found = {known: OSA.distance(word, known, score_cutoff=2) for known in near - {word}}
        close = sorted((edits, known) for known, edits in found.items() if edits <= _allowed(known))
        return meant | {known: edits for edits, known in close[:_READINGS]}


def _apart(between: str) -> bool:
    return len(between) > _GAP or _STOP.search(between) is not None


def _allowed(word: str) -> int:
    """How many letters of a word may be wrong."""
    return (len(word) >= _FUZZY) + (len(word) >= _LONG)


def _deletions(word: str, edits: int) -> set[str]:
    """What is left of the first letters of a word without up to `edits` of them."""
    head = word[:_PREFIX]
    shorter = {
        "".join(kept)
        for count in range(1, edits + 1)
        for kept in combinations(head, max(0, len(head) - count))
    }
    return {head, *shorter}
