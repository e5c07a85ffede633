"""Findings at the border: checked, made of failures, and remembered by content."""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable

from msgspec.structs import replace

from shield.types import Checkpoint, Finding, Integrity, Segment, Severity, Source, Span, Subject

_FAILURES = {
    "raised": "The scanner raised an exception.",
    "timeout": "The scanner did not finish in time.",
    "nonsense": "The scanner reported something that is no finding.",
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
    )


def _inside(span: object, subject: Subject) -> bool:
    return (
        isinstance(span, Span)
        and 0 <= span.segment < len(subject.segments)
        and 0 <= span.start <= span.end <= len(subject.segments[span.segment].text)
    )


Key = tuple[str, Checkpoint, Source, Integrity, bytes]


class FindingCache:
    """What segment-scoped scanners found, by scanner, checkpoint, label and content.

    The label is part of the key: a text that was clean as a user's message must not be
    clean as a document's. Bounded by bytes, least recently used first out.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._kept: OrderedDict[Key, tuple[Finding, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self, scanner: str, checkpoint: Checkpoint, segment: Segment
    ) -> tuple[Finding, ...] | None:
        """The findings, with spans in segment 0, or None when the segment is new."""
        key = _key(scanner, checkpoint, segment)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(
        self, scanner: str, checkpoint: Checkpoint, segment: Segment, found: tuple[Finding, ...]
    ) -> None:
        """Remember what was found; failures are never remembered."""
        if any(f.error for f in found):
            return
        key = _key(scanner, checkpoint, segment)
        with self._lock:
            self._used += _cost(found) - (_cost(self._kept[key]) if key in self._kept else 0)
            self._kept[key] = found
            self._kept.move_to_end(key)
            while self._used > self._limit and self._kept:
                self._used -= _cost(self._kept.popitem(last=False)[1])


def moved(findings: Iterable[Finding], segment: int) -> list[Finding]:
    """The findings of a segment judged alone, with their spans in segment `segment`."""
    return [
        replace(f, spans=tuple(Span(segment, s.start, s.end) for s in f.spans)) if f.spans else f
        for f in findings
    ]


def _key(scanner: str, checkpoint: Checkpoint, segment: Segment) -> Key:
    content = hashlib.sha256(segment.text.encode("utf-8", "surrogatepass")).digest()
    return scanner, checkpoint, segment.source, segment.label.integrity, content


def _cost(found: tuple[Finding, ...]) -> int:
    return 350 + 300 * len(found)
