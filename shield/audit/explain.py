"""Why a case ended as it did: what each scanner found, view by view."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from shield.audit.corpus import Case, Corpus
from shield.audit.replay import verdicts
from shield.errors import CorpusError
from shield.findings import checked, failed
from shield.guard import Guard
from shield.pipeline import Bound, Detection, Pipeline
from shield.policy.load import Policy
from shield.scanners import Scanner
from shield.text.views import Views, expand
from shield.types import Finding, Segment, Subject, Verdict
from shield.view import View


class Reading(Struct, frozen=True):
    """What was found in one view of a segment; in the text itself where `view` is None."""

    view: View | None
    findings: tuple[Finding, ...]


class Read(Struct, frozen=True):
    """A segment that had not been shown before, and its readings. Spans are in segment 0."""

    segment: Segment
    readings: tuple[Reading, ...]
    complete: bool


class Step(Struct, frozen=True):
    """One verdict of a case: all that was found, below thresholds too, and what is new in it.

    `whole` are the findings of scanners that judge the message as a whole; their spans are in
    `subject.segments`.
    """

    verdict: Verdict
    subject: Subject
    scanners: tuple[str, ...]
    whole: tuple[Finding, ...]
    read: tuple[Read, ...]


class _Watch:
    """A pipeline that keeps what it was asked and what it answered."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.heads = pipeline.heads
        self.seen: list[tuple[Subject, Detection]] = []

    def run(self, subject: Subject, *, complete: bool = False) -> Detection:
        """Detect, and keep it."""
        found = self._pipeline.run(subject, complete=complete)
        self.seen.append((subject, found))
        return found


def case_of(corpus: Corpus, name: str) -> Case:
    """The case with this id.

    Raises:
        CorpusError: there is none; names those with a similar id.
    """
    cases = {case.id: case for case in corpus.cases}
    if name in cases:
        return cases[name]
    near = ", ".join(get_close_matches(name, cases))
    mend = f"did you mean {near}?" if near else "its lines carry the ids"
    raise CorpusError(f"there is no case {name}", where=corpus.folder, mend=mend)


def explain(policy: Policy, case: Case) -> list[Step]:
    """Replay a case and read its segments once more, view by view.

    Raises:
        SetupError: the policy's models are unusable.
    """
    guard = Guard(policy, complete=True)
    pipeline = guard.pipeline
    watch = _Watch(pipeline)
    guard.pipeline = cast("Pipeline", watch)
    try:
        given = verdicts(guard, case)
        return list(_steps(pipeline.scanners, given, watch.seen))
    finally:
        pipeline.close()


def _steps(
    scanners: tuple[Bound, ...], given: list[Verdict], seen: list[tuple[Subject, Detection]]
) -> Iterator[Step]:
    shown: set[str] = set()
    for verdict, (subject, found) in zip(given, seen, strict=True):
        asked = [b.scanner for b in scanners if subject.checkpoint in b.checkpoints]
        alone = [scanner for scanner in asked if scanner.scope == "segment"]
        apart = {scanner.id for scanner in alone}
        read = []
        for segment in subject.segments:
            if segment.path not in shown or subject.checkpoint != "input":
                shown.add(segment.path)
                read.append(_read(alone, subject, segment))
        yield Step(
            verdict=verdict,
            subject=subject,
            scanners=tuple(scanner.id for scanner in asked),
            whole=tuple(f for f in found.findings if f.scanner not in apart or f.error),
            read=tuple(read),
        )


def _read(scanners: list[Scanner], subject: Subject, segment: Segment) -> Read:
    """The segment as each scanner reads it: its text, then each view alone."""
    views = _views(segment.text)
    alone = replace(subject, segments=(segment,), digests=(), notes=(), known=frozenset())
    plain = {scanner.id: _found(scanner, alone, ()) for scanner in scanners}
    readings = [Reading(None, tuple(f for found in plain.values() for f in found))]
    for view in views.views:
        found = (f for s in scanners for f in _found(s, alone, (view,)) if f not in plain[s.id])
        readings.append(Reading(view, tuple(found)))
    return Read(segment, tuple(readings), views.complete)


def _views(text: str) -> Views:
    try:
        return expand(text)
    except Exception:  # noqa: BLE001 — as the pipeline does, which counts it as not scanned
        return Views((), complete=False)


def _found(scanner: Scanner, alone: Subject, views: tuple[View, ...]) -> tuple[Finding, ...]:
    subject = replace(alone, views=(views,))
    try:
        return tuple(checked(scanner.id, scanner.scan(subject), subject))
    except Exception:  # noqa: BLE001 — a scanner that raises is shown, as it is judged
        return (failed(scanner.id, "raised"),)
