"""Texts that say nearly the same, in any number of them.

Two texts are near when the sets of their runs of three words overlap to 70 % (Jaccard). The
search is exact and does not compare all pairs: texts that are so near share one of their rarest
runs (prefix filtering: Bayardo, Ma, Srikant, "Scaling up all pairs similarity search", 2007).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import regex
from msgspec import Struct

NEAR = 0.7
_RUN = 3
# Scripts without blanks between words: a character stands for a word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"[{_UNSPACED}]|[\w--[{_UNSPACED}]]+", regex.V1)


class Pair(Struct, frozen=True):
    """The number of a text, of the first text that it is near to, and how near."""

    later: int
    earlier: int
    share: float


def pairs(texts: Sequence[str]) -> Iterator[Pair]:
    """For each text that is near to an earlier one, the first such; in order.

    A text that is near to another is compared with no later one, so that a hundred copies cost no
    more than a hundred comparisons.
    """
    runs = [_runs(text) for text in texts]
    often = Counter(run for one in runs for run in one)
    index: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(runs):
        ordered = sorted(one, key=lambda run: (often[run], run))
        rarest = ordered[: len(ordered) - math.ceil(NEAR * len(ordered)) + 1]
        candidates = sorted({other for run in rarest for other in index.get(run, ())})
        shares = ((other, _share(one, runs[other])) for other in candidates)
        near = next((pair for pair in shares if pair[1] >= NEAR), None)
        if near:
            yield Pair(number, *near)
        else:
            for run in rarest:
                index[run].append(number)


def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(text.casefold())
    if len(words) <= _RUN:
        # Also for texts of signs only: they are near when they are the same.
        return frozenset([" ".join(words) or text.strip()])
    return frozenset(" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    if min(len(one), len(other)) < NEAR * max(len(one), len(other)):
        return 0.0
    both = len(one & other)
    return both / (len(one) + len(other) - both)
