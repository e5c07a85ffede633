"""What a training text is, and the small changes that texts undergo."""

import random
import re
import zlib
from typing import NamedTuple

BENIGN, INJECTION, JAILBREAK = range(3)
LABELS = ("benign", "injection", "jailbreak")
MARKS = ("outside", "injection")


class Part(NamedTuple):
    """An ingredient: a text, the set it comes from, and its language where known."""

    text: str
    set: str
    lang: str = ""


class Sample(NamedTuple):
    """One training text.

    `span` holds the characters of the attack in an attacked text, None where the attack
    is somewhere in it. `sets` names the sets of its attack parts, or of the benign text, so
    that a fit can leave a set out. `held` texts are never fitted on.
    """

    text: str
    surface: str
    label: int
    family: str
    sets: frozenset[str]
    held: bool
    span: tuple[int, int] | None = None
    lang: str = ""


def held(text: str) -> bool:
    """A tenth of the ingredients, by their text alone, is never fitted on."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % 10 == 0


def benign(part: Part, surface: str, family: str, text: str | None = None) -> Sample:
    """A benign text, as it is or as `text` shows it."""
    shown = part.text if text is None else text
    sets = frozenset({part.set})
    return Sample(shown, surface, BENIGN, family, sets, held(part.text), None, part.lang)


def cut(text: str, rng: random.Random, chars: int = 600) -> str:
    """A stretch of at most `chars` characters; half for scripts of short words."""
    room = chars if text.isascii() else chars // 2
    if len(text) <= room:
        return text
    start = rng.randrange(len(text) - room)
    return text[start : start + room]


def typed(text: str, rng: random.Random) -> str:
    """`text` as a hurried hand types it: letters swapped, dropped, doubled inside some words."""
    return " ".join(_typo(word, rng) if rng.random() < 0.25 else word for word in text.split(" "))


def _typo(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at, roll = rng.randrange(1, len(word) - 2), rng.random()
    if roll < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if roll < 0.7:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


_ENDS = re.compile(r"(?<=[.!?।。！？\n])\s*")


def insert(carrier: str, payload: str, rng: random.Random) -> tuple[str, tuple[int, int]]:
    """`payload` between two sentences of `carrier` or at an end of it, and where it stands."""
    places = [0, len(carrier), *(m.end() for m in _ENDS.finditer(carrier))]
    at = rng.choice(places)
    gap = rng.choice((" ", " ", "\n", "\n\n"))
    before = carrier[:at] + (gap if at else "")
    whole = f"{before}{payload}{gap}{carrier[at:]}"
    return whole, (len(before), len(before) + len(payload))
