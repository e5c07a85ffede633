"""Compiled pattern rules: keyword first, then the pattern, under a time limit.

Patterns are written to run in linear time (bounded gaps, no nested repetition); the time
limit is the second line of defence and ends in `TimeoutError`, never in silence.
"""

import time
from collections.abc import Iterable, Iterator

import regex
from msgspec import Struct

from shield.view import View

# In text whose separators were taken out, what stood between words may be gone.
_GAPS = ((r"\\s\+", r"\\s*"), (r"\\b", ""), (r" (?![*+?{])", r"\\s*"))
_LOOSE = frozenset({"despaced"})


class Pattern(Struct, frozen=True):
    """One rule: its id, the pattern, the pattern for text without word gaps, keywords."""

    rule: str
    strict: "regex.Pattern[str]"
    loose: "regex.Pattern[str]"
    keywords: tuple[str, ...]


class Match(Struct, frozen=True):
    """Where a rule matched in a view."""

    rule: str
    start: int
    end: int


class PatternSet(Struct, frozen=True):
    """All patterns, and each keyword once."""

    patterns: tuple[Pattern, ...]
    keywords: tuple[str, ...]

    @classmethod
    def of(cls, rules: Iterable[tuple[str, str, tuple[str, ...]]]) -> "PatternSet":
        """Compile `(id, pattern, keywords)`.

        Raises:
            regex.error: a pattern is not valid.
        """
        patterns = tuple(_compile(*rule) for rule in rules)
        return cls(patterns, tuple(sorted({k for p in patterns for k in p.keywords})))

    def find(self, view: View, until: float) -> Iterator[Match]:
        """Every match in a view that is already lower case.

        Raises:
            TimeoutError: `until`, a `time.monotonic()` instant, has passed.
        """
        present = {k for k in self.keywords if k in view.text}
        loose = view.kind in _LOOSE
        if loose:
            packed = view.text.replace(" ", "")
            present |= {k for k in self.keywords if k.replace(" ", "") in packed}
        for pattern in self.patterns:
            if not present.isdisjoint(pattern.keywords):
                compiled = pattern.loose if loose else pattern.strict
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                for match in compiled.finditer(view.text, timeout=left):
                    yield Match(pattern.rule, match.start(), match.end())


def _compile(rule: str, pattern: str, keywords: tuple[str, ...]) -> Pattern:
    loose = pattern
    for strict, relaxed in _GAPS:
        loose = regex.sub(strict, relaxed, loose)
    flags = regex.V1 | regex.M
    return Pattern(rule, regex.compile(pattern, flags), regex.compile(loose, flags), keywords)
