"""Figures, dates and names of an answer that the supplied documents do not support.

Detects: numbers, dates and names that occur nowhere in the documents, the user's turns or the system
prompt, and do not follow from their tables; figures of a table (Markdown, CSV, columns, HTML)
that the sentence gives to another row or column, in another scale, currency or unit, or with the wrong
sign. Roundings, other scales and the number formats of any locale are the same figure.
With `model`, sentences that no supplied text supports, by the model of pairs `grounding`.
Misses: without it, claims without a figure, a date or a name; numbers in words; whole numbers up to twelve, unless
row and column are both named; a figure of the wrong row where the sentence names its row in another
language than the table.
False positives: figures that follow by more than one step; 7 of 33 faithful summaries written blind were
flagged, and 29 of 33 corrupted ones (`benchmarks/figures.py`); names that only the answer spells so.
Only answers to which a document or a tool's result was supplied are judged.
Cost: linear in the documents and the answer; 3 ms a thousand characters of both together.
References: table-to-text faithfulness (PARENT, Dhingra et al. 2019); OWASP LLM09:2025.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal

from shield.document import Document
from shield.errors import InferenceError
from shield.inference.support import PAIRS, Support, parts
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.scanners.grounding.figured import Doubt, doubts
from shield.scanners.grounding.supplied import Supplied, supplied
from shield.text.overlap import places, spelled, telling
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

_MESSAGES = {
    "unknown-figure": "The answer states a figure that no supplied document holds.",
    "swapped-figure": "The answer gives a figure to another row or column than the document does.",
    "wrong-scale": "The answer states a figure in another scale than the document.",
    "wrong-sign": "The answer states a figure with another sign than the document.",
    "wrong-unit": "The answer states a figure in another unit or currency than the document.",
    "unknown-date": "The answer states a date that no supplied document holds.",
    "unknown-name": "The answer names somebody or something that no supplied document names.",
    "unsupported-claim": "The answer claims something that no supplied document supports.",
}
_OPEN = re.compile(
    r"(?i)(?<!\w)(?:mio|mrd|tsd|tys|mln|mld|ca|nr|no|approx|dr|mr|mrs|ms|st|inc|corp|ltd|co|vs|bzw|etc|art|fig|p|pp|vol|mn|bn|\d{1,2})\.$"
)
_PLACES = 50
_CLAIMS = 32  # sentences that the model is asked about
_TELLING = 3
_LONGEST = 2_000  # characters of a sentence; a longer one is judged in parts


class GroundingOptions(Document):
    """`names` False leaves names alone; `severity` is that of all rules. `model` asks the model of pairs
    `grounding` about whole sentences, too.
    """

    names: bool = True
    model: bool = False
    severity: SeverityName = "error"

    def graphs(self) -> tuple[str, ...]:
        """The graphs that are needed."""
        return (PAIRS,) if self.model else ()


class Grounding:
    """See the module's docstring."""

    id: ClassVar[str] = "grounding"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = GroundingOptions

    def __init__(self, options: GroundingOptions, services: Services) -> None:
        self._options = options
        if options.model and services.engine is None:
            raise InferenceError("grounding with model needs an inference engine")
        self._support = Support(services.engine) if options.model and services.engine else None

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule and segment; nothing where no document was supplied."""
        documents = [s.text for s in subject.history if s.source in {Source.TOOL, Source.DOCUMENT}]
        if not documents:
            return
        known = supplied(documents, [s.text for s in subject.intent])
        severity = SEVERITIES[self._options.severity]
        for index, segment in enumerate(subject.segments):
            found = [
                doubt
                for doubt in _doubts(segment.text, known)
                if self._options.names or doubt.rule != "unknown-name"
            ]
            if self._support is not None and not subject.partial:
                texts = [*documents, *(s.text for s in subject.intent)]
                found += _claims(segment.text, texts, self._support)
            yield from _findings(index, segment, found, severity)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences stand; the full stop of an abbreviation or an ordinal ends none."""
    held: tuple[int, int] | None = None
    for start, end in places(text):
        joined = held is not None and _OPEN.search(text, max(held[0], held[1] - 12), held[1])
        if held is not None and joined and "\n" not in text[held[1] : start]:
            held = held[0], end
            continue
        if held is not None:
            yield held
        held = start, end
    if held is not None:
        yield held


def _doubts(text: str, known: Supplied) -> Iterator[Doubt]:
    for start, end in sentences(text):
        for first in range(start, end, _LONGEST):
            last = min(end, first + _LONGEST)
            for doubt in doubts(text[first:last], known):
                yield doubt._replace(start=first + doubt.start, end=first + doubt.end)


def _claims(text: str, texts: Sequence[str], support: Support) -> Iterator[Doubt]:
    """The first sentences that say something, each as doubtful as the model finds it."""
    held = parts(texts)
    told = [(a, b) for a, b in sentences(text) if len(telling(spelled(text[a:b]))) >= _TELLING]
    for start, end in told[:_CLAIMS]:
        found = support.of(text[start:end], held)
        if found is not None:
            yield Doubt("unsupported-claim", 1.0 - found, start, end)


def _findings(
    index: int, segment: Segment, found: list[Doubt], severity: Severity
) -> Iterator[Finding]:
    for rule in sorted({doubt.rule for doubt in found}):
        mine = sorted((d for d in found if d.rule == rule), key=lambda d: -d.score)[:_PLACES]
        yield Finding(
            rule=f"grounding/{rule}",
            scanner=Grounding.id,
            severity=severity,
            score=mine[0].score,
            message=_MESSAGES[rule],
            spans=tuple(sorted(Span(index, d.start, d.end) for d in mine)),
            tags=("owasp:llm09",),
            surface=segment.surface,
        )
