"""Disguises by spelling: letters shuffled, dropped, doubled; words broken where tokens are."""

import re
from collections.abc import Callable
from random import Random

# Letters of scripts that put one sign for a syllable or a word have no order to disturb.
_OTHER = "\u0900-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"(?:(?![{_OTHER}])[^\W\d_])+")
_VOWELS = frozenset("aeiouyAEIOUY")
_SHORTEST = 4  # a word of three letters has no order inside to change
_SPACED_SCRIPT = re.compile(r"[\u0000-\u058f]")


def scrambled(strength: float) -> Callable[[str, Random], str]:
    """Typoglycemia: of this share of the words, one at least, the inner letters are shuffled."""

    def change(text: str, rng: Random) -> str:
        return _words(text, rng, strength, _shuffled)

    return change


def swapped(text: str, rng: Random) -> str:
    """Two inner neighbours swapped in every word."""
    return _words(text, rng, 1.0, _swap)


def dropped(text: str, rng: Random) -> str:
    """An inner letter missing from every word of five or more."""
    return _words(text, rng, 1.0, _drop)


def doubled(text: str, rng: Random) -> str:
    """A letter doubled in every word."""
    return _words(text, rng, 1.0, _double)


def mixed(text: str, rng: Random) -> str:
    """Some words shuffled, some with a letter dropped, doubled or swapped, some left alone."""
    kinds = (_shuffled, _swap, _drop, _double)
    return _words(text, rng, 0.7, lambda word, rng: rng.choice(kinds)(word, rng))


def without_vowels(text: str, rng: Random) -> str:
    """Words of five letters or more without their inner vowels, as in old text messages."""
    return _words(text, rng, 1.0, _consonants)


def prefixed(text: str, rng: Random) -> str:
    """TokenBreak: a letter in front of every word of five letters or more."""
    return _words(text, rng, 1.0, _prefix)


def broken(text: str, rng: Random) -> str:
    """A blank inside every word of six letters or more."""
    return _words(text, rng, 1.0, lambda word, rng: _cut(word, rng, " "))


def hyphenated(text: str, rng: Random) -> str:
    """A hyphen inside every word of six letters or more."""
    return _words(text, rng, 1.0, lambda word, rng: _cut(word, rng, "-"))


def glued(text: str, rng: Random) -> str:
    """No blank between the words of a line."""
    if sum(map(len, _SPACED_SCRIPT.findall(text))) < 0.9 * len(text):
        return text
    return re.sub(r"(?<=\w)[^\S\n]+(?=\w)", "", text)


def _words(text: str, rng: Random, strength: float, change: Callable[[str, Random], str]) -> str:
    """`change` on a share of the words that it can change, and on one of them at least."""
    able = [m for m in _WORD.finditer(text) if len(m[0]) >= _SHORTEST]
    able = [m for m in able if change(m[0], Random(0)) != m[0]]  # noqa: S311 — only asks whether
    if not able:
        return text
    chosen = {m.start() for m in able if rng.random() < strength} or {rng.choice(able).start()}
    return _WORD.sub(lambda m: change(m[0], rng) if m.start() in chosen else m[0], text)


def _shuffled(word: str, rng: Random) -> str:
    inner = list(word[1:-1])
    if len(set(inner)) < 2:
        return word
    while "".join(inner) == word[1:-1]:
        rng.shuffle(inner)
    return word[0] + "".join(inner) + word[-1]


def _swap(word: str, rng: Random) -> str:
    places = [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _drop(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1 :] if len(word) > 4 else word


def _double(word: str, rng: Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _consonants(word: str, rng: Random) -> str:
    short = word[0] + "".join(c for c in word[1:] if c not in _VOWELS)
    return short if len(word) > 4 and len(short) > 2 else word


def _prefix(word: str, rng: Random) -> str:
    return rng.choice("bdfghklmprstvwz") + word if len(word) > 4 else word


def _cut(word: str, rng: Random, sign: str) -> str:
    at = rng.randrange(2, max(3, len(word) - 1))
    return word[:at] + sign + word[at:] if len(word) > 5 else word
