"""Findings and coverage → decision. Pure.

The decision is the strictest of: errors by `on_error`; what was skipped by
`on_incomplete`; each counted finding by its entry; and block, when the severities of the
counted findings, once a rule, reach `block_at`. A finding counts when its score reaches the
threshold of its rule or scanner on its surface and its entry is not shadow. What lies in
segments that passed in an earlier exchange of the session was weighed there and is not weighed
again: a client that resends its history gets the verdict of one that sends its newest message.
What is cut out is settled by the cut and not weighed either.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from shield.policy.load import Policy
from shield.policy.schema import CheckpointEntry
from shield.types import Checkpoint, Coverage, Decision, Finding, Verdict, strictest


class Judgement(Struct, frozen=True):
    """The decision, the sum of severities, and the findings that counted or would have."""

    decision: Decision
    score: int
    findings: tuple[Finding, ...]
    shadow: tuple[Finding, ...]


def decide(
    policy: Policy,
    checkpoint: Checkpoint,
    findings: Iterable[Finding],
    coverage: Coverage,
    known: Collection[int] = (),
) -> Judgement:
    """Judge what one checkpoint found. `known` are the segments that passed before."""
    above = [f for f in findings if f.error or f.score >= policy.threshold(f)]
    counted = tuple(f for f in above if f.error or policy.level(f) <= policy.document.level)
    shadow = tuple(f for f in above if not f.error and policy.level(f) > policy.document.level)
    score = sum(_weights(policy, (f for f in counted if _fresh(f, known))).values())
    block_at = policy.document.checkpoints.get(checkpoint, CheckpointEntry()).block_at
    decision = strictest(
        *(policy.decision(f) for f in counted),
        *(policy.document.on_incomplete.get(s.reason, Decision.BLOCK) for s in coverage.skipped),
        Decision.BLOCK if score >= block_at else Decision.ALLOW,
    )
    return Judgement(decision, score, counted, shadow)


def fixed_answer(policy: Policy, verdict: Verdict, newest: Collection[int]) -> str:
    """What the policy answers in place of the model: the answer of the surest counted finding in
    the `newest` segments that asks for no less than was decided, or where the verdict passes.
    """
    passes = verdict.decision.rank <= Decision.REDACT.rank
    answers = [
        (finding.score, policy.answer(finding))
        for finding in verdict.findings
        if any(span.segment in newest for span in finding.spans)
        and (passes or policy.decision(finding) is verdict.decision)
    ]
    return max((pair for pair in answers if pair[1]), default=(0.0, ""))[1]


def _fresh(finding: Finding, known: Collection[int]) -> bool:
    return not finding.spans or any(span.segment not in known for span in finding.spans)


def _weights(policy: Policy, counted: Iterable[Finding]) -> dict[str, int]:
    """The highest severity of each rule that asks for no cut."""
    weights: dict[str, int] = {}
    for finding in counted:
        settled = finding.spans and policy.decision(finding) is Decision.REDACT
        if not finding.error and not settled:
            weights[finding.rule] = max(weights.get(finding.rule, 0), policy.severity(finding))
    return weights
