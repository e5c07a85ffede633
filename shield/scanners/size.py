"""Texts that are too long, or stuffed with repetitions.

Detects: more characters or tokens than the policy allows; stretches in which one word, phrase
or line is repeated (`size/repetition`); long texts that say the same again and again
(`size/redundancy`): context stuffing, which pushes rules out of a model's context or makes it
babble, and models that babble.
Misses: long texts without repetition, where no limit is set; a unit of more than 100 characters
in a text of less than 16,384.
False positives: matrices of zeros, logs of one line, test data; the shipped limits lie above
what honest messages hold.
Cost: linear; 3 ms for 65,536 characters, 10 ms more where tokens are limited.
References: OWASP LLM10:2025; "Scalable Extraction of Training Data" (Nasr et al., 2023).
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shield.document import Document
from shield.policy.schema import SEVERITIES, Positive, SeverityName
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Segment, Source, Span, Subject, Surface

_CHUNK = 1_024  # characters that are compressed together
_REPETITIVE = 8.0  # times that a chunk of repetitions shrinks; prose shrinks to a half
_LONG = 16_384  # characters from which a whole text is compressed
# About what byte-pair vocabularies make of text; a run of white space belongs to what follows.
_TOKEN = re.compile(r"[A-Za-z]{1,6}|[0-9]{1,3}|[^\x00-\x7f]{1,2}|[^\sA-Za-z0-9]")
_MESSAGES = {
    "size/characters": "The text has more characters than the policy allows.",
    "size/tokens": "The text has more tokens than the policy allows.",
    "size/repetition": "The text repeats one thing over a long stretch.",
    "size/redundancy": "The text says the same many times.",
}


class SizeOptions(Document):
    """Limits of one text (a message, a document, a tool result); None is no limit.

    `tokens` are estimated. `repeated` counts the characters in stretches of repetition,
    `redundancy` how many times a text of 16,384 characters or more shrinks when compressed.
    """

    characters: Positive | None = None
    tokens: Positive | None = None
    repeated: Positive | None = 4_000
    redundancy: Annotated[float, Field(gt=1)] | None = 40.0
    severity: SeverityName = "error"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = tuple(Surface)


class Size:
    """See the module's docstring."""

    id: ClassVar[str] = "size"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = SizeOptions

    def __init__(self, options: SizeOptions, services: Services) -> None:
        self._options = options

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a limit that is exceeded; the score n / (n + limit) passes 0.5 there."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or segment.surface not in self._options.surfaces:
                continue
            stretches = repetitions(segment.text) if self._options.repeated else []
            for rule, amount, limit in self._amounts(segment, stretches):
                if limit is not None and amount > limit:
                    places = stretches if rule == "size/repetition" else [(0, len(segment.text))]
                    yield Finding(
                        rule=rule,
                        scanner=self.id,
                        severity=SEVERITIES[self._options.severity],
                        score=amount / (amount + limit),
                        message=_MESSAGES[rule],
                        spans=tuple(Span(index, start, end) for start, end in places),
                        tags=("owasp:llm10",),
                        surface=segment.surface,
                    )

    def _amounts(
        self, segment: Segment, stretches: list[tuple[int, int]]
    ) -> Iterator[tuple[str, float, float | None]]:
        limits, text = self._options, segment.text
        yield "size/characters", len(text), limits.characters
        if limits.tokens:
            yield "size/tokens", tokens(text), limits.tokens
        yield "size/repetition", sum(end - start for start, end in stretches), limits.repeated
        if limits.redundancy and len(text) >= _LONG:
            yield "size/redundancy", shrinks(text), limits.redundancy


def tokens(text: str) -> int:
    """About how many tokens a model reads: six Latin letters, three digits, two characters of
    another script or one sign are one.
    """
    return sum(1 for _ in _TOKEN.finditer(text))


def repetitions(text: str) -> list[tuple[int, int]]:
    """The stretches of a text that repeat one thing, in whole chunks of 1,024 characters."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(text) - _CHUNK + 1, _CHUNK):
        if shrinks(text[start : start + _CHUNK]) >= _REPETITIVE:
            first = found.pop()[0] if found and found[-1][1] == start else start
            found.append((first, start + _CHUNK))
    return found


def shrinks(text: str) -> float:
    """How many times shorter a text is when it is compressed."""
    raw = text.encode("utf-8", "replace")
    return len(raw) / len(zlib.compress(raw, 1))
