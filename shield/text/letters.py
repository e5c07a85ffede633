"""How surprising the letters of a word are, after what words of many languages look like.

`letters.json` is counted from the project's own phrases in thirty languages:

    python -m shield.text.letters models/train/phrases > shield/text/letters.json

It holds one table a script: of three letters in a row for Latin ones, whose languages share
one, of two for the others. Words are counted once each, so that frequent ones weigh no more.
"""

import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import regex
from msgspec import Struct

from shield.text.canonical import canonical

_WORD = regex.compile(r"[\p{L}\p{M}]+")
_SCRIPTS = {  # script → letters that are looked at together
    "Latin": 3,
    "Cyrillic": 2,
    "Greek": 2,
    "Hebrew": 2,
    "Arabic": 2,
    "Devanagari": 2,
}
_SCRIPT = {name: regex.compile(rf"[\p{{{name}}}\p{{M}}]+") for name in _SCRIPTS}
_EDGE = " "
_RARE = 3  # letters with fewer words than this are no part of an alphabet
_PRIOR = 4.0  # how many words the shorter context counts as
_UNIT, _FIRST = 6, 33  # a surprise of b bits is written as the character 33 + 6 b
_STRANGE = 5.0  # bits of a letter that the table does not know, which says little
# Letters drawn out ("nooooo") and syllables repeated ("hahaha") are how people laugh and shout.
_DRAWN = regex.compile(r"(\p{L})\1{2,}+|(\p{L}\p{L})\2{2,}+")


class Table(Struct, frozen=True):
    """The letters of a script and the surprise of each behind each context, as characters."""

    order: int
    alphabet: str
    rows: str

    def surprise(self, word: str) -> float:
        """Bits a letter, the end of the word counted as one."""
        place = {letter: number for number, letter in enumerate(self.alphabet)}
        context = [place[_EDGE]] * (self.order - 1)
        total, size = 0.0, len(self.alphabet)
        for letter in (*word, _EDGE):
            number = place.get(letter)
            if number is None:
                total += _STRANGE
                continue
            at = 0
            for before in (*context, number):
                at = at * size + before
            total += (ord(self.rows[at]) - _FIRST) / _UNIT
            context = [*context[1:], number]
        return total / (len(word) + 1)


def surprise(word: str) -> float | None:
    """Bits a letter of a word in canonical form; None in a script without a table."""
    for name, pattern in _SCRIPT.items():
        if pattern.fullmatch(word):
            return _tables()[name].surprise(shortened(word))
    return None


def shortened(word: str) -> str:
    """A word without its drawn-out letters and repeated syllables."""
    return _DRAWN.sub(lambda run: run[1] or run[2], word)


@cache
def _tables() -> dict[str, Table]:
    raw = json.loads(files("shield.text").joinpath("letters.json").read_text("utf-8"))
    return {name: Table(**table) for name, table in raw.items()}


def compute(texts: Iterable[str]) -> dict[str, Any]:
    """The content of `letters.json`, from texts in many languages."""
    words: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for word in _WORD.findall(canonical(text).text):
            for name, pattern in _SCRIPT.items():
                if pattern.fullmatch(word):
                    words[name].add(shortened(word))
    return {name: _table(sorted(found), _SCRIPTS[name]) for name, found in sorted(words.items())}


def _table(words: list[str], order: int) -> dict[str, Any]:
    seen = Counter(letter for word in words for letter in set(word))
    alphabet = _EDGE + "".join(sorted(c for c, count in seen.items() if count >= _RARE))
    counts: Counter[str] = Counter()
    for word in words:
        plain = _EDGE * (order - 1) + "".join(c for c in word if c in alphabet) + _EDGE
        for end in range(order, len(plain) + 1):
            counts.update(plain[end - length : end] for length in range(1, order + 1))
            counts.update(f"\n{plain[end - length : end - 1]}" for length in range(1, order + 1))
    rows = "".join(map(_written, _bits(alphabet, order, counts)))
    return {"order": order, "alphabet": alphabet, "rows": rows}


def _bits(alphabet: str, order: int, counts: Counter[str]) -> Iterator[float]:
    """The surprise of each letter behind each context, contexts in the order of the alphabet."""
    shares = {"": 1 / len(alphabet)}
    for length in range(order):
        contexts = [""]
        for _ in range(length):
            contexts = [context + letter for context in contexts for letter in alphabet]
        shares = {
            context + letter: (
                counts[context + letter]
                + _PRIOR * shares.get((context + letter)[1:], shares.get("", 0.0))
            )
            / (counts[f"\n{context}"] + _PRIOR)
            for context in contexts
            for letter in alphabet
        }
    return (-math.log2(share) for share in shares.values())


def _written(bits: float) -> str:
    return chr(_FIRST + min(93, round(_UNIT * bits)))


if __name__ == "__main__":
    lines = [
        json.loads(line)["text"]
        for path in sorted(Path(sys.argv[1]).glob("negatives*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    print(json.dumps(compute(lines), ensure_ascii=True, indent=0, sort_keys=True))
