"""Harmful content: what a user asks for, and what an answer contains, in kinds.

The kinds are categories of OpenAI's moderation endpoint; the model's card gives the MLCommons
names, and lists the categories that nothing was fitted for under `not_covered`.

Detects: requests for, and passages of, harassment, hate, illicit help, self-harm, sexual content
and violence, each as a rule of its own, with a severity by how sure the model is.
Misses: the categories that the card does not cover, veiled hate, most languages but English;
documents and tool results, which are neither asked nor answered.
False positives: text about such things and dark fiction, 2-7 % of honest prompts at `low`, up to
2 % at `high` (see the card); refusals and quotations were fitted as harmless.
Cost: one run of the graph a window of 256 tokens, about 10 ms on one core.
References: the model card in `models/harm/card.toml`; OWASP LLM09:2025; MLCommons AILuminate 1.0.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from shield.document import Document
from shield.errors import InferenceError, ModelError
from shield.inference.engine import Scores
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject, Surface

_MODEL = "harm"
_SURFACES = {Surface.USER: "user", Surface.ANSWER: "answer"}
_MESSAGE = "The text asks for harmful content, or contains it."
Band = Literal["low", "medium", "high"]
# The least score of each band and what it weighs; the card states the same bands.
BANDS: dict[Band, tuple[float, Severity]] = {
    "high": (0.9, Severity.ERROR),
    "medium": (0.75, Severity.WARNING),
    "low": (0.5, Severity.NOTICE),
}


class HarmOptions(Document):
    """`least` is the lowest band that is reported; `categories` those to look for, all when empty."""

    least: Band = "medium"
    categories: tuple[str, ...] = ()


class Harm:
    """See the module's docstring."""

    id: ClassVar[str] = "harm"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = HarmOptions

    def __init__(self, options: HarmOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the harm scanner needs an inference engine")
        self._engine = services.engine
        known = self._engine.card(_MODEL).labels
        if unknown := sorted(set(options.categories) - set(known)):
            raise ModelError(
                f"harm: the model knows no category {unknown[0]}",
                where="scanners.harm.options.categories",
                mend=f"choose from {', '.join(known)}",
            )
        self._wanted = frozenset(options.categories or known)
        self._least = BANDS[options.least][0]

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a segment and category, of its highest window."""
        for index, segment in enumerate(subject.segments):
            surface = _SURFACES.get(segment.surface)
            is_system = segment.source is Source.SYSTEM
            if surface is None or is_system or not segment.text.strip():
                continue
            (scores,) = self._engine.scores(_MODEL, [(segment.text, surface)])
            for label, score, start, end in self._flagged(scores):
                yield Finding(
                    rule=rule_of(label),
                    scanner=self.id,
                    severity=severity(score),
                    score=min(1.0, score),
                    message=_MESSAGE,
                    spans=(Span(index, start, end),),
                    surface=segment.surface,
                )

    def _flagged(self, scores: Scores) -> Iterator[tuple[str, float, int, int]]:
        for place, label in enumerate(scores.labels):
            if label not in self._wanted or not scores.windows:
                continue
            window = max(scores.windows, key=lambda w: w.probabilities[place])
            if window.probabilities[place] >= self._least:
                yield label, window.probabilities[place], window.start, window.end


def rule_of(label: str) -> str:
    """The rule of a category: `harassment/threatening` → `harm/harassment-threatening`."""
    return f"harm/{label.replace('/', '-')}"


def severity(score: float) -> Severity:
    """The band of a score; below the lowest one a notice."""
    return next((weight for least, weight in BANDS.values() if score >= least), Severity.NOTICE)
