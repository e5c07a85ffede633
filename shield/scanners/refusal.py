"""Answers that decline what was asked: a number to watch, nothing to stop.

Detects: an answer whose first words decline, in a dozen languages, as `shield.text.refusals` has them.
Misses: answers that decline late, or help with something else instead.
False positives: an answer that begins by saying what somebody else cannot do in the first person.
Cost: constant; 50 µs an answer.
References: `no_refusal` of LLM Guard.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.scanners import NoOptions, Services
from shield.text.refusals import refuses
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject

_HEAD = 400  # characters in which an answer declines


class Refusal:
    """See the module's docstring."""

    id: ClassVar[str] = "refusal"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        pass

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a text that declines; what is still being written is not judged."""
        if subject.partial:
            return
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM and refuses(segment.text):
                yield Finding(
                    rule="refusal/declined",
                    scanner=self.id,
                    severity=Severity.NOTICE,
                    score=1.0,
                    message="The answer declines what was asked.",
                    spans=(Span(index, 0, min(_HEAD, len(segment.text))),),
                    surface=segment.surface,
                )
