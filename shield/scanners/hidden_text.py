"""The presence of disguises: channels and spellings that honest text does not need.

Detects: tag characters, variation-selector bytes, zero-width binary, zero-width characters
inside words, bidi overrides, deletion characters, words that mix look-alike scripts, stacks of
marks, styled and upside-down letters, letter spacing, words cut in pieces, digits for letters,
ciphers, text backwards, encoded text. What the disguise says is judged by the other scanners.
Misses: steganography by word choice or layout; text inside images; respellings in languages
whose words the lexicon does not hold.
False positives: decorative headings, puzzles; such rules only add to the sum.
Cost: linear; the work was done when the views were made.
References: Hackett et al. 2025 (arXiv 2504.11168), table of character injections.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from shield.scanners import NoOptions, Services
from shield.text.canonical import canonical
from shield.text.decoders.readable import reads_as_text
from shield.text.folds import folds
from shield.text.lexicon import known_share
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject
from shield.view import View

_INVISIBLE = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u034f\u180e]+")
_OVERRIDE = re.compile("[\u202d\u202e][^\u202c\n]{2,}")
_MARKS = re.compile("[\u0300-\u036f\u20d0-\u20ff\u0483-\u0489]{2,}")
_MIXED = re.compile("[a-zA-Z][\u0370-\u058f]|[\u0370-\u058f][a-zA-Z]")
_STYLED = re.compile("[\U0001d400-\U0001d7cb\u24b6-\u24e9\U0001f130-\U0001f189]{2,}")
_DELETED = re.compile(r"(?<=\w)[\b\x7f]+(?=\w)")
_LEET = re.compile(r"\b[a-z]*(?:[a-z][013457@$]|[013457@$][a-z])[a-z013457@$]*[a-z][a-z013457@$]*")
# Letters written as escapes, which nothing requires.
_LETTER = r"(?:4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])"
_NEEDLESS = re.compile(
    rf"%{_LETTER}|={_LETTER}|\\u00{_LETTER}|\\x{_LETTER}|\\u\{{0{{0,4}}{_LETTER}"
    rf"|&#[xX]0{{0,2}}{_LETTER}|&#0{{0,2}}(?:6[5-9]|[78]\d|9\d|1[01]\d|12[0-2])(?!\d)"
)
_DATA = ("{", "[", "<")  # tokens of web sessions, drawings
_MIN_MARKED, _MIN_INSIDE, _MIN_MIXED, _MIN_SPACED, _MIN_LEET = 6, 4, 2, 10, 4
_MIN_STYLED, _MIN_DELETED, _MIN_NEEDLESS, _MIN_CUT, _MIN_WORDS = 20, 2, 6, 4, 3
_WORD_ROOM = 60
_SOFT_HYPHEN = "\u00ad"

_RULES: dict[str, tuple[Severity, str]] = {
    "tag-characters": (Severity.CRITICAL, "Unicode tag characters spell a hidden text."),
    "selector-bytes": (Severity.CRITICAL, "Variation selectors carry a hidden text."),
    "zero-width-binary": (Severity.CRITICAL, "Zero-width characters carry a hidden text."),
    "bidi-override": (Severity.WARNING, "A bidirectional override changes the visible order."),
    "invisible-in-word": (Severity.WARNING, "Invisible characters stand inside words."),
    "mixed-script": (Severity.WARNING, "Words mix letters of look-alike scripts."),
    "mark-noise": (Severity.WARNING, "Letters carry stacks of combining marks."),
    "deletion-characters": (Severity.NOTICE, "Deletion characters stand inside words."),
    "styled-letters": (Severity.NOTICE, "Sentences are set in mathematical or boxed letters."),
    "flipped-letters": (Severity.NOTICE, "Letters stand upside down or imitate others."),
    "letter-spacing": (Severity.NOTICE, "Words are spelled with separators between letters."),
    "split-words": (Severity.NOTICE, "Several words are cut in pieces."),
    "digit-spelling": (Severity.NOTICE, "Several words use digits or signs for letters."),
    "cipher-text": (Severity.NOTICE, "A stretch reads as words once a cipher is undone."),
    "reversed-text": (Severity.NOTICE, "A stretch reads as words backwards."),
    "coded-alphabet": (Severity.NOTICE, "Words are spelled in signals or numbers."),
    "encoded-text": (Severity.NOTICE, "An encoded run decodes to readable text."),
}
_CODES = frozenset({"binary", "codes", "morse", "nato", "braille"})
_BLOBS = frozenset({"base64", "base32", "base85", "uuencode", "hex"})
_ESCAPED = frozenset({"percent", "entities", "escapes", "quoted_printable"})
_READ = {
    **dict.fromkeys(("rot13", "atbash", "caesar"), "cipher-text"),
    **dict.fromkeys(("upright", "unstyled"), "flipped-letters"),
    "reversed": "reversed-text",
    "despaced": "letter-spacing",
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
            places: dict[str, dict[Span, None]] = {}
            for kind, start, end in _disguises(segment.text, subject.views[index]):
                places.setdefault(kind, {})[Span(index, start, end)] = None
            for kind, spans in places.items():
                yield _finding(kind, segment, tuple(spans))


def _finding(kind: str, segment: Segment, spans: tuple[Span, ...]) -> Finding:
    severity, message = _RULES[kind]
    return Finding(
        rule=f"hidden_text/{kind}",
        scanner=HiddenText.id,
        severity=severity,
        score=1.0,
        message=message,
        spans=spans,
        tags=("owasp:llm01",),
        surface=segment.surface,
    )


def _disguises(text: str, views: tuple[View, ...]) -> Iterator[tuple[str, int, int]]:
    for view in views:
        span = view.source_span(0, len(view.text)) if view.text else (0, 0)
        kind = _channel(text[span[0]]) if view.kind == "hidden" else _disguise(view, text)
        if kind:
            yield kind, *span
    if text.count("\b") + text.count("\x7f") >= _MIN_DELETED:
        deleted = list(_DELETED.finditer(text))
        if len(deleted) >= _MIN_DELETED:
            yield from (("deletion-characters", *m.span()) for m in deleted)
    if not text.isascii():
        yield from _characters(text)


def _disguise(view: View, text: str) -> str:
    """The disguise that a view took off; empty when honest texts have such views too."""
    if view.kind in _BLOBS | _CODES:
        said = (line for line in view.text.split("\n") if not line.startswith(_DATA))
        slug = "encoded-text" if view.kind in _BLOBS else "coded-alphabet"
        return slug if any(map(reads_as_text, said)) else ""
    if view.kind in _ESCAPED:
        return "encoded-text" if len(_NEEDLESS.findall(text)) >= _MIN_NEEDLESS else ""
    if view.kind in _READ:
        longer, share = known_share(view.text)
        if (
            view.kind == "despaced"
            and _SOFT_HYPHEN in text[slice(*view.source_span(0, len(view.text)))]
        ):
            return ""  # for the typesetter; what they part is read in any case
        spaced = view.kind == "despaced" and sum(map(str.isalpha, view.text)) >= _MIN_SPACED
        enough = share >= 0.5 and longer >= (1 if spaced else _MIN_WORDS)
        return _READ[view.kind] if enough else ""
    if view.kind == "leet":
        words = _LEET.findall(text.lower())
        many = len(words) >= _MIN_LEET and 4 * len(words) >= len(text.split())
        return "digit-spelling" if many else ""
    return "split-words" if view.kind == "joined" and _cuts(view, text) >= _MIN_CUT else ""


def _cuts(view: View, text: str) -> int:
    """How many words were made whole that no line end had cut."""
    if view.pieces is None:
        return 0
    at = [*view.pieces.at, len(view.text)]
    spans = [(a, b) for a, b in itertools.pairwise(at) if b > a]
    sources = [(view.source_span(a, b), b - a) for a, b in spans]
    return sum(e - s != size and "\n" not in text[s:e] for (s, e), size in sources)


def _channel(char: str) -> str:
    if char == "\U0001f3f4" or "\U000e0020" <= char <= "\U000e007f":
        return "tag-characters"
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return "selector-bytes"
    return "zero-width-binary"


def _characters(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _OVERRIDE.finditer(text):
        yield "bidi-override", *match.span()
    inside = [m for m in _INVISIBLE.finditer(text) if _between_latin(text, *m.span())]
    soft = sum(m[0] == "\u00ad" for m in inside)
    letters = sum(map(str.isalpha, text)) if soft >= _MIN_INSIDE else 0
    # German text hyphenates softly; only a soft hyphen after every few letters is noise.
    if len(inside) - soft >= _MIN_INSIDE or (soft >= _MIN_INSIDE and 3 * soft >= letters):
        yield from (("invisible-in-word", *m.span()) for m in inside)
    marked = list(_MARKS.finditer(text))
    if len(marked) >= _MIN_MARKED:
        yield from (("mark-noise", *m.span()) for m in marked)
    mixed = dict.fromkeys(filter(None, (_mixed(text, m.start()) for m in _MIXED.finditer(text))))
    if len(mixed) >= _MIN_MIXED:
        yield from (("mixed-script", *span) for span in mixed)
    styled = list(_STYLED.finditer(text))
    if sum(len(m[0]) for m in styled) >= _MIN_STYLED:
        longer, _ = known_share(canonical(" ".join(m[0] for m in styled)).text)
        if longer >= _MIN_WORDS:
            yield from (("styled-letters", *m.span()) for m in styled)


def _between_latin(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1] if start else ""
    return len(around) == 2 and around.isascii() and around.isalpha()


def _mixed(text: str, place: int) -> tuple[int, int] | None:
    """The word at a place when a look-alike of a Latin letter stands in it; Latin letters such
    as ı are honest.
    """
    start, end = place, place + 1
    while start and place - start < _WORD_ROOM and text[start - 1].isalpha():
        start -= 1
    while end < len(text) and end - place < _WORD_ROOM and text[end].isalpha():
        end += 1
    table = folds().confusable
    twins = any(char in table and "\u0370" <= char <= "\u058f" for char in text[start:end])
    return (start, end) if twins else None
