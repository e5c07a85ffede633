"""Findings at the border: checked, made of failures, and remembered by content."""

import math
import re
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from shield.memory.session import content_digest
from shield.policy.load import Policy
from shield.types import (
    Checkpoint,
    Finding,
    Integrity,
    Joined,
    Note,
    Segment,
    Severity,
    Source,
    Span,
    Subject,
)

_LOOKED_UP = 64
_FAILURES = {
    "raised": "The scanner raised an exception.",
    "timeout": "The scanner did not finish in time.",
    "nonsense": "The scanner reported something that is no finding.",
    "late": "Something was found in text that had left.",
    "out-of-service": "The scanner has stopped coming back and is not asked any more.",
}


def failed(scanner: str, how: str) -> Finding:
    """The finding that stands for a scanner's failure; `how` is a key of the closed list."""
    return Finding(
        rule=f"pipeline/{how}",
        scanner=scanner,
        severity=Severity.CRITICAL,
        score=1.0,
        message=_FAILURES[how],
        error=True,
    )


def checked(scanner: str, reported: Iterable[Finding], subject: Subject) -> list[Finding]:
    """The findings of a scanner; anything that is no valid finding becomes a failure."""
    found: list[Finding] = []
    for finding in reported:
        if not _valid(scanner, finding, subject):
            return [failed(scanner, "nonsense")]
        found.append(finding)
    return found


def _valid(scanner: str, finding: object, subject: Subject) -> bool:
    return (
        isinstance(finding, Finding)
        and finding.scanner == scanner
        and isinstance(finding.rule, str)
        and isinstance(finding.severity, Severity)
        and isinstance(finding.score, int | float)
        and math.isfinite(finding.score)
        and 0.0 <= finding.score <= 1.0
        and all(_inside(span, subject) for span in finding.spans)
        and all(isinstance(turn, int) and turn >= 0 for turn in finding.turns)
    )


def _inside(span: object, subject: Subject) -> bool:
    return (
        isinstance(span, Span)
        and 0 <= span.segment < len(subject.segments)
        and 0 <= span.start <= span.end <= len(subject.segments[span.segment].text)
    )


Key = tuple[Checkpoint, Source, Integrity, str]


class Known(Struct, frozen=True):
    """What is known of a segment, by scanner; never changed, only replaced."""

    findings: Mapping[str, tuple[Finding, ...]] = {}
    notes: Mapping[str, tuple[Note, ...]] = {}

    @property
    def cost(self) -> int:
        """Bytes of memory, about."""
        found = sum(110 + 300 * len(f) for f in self.findings.values())
        return 400 + found + sum(110 + 100 * len(n) for n in self.notes.values())


_NOTHING = Known()


class FindingCache:
    """What segment-scoped scanners found and subject-scoped ones noted, by checkpoint, label
    and content.

    The label is part of the key: a text that was clean as a user's message must not be
    clean as a document's. Bounded by bytes, least recently used first out.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._kept: OrderedDict[Key, Known] = OrderedDict()
        self._lock = threading.Lock()

    def known(
        self, checkpoint: Checkpoint, segments: Iterable[Segment], digests: Iterable[str]
    ) -> list[Known]:
        """What is known of each segment; `digests` are those of their texts, in order."""
        found: list[Known] = []
        with self._lock:
            for segment, digest in zip(segments, digests, strict=True):
                key = checkpoint, segment.source, segment.label.integrity, digest
                entry = self._kept.get(key)
                if entry is not None:
                    self._kept.move_to_end(key)
                found.append(entry or _NOTHING)
        return found

    def get(
        self, scanner: str, checkpoint: Checkpoint, segment: Segment
    ) -> tuple[Finding, ...] | None:
        """The findings, with spans in segment 0, or None when the segment is new."""
        (known,) = self.known(checkpoint, (segment,), (content_digest(segment.text),))
        return known.findings.get(scanner)

    def put(
        self,
        scanner: str,
        checkpoint: Checkpoint,
        segment: Segment,
        found: tuple[Finding, ...],
        digest: str = "",
    ) -> None:
        """Remember what was found; failures are never remembered."""
        if not any(f.error for f in found):
            key = _key(checkpoint, segment, digest)
            with self._lock:
                known = self._kept.get(key, _NOTHING)
                self._keep(key, replace(known, findings={**known.findings, scanner: found}))

    def note(
        self,
        scanner: str,
        checkpoint: Checkpoint,
        segment: Segment,
        notes: tuple[Note, ...],
        digest: str = "",
    ) -> None:
        """Remember what a scanner noted of a segment."""
        key = _key(checkpoint, segment, digest)
        with self._lock:
            known = self._kept.get(key, _NOTHING)
            self._keep(key, replace(known, notes={**known.notes, scanner: notes}))

    def _keep(self, key: Key, known: Known) -> None:
        old = self._kept.get(key)
        self._used += known.cost - (old.cost if old else 0)
        self._kept[key] = known
        self._kept.move_to_end(key)
        while self._used > self._limit and self._kept:
            self._used -= self._kept.popitem(last=False)[1].cost


def without_own(policy: Policy, subject: Subject, found: Sequence[Finding]) -> list[Finding]:
    """The findings without personal data that the principal wrote, where the policy spares it.

    In a request that is what stands in the user's own turns, in an answer what repeats, sign for
    sign, something that stands there. Of an answer so many values are looked up; more count.
    """
    spared = [f for f in found if f.spans and policy.spares_own(f)]
    if not spared:
        return list(found)
    if subject.checkpoint is Checkpoint.INPUT:
        own = {id(f) for f in spared if all(_user(subject.segments[s.segment]) for s in f.spans)}
    else:
        said = "\n".join(s.text for s in subject.intent if _user(s)).casefold()
        values = {id(f): {_cut(subject, span) for span in f.spans} for f in spared}
        few = islice(dict.fromkeys(v for texts in values.values() for v in texts), _LOOKED_UP)
        known = {value for value in few if _stands_in(value, said)}
        own = {key for key, texts in values.items() if texts <= known}
    return [f for f in found if id(f) not in own]


def _user(segment: Segment) -> bool:
    return segment.source is Source.USER


def _cut(subject: Subject, span: Span) -> str:
    return subject.segments[span.segment].text[span.start : span.end].casefold()


def _stands_in(value: str, text: str) -> bool:
    """True where the value stands by itself, not as a part of a longer number or address."""
    alone = rf"(?<![\w.+@-]){re.escape(value)}(?![\w@]|[.-]\w)"
    return re.search(alone, text) is not None


def moved(findings: Iterable[Finding], segment: int) -> list[Finding]:
    """The findings of a segment judged alone, with their spans in segment `segment`."""
    return [
        replace(f, spans=tuple(Span(segment, s.start, s.end) for s in f.spans)) if f.spans else f
        for f in findings
    ]


def across(findings: Sequence[Finding], joined: Joined, *, seldom: float = 0.0) -> list[Finding]:
    """What a scanner found in joined pieces, at the pieces' own places.

    Nothing, unless two pieces have a part in it and a new one is among them; then all of it
    weighs together, as it would in one message. `seldom` is what the log odds of graded scores
    lose, because pieces that read as an attack by chance are tried at every turn.
    """
    touched = [_touched(finding, joined) for finding in findings]
    all_touched: set[int] = set().union(*touched)
    if len(all_touched) < 2 or not any(joined.fresh[n] for n in all_touched):
        return []
    return [
        replace(
            finding,
            score=_rarer(finding.score, seldom),
            spans=tuple(sorted({joined.anchor, *(s for n in pieces if (s := joined.spans[n]))})),
            turns=tuple(sorted({t for n in pieces if (t := joined.turns[n]) is not None})),
        )
        for finding, pieces in zip(findings, touched, strict=True)
    ]


def _rarer(score: float, nats: float) -> float:
    odds = score / (1.0 - score) * math.exp(-nats) if score < 1.0 else math.inf
    return odds / (1.0 + odds) if odds < math.inf else score


def _touched(finding: Finding, joined: Joined) -> set[int]:
    """The pieces that a finding in the joined text lies in."""
    found: set[int] = set()
    for span in finding.spans:
        first = max(0, bisect_right(joined.bounds, span.start) - 1)
        found.update(range(first, max(first + 1, bisect_right(joined.bounds, span.end - 1))))
    return found


def _key(checkpoint: Checkpoint, segment: Segment, digest: str) -> Key:
    name = digest or content_digest(segment.text)
    return checkpoint, segment.source, segment.label.integrity, name
