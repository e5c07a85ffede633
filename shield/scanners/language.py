"""Text in a language that the application does not serve.

Detects: passages that are with certainty in none of the allowed languages, by a model of 139
languages; in whole texts that are mostly so, or, with `judge = "passage"`, in any passage.
Misses: a few words; languages written in the letters of another one (Hindi in Latin letters);
near relatives of an allowed language (Danish where Norwegian is allowed), which count as it.
False positives: quotations and word lists; single names, codes and numbers are left out.
Cost: linear; half a millisecond for a message, 100 ms for 65,536 characters; 80 MB of memory and
two seconds at start for the model.
References: py3langid, the maintained fork of langid.py (Lui and Baldwin, 2012).
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from msgspec import Struct
from pydantic import Field

from shield.document import Document
from shield.errors import PolicyError
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.languages import LEAST, code, expected, foreign, weight
from shield.text.passages import passages
from shield.types import Checkpoint, Finding, Source, Span, Subject, Surface

_PASSAGE = 250  # characters
_SHOWN = 0.5  # certainty from which a passage has its span
_MEND = "name languages by their codes, as in allow = ['en', 'de']"


class LanguageOptions(Document):
    """The languages that may be used, as BCP 47 codes, of which the first part counts.

    `judge` says what the score is about: the share of the whole text, or its worst passage.
    Documents and tool results are read only where `surfaces` says so.
    """

    allow: tuple[str, ...] = ()
    judge: Literal["whole", "passage"] = "whole"
    severity: SeverityName = "warning"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = (Surface.USER, Surface.ANSWER)


class _Passage(Struct, frozen=True):
    """A passage, what it weighs, and how certain it is that it is in another language."""

    start: int
    end: int
    weight: int
    certainty: float


class Language:
    """See the module's docstring."""

    id: ClassVar[str] = "language"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = LanguageOptions

    def __init__(self, options: LanguageOptions, services: Services) -> None:
        place = "scanners.language.options.allow"
        if not options.allow:
            raise PolicyError(f"{place}: without a language it does nothing", mend=_MEND)
        if unknown := [tag for tag in options.allow if not code(tag)]:
            raise PolicyError(f"{place}: the model does not know {unknown[0]!r}", mend=_MEND)
        self._options = options
        self._known = expected(map(code, options.allow))

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a segment that has a certain passage; the score as `judge` says."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or segment.surface not in self._options.surfaces:
                continue
            read = self._read(segment.text)
            others = [p for p in read if p.certainty >= _SHOWN]
            if others:
                yield Finding(
                    rule="language/other",
                    scanner=self.id,
                    severity=SEVERITIES[self._options.severity],
                    score=self._score(read),
                    message="The text is in a language that is not allowed.",
                    spans=tuple(Span(index, p.start, p.end) for p in others),
                    surface=segment.surface,
                )

    def _read(self, text: str) -> list[_Passage]:
        """The passages that are long enough to be judged."""
        weighed = [(a, b, weight(text[a:b])) for a, b in passages(text, _PASSAGE)]
        return [
            _Passage(a, b, heavy, foreign(text[a:b], self._known))
            for a, b, heavy in weighed
            if heavy >= LEAST
        ]

    def _score(self, read: list[_Passage]) -> float:
        if self._options.judge == "passage":
            return max(p.certainty for p in read)
        return sum(p.weight * p.certainty for p in read) / sum(p.weight for p in read)
