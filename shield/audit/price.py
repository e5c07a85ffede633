"""What each scanner buys and what it costs: the cases that it decides by itself.

Both are read off the findings of one replay: the decision is made again from one scanner's
findings alone, and from all but its findings. What a session would have remembered otherwise, had a
turn ended otherwise, is not replayed.
"""

import math
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from shield.audit.corpus import Case, Kind
from shield.decide import decide
from shield.policy.load import Policy
from shield.types import Checkpoint, Coverage, Decision, Finding, Verdict, strictest


class Causes(Struct, frozen=True):
    """Who made a case end as an attack: scanners whose findings suffice `alone`, and those without
    `only` whom it would not have ended so.
    """

    alone: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


NOBODY = Causes()


class Outcome(Struct, frozen=True):
    """A case's kind, whether it ended as an attack, and why."""

    kind: Kind
    flagged: bool
    causes: Causes


class Price(Struct, frozen=True):
    """One scanner: cases that it would have flagged `_alone`, and that `_only` it flags."""

    scanner: str
    detections_alone: int
    detections_only: int
    harmed_alone: int
    harmed_only: int
    near_misses_only: int


class Union(Struct, frozen=True):
    """The false-positive rate of all scanners together on `n` benign cases.

    `independent` is 1 - Π(1 - fpr) of the scanners alone: what it would be if they erred
    independently of one another and no case were flagged by several findings that
    suffice only together, which are `together`.
    """

    n: int
    measured: float
    independent: float
    together: int


def counts(case: Case, decision: Decision) -> bool:
    """True when a case that ends so is stopped (attacks) or harmed (others)."""
    expect = case.line.expect
    return decision.rank >= expect.rank if case.kind is Kind.ATTACK else decision.rank > expect.rank


def causes(policy: Policy, case: Case, found: Sequence[Verdict]) -> Causes:
    """The causes of a case's outcome; none when it did not end as an attack."""
    if not counts(case, strictest(*(v.decision for v in found))):
        return NOBODY
    known = known_before(found)
    names = sorted({f.scanner for v in found for f in v.findings})
    alone, only = [], []
    for name in names:
        by_it = [[f for f in v.findings if f.scanner == name] for v in found]
        rest = [[f for f in v.findings if f.scanner != name] for v in found]
        blind = [Coverage() for _ in found]
        if counts(case, _again(policy, found, by_it, blind, known)):
            alone.append(name)
        if not counts(case, _again(policy, found, rest, [v.coverage for v in found], known)):
            only.append(name)
    return Causes(tuple(alone), tuple(only))


def _again(
    policy: Policy,
    found: Iterable[Verdict],
    findings: Iterable[Sequence[Finding]],
    coverage: Iterable[Coverage],
    known: Iterable[Collection[int]],
) -> Decision:
    return strictest(
        *(
            decide(policy, verdict.checkpoint, some, seen, passed).decision
            for verdict, some, seen, passed in zip(found, findings, coverage, known, strict=True)
        )
    )


def known_before(found: Iterable[Verdict]) -> list[Collection[int]]:
    """For each verdict the segments that had passed before: a case resends its history. What was
    refused before is among them once something passed, and has been cut out.
    """
    passed = 0
    known: list[Collection[int]] = []
    for verdict in found:
        is_input = verdict.checkpoint is Checkpoint.INPUT
        known.append(range(passed) if is_input else ())
        if is_input and verdict.decision.rank <= Decision.REDACT.rank:
            passed = verdict.coverage.segments
    return known


def prices(outcomes: Sequence[Outcome], scanners: Iterable[str]) -> tuple[Price, ...]:
    """The price of each scanner, those that buy most by themselves first."""
    flagged = [outcome for outcome in outcomes if outcome.flagged]
    found = [_price(name, flagged) for name in scanners]
    return tuple(sorted(found, key=lambda p: (-p.detections_only, -p.detections_alone, p.scanner)))


def _price(name: str, flagged: Iterable[Outcome]) -> Price:
    alone, only = dict.fromkeys(Kind, 0), dict.fromkeys(Kind, 0)
    for outcome in flagged:
        alone[outcome.kind] += name in outcome.causes.alone
        only[outcome.kind] += name in outcome.causes.only
    return Price(
        scanner=name,
        detections_alone=alone[Kind.ATTACK],
        detections_only=only[Kind.ATTACK],
        harmed_alone=alone[Kind.BENIGN],
        harmed_only=only[Kind.BENIGN],
        near_misses_only=only[Kind.NEAR_MISS],
    )


def union(outcomes: Iterable[Outcome], found: Iterable[Price]) -> Union:
    """The measured rate of all scanners together beside that of independent ones."""
    benign = [outcome for outcome in outcomes if outcome.kind is Kind.BENIGN]
    if not benign:
        return Union(0, 0.0, 0.0, 0)
    harmed = [outcome for outcome in benign if outcome.flagged]
    clean = math.prod(1 - price.harmed_alone / len(benign) for price in found)
    return Union(
        n=len(benign),
        measured=len(harmed) / len(benign),
        independent=1 - clean,
        together=sum(not outcome.causes.alone for outcome in harmed),
    )
