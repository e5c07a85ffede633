"""Attacks that no single turn shows: risk that rises over the turns of a conversation.

Each of the user's turns gets a risk: what it is about, what it asks for, and what the
classifiers think of it. Risks decay from turn to turn. They rise with what crescendo attacks
have in common: one risky topic under changing frames, ever more practical demands for it,
pressing on after a refusal, and stories that tie a risky topic to harmless ones. A newest turn
that carries no risk is never blamed for those before it.

Detects: crescendo, deceptive delight, foot in the door; and probing, where a principal comes
close to what the classifiers flag again and again, in one session or in many.
Misses: topics and languages that no word of the lists knows; conversations of two turns;
what has left the session's memory; probing under many names.
False positives: thrillers, history of crime, trainers who ask for ever more detail; a new subject
with a practical demand right after a risky one.
Cost: one pass over each new turn; a sum over the last turns; no model of its own.
References: Russinovich et al. 2024 (Crescendo, arXiv 2404.01833); Unit 42 2024 (Deceptive
Delight); OWASP LLM01:2025.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from msgspec import Struct

from shield.scanners import NoOptions, Services
from shield.text.canonical import canonical
from shield.text.refusals import refuses
from shield.text.topics import ASKS, FRAME, MORE, PRESS, SAFE, STRONG, WEAK, WEAVE, signs
from shield.types import (
    REFUSAL,
    Checkpoint,
    Finding,
    Note,
    Segment,
    Severity,
    Source,
    Span,
    Subject,
    Surface,
)

_TURNS, _SEEN = 24, 120  # the user's newest turns that count, found among so many of all
_ENDS = 3_000  # characters at each end of a long turn that are read
_LONG = 6_000  # a longer turn is not shown to the encoder a second time
_DECAY = 0.85  # what is left of a risk one turn later
_TOPIC = {STRONG: 0.5, WEAK: 0.25}
_IDLE, _ASKED, _MORE, _PRESSED = 0.4, 1.0, 0.7, 0.5  # how a turn's demands multiply its topic
_SAFER = 0.4  # what is left where a turn is about protection or help
_CARRIED = 0.7  # what of a topic lasts in a turn that asks on without naming it
_FRAMED, _REFUSED, _WOVEN = 0.2, 0.4, 0.5  # what the whole adds, where the newest turn demands
_ENOUGH, _SLOPE = 0.67, 5.0  # the risk that makes an even score, and how steep it is
_LEAST = 0.12  # of risk, for a turn to be the newest of a trajectory
_FEWEST = 3  # turns
_NEAR = 0.5  # a classifier's score from which a turn is suspicious
_TRIES = 4  # suspicious texts, the newest among them, that make probing
# By head: the score from which it adds to a turn's risk, and how much of it.
_HEADS = {"harm": (0.5, 0.8), "injection": (0.9, 0.25), "injection_ngram": (0.8, 0.25)}
_WORTH = 0.2  # a lower score is no finding
_NAME = 32  # hex digits of a digest that name a turn
_BENIGN = frozenset({"injection", "injection_ngram"})  # their first label is the harmless one
_CUT, _CUT_CHARS = "[REDACTED:", 80  # how a placeholder for a whole text begins, and its length
_MESSAGES = {
    "rising-risk": "The risk of the conversation rose over its turns.",
    "woven-topic": "A story ties a risky topic to harmless ones, and the turns dig into it.",
    "after-refusal": "The conversation presses on for what was refused.",
    "probing": "The principal keeps trying texts that nearly count as attacks.",
}


class _Step(Struct, frozen=True):
    """One turn of the user: what is noted of it, the risk that classifiers see, whether they find
    it suspicious, how many refusals came just before it, and its place in the subject, None when
    it is past.
    """

    notes: tuple[Note, ...]
    score: float
    is_near: bool
    refusals: int
    place: int | None
    length: int

    def has(self, kind: str) -> bool:
        """True when there is a sign of the kind."""
        return any(note.kind == kind for note in self.notes)

    @property
    def topics(self) -> dict[str, float]:
        """The risky topics of the turn, and how much each weighs."""
        found: dict[str, float] = {}
        for note in self.notes:
            strength, _, topic = note.kind.partition(":")
            if topic:
                found[topic] = max(found.get(topic, 0.0), _TOPIC[strength])
        return found

    @property
    def demand(self) -> float:
        """How much it asks for."""
        kinds = {ASKS: _ASKED, MORE: _MORE, PRESS: _PRESSED}
        return sum(weight for kind, weight in kinds.items() if self.has(kind))


class Trajectory:
    """See the module's docstring."""

    id: ClassVar[str] = "trajectory"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._engine = services.engine

    def note(self, segment: Segment) -> tuple[Note, ...]:
        """The signs of a user's turn; of an answer, only that it declines."""
        text = segment.text
        if segment.source is Source.ASSISTANT:
            return (Note(REFUSAL, 0, len(text)),) if refuses(text) else ()
        if segment.source is not Source.USER:
            return ()
        if _is_cut(text):
            return (Note(REFUSAL, 0, len(text)),)
        if len(text) > 2 * _ENDS:
            text = f"{text[:_ENDS]}\n{text[-_ENDS:]}"
        return signs(canonical(text).text)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """At most one finding about the conversation, and one about the principal."""
        steps = self._steps(subject)
        if not steps or steps[-1].place is None:
            return
        yield from _rising(steps)
        yield from _probing(steps, subject)

    def _steps(self, subject: Subject) -> list[_Step]:
        """The user's newest turns, oldest first."""
        both = (*subject.history, *subject.segments)
        notes = subject.notes or tuple(self.note(segment) for segment in both)
        known = {turn.digest: dict(turn.scores) for turn in subject.trail}
        order = _order(subject)[-_SEEN:]
        spoken = [at for at, n in enumerate(order) if n is not None and _speaks(both[n], notes[n])]
        steps: list[_Step] = []
        refusals = 0
        for index in order[spoken[-_TURNS:][0] :] if spoken else []:
            if index is None or _declines(notes[index]):
                refusals += 1
            elif _speaks(both[index], notes[index]):
                scores = known.get(_name(subject, index))
                scores = self._asked(both[index]) if scores is None else scores
                place = index - len(subject.history)
                step = _Step(
                    notes=notes[index],
                    score=_risk(scores),
                    is_near=max(scores.values(), default=0.0) >= _NEAR,
                    refusals=refusals,
                    place=place if place >= 0 else None,
                    length=len(both[index].text),
                )
                steps.append(step)
                refusals = 0
        return steps

    def _asked(self, segment: Segment) -> dict[str, float]:
        """What the loaded classifiers say; their answers are shared with the scanners' own."""
        engine = self._engine
        if engine is None or not segment.text.strip():
            return {}
        plain = canonical(segment.text).text
        found: dict[str, float] = {}
        for head in _HEADS.keys() & engine.digests.keys():
            if head == "injection" and len(plain) > _LONG:
                continue
            text = plain if head in _BENIGN else segment.text
            (scores,) = engine.scores(head, [(text, "user")])
            rows = [window.probabilities for window in scores.windows]
            found[head] = max(1.0 - row[0] if head in _BENIGN else max(row) for row in rows)
        return found


def _order(subject: Subject) -> list[int | None]:
    """The conversation: places in history and segments, None for a refusal that only the trail
    remembers.
    """
    first, last = len(subject.history), len(subject.history) + len(subject.segments)
    if not subject.trail or not subject.digests:
        return list(range(last))
    places = {digest[:_NAME]: n for n, digest in enumerate(subject.digests)}
    resent = any(_is_cut(s.text) for s in subject.segments)  # refusals stand among them
    found: list[int | None] = []
    for turn in subject.trail:
        place = places.get(turn.digest)
        if place is None and not resent and (turn.refused or REFUSAL in turn.signs):
            found.append(None)
        elif place is not None and place < first:
            found.append(place)
    return [*found, *range(first, last)]


def _is_cut(text: str) -> bool:
    return text.startswith(_CUT) and len(text) < _CUT_CHARS


def _name(subject: Subject, index: int) -> str:
    return subject.digests[index][:_NAME] if subject.digests else ""


def _declines(notes: Sequence[Note]) -> bool:
    return any(note.kind == REFUSAL for note in notes)


def _speaks(segment: Segment, notes: Sequence[Note]) -> bool:
    return segment.source is Source.USER and not _declines(notes)


def _risk(scores: Mapping[str, float]) -> float:
    """What the classifiers add to a turn's risk."""
    known = [(score, *_HEADS[head]) for head, score in scores.items() if head in _HEADS]
    return max((score * weight for score, least, weight in known if score >= least), default=0.0)


class _Course(Struct, frozen=True):
    """How a conversation went: the risk of each turn, their sum, and what they have in common."""

    risks: tuple[float, ...]
    total: float
    frames: int
    woven: bool
    refused: int


def _course(steps: Sequence[_Step]) -> _Course:
    risks: list[float] = []
    heat: dict[str, float] = {}
    total, frames, woven, refused = 0.0, 0, False, 0
    for step in steps:
        heat = {topic: warmth * _DECAY for topic, warmth in heat.items()}
        topics = step.topics
        own, lasting = max(topics.values(), default=0.0), max(heat.values(), default=0.0)
        topic = max(own, _CARRIED * lasting if step.demand else 0.0)
        topic *= _SAFER if step.has(SAFE) else 1.0
        risks.append(topic * (_IDLE + step.demand) + step.score)
        total = total * _DECAY + risks[-1]
        frames += bool(topic or heat) and step.has(FRAME)
        woven = woven or (bool(own) and step.has(WEAVE))
        refused += step.refusals if heat else 0
        heat |= {t: max(weight, heat.get(t, 0.0)) for t, weight in topics.items()}
    return _Course(tuple(risks), total, frames, woven, refused)


def _rising(steps: Sequence[_Step]) -> Iterator[Finding]:
    course, newest = _course(steps), steps[-1]
    if len(steps) < _FEWEST or course.risks[-1] < _LEAST or not (newest.demand or newest.score):
        return
    shared = _FRAMED * min(course.frames, 3) + _REFUSED * min(course.refused, 2)
    total = course.total + shared + _WOVEN * course.woven
    score = 1.0 / (1.0 + math.exp(_SLOPE * (_ENOUGH - total)))
    if score >= _WORTH:
        slug = "after-refusal" if course.refused else "rising-risk"
        slug = "woven-topic" if course.woven else slug
        risky = [n for n, risk in enumerate(course.risks) if risk > 0]
        places = [s.place for n, s in enumerate(steps) if n in set(risky)]
        spans = [Span(s.place, 0, s.length) for s in steps if s.place is not None]
        spans = [span for span in spans if span.segment in set(places)]
        turns = tuple(sorted(len(steps) - 1 - n for n in risky))
        yield _finding(slug, score, Severity.CRITICAL, spans, turns)


def _probing(steps: Sequence[_Step], subject: Subject) -> Iterator[Finding]:
    """The newest turn comes near, as others of the principal did."""
    newest = steps[-1]
    if not newest.is_near or newest.place is None:
        return
    mine = _name(subject, len(subject.history) + newest.place)
    count = 1 + len({turn.digest for turn in subject.tries} - {mine})
    score = count / (count + _TRIES)
    if score >= _WORTH:
        span = Span(newest.place, 0, newest.length)
        yield _finding("probing", score, Severity.WARNING, [span], (0,))


def _finding(
    slug: str, score: float, severity: Severity, spans: Sequence[Span], turns: tuple[int, ...]
) -> Finding:
    return Finding(
        rule=f"trajectory/{slug}",
        scanner=Trajectory.id,
        severity=severity,
        score=score,
        message=_MESSAGES[slug],
        spans=tuple(spans),
        tags=("owasp:llm01",),
        surface=Surface.USER,
        turns=turns,
    )
