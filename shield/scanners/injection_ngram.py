"""A second opinion on injections: a linear model over hashed character n-grams.

As the encoder's, each score is reported twice: `injection_ngram/suspect` has a lower threshold and
only weighs beside what other scanners found.

Detects: wordings of known families of attacks, in any script; it shares no vocabulary with
the encoder, so that what blinds the one need not blind the other.
Misses: paraphrases; it knows wordings and not meanings.
False positives: text about attacks; measured per domain in the report.
Cost: about 0.2 ms for a window of 512 characters.
References: the model card in `models/injection_ngram/card.toml`; OWASP LLM01:2025.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from msgspec.structs import replace

from shield.errors import InferenceError
from shield.scanners import NoOptions, Services
from shield.text.views import worded
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject, Surface

_MODEL = "injection_ngram"
_SUSPECT = "injection_ngram/suspect"
_SUSPECT_MESSAGE = "The wording resembles attempts at control; this counts beside other findings."
_SURFACES = {Surface.USER: "user", Surface.DATA: "data", Surface.ANSWER: "data"}


class InjectionNgram:
    """See the module's docstring."""

    id: ClassVar[str] = "injection_ngram"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the injection_ngram scanner needs an inference engine")
        self._engine = services.engine

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """Two findings a segment, whatever the score: the highest of its windows."""
        for index, segment in enumerate(subject.segments):
            views = worded(subject.views[index])
            if segment.source is Source.SYSTEM or not segment.text.strip() or not views:
                continue
            surface = _SURFACES[segment.surface]
            scored = self._engine.scores(_MODEL, [(v.text, surface) for v in views])
            seen = [(w, v) for v, s in zip(views, scored, strict=True) for w in s.windows]
            window, view = min(seen, key=lambda pair: pair[0].probabilities[0])
            found = Finding(
                rule="injection_ngram/wording",
                scanner=self.id,
                severity=Severity.CRITICAL,
                score=min(1.0, max(0.0, 1.0 - window.probabilities[0])),
                message="The text is worded like attempts to take control of the model.",
                spans=(Span(index, *view.source_span(window.start, window.end)),),
                tags=("owasp:llm01",),
                surface=segment.surface,
            )
            yield found
            yield replace(found, rule=_SUSPECT, severity=Severity.WARNING, message=_SUSPECT_MESSAGE)
