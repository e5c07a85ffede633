"""A week of decision events, summed up. Events hold no text, and neither does this."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from shield.errors import CorpusError

# Scores in tenths; the first bin counts decisions in which the rule found nothing at all.
BINS = 11


class Fired(Struct, frozen=True):
    """A finding of an event."""

    rule: str
    score: float = 0.0
    error: bool = False


class _Edition(Struct, frozen=True):
    digest: str = ""


class Event(Struct, frozen=True):
    """What of a line is looked at; a line without a time or of another kind is no decision."""

    at: datetime
    event: str
    checkpoint: str = ""
    decision: str = ""
    findings: tuple[Fired, ...] = ()
    shadow: tuple[Fired, ...] = ()
    skipped: tuple[str, ...] = ()
    policy: _Edition = _Edition()
    elapsed_ms: float = 0.0


class Trigger(Struct, frozen=True):
    """In how many decisions a rule was found: counted, and as a shadow."""

    rule: str
    counted: int
    shadow: int


class Week(Struct, frozen=True):
    """The decisions of a time. `scores` are histograms of `BINS` bins by rule, each over all
    decisions; `failed` counts decisions in which a scanner failed, `unreadable` lines that are none.
    """

    n: int
    decisions: dict[str, int]
    checkpoints: dict[str, int]
    triggers: tuple[Trigger, ...]
    scores: dict[str, tuple[int, ...]]
    skipped: dict[str, int]
    policies: dict[str, int]
    failed: int
    p50: float
    p99: float
    unreadable: int = 0

    def histogram(self, rule: str) -> tuple[int, ...]:
        """The scores of a rule, also of one that was never found."""
        return self.scores.get(rule, (self.n, *(0,) * (BINS - 1)))


class _Lines:
    """Decisions of files; counts what cannot be read on the way."""

    def __init__(self) -> None:
        self.unreadable = 0

    def of(self, paths: Iterable[Path]) -> Iterator[Event]:
        decoder = msgspec.json.Decoder(Event)
        for path in paths:
            try:
                with path.open("rb") as file:
                    yield from self._decoded(decoder, file)
            except OSError as error:
                raise CorpusError(
                    f"cannot be read: {error.strerror}", where=path, mend="name a file of events"
                ) from None

    def _decoded(
        self, decoder: msgspec.json.Decoder[Event], lines: Iterable[bytes]
    ) -> Iterator[Event]:
        for line in lines:
            try:
                found = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.unreadable += bool(line.strip())
                continue
            if found.at.tzinfo is None:
                self.unreadable += 1
            elif found.event == "decision":
                yield found


def latest(paths: Iterable[Path]) -> datetime | None:
    """When the last decision of the files was made.

    Raises:
        CorpusError: a file cannot be read.
    """
    return max((event.at for event in _Lines().of(paths)), default=None)


def week(paths: Iterable[Path], since: datetime, until: datetime) -> Week:
    """The decisions after `since`, up to `until`.

    Raises:
        CorpusError: a file cannot be read.
    """
    lines, sums = _Lines(), _Sums()
    for event in lines.of(paths):
        if since < event.at <= until:
            sums.take(event)
    return sums.week(lines.unreadable)


class _Sums:
    """Counts that grow with each decision."""

    def __init__(self) -> None:
        self._n = self._failed = 0
        self._decisions: Counter[str] = Counter()
        self._checkpoints: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._shadow: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._policies: Counter[str] = Counter()
        self._scores: dict[str, Counter[int]] = {}
        self._times: list[float] = []

    def take(self, event: Event) -> None:
        """Count one decision."""
        self._n += 1
        self._decisions[event.decision] += 1
        self._checkpoints[event.checkpoint] += 1
        self._policies[event.policy.digest] += 1
        self._skipped.update(event.skipped)
        self._counted.update({fired.rule for fired in event.findings})
        self._shadow.update({fired.rule for fired in event.shadow})
        self._failed += any(fired.error for fired in event.findings)
        self._times.append(event.elapsed_ms)
        best: dict[str, float] = {}
        for fired in (*event.findings, *event.shadow):
            best[fired.rule] = max(fired.score, best.get(fired.rule, 0.0))
        for rule, score in best.items():
            self._scores.setdefault(rule, Counter())[1 + min(BINS - 2, int(score * 10))] += 1

    def week(self, unreadable: int) -> Week:
        """What was counted."""
        rules = sorted(
            {*self._counted, *self._shadow},
            key=lambda rule: (-self._counted[rule], -self._shadow[rule], rule),
        )
        times = sorted(self._times)
        return Week(
            n=self._n,
            decisions=dict(sorted(self._decisions.items())),
            checkpoints=dict(sorted(self._checkpoints.items())),
            triggers=tuple(Trigger(r, self._counted[r], self._shadow[r]) for r in rules),
            scores={rule: self._histogram(rule) for rule in sorted(self._scores)},
            skipped=dict(sorted(self._skipped.items())),
            policies=dict(sorted(self._policies.items())),
            failed=self._failed,
            p50=times[len(times) // 2] if times else 0.0,
            p99=times[int(0.99 * len(times))] if times else 0.0,
            unreadable=unreadable,
        )

    def _histogram(self, rule: str) -> tuple[int, ...]:
        found = self._scores[rule]
        return (self._n - found.total(), *(found[number] for number in range(1, BINS)))
