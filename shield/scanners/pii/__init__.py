"""Personal identifiers, by Presidio's recognisers on a blank language pipeline.

Detects: payment cards, IBANs, national identity, tax and health numbers with checksums or
context words, crypto wallets, and, where the policy asks for them, e-mail addresses, phone
numbers and IP addresses, and by a model (`LEARNED`) persons, places, organisations, dates,
addresses and numbers that a person goes by.
Misses: numbers glued into a word of more than a hundred characters; free descriptions of
persons; numbers without a checksum that stand far from any context word; what the model's
card (`models/pii_ner/card.toml`) names.
False positives: order numbers and product codes that happen to pass a checksum.
Cost: Presidio takes about 25 µs a character; only stretches around digits, "@" and long
tokens are given to it, so that prose costs one linear search. The model, where the policy asks
for what it marks, reads the whole text: about 5 ms a hundred words on one core.
References: Microsoft Presidio; OWASP LLM02:2025.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal

from msgspec.structs import replace

from shield.errors import InferenceError
from shield.scanners import Services
from shield.scanners.pii.entities import CHECK_DIGIT, LEARNED, MODEL, SEVERITY, PiiOptions
from shield.scanners.pii.marks import Entity, entities
from shield.scanners.pii.presidio import Presidio
from shield.scanners.pii.stretches import AROUND, stretches
from shield.types import Checkpoint, Finding, Segment, Source, Span, Subject

__all__ = ["Pii", "PiiOptions", "stretches"]

_WEAK = 0.4
_SURFACE = "text"


class Pii:
    """See the module's docstring."""

    id: ClassVar[str] = "pii"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 200
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = PiiOptions

    def __init__(self, options: PiiOptions, services: Services) -> None:
        self._learned = frozenset(options.entities) & frozenset(LEARNED)
        if self._learned and services.engine is None:
            raise InferenceError(f"{', '.join(sorted(self._learned))} need an inference engine")
        self._engine = services.engine
        self._presidio = Presidio(options.entities)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding an identifier; the score is Presidio's."""
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM:
                yield from self._segment(index, segment)

    def _segment(self, index: int, segment: Segment) -> Iterator[Finding]:
        seen: set[tuple[str, Span]] = set()
        marks = self._marks(segment.text)
        for start, end in stretches(segment.text, [(m.start, m.end) for m in marks]):
            part = segment.text[start:end]
            for found in self._presidio.analyze(part, _within(marks, start, end)):
                span = Span(index, start + found.start, start + found.end)
                if (
                    not _joined(part, found.start, found.end)
                    and (found.entity_type, span) not in seen
                ):
                    seen.add((found.entity_type, span))
                    yield self._finding(found, span, segment)

    def _marks(self, text: str) -> list[Entity]:
        """What the model marks in the whole text, of what the policy asks for."""
        if not self._learned or self._engine is None or not text.strip():
            return []
        (scores,) = self._engine.scores(MODEL, [(text, _SURFACE)])
        return [mark for mark in entities(text, scores) if mark.label in self._learned]

    def _score(self, found: Any, around: str) -> float:
        """Presidio's score; a bare number with one check digit is weak without a context word."""
        score = min(1.0, float(found.score))
        words = self._presidio.context.get(found.entity_type, ())
        if found.entity_type in CHECK_DIGIT and not any(w in around.lower() for w in words):
            return min(score, _WEAK)
        return score

    def _finding(self, found: Any, span: Span, segment: Segment) -> Finding:
        return Finding(
            rule=f"pii/{found.entity_type.lower().replace('_', '-')}",
            scanner=self.id,
            severity=SEVERITY[found.entity_type],
            score=self._score(found, segment.text[max(0, span.start - AROUND) : span.end + AROUND]),
            message="The text holds a personal identifier.",
            spans=(span,),
            tags=("owasp:llm02",),
            surface=segment.surface,
        )


def _within(marks: Iterable[Entity], start: int, end: int) -> list[Entity]:
    """The marks that lie whole in [start, end), counted from `start`."""
    return [
        replace(mark, start=mark.start - start, end=mark.end - start)
        for mark in marks
        if start <= mark.start and mark.end <= end
    ]


def _joined(text: str, start: int, end: int) -> bool:
    """True for a part of a longer word or number, such as eleven digits inside an IBAN."""
    return (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())
