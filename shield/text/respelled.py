"""A canonical view in which respelled words stand as the words that they are read as.

People and models read words with their inner letters shuffled, dropped or doubled, without
vowels, broken in two, or without blanks between them. What is an everyday word is never
respelled. One odd word is a slip or a name; two near each other are worth a second reading, and
so is one that nobody misspells so by mistake.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from shield.text.assemble import replaced
from shield.text.lexicon import WORD, words
from shield.text.misspelt import Reader
from shield.text.parted import nats, parted
from shield.view import View

_SHORTEST = 4
_NEAR = 12  # words between two respelled ones
_AROUND = 80  # characters that are shown before and behind
_ENOUGH = 2
_TELLING = 6  # letters of a word that counts twice when it is strange
_JOINED = 6  # letters of a word that is found broken in two
_MANY, _DENSE = (
    6,
    0.3,
)  # respelled words, and their share of odd ones, of a text that is full of them
_COMMON, _GUESSES = 6_000, 2_000  # everyday words to guess at, and how many odd words are guessed
_RARE, _MARGIN = 12.0, 5.0  # nats of an unknown word, and by which a whole beats two halves
_GLUED = 9  # letters from which a word may be several
_GLUED_WORDS = 3  # words that are no compound but a sentence


class _Meant(NamedTuple):
    """What a word is read as, and how many respelled words it counts as."""

    shown: str
    weight: int


class _Edit(NamedTuple):
    """The place of a word, by number and by characters, and what it is read as."""

    number: int
    start: int
    end: int
    meant: _Meant


@cache
def everyday() -> tuple[str, ...]:
    """Words that are never respelled ones, most frequent first: the lexicon, then others."""
    home = files("shield.text")
    return tuple(
        word
        for name in ("words.txt", "everyday.txt")
        for word in home.joinpath(name).read_text("utf-8").split()
    )


@cache
def known() -> frozenset[str]:
    """The everyday words as a set."""
    return frozenset(everyday())


@cache
def _reader() -> Reader:
    return Reader(everyday())


@cache
def _guesser() -> Reader:
    return Reader((w for w in everyday()[:_COMMON] if len(w) > _SHORTEST), lenient=True)


@cache
def _nats() -> Mapping[str, float]:
    return nats(everyday())


def respelled(plain: View, said: list[str] | None = None) -> Iterator[View]:
    """The stretches of a canonical view around respelled words, with those words as they are
    read; nothing when there are none. `said` are its words, where they are known already.
    """
    said = words(plain.text) if said is None else said
    odd = {word for word in set(said) - known() if len(word) > 1}
    meant = {word: found for word in odd if (found := _meant(word))}
    dense = len(meant) >= _MANY and len(meant) >= _DENSE * len(odd)
    if not (dense or _near_each_other(said, odd, meant)):
        return
    if dense:
        rest = sorted(odd - meant.keys())[:_GUESSES]
        meant |= {word: found for word in rest if (found := _guessed(word))}
    edits = _edits(plain.text, odd, meant, dense=dense)
    parts = ((edit.meant.shown, edit.start, edit.end) for run in _runs(edits) for edit in run)
    made = replaced("respelled", plain.text, parts, plain, _AROUND)
    if made is not None:
        yield made


def _near_each_other(said: list[str], odd: set[str], meant: dict[str, _Meant]) -> bool:
    """Whether enough words may be respelled in one place: a look before the offsets are asked."""
    recent: list[tuple[int, int]] = []
    for number in [n for n, word in enumerate(said) if word in odd]:
        found = meant.get(said[number])
        weight = found.weight if found else _is_half(said, number)
        if weight:
            recent = [(n, w) for n, w in recent if number - n <= _NEAR]
            recent.append((number, weight))
            if sum(w for _, w in recent) >= _ENOUGH:
                return True
    return False


def _is_half(said: list[str], number: int) -> bool:
    """Whether the word makes a known one with the word before it or behind it."""
    word, everywhere = said[number], known()
    if number and len(whole := said[number - 1] + word) >= _JOINED and whole in everywhere:
        return True
    behind = number + 1
    return (
        behind < len(said)
        and (whole := word + said[behind]) in everywhere
        and (len(whole) >= _JOINED)
    )


def _meant(word: str) -> _Meant | None:
    """How a word that is not known is read."""
    if len(word) >= _SHORTEST and (readings := _reader().read(word)):
        shown, strange = readings[0]
        telling = strange and len(word) >= _TELLING and len(word) == len(shown)
        return _Meant(shown, _ENOUGH if telling else 1)
    if len(word) >= _GLUED and len(parts := parted(word, _nats())) > 1:
        sentence = len(parts) >= _GLUED_WORDS and min(map(len, parts)) > 1
        return _Meant(" ".join(parts), _ENOUGH if sentence else 1)
    return None


def _guessed(word: str) -> _Meant | None:
    """How it may be read in a text that is respelled throughout."""
    if len(word) >= _SHORTEST - 1 and (readings := _guesser().read(word)):
        return _Meant(readings[0].word, 1)
    parts = parted(word, _nats())
    return _Meant(" ".join(parts), 1) if len(parts) > 1 else None


def _edits(text: str, odd: set[str], meant: dict[str, _Meant], *, dense: bool) -> Iterator[_Edit]:
    """Every word, or two, that is read as something else, in order."""
    held: _Edit | None = None
    before: re.Match[str] | None = None
    for number, match in enumerate(WORD.finditer(text)):
        edit = _joined(text, number, before, match, odd, dense=dense) if before else None
        before = None if edit else match
        if edit is None and (single := meant.get(match[0])):
            edit = _Edit(number, match.start(), match.end(), single)
        if edit is not None:
            if held is not None and held.end <= edit.start:
                yield held
            held = edit
    if held is not None:
        yield held


def _joined(
    text: str,
    number: int,
    before: "re.Match[str]",
    match: "re.Match[str]",
    odd: set[str],
    *,
    dense: bool,
) -> _Edit | None:
    """The known word that two tokens make with one sign between them: tokens that are none, or in
    a dense text such as are seldom neighbours.
    """
    broken = match[0] in odd or before[0] in odd
    if not (broken or dense) or match.start() - before.end() != 1 or text[before.end()] == "\n":
        return None
    whole = before[0] + match[0]
    if len(whole) < _JOINED or whole not in known():
        return None
    if not broken:
        single = _nats()
        apart = single.get(before[0], _RARE) + single.get(match[0], _RARE)
        if apart < single[whole] + _MARGIN:
            return None
    return _Edit(number, before.start(), match.end(), _Meant(whole, 1))


def _runs(edits: Iterator[_Edit]) -> Iterator[list[_Edit]]:
    """Edits that lie near each other and count enough together."""
    run: list[_Edit] = []
    for edit in edits:
        if run and edit.number - run[-1].number > _NEAR:
            yield from _counted(run)
            run = []
        run.append(edit)
    yield from _counted(run)


def _counted(run: list[_Edit]) -> Iterator[list[_Edit]]:
    if sum(edit.meant.weight for edit in run) >= _ENOUGH:
        yield run
