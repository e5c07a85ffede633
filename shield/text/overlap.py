"""How much of one text another repeats: word by word in order, and in any order.

Words are compared in their canonical form. In scripts without blanks each character is a word.
Two measures: long runs of words that both hold, and sentences whose telling words nearly all
stand in one sentence of the other, in whatever order and person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import regex

from shield.text.canonical import canonical
from shield.text.sentences import END

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"[{_UNSPACED}]|[\w--[{_UNSPACED}]]+", regex.V1)
_RUN = 5  # words of a shingle
_TELLING = 4  # letters of a word that says something
_SPAN = 60  # words around a sentence's first word in which its others must stand
# Words of every prompt that addresses a model; they say nothing of which prompt it was.
_COMMON = frozenset(
    "your you're yours they them their that this these those with from have has will would should shall must "  # noqa: SIM905
    "when what which where about only also into than then there here been being such some more most "
    "assistant answer answers user users customer customers question questions "
    "sein sind eine einen einem einer nicht wenn dass auch oder und mit fur nur dich dein deine antworte "
    "avec pour dans vous votre elle cette sont etre para como pero esta este usted cuando".split()
)


class Word(NamedTuple):
    """A word in canonical form, at [start, end) of the text it was read from."""

    text: str
    start: int
    end: int


def spelled(text: str) -> tuple[Word, ...]:
    """The words of a text, at their places in its canonical form."""
    return tuple(Word(m[0], *m.span()) for m in _WORD.finditer(canonical(text).text))


def read(canonical_text: str) -> tuple[Word, ...]:
    """The words of a text that is in canonical form already."""
    return tuple(Word(m[0], *m.span()) for m in _WORD.finditer(canonical_text))


def shingles(words: Sequence[Word]) -> frozenset[tuple[str, ...]]:
    """The runs of five words."""
    return frozenset(_runs(words))


def _runs(words: Sequence[Word]) -> Iterator[tuple[str, ...]]:
    texts = [word.text for word in words]
    for at in range(len(texts) - _RUN + 1):
        yield tuple(texts[at : at + _RUN])


def common(words: Sequence[Word], of: frozenset[tuple[str, ...]]) -> list[tuple[int, int]]:
    """The stretches of `words`, as ranges of their numbers, that are made of runs in `of`."""
    found: list[tuple[int, int]] = []
    for at, run in enumerate(_runs(words)):
        if run in of:
            if found and at <= found[-1][1]:
                found[-1] = found[-1][0], at + _RUN
            else:
                found.append((at, at + _RUN))
    return found


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return [text[start:end] for start, end in places(text)]


def places(text: str) -> list[tuple[int, int]]:
    """Where the sentences and lines of a text stand, without the white space around them."""
    found, at = [], 0
    for stop in (*(end.end() for end in END.finditer(text)), len(text)):
        part = text[at:stop]
        if part.strip():
            first = at + len(part) - len(part.lstrip())
            found.append((first, first + len(part.strip())))
        at = stop
    return found


def telling(words: Iterable[Word]) -> frozenset[str]:
    """The words that say something: long enough, and not those of every prompt; as stems."""
    return frozenset(
        stem(w.text) for w in words if len(w.text) >= _TELLING and w.text not in _COMMON
    )


def stem(word: str) -> str:
    """The first five letters of a word: what its forms share."""
    return word[:5]


def indexed(words: Sequence[Word]) -> dict[str, list[int]]:
    """The numbers of the words by their stem."""
    found: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        found.setdefault(stem(word.text), []).append(at)
    return found


def nearest(wanted: frozenset[str], index: Mapping[str, Sequence[int]]) -> tuple[float, int, int]:
    """The largest share of wanted stems within 60 words, and the range of these words' numbers.

    A window moves over the places of the wanted stems alone.
    """
    inside: dict[str, int] = {}
    hits = sorted((at, key) for key in wanted for at in index.get(key, ()))
    best, first, last, low = 0, 0, 0, 0
    for high, (at, key) in enumerate(hits):
        inside[key] = inside.get(key, 0) + 1
        while at - hits[low][0] > _SPAN:
            gone = hits[low][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            low += 1
        if len(inside) > best:
            best, first, last = len(inside), hits[low][0], hits[high][0] + 1
    return (best / len(wanted) if wanted else 0.0), first, last
