"""Findings and coverage → decision. Pure.

The decision is the strictest of: errors by `on_error`; what was skipped by
`on_incomplete`; each counted finding by its entry; and block, when the severities of the
counted findings, once a rule, reach `block_at`. A finding counts when its score reaches the
threshold of its rule or scanner on its surface and its entry is not shadow.
"""

from collections.abc import Iterable

from msgspec import Struct

from shield.policy.load import Policy
from shield.policy.schema import CheckpointEntry
from shield.types import Checkpoint, Coverage, Decision, Finding, strictest


class Judgement(Struct, frozen=True):
    """The decision, the sum of severities, and the findings that counted or would have."""

    decision: Decision
    score: int
    findings: tuple[Finding, ...]
    shadow: tuple[Finding, ...]


def decide(
    policy: Policy, checkpoint: Checkpoint, findings: Iterable[Finding], coverage: Coverage
) -> Judgement:
    """Judge what one checkpoint found."""
    above = [f for f in findings if f.error or f.score >= policy.threshold(f)]
    counted = tuple(f for f in above if f.error or policy.level(f) <= policy.document.level)
    shadow = tuple(f for f in above if not f.error and policy.level(f) > policy.document.level)
    score = sum(_weights(policy, counted).values())
    block_at = policy.document.checkpoints.get(checkpoint, CheckpointEntry()).block_at
    decision = strictest(
        *(policy.decision(f) for f in counted),
        *(policy.document.on_incomplete.get(s.reason, Decision.BLOCK) for s in coverage.skipped),
        Decision.BLOCK if score >= block_at else Decision.ALLOW,
    )
    return Judgement(decision, score, counted, shadow)


def _weights(policy: Policy, counted: Iterable[Finding]) -> dict[str, int]:
    """The highest severity of each rule."""
    weights: dict[str, int] = {}
    for finding in counted:
        if not finding.error:
            weights[finding.rule] = max(weights.get(finding.rule, 0), policy.severity(finding))
    return weights
