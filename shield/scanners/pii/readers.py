"""How one kind of identifier is read out of a part of a text."""

from collections.abc import Callable, Iterable
from copy import copy
from importlib import import_module
from typing import Any, Self

import regex
from msgspec import Struct

from shield.scanners.pii.context import prompted
from shield.scanners.pii.national import SURE, UNSURE, National
from shield.scanners.pii.triggers import Part

Match = tuple[int, int, float]  # start, end, score


class Reader(Struct, frozen=True):
    """Finds identifiers of one kind.

    A part with fewer than `digits` digits holds none; 0 means that an "@" tells. `words` in
    front make one likelier.
    """

    entity: str
    words: tuple[str, ...]
    digits: int

    def read(self, shown: str, part: Part, text: str) -> list[Match]:
        """What stands in a part of a folded text; `text` is the same as it was written."""
        raise NotImplementedError


class Patterns(Reader, frozen=True):
    """A recogniser of Presidio that only has patterns and checks, without its bookkeeping.

    Where there are `hints`, one has to stand in the part, in lower case, or up to 80 characters
    before it.
    """

    patterns: tuple[tuple["regex.Pattern[str]", float], ...] = ()
    valid: Callable[[str], bool | None] = lambda _: None
    invalid: Callable[[str], bool | None] = lambda _: None
    hints: tuple[str, ...] = ()

    @classmethod
    def of(cls, recognizer: Any, digits: int, least: float, hints: tuple[str, ...] = ()) -> Self:
        """The recogniser, less the patterns that score under `least` and that no check raises."""
        from presidio_analyzer import PatternRecognizer

        checked = type(recognizer).validate_result is not PatternRecognizer.validate_result
        return cls(
            recognizer.supported_entities[0],
            lower(recognizer.context),
            digits,
            patterns=tuple(
                (regex.compile(p.regex, recognizer.global_regex_flags), float(p.score))
                for p in recognizer.patterns
                if checked or p.score >= least
            ),
            valid=recognizer.validate_result,
            invalid=recognizer.invalidate_result,
            hints=hints,
        )

    def read(self, shown: str, part: Part, text: str) -> list[Match]:
        """Matches at the pattern's score; 1 where a check holds, none where it fails."""
        if self.hints:
            near = text[max(0, part.start - 80) : part.end + 80].lower()
            if not any(hint in near for hint in self.hints):
                return []
        found: list[Match] = []
        for pattern, score in self.patterns:
            for match in pattern.finditer(shown, part.start, part.end):
                valid = self.valid(match[0])
                if valid is not False and not self.invalid(match[0]):
                    found.append((*match.span(), 1.0 if valid else score))
        return found


class Ibans(Reader, frozen=True):
    """Account numbers, the longest that the checksum holds for: a word may follow like a group."""

    pattern: "regex.Pattern[str]" = regex.compile("")
    score: float = 0.0
    valid: Callable[[str], bool | None] = bool

    @classmethod
    def of(cls, recognizer: Any, digits: int) -> Self:
        """Presidio's recogniser, which has one pattern with three groups."""
        (pattern,) = recognizer.patterns
        return cls(
            recognizer.supported_entities[0],
            lower(recognizer.context),
            digits,
            pattern=regex.compile(pattern.regex, recognizer.global_regex_flags),
            score=float(pattern.score),
            valid=recognizer.validate_result,
        )

    def read(self, shown: str, part: Part, text: str) -> list[Match]:
        """Valid numbers; those in lower case at the pattern's score."""
        found: list[Match] = []
        for match in self.pattern.finditer(shown, part.start, part.end):
            for end in dict.fromkeys(map(match.end, (3, 2, 1))):
                valid = self.valid(shown[match.start() : end])
                if valid is None or valid:
                    found.append((match.start(), end, 1.0 if valid else self.score))
                    break
        return found


_PHONE = regex.compile(r"[+(]{0,2}\d[\d ().\-/]{4,30}+")
_REST = regex.compile(r".{0,8}\w{0,40}+.{0,4}", regex.DOTALL)


class Phones(Reader, frozen=True):
    """Phone numbers: a region costs tens of microseconds a number, and there are many.

    Without a word or a plus sign in front none scores enough to count; a number with a plus sign
    names its country, so that one region says what all would; and where a region takes all
    digits, no other can find more.
    """

    recognizers: tuple[Any, ...] = ()

    @classmethod
    def of(cls, recognizer: Any, digits: int) -> Self:
        """Presidio's phone recogniser, one for each of its regions."""
        made = []
        for region in recognizer.supported_regions:
            made.append(copy(recognizer))
            made[-1].supported_regions = (region,)
        entity = recognizer.supported_entities[0]
        return cls(entity, lower(recognizer.context), digits, recognizers=tuple(made))

    def read(self, shown: str, part: Part, text: str) -> list[Match]:
        """Numbers that are valid in some region."""
        found: list[Match] = []
        for match in _PHONE.finditer(shown, part.start, part.end):
            named = match[0].startswith(("+", "(+"))
            if named or prompted(self.words, text, match.start()):
                found += self._number(shown, *match.span(), 1 if named else None)
        return found

    def _number(self, shown: str, start: int, end: int, regions: int | None) -> list[Match]:
        # What follows may be an extension, or a word that only begins like one.
        rest = _REST.match(shown, end)
        last = start + len(shown[start:end].rstrip(" ().-/")) - 1
        found: list[Match] = []
        for asked in self.recognizers[:regions]:
            until = rest.end() if rest else end
            matches = _asked(asked, self.entity, shown, max(0, start - 2), until)
            found += matches
            if any(first <= start + 1 and last < stop for first, stop, _ in matches):
                break
        return found


class Validated(Reader, frozen=True):
    """A national id that python-stdnum checks."""

    pattern: "regex.Pattern[str]" = regex.compile("")
    valid: Callable[[str], bool] = bool
    sure: bool = False

    @classmethod
    def of(cls, entity: str, national: National) -> Self:
        """The id's pattern, and the check that its module has."""
        return cls(
            entity,
            national.words,
            national.digits,
            pattern=regex.compile(rf"(?<![\p{{L}}\d])(?:{national.pattern})(?![\p{{L}}\d])"),
            valid=import_module(f"stdnum.{national.module}").is_valid,
            sure=national.sure,
        )

    def read(self, shown: str, part: Part, text: str) -> list[Match]:
        """Valid numbers; the sure ones are those in their country's own punctuation."""
        return [
            (*match.span(), SURE if self.sure and not match[0].isalnum() else UNSURE)
            for match in self.pattern.finditer(shown, part.start, part.end)
            if self.valid(match[0])
        ]


def lower(words: Iterable[str] | None) -> tuple[str, ...]:
    """Context words as they are looked for."""
    return tuple(word.lower() for word in words or ())


def _asked(recognizer: Any, entity: str, text: str, start: int, end: int) -> list[Match]:
    return [
        (start + found.start, start + found.end, float(found.score))
        for found in recognizer.analyze(text[start:end], [entity], None)
    ]
