"""Whether a value stands in trusted text, so that a planner cannot make up an account."""

from collections.abc import Iterable

import regex

from shield.types import Scalar

# Thousands may stand apart, or between commas, points and apostrophes.
_NUMBER = regex.compile(r"\d{1,3}(?:[ '\u00a0\u202f]\d{3})++(?:[.,]\d++)?+|\d[\d.,']*+")
_JOINS = frozenset(".-_+@/&=?%:")
_MIN_DIGITS = 6
_MAX_SQUASHED = 64
_BETWEEN = r"[ ()./-]{0,3}+"


class Stated:
    """The trusted texts of a run, folded once. Look-alikes are not equal here."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self._text = _fold("\n".join(self._texts))
        self._numbers = frozenset(n for found in _NUMBER.findall(self._text) for n in _read(found))

    def also(self, text: str) -> "Stated":
        """With one more text."""
        return Stated((*self._texts, text))

    def __contains__(self, value: Scalar) -> bool:
        if value is None or isinstance(value, bool):
            return True
        if isinstance(value, int | float):
            return abs(float(value)) in self._numbers
        folded = _fold(value)
        return not folded or self._stands(folded) or self._spaced(folded)

    def _stands(self, folded: str) -> bool:
        concrete = any(c in folded for c in "@/.") or any(map(str.isdigit, folded))
        at = self._text.find(folded)
        while at >= 0:
            end = at + len(folded)
            if not _continues(self._text[max(0, at - 2) : at][::-1], folded[0], concrete=concrete):
                if not _continues(self._text[end : end + 2], folded[-1], concrete=concrete):
                    return True
            at = self._text.find(folded, at + 1)
        return False

    def _spaced(self, folded: str) -> bool:
        """Account and telephone numbers are written with and without spaces; whole, not in part."""
        squashed = "".join(filter(str.isalnum, folded))
        digits = sum(map(str.isdigit, squashed))
        if digits < _MIN_DIGITS or len(squashed) > _MAX_SQUASHED or "@" in folded:
            return False
        letters = _BETWEEN.join(map(regex.escape, squashed))
        # In groups, a further group of digits goes on with the number.
        whole = rf"(?<![^\W_])(?<!\d[ ./-]){letters}(?![^\W_])(?![ ./-]\d)"
        return regex.search(whole, self._text) is not None


def _continues(beside: str, edge: str, *, concrete: bool) -> bool:
    """True when the word at the edge goes on: `beside` holds the next characters, nearest first."""
    if not beside or not edge.isalnum():
        return False
    if beside[0].isalnum() or beside[0] == "_":
        return True
    joins = _JOINS if concrete else "@"
    return beside[0] in joins and len(beside) > 1 and beside[1].isalnum()


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _read(found: str) -> Iterable[float]:
    bare = "".join(c for c in found.rstrip(".,'") if c.isdigit() or c in ".,")
    for shown in {bare, bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}:
        try:
            yield float(shown)
        except ValueError:
            continue
