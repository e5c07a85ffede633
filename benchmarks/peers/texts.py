"""Plain English of any length, another one for every seed."""

import random
from collections.abc import Callable

_PLACES = ("harbour", "station", "market", "library", "valley", "bridge", "school", "garden")
_PEOPLE = ("teacher", "driver", "sister", "doctor", "farmer", "neighbour", "guide", "painter")
_WORKS = ("walked", "waited", "talked", "worked", "rested", "cooked", "painted", "listened")


def words(count: int, seed: str) -> list[str]:
    """At least `count` words of a diary; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 — a seeded choice
    told: list[str] = []
    while len(told) < count:
        told += (
            f"On day {chance.randrange(1_000)} the {chance.choice(_PEOPLE)} {chance.choice(_WORKS)} "
            f"near the {chance.choice(_PLACES)} with my {chance.choice(_PEOPLE)}, and "
            f"{chance.randrange(100)} minutes later we {chance.choice(_WORKS)} by the old "
            f"{chance.choice(_PLACES)} until it rained."
        ).split()
    return told


def sized(tokens: int, seed: str, count: Callable[[str], int]) -> str:
    """The longest beginning of the diary of `seed` in which `count` sees at most `tokens` tokens."""
    told = words(tokens, seed)
    low, high = 1, len(told)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if count(" ".join(told[:middle])) <= tokens else (low, middle - 1)
        )
    return " ".join(told[:low])
