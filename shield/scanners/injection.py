"""The injection classifier: a small encoder, once a window of every worded view.

A long text first goes through the n-gram model, which costs a hundredth: only stretches that
it cannot clear are shown to the encoder, with some text around them. Its pass threshold
stands in its card, with the share of true alarms that it lets through.

Detects: text that tries to take control of the model, as a user's message or inside data.
Misses: families and languages far from its training texts; see the model's card.
False positives: role-play prompts, text about security; measured per domain in the report.
Cost: 2-5 ms for a short prompt, about 10 ms for a window of 128 tokens, on one core.
References: the model card in `models/injection/card.toml`; OWASP LLM01:2025.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from msgspec import Struct

from shield.errors import InferenceError
from shield.inference.engine import Scores
from shield.scanners import NoOptions, Services
from shield.text.sentences import widened
from shield.text.views import worded
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject, Surface
from shield.view import View

_MODEL, _FIRST = "injection", "injection_ngram"
_LONG = 6_000  # characters from which the first tier saves more than it costs
_AROUND = 200
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
    models: ClassVar[tuple[str, ...]] = (_MODEL, _FIRST)
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
            pieces = [piece for view in views for piece in self._pieces(view, surface)]
            scored = self._engine.scores(_MODEL, [(p.text, surface) for p in pieces])
            nothing = (0.0, "injection/takeover", (views[0].source_span(0, len(views[0].text)),))
            score, rule, ranges = max(map(_worst, pieces, scored), default=nothing)
            yield Finding(
                rule=rule,
                scanner=self.id,
                severity=Severity.CRITICAL,
                score=score,
                message=_MESSAGES[rule],
                spans=tuple(Span(index, start, end) for start, end in ranges),
                tags=("owasp:llm01",),
                surface=segment.surface,
            )

    def _pieces(self, view: View, surface: str) -> list["_Piece"]:
        """The view, or of a long one what the first tier does not clear."""
        if len(view.text) <= _LONG:
            return [_Piece(view, 0, view.text)]
        (first,) = self._engine.scores(_FIRST, [(view.text, surface)])
        least = self._engine.card(_FIRST).surfaces[surface].pass_threshold
        kept: list[tuple[int, int]] = []
        for window in first.windows:
            if 1.0 - window.probabilities[0] < least:
                continue
            start = max(0, window.start - _AROUND)
            if kept and start <= kept[-1][1]:
                start = kept.pop()[0]
            kept.append((start, window.end + _AROUND))
        return [_Piece(view, start, view.text[start:end]) for start, end in kept]


class _Piece(Struct, frozen=True):
    """A stretch of a view that the encoder reads."""

    view: View
    start: int
    text: str


def _worst(piece: _Piece, scores: Scores) -> tuple[float, str, tuple[tuple[int, int], ...]]:
    """The score and rule of the most suspicious window, and the source ranges of the attack."""
    window = min(scores.windows, key=lambda w: w.probabilities[0])
    attack = max(range(1, len(scores.labels)), key=window.probabilities.__getitem__)
    score = min(1.0, max(0.0, 1.0 - window.probabilities[0]))
    # Whole sentences, so that a cut leaves no half order behind.
    marked = widened(piece.text, ((mark.start, mark.end) for mark in scores.marks))
    places = marked or ((window.start, window.end),)
    ranges = tuple(
        piece.view.source_span(piece.start + start, piece.start + end) for start, end in places
    )
    return score, _RULES[scores.labels[attack]], ranges
