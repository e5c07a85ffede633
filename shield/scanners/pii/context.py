"""The words before a match that make it likelier, as Presidio counts them."""

from collections.abc import Sequence
from itertools import chain, islice

import regex

_WORDS = 6
_BACKWARDS, _FORWARDS = regex.compile(r"(?r)\w+"), regex.compile(r"\w++")
_LOOK = 200


def prompted(words: Sequence[str], text: str, start: int) -> bool:
    """True where one of the words stands before the character at `start`."""
    near = _words_near(text, start)
    return any(word in one for one in near for word in words)


def _words_near(text: str, start: int) -> list[str]:
    """Six words back from the one at `start`; the next one too where none stands there."""
    own = _FORWARDS.match(text, start, start + _LOOK)
    end = own.end() if own else start
    found = _BACKWARDS.finditer(text, max(0, start - _LOOK), end)
    before = (match[0].lower() for match in found)
    first = next(before, "")
    words = list(islice(filter(_telling, chain((first,), before)), _WORDS))
    if own and _telling(first):
        return words
    after = (match[0].lower() for match in _FORWARDS.finditer(text, end, end + _LOOK))
    return [*words, *islice(filter(_telling, after), 1)]


def _telling(word: str) -> bool:
    return word.isalnum() and word != "be"
