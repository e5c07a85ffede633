"""Everyday words in canonical spelling: what tells a reading from noise.

`words.txt` is generated from the training phrases, the tune split of the benign corpus and
the keywords of the rules:

    python -m shield.text.lexicon models/train/phrases attack_corpus policies/rules \\
        > shield/text/words.txt

It holds words of three letters or more that stand in two texts at least, in the languages of
those texts, the most frequent first. A guess at a cipher or a spelling is worth a view only where it yields such words.
"""

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from shield.text.canonical import canonical
from shield.text.points import clipped, points, spelled, tables

LEAST = 3
_SHORT = 500  # characters from which arrays are faster than a regular expression
_MANY = 64  # words from which one pass over all of the text is cheaper
WORD = re.compile(r"[^\W\d_]+")
_BLANKED = str.maketrans({chr(p): " " for p in range(0x80) if not chr(p).isalpha()})


@cache
def lexicon() -> frozenset[str]:
    """The words; read once a process."""
    return frozenset(files("shield.text").joinpath("words.txt").read_text("utf-8").split())


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    if text.isascii():
        return text.translate(_BLANKED).split()
    if len(text) < _SHORT:
        return WORD.findall(text)
    import numpy as np

    codes = points(text)
    return spelled(np.where(tables().letter[clipped(codes)], codes, 32)).split()


def known_share(text: str) -> tuple[int, float]:
    """How many different words of four letters or more are known, and the share of all
    letters that stand in known words.
    """
    found = words(text)
    known = [w for w in found if w in lexicon() or len(w) < LEAST]
    letters = sum(map(len, found))
    longer = {w for w in known if len(w) > LEAST}
    return len(longer), sum(map(len, known)) / letters if letters else 0.0


def located(text: str, wanted: Iterable[str], around: int) -> list[tuple[int, int]]:
    """Ranges of the text around the wanted words, those that touch as one."""
    some = list(wanted)
    if len(some) > _MANY:
        return [(0, len(text))]
    places = sorted(p for word in some for p in _places(text, word))
    return merged([(max(0, p - around), min(len(text), p + around)) for p in places])


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that touch as one."""
    made: list[tuple[int, int]] = []
    for start, end in ranges:
        if made and start <= made[-1][1]:
            first, last = made.pop()
            start, end = first, max(last, end)
        made.append((start, end))
    return made


def _places(text: str, word: str) -> Iterator[int]:
    """Where the word stands alone."""
    place = text.find(word)
    while place >= 0:
        end = place + len(word)
        if not (text[end : end + 1].isalpha() or (place and text[place - 1].isalpha())):
            yield place
        place = text.find(word, end)


def compute(phrases: Path, corpus: Path, rules: Path) -> list[str]:
    """The content of `words.txt`."""
    seen: Counter[str] = Counter()
    for text in (*_phrases(phrases), *_benign(corpus)):
        seen.update(set(WORD.findall(canonical(text).text)))
    kept = {word for word, times in seen.items() if times > 1}
    kept.update(word for text in _keywords(rules) for word in words(canonical(text).text))
    return sorted((w for w in kept if len(w) >= LEAST), key=lambda word: (-seen[word], word))


def _phrases(phrases: Path) -> Iterator[str]:
    for path in sorted([*phrases.glob("attacks*.jsonl"), *phrases.glob("negatives*.jsonl")]):
        yield from (json.loads(line)["text"] for line in _lines(path))


def _benign(corpus: Path) -> Iterator[str]:
    for path in sorted(corpus.glob("benign/*.jsonl")):
        for case in map(json.loads, _lines(path) if path.stem != "misspelled" else ()):
            if case["split"] == "tune":
                yield from (turn["text"] for turn in case["turns"] if "text" in turn)


def _keywords(rules: Path) -> Iterator[str]:
    for path in sorted(rules.glob("*.toml")):
        document = tomllib.loads(path.read_text("utf-8"))
        for phrase in document.get("phrase", ()):
            yield " ".join(phrase["slots"])


def _lines(path: Path) -> Iterable[str]:
    return path.read_text("utf-8").splitlines()


if __name__ == "__main__":
    print("\n".join(compute(*map(Path, sys.argv[1:4]))))
