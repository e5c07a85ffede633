"""The parts of a text that Presidio is given: its cost grows with every character."""

from collections.abc import Iterable, Iterator

import regex

_CANDIDATE = regex.compile(
    r"(?<![\w.+-])[\w.+-]{0,64}+@[\w.-]{1,255}+|(?<![A-Za-z0-9.\-/])[A-Za-z0-9][A-Za-z0-9.\-/]{0,99}+(?: (?=[A-Za-z.\-/]{0,40}\d)[A-Za-z0-9.\-/]{1,99}+){0,11}+(?![A-Za-z0-9.\-/])"
)
_MIN_DIGITS, _MIN_TOKEN = 6, 25
AROUND = 80
_MAX_STRETCH = 600  # Presidio looks through all words of a stretch for each thing it finds


def stretches(text: str, marked: Iterable[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """The stretches of a text that may hold an identifier, with room for context words.

    `marked` are characters [start, end) that a model found to be one.
    """
    at, until = -1, -1
    for first, last in sorted({*_candidates(text), *marked}):
        start, end = max(0, first - AROUND), min(len(text), last + AROUND)
        if start <= until and until - at < _MAX_STRETCH:
            until = max(until, end)
            continue
        if until > 0:
            yield at, until
        at, until = start, end
    if until > 0:
        yield at, until


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Runs with many digits, with "@", or as long as no word is."""
    for match in _CANDIDATE.finditer(text):
        run = match[0]
        if sum(map(str.isdigit, run)) >= _MIN_DIGITS or "@" in run or len(run) >= _MIN_TOKEN:
            yield match.span()
