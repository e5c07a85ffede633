"""Topics that the policy denies, and texts beside the purpose of the application.

Detects: passages near in meaning to a denied topic, which the policy describes in plain
sentences (`topic/<name>`); texts near to nothing that the application is for, as its `purpose`
and `allowed` topics describe it (`topic/off-topic`); passages in a language that the embedder
cannot read (`topic/other-language`), which are not judged and must not count as clean.
Misses: a topic that is hinted at; negations, which hardly move a vector; topics whose
description shares nothing with how people ask; off-topic remarks of one or two words.
False positives: an allowed matter that a denied topic is part of (a doctor's practice that
asks for a tariff); follow-up questions that say nothing alone; measured in `tests/`.
Cost: 3 ms a short message, 10 ms a passage of 600 characters on one core; the embedder, and
the 80 MB of the language model.
References: the model card in `models/embedder/card.toml`; topic rails of NeMo Guardrails.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import regex
from msgspec import Struct
from pydantic import Field, field_validator

from shield.document import Document
from shield.errors import InferenceError, PolicyError
from shield.inference.vectors import Vectors
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.canonical import canonical
from shield.text.languages import LEAST, expected, foreign, weight
from shield.text.passages import passages
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject, Surface

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MODEL = "embedder"
_ENGLISH = expected(["en"])
_PASSAGE = 600  # characters
_WORDS = 3  # words from which a text can be off topic
_WORD = regex.compile(r"\p{L}{2,}")
_UNREAD = 0.5
OFF_TOPIC, OTHER_LANGUAGE = "off-topic", "other-language"
# What people say in every conversation is beside no purpose.
SMALL_TALK = (
    "Hello, good morning.",
    "Thank you, that helped.",
    "Yes, please go on.",
    "No, that is not what I meant.",
    "Can I talk to a human?",
    "Sorry, I do not understand.",
    "What can you do for me?",
    "Goodbye, have a nice day.",
)
_MESSAGES = {
    OFF_TOPIC: "The text is beside the purpose of the application.",
    OTHER_LANGUAGE: "The text is in a language whose topic cannot be judged.",
}
_DENIED = "The text is about a topic that the policy denies."

TopicName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sentence = Annotated[str, Field(min_length=3, max_length=500)]
Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=200)]


class TopicOptions(Document):
    """Topics by name, each described by plain English sentences or questions that belong to it.

    `purpose` says what the application is for; with it, or with `allowed` topics, texts that
    are near to none of these are off topic. `vectors` is a file of `Vectors` that holds all
    sentences, relative to the policy; without it they are embedded at start.
    """

    purpose: Annotated[str, Field(max_length=500)] = ""
    allowed: dict[TopicName, Sentences] = Field(default_factory=dict)
    denied: dict[TopicName, Sentences] = Field(default_factory=dict)
    severity: SeverityName = "error"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = (Surface.USER, Surface.ANSWER)
    vectors: str = ""

    @field_validator("denied")
    @classmethod
    def _not_reserved(cls, denied: dict[str, Sentences]) -> dict[str, Sentences]:
        if taken := sorted(denied.keys() & _MESSAGES.keys()):
            raise ValueError(f"{taken[0]} is a rule of its own, choose another name")
        return denied


class _Passage(Struct, frozen=True):
    """Where a passage stands, how many words it has, and its text as the embedder reads it."""

    start: int
    end: int
    words: int
    text: str


class Topic:
    """See the module's docstring."""

    id: ClassVar[str] = "topic"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = TopicOptions

    def __init__(self, options: TopicOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the topic scanner needs an inference engine")
        welcome = [s for group in options.allowed.values() for s in group]
        welcome += [options.purpose] if options.purpose else []
        if not welcome and not options.denied:
            raise PolicyError(
                "scanners.topic.options: without purpose, allowed or denied it does nothing",
                mend="describe a topic in a plain sentence, or take the scanner out",
            )
        self._options, self._engine = options, services.engine
        sentences = [*welcome, *SMALL_TALK, *(s for g in options.denied.values() for s in g)]
        stored = self._stored(services.folder / options.vectors, sentences)
        self._denied = {name: stored.matrix(group) for name, group in options.denied.items()}
        self._allowed = stored.matrix(welcome) if welcome else None
        self._small_talk = stored.matrix(SMALL_TALK)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a denied topic, one for being off topic, whatever the score."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or segment.surface not in self._options.surfaces:
                continue
            found = list(_passages(segment.text))
            unread = [p for p in found if p.words and _unread(segment.text[p.start : p.end])]
            read = [p for p in found if p.words and p not in unread]
            if unread:
                yield self._finding(OTHER_LANGUAGE, 1.0, _spans(index, unread), segment)
            if read:
                yield from self._judged(index, segment, read)

    def _judged(self, index: int, segment: Segment, read: list[_Passage]) -> Iterator[Finding]:
        vectors = self._engine.embed(_MODEL, [p.text for p in read])
        near = _nearest(vectors, self._allowed)
        for name, matrix in self._denied.items():
            scores = list(map(denied_score, _nearest(vectors, matrix), near))
            worst = max(range(len(read)), key=scores.__getitem__)
            yield self._finding(name, scores[worst], _spans(index, [read[worst]]), segment)
        sayings = [p for p in read if p.words >= _WORDS]
        if self._allowed is not None and sayings:
            small = _nearest(vectors, self._small_talk)
            nearest = dict(zip(read, map(max, near, small), strict=True))
            off = sum(off_topic_score(nearest[p]) * p.words for p in sayings)
            score = off / sum(p.words for p in sayings)
            yield self._finding(OFF_TOPIC, score, _spans(index, sayings), segment)

    def _finding(
        self, name: str, score: float, spans: tuple[Span, ...], segment: Segment
    ) -> Finding:
        light = name == OTHER_LANGUAGE
        return Finding(
            rule=f"topic/{name}",
            scanner=self.id,
            severity=Severity.NOTICE if light else SEVERITIES[self._options.severity],
            score=score,
            message=_MESSAGES.get(name, _DENIED),
            spans=spans,
            surface=segment.surface,
        )

    def _stored(self, path: Path, sentences: Sequence[str]) -> Vectors:
        if self._options.vectors:
            return Vectors.read(path, self._engine, _MODEL)
        return Vectors.of(self._engine, _MODEL, sentences)


def denied_score(denied: float, allowed: float) -> float:
    """How surely a passage is about a denied topic, from its highest cosines with the sentences
    of that topic and with those of what is allowed: sigmoid((denied - allowed / 2 - 0.2) / 0.05).

    The constants were chosen by eye on made-up messages to three applications, that of the tests
    among them; 0.5 found three of four denied messages and one in thirty of the others.
    """
    return _sigmoid((denied - max(0.0, allowed) / 2 - 0.2) / 0.05)


def off_topic_score(nearest: float) -> float:
    """How surely a passage is beside the purpose, from its highest cosine with what is allowed
    and with small talk: sigmoid((0.17 - nearest) / 0.04).

    0.5 found three of five such messages of those applications and none of the others; more
    sentences about what is allowed let it find more.
    """
    return _sigmoid((0.17 - nearest) / 0.04)


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


def _passages(text: str) -> Iterator[_Passage]:
    for start, end in passages(text, _PASSAGE):
        shown = canonical(text[start:end]).text
        yield _Passage(start, end, len(_WORD.findall(shown)), shown)


def _unread(passage: str) -> bool:
    return weight(passage) >= LEAST and foreign(passage, _ENGLISH) >= _UNREAD


def _spans(index: int, found: Sequence[_Passage]) -> tuple[Span, ...]:
    return tuple(Span(index, p.start, p.end) for p in found)


def _nearest(
    vectors: "NDArray[np.float32]", matrix: "NDArray[np.float32] | None"
) -> Sequence[float]:
    """The highest cosine of each vector with a row of the matrix; 0 without a matrix."""
    if matrix is None:
        return [0.0] * len(vectors)
    best: list[float] = (vectors @ matrix.T).max(axis=1).tolist()
    return best
