"""The course of a conversation: what a message wants, and whether it may want that now.

Detects: which of the policy's intents a user's message has (`dialogue/<name>`), by the meaning
of example sentences; an intent that may not follow the one before (`dialogue/transition`). A
rule's `answer` in the policy answers an intent without the model.
Misses: intents of messages of more than 400 characters, which say more than one thing; those
in languages that the embedder does not read; a second intent in one message.
False positives: messages near to an example that ask for something else; numbers and negations
hardly move a vector.
Cost: 3 ms a new message on one core; earlier ones are remembered by the engine.
References: dialog rails of NeMo Guardrails; the model card in `models/embedder/card.toml`.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Struct
from pydantic import Field, model_validator

from shield.document import Document
from shield.errors import InferenceError, PolicyError
from shield.inference.vectors import Vectors
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.canonical import canonical
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

_MODEL = "embedder"
_LONGEST = 400  # characters of a message that has one intent
_MESSAGES = 64  # that are looked back at
_CLEAR = 0.5
START, TRANSITION = "start", "transition"

IntentName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Example = Annotated[str, Field(min_length=2, max_length=_LONGEST)]


class Intent(Document):
    """What a user may want, shown by example messages in English.

    `after` names the intents of which the last one recognised must be one, `start` standing for
    none yet; without it the intent may come at any time.
    """

    name: IntentName
    examples: Annotated[tuple[Example, ...], Field(min_length=1, max_length=200)]
    after: tuple[IntentName, ...] = ()


class DialogueOptions(Document):
    """The intents; `severity` is that of a transition that is not allowed."""

    intents: tuple[Intent, ...] = ()
    severity: SeverityName = "error"

    @model_validator(mode="after")
    def _consistent(self) -> "DialogueOptions":
        names = [intent.name for intent in self.intents]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"intents: {twice[0]} stands there twice")
        if taken := sorted({START, TRANSITION} & {*names}):
            raise ValueError(f"intents: {taken[0]} has a meaning of its own, choose another name")
        for intent in self.intents:
            if unknown := sorted({*intent.after} - {START, *names}):
                raise ValueError(f"intents: {intent.name} comes after {unknown[0]}, which is none")
        return self


class _Wish(Struct, frozen=True):
    """The likeliest intent of a message, and how surely it has it."""

    name: str
    score: float


class Dialogue:
    """See the module's docstring."""

    id: ClassVar[str] = "dialogue"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = DialogueOptions

    def __init__(self, options: DialogueOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the dialogue scanner needs an inference engine")
        if not options.intents:
            raise PolicyError(
                "scanners.dialogue.options.intents: without an intent it does nothing",
                mend="give examples of what users want, or take the scanner out",
            )
        self._engine = services.engine
        self._severity = SEVERITIES[options.severity]
        self._after = {intent.name: frozenset(intent.after) for intent in options.intents}
        stored = Vectors.of(self._engine, _MODEL, [e for i in options.intents for e in i.examples])
        self._examples = {i.name: stored.matrix(i.examples) for i in options.intents}

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding for the intent of the newest message, whatever its score, and one where
        it may not follow.
        """
        newest = _newest(subject.segments)
        if newest is None:
            return
        segment = subject.segments[newest]
        before = (*subject.history, *subject.segments[:newest])
        texts = [s.text for s in before if s.source is Source.USER][-_MESSAGES:]
        *past, wish = self._wishes([*texts, segment.text])
        if wish is None:
            return
        span = Span(newest, 0, len(segment.text))
        yield self._finding(wish.name, wish.score, span, segment)
        clear = [w for w in past if w is not None and w.score >= _CLEAR]
        last = clear[-1] if clear else _Wish(START, 1.0)
        allowed = self._after[wish.name]
        if allowed and last.name not in allowed:
            yield self._finding(TRANSITION, min(wish.score, last.score), span, segment)

    def _wishes(self, texts: Sequence[str]) -> list[_Wish | None]:
        """The likeliest intent of each message; None for what is too long or says nothing."""
        plain = [canonical(text).text.strip() if len(text) <= _LONGEST else "" for text in texts]
        vectors = iter(self._engine.embed(_MODEL, [text for text in plain if text]))
        found: list[_Wish | None] = []
        for text in plain:
            if not text:
                found.append(None)
                continue
            vector = next(vectors)
            near = {name: float((m @ vector).max()) for name, m in self._examples.items()}
            best = max(near, key=near.__getitem__)
            found.append(_Wish(best, intent_score(near[best])))
        return found

    def _finding(self, name: str, score: float, span: Span, segment: Segment) -> Finding:
        wrong = name == TRANSITION
        return Finding(
            rule=f"dialogue/{name}",
            scanner=self.id,
            severity=self._severity if wrong else Severity.NOTICE,
            score=score,
            message=(
                "The message wants what may not follow here."
                if wrong
                else "The message has an intent that the policy names."
            ),
            spans=(span,),
            surface=segment.surface,
        )


def intent_score(nearest: float) -> float:
    """How surely a message has an intent, from its highest cosine with an example:
    sigmoid((nearest - 0.58) / 0.05).

    Rewordings of a short request lie between 0.5 and 0.9, other requests to the same service
    between 0.1 and 0.5; what is answered without the model should rather be missed than wrong.
    """
    return 0.5 * (1.0 + math.tanh(0.5 * (nearest - 0.58) / 0.05))


def _newest(segments: Sequence[Segment]) -> int | None:
    """The number of the last segment, if it is the user's: else nobody asks."""
    users = [i for i, s in enumerate(segments) if s.source is Source.USER]
    return users[-1] if users else None
