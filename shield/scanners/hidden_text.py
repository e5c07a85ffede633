"""The presence of disguises: channels and spellings that honest text does not need.

Detects: tag characters, variation-selector bytes, zero-width binary, zero-width characters
inside words, bidi overrides, words that mix look-alike scripts, letter spacing, encoded
text, digits for letters. What the disguise says is judged by the other scanners.
Misses: steganography by word choice or layout; text inside images.
False positives: decorative headings, HTML mails; such rules only add to the sum.
Cost: linear; one set operation for ASCII text.
References: Hackett et al. 2025 (arXiv 2504.11168), table of character injections.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

import regex

from shield.scanners import NoOptions, Services
from shield.text.folds import folds
from shield.text.views import ENCODED
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject
from shield.view import View

_IN_WORD = regex.compile(
    r"(?<=[a-zA-Z])[\u200B-\u200D\u2060-\u2064\uFEFF\u00AD\u034F\u180E]+(?=[a-zA-Z])"
)
_OVERRIDE = regex.compile(r"[\u202D\u202E][^\u202C\n]{2,}")
_MARKS = regex.compile(r"[\u0300-\u036F\u20D0-\u20FF\u0483-\u0489]{2,}+")
_WORD = regex.compile(r"[^\W\d_]++")
_LATIN = regex.compile(r"[a-zA-Z]")
_LEET = regex.compile(
    r"\b[a-z]*(?:[a-z][013457@$]|[013457@$][a-z])[a-z013457@$]*[a-z][a-z013457@$]*"
)
_MIN_MARKED, _MIN_INSIDE, _MIN_MIXED, _MIN_SPACED, _MIN_LEET = 6, 4, 2, 10, 4

_RULES: dict[str, tuple[Severity, str]] = {
    "tag-characters": (Severity.CRITICAL, "Unicode tag characters spell a hidden text."),
    "selector-bytes": (Severity.CRITICAL, "Variation selectors carry a hidden text."),
    "zero-width-binary": (Severity.CRITICAL, "Zero-width characters carry a hidden text."),
    "bidi-override": (Severity.WARNING, "A bidirectional override changes the visible order."),
    "invisible-in-word": (Severity.WARNING, "Invisible characters stand inside words."),
    "mixed-script": (Severity.WARNING, "Words mix letters of look-alike scripts."),
    "mark-noise": (Severity.WARNING, "Letters carry stacks of combining marks."),
    "letter-spacing": (Severity.NOTICE, "Words are spelled with separators between letters."),
    "digit-spelling": (Severity.NOTICE, "Several words use digits or signs for letters."),
    "encoded-text": (Severity.NOTICE, "An encoded run decodes to readable text."),
}


class HiddenText:
    """See the module's docstring."""

    id: ClassVar[str] = "hidden_text"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        pass

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a kind of disguise and segment, with all its places."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM:
                continue
            places: dict[str, list[Span]] = {}
            for kind, start, end in _disguises(segment.text, subject.views[index]):
                places.setdefault(kind, []).append(Span(index, start, end))
            for kind, spans in places.items():
                yield _finding(kind, segment, spans)


def _finding(kind: str, segment: Segment, spans: list[Span]) -> Finding:
    severity, message = _RULES[kind]
    return Finding(
        rule=f"hidden_text/{kind}",
        scanner=HiddenText.id,
        severity=severity,
        score=1.0,
        message=message,
        spans=tuple(spans),
        tags=("owasp:llm01",),
        surface=segment.surface,
    )


def _disguises(text: str, views: tuple[View, ...]) -> Iterator[tuple[str, int, int]]:
    for view in views:
        span = view.source_span(0, len(view.text)) if view.text else (0, 0)
        if view.kind == "hidden":
            yield _channel(text[span[0]]), *span
        elif view.kind in ENCODED:
            yield "encoded-text", *span
        elif view.kind == "despaced" and sum(map(str.isalpha, view.text)) >= _MIN_SPACED:
            yield "letter-spacing", *span
        elif view.kind == "leet" and len(words := _LEET.findall(text.lower())) >= _MIN_LEET:
            if 4 * len(words) >= len(text.split()):
                yield "digit-spelling", *span
    if not text.isascii():
        yield from _characters(text)


def _channel(char: str) -> str:
    if char == "\U0001f3f4" or "\U000e0020" <= char <= "\U000e007f":
        return "tag-characters"
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return "selector-bytes"
    return "zero-width-binary"


def _characters(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _OVERRIDE.finditer(text):
        yield "bidi-override", *match.span()
    inside = list(_IN_WORD.finditer(text))
    soft = sum(m[0] == "\u00ad" for m in inside)
    letters = sum(map(str.isalpha, text))
    # German text hyphenates softly; only a soft hyphen after every few letters is noise.
    if len(inside) - soft >= _MIN_INSIDE or (soft >= _MIN_INSIDE and 3 * soft >= letters):
        yield from (("invisible-in-word", *m.span()) for m in inside)
    marked = list(_MARKS.finditer(text))
    if len(marked) >= _MIN_MARKED:
        yield from (("mark-noise", *m.span()) for m in marked)
    table = folds().confusable
    mixed = [m for m in _WORD.finditer(text) if _has_twin(m[0], table)]
    if len(mixed) >= _MIN_MIXED:
        yield from (("mixed-script", *m.span()) for m in mixed)


def _has_twin(word: str, table: dict[str, str]) -> bool:
    """A Cyrillic, Greek or Armenian look-alike inside a Latin word; Latin letters such as ı are honest."""
    mixed = not word.isascii() and _LATIN.search(word) is not None
    return mixed and any(c in table and "\u0370" <= c <= "\u058f" for c in word)
