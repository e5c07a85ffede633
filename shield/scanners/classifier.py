"""Classifiers of the user's own: what their models say, as findings like any other.

Detects: what the models in the policy's `custom_models` were fitted to detect.
Misses: what they miss; and texts that were rewritten to hide, as they read a text as it stands.
False positives: theirs, at the threshold that the policy states for each model.
Cost: one run of each model a window of tokens.
References: `custom_models` in the policy's schema; the model's own card.
"""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from shield.errors import InferenceError, ModelError
from shield.inference.brought import SURFACE
from shield.inference.engine import Scores
from shield.policy.schema import SEVERITIES, CustomModel
from shield.scanners import NoOptions, Services
from shield.types import Checkpoint, Finding, Source, Span, Subject

_MESSAGE = "A model that the policy brings flags the text."


class Classifier:
    """See the module's docstring."""

    id: ClassVar[str] = "classifier"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the classifier scanner needs an inference engine")
        self._engine, self._models = services.engine, dict(services.custom)
        for name, model in self._models.items():
            card = self._engine.card(engine_name(name))
            known = (*card.labels, *card.marks[1:])
            if unknown := sorted(set(model.flags) - set(known)):
                raise ModelError(
                    f"custom_models.{name}.flags: the model has no label {unknown[0]}",
                    where=model.path,
                    mend=f"choose from {', '.join(known)}",
                )

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """A flagged label: one finding a segment with its highest window, or one a mark."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or not segment.text.strip():
                continue
            for name, model in self._models.items():
                texts = [(segment.text, SURFACE)]
                (scores,) = self._engine.scores(engine_name(name), texts)
                for label, score, start, end in _flagged(scores, model):
                    yield Finding(
                        rule=rule_of(name, label),
                        scanner=self.id,
                        severity=SEVERITIES[model.flags[label]],
                        score=min(1.0, score),
                        message=_MESSAGE,
                        spans=(Span(index, start, end),),
                        surface=segment.surface,
                    )


def engine_name(name: str) -> str:
    """What the engine calls a model of the policy; no shipped folder is called so."""
    return f"custom-{name}"


def rule_of(name: str, label: str) -> str:
    """The rule of a label: its letters and digits in lower case, joined by hyphens.

    A character beyond ASCII stands as its code point.
    """
    plain = "".join(c if c.isascii() else f" u{ord(c):x} " for c in label.lower())
    slug = "-".join(re.findall(r"[a-z0-9]+", plain)) or "label"
    return f"classifier/{name}-{slug}"


def _flagged(scores: Scores, model: CustomModel) -> Iterator[tuple[str, float, int, int]]:
    """Label, score and characters of what the policy wants flagged."""
    for place, label in enumerate(scores.labels):
        if label in model.flags:
            window = max(scores.windows, key=lambda w: w.probabilities[place])
            yield label, window.probabilities[place], window.start, window.end
    for mark in scores.marks:
        if mark.label in model.flags:
            yield mark.label, mark.score, mark.start, mark.end
