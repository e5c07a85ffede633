"""The injection classifier: a small encoder, once a window of every worded view.

Detects: text that tries to take control of the model, as a user's message or inside data.
Misses: families and languages far from its training texts; see the model's card.
False positives: role-play prompts, text about security; measured per domain in the report.
Cost: 2-5 ms for a short prompt, about 10 ms for a window of 128 tokens, on one core.
References: the model card in `models/injection/card.toml`; OWASP LLM01:2025.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.errors import InferenceError
from shield.inference.engine import Scores
from shield.scanners import NoOptions, Services
from shield.text.views import worded
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject, Surface
from shield.view import View

_MODEL = "injection"
_SURFACES = {Surface.USER: "user", Surface.DATA: "data", Surface.ANSWER: "data"}
_RULES = {"injection": "injection/takeover", "jailbreak": "injection/jailbreak"}
_MESSAGES = {
    "injection/takeover": "The text tries to give the model other instructions.",
    "injection/jailbreak": "The text tries to free the model from its rules.",
}


class Injection:
    """See the module's docstring."""

    id: ClassVar[str] = "injection"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the injection scanner needs an inference engine")
        self._engine = services.engine

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a segment, whatever its score: the highest of its windows."""
        for index, segment in enumerate(subject.segments):
            views = worded(subject.views[index])
            if segment.source is Source.SYSTEM or not segment.text.strip() or not views:
                continue
            surface = _SURFACES[segment.surface]
            scored = self._engine.scores(_MODEL, [(v.text, surface) for v in views])
            score, rule, (start, end) = max(map(_worst, views, scored))
            yield Finding(
                rule=rule,
                scanner=self.id,
                severity=Severity.CRITICAL,
                score=score,
                message=_MESSAGES[rule],
                spans=(Span(index, start, end),),
                tags=("owasp:llm01",),
                surface=segment.surface,
            )


def _worst(view: View, scores: Scores) -> tuple[float, str, tuple[int, int]]:
    """The score, rule and source range of the most suspicious window."""
    window = min(scores.windows, key=lambda w: w.probabilities[0])
    attack = max(range(1, len(scores.labels)), key=window.probabilities.__getitem__)
    score = min(1.0, max(0.0, 1.0 - window.probabilities[0]))
    return score, _RULES[scores.labels[attack]], view.source_span(window.start, window.end)
