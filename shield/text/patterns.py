"""Compiled pattern rules: what a match needs first, then the pattern, under a time limit.

Patterns are written to run in linear time (bounded gaps, no nested repetition); the time
limit is the second line of defence and ends in `TimeoutError`, never in silence.
"""

import time
from collections.abc import Iterable, Iterator

import regex
from msgspec import Struct

from shield.text.grams import Grams
from shield.text.literals import Needs, met, needs
from shield.text.runs import Stretches
from shield.view import View

# In text whose separators were taken out, what stood between words may be gone.
_GAPS = ((r"\\s\+", r"\\s*"), (r"\\b", ""), (r" (?![*+?{])", r"\\s*"))
_LOOSE = frozenset({"despaced", "unglued", "acrostic"})
_FLAGS = regex.V1 | regex.M
_LONG = 3_000  # characters from which an index of the text costs less than it saves


class Pattern(Struct, frozen=True):
    """A pattern for one kind of text, and what a text must hold for it to match."""

    rule: str
    compiled: "regex.Pattern[str]"
    needs: Needs
    keywords: tuple[str, ...]


class Match(Struct, frozen=True):
    """Where a rule matched in a view."""

    rule: str
    start: int
    end: int


class Side(Struct, frozen=True):
    """The patterns for one kind of text, each keyword once, and the index of their needs."""

    patterns: tuple[Pattern, ...]
    keywords: frozenset[str]
    grams: Grams

    @classmethod
    def of(cls, rules: Iterable[tuple[str, str, tuple[str, ...]]]) -> "Side":
        """Compile `(id, pattern, keywords)`."""
        patterns = tuple(_compiled(*rule) for rule in rules)
        keywords = frozenset(k for p in patterns for k in p.keywords)
        return cls(patterns, keywords, Grams([pattern.needs for pattern in patterns]))

    def find(self, text: str, until: float) -> Iterator[tuple[str, int, int]]:
        """Every match: rule, start and end.

        Raises:
            TimeoutError: `until` has passed.
        """
        for pattern, stretches in self._likely(text):
            for start, end in stretches:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                for match in pattern.compiled.finditer(text, start, end, timeout=left):
                    yield pattern.rule, match.start(), match.end()

    def _likely(self, text: str) -> Iterator[tuple[Pattern, Stretches]]:
        """The patterns whose keywords stand in the text and whose needs it meets, and where."""
        if len(text) < _LONG:
            present = {keyword for keyword in self.keywords if keyword in text}
            for pattern in self.patterns:
                if not present.isdisjoint(pattern.keywords) and met(pattern.needs.need, text):
                    yield pattern, [(0, len(text))]
            return
        near = self.grams.near(text)
        for number, pattern in enumerate(self.patterns):
            stretches = near.get(number) if pattern.needs.need else [(0, len(text))]
            if stretches and any(keyword in text for keyword in pattern.keywords):
                yield pattern, stretches


class PatternSet(Struct, frozen=True):
    """All patterns, for text with gaps between its words (strict) and without (loose)."""

    strict: Side
    loose: Side

    @classmethod
    def of(cls, rules: Iterable[tuple[str, str, tuple[str, ...]]]) -> "PatternSet":
        """Compile `(id, pattern, keywords)`.

        Raises:
            regex.error: a pattern is not valid.
        """
        known = tuple(rules)
        loose = ((r, _loosened(p), tuple(map(_packed, k))) for r, p, k in known)
        return cls(Side.of(known), Side.of(loose))

    def find(self, view: View, until: float) -> Iterator[Match]:
        """Every match in a view that is already lower case.

        In a long text a match is no longer than `Needs.width` says; blanks and repetitions
        count once.

        Raises:
            TimeoutError: `until`, a `time.monotonic()` instant, has passed.
        """
        if view.kind not in _LOOSE:
            for rule, start, end in self.strict.find(view.text, until):
                yield Match(rule, start, end)
            return
        # Where a blank belongs was a guess; patterns are searched for without any.
        places = [place for place, char in enumerate(view.text) if char != " "]
        for rule, start, end in self.loose.find(_packed(view.text), until):
            if start < end:
                yield Match(rule, places[start], places[end - 1] + 1)


def check(pattern: str) -> None:
    """Compile a pattern for both kinds of text, and nothing else of what a set makes of it.

    Raises:
        regex.error: it is not valid.
    """
    for written in (pattern, _loosened(pattern)):
        regex.compile(written, _FLAGS)


def _compiled(rule: str, pattern: str, keywords: tuple[str, ...]) -> Pattern:
    return Pattern(rule, regex.compile(pattern, _FLAGS), needs(pattern), keywords)


def _loosened(pattern: str) -> str:
    for strict, relaxed in _GAPS:
        pattern = regex.sub(strict, relaxed, pattern)
    return pattern


def _packed(text: str) -> str:
    return text.replace(" ", "")
