"""The injection classifier: a small encoder, once a window of every worded view.

A long text first goes through the n-gram model, which costs a hundredth: only stretches that
it cannot clear are shown to the encoder, with some text around them. Its pass threshold
stands in its card, with the share of true alarms that it lets through.

Two scores are reported. The finding that blocks by itself from a high threshold has the log odds of
both models: what reads like an attack to two that share no vocabulary is one more surely.
`injection/suspect` has the encoder's alone, a lower threshold, and only weighs beside what other
scanners found.

Detects: text that tries to take control of the model, as a user's message or inside data.
Misses: families and languages far from its training texts; see the model's card.
False positives: role-play prompts, text about security; measured per domain in the report.
Cost: 2-5 ms for a short prompt, about 10 ms for a window of 128 tokens, on one core.
References: the model card in `models/injection/card.toml`; OWASP LLM01:2025.
"""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from msgspec import Struct

from shield.errors import InferenceError
from shield.inference.engine import Scores
from shield.scanners import NoOptions, Services
from shield.text.sentences import widened
from shield.text.views import worded
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject, Surface
from shield.view import View

_MODEL, _FIRST = "injection", "injection_ngram"
_LONG = 6_000  # characters from which the first tier saves more than it costs
_AROUND = 200
_SURFACES = {Surface.USER: "user", Surface.DATA: "data", Surface.ANSWER: "data"}
_RULES = {"injection": "injection/takeover", "jailbreak": "injection/jailbreak"}
_MESSAGES = {
    "injection/takeover": "The text tries to give the model other instructions.",
    "injection/jailbreak": "The text tries to free the model from its rules.",
    "injection/suspect": "The text may try to steer the model; this counts beside other findings.",
}
# What the n-gram model's log odds count beside the encoder's. It knows wordings: more of attacks that
# people type than of notes in documents. Chosen on tune batches, each judged by the others' thresholds.
_SECOND = {"user": 1.0, "data": 0.3}
_SURE = 12.0  # nats at which a model's certainty is cut off
# Beside words that are surely of the attack, those that are marked with less belong to the carrier.
_MARKED = 0.8
_SUSPECT = "injection/suspect"


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
        """Two findings a segment, whatever the scores: the highest of its pieces."""
        for index, segment in enumerate(subject.segments):
            views = worded(subject.views[index])
            if segment.source is Source.SYSTEM or not segment.text.strip() or not views:
                continue
            surface = _SURFACES[segment.surface]
            pieces = [piece for view in views for piece in self._pieces(view, surface)]
            found = self._opinions(pieces, surface)
            nothing = _Opinion("injection/takeover", 0.0, 0.0, (_whole(views[0]),))
            worst = max(found, key=lambda one: one.both, default=nothing)
            yield self._finding(segment, index, worst, worst.rule, worst.both)
            worst = max(found, key=lambda one: one.alone, default=nothing)
            yield self._finding(segment, index, worst, _SUSPECT, worst.alone)

    def _opinions(self, pieces: Sequence["_Piece"], surface: str) -> list["_Opinion"]:
        """What the models make of each piece."""
        texts = [(piece.text, surface) for piece in pieces]
        scored = self._engine.scores(_MODEL, texts)
        worded = self._engine.scores(_FIRST, texts)
        return [
            _opinion(piece, first, second, _SECOND[surface])
            for piece, first, second in zip(pieces, scored, worded, strict=True)
        ]

    def _finding(
        self, segment: Segment, index: int, opinion: "_Opinion", rule: str, score: float
    ) -> Finding:
        suspect = rule == _SUSPECT
        return Finding(
            rule=rule,
            scanner=self.id,
            severity=Severity.NOTICE if suspect else Severity.CRITICAL,
            score=score,
            message=_MESSAGES[rule],
            spans=tuple(Span(index, start, end) for start, end in opinion.ranges),
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


class _Opinion(Struct, frozen=True):
    """The rule, the score of both models and of the encoder alone, and the source ranges of the
    attack.
    """

    rule: str
    both: float
    alone: float
    ranges: tuple[tuple[int, int], ...]


def _opinion(piece: _Piece, first: Scores, second: Scores, weight: float) -> _Opinion:
    """Of the most suspicious windows."""
    window = min(first.windows, key=lambda w: w.probabilities[0])
    attack = max(range(1, len(first.labels)), key=window.probabilities.__getitem__)
    alone = min(1.0, max(0.0, 1.0 - window.probabilities[0]))
    other = max(1.0 - w.probabilities[0] for w in second.windows)
    # Whole sentences, so that a cut leaves no half order behind.
    sure = [mark for mark in first.marks if mark.score >= _MARKED]
    marked = widened(piece.text, ((mark.start, mark.end) for mark in sure or first.marks))
    places = marked or ((window.start, window.end),)
    ranges = tuple(
        piece.view.source_span(piece.start + start, piece.start + end) for start, end in places
    )
    both = 1.0 / (1.0 + math.exp(-_log_odds(alone) - weight * _log_odds(other)))
    return _Opinion(_RULES[first.labels[attack]], both, alone, ranges)


def _whole(view: View) -> tuple[int, int]:
    return view.source_span(0, len(view.text))


def _log_odds(score: float) -> float:
    odds = score / (1.0 - score) if score < 1.0 else math.inf
    return min(_SURE, max(-_SURE, math.log(odds) if odds else -_SURE))
