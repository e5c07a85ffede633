"""How far all thresholds could be moved together before a case ends differently.

A threshold's odds are scaled by 2^x: at x = 0 it is the policy's, above it is stricter. A case's
margin is the highest x at which it still ends as an attack, so that a sweep of x over the margins
gives the detection and the false positives of the whole policy at every scale. What a session
would have remembered otherwise, had a turn ended otherwise, is not replayed.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from shield.audit.choose import GRADED
from shield.audit.corpus import Case
from shield.audit.price import counts, known_before
from shield.decide import decide
from shield.pipeline import Detection
from shield.policy.load import Policy
from shield.types import Decision, Finding, Verdict, strictest

# Doublings of the odds. A case with this margin ends as an attack whatever the thresholds are, one
# with the opposite never does.
MOST = 20.0


class _Step(NamedTuple):
    """The findings of one verdict, each with the highest scale at which it counts; None: as ever."""

    verdict: Verdict
    graded: tuple[tuple[float, Finding], ...]
    fixed: tuple[Finding, ...]
    known: Collection[int]


def margin(
    policy: Policy, case: Case, found: Sequence[Verdict], seen: Sequence[Detection]
) -> float:
    """The margin of a case, in doublings of the odds within ± `MOST`."""
    steps = [
        _step(policy, verdict, detection, known)
        for verdict, detection, known in zip(found, seen, known_before(found), strict=True)
    ]

    def ends(scale: float) -> bool:
        return counts(case, strictest(*(_decision(policy, step, scale) for step in steps)))

    scales = sorted({scale for step in steps for scale, _ in step.graded}, reverse=True)
    if ends(math.inf):
        return MOST
    low, high = 0, len(scales)
    while low < high:  # the first scale, from strict to lax, at which the case ends as an attack
        middle = (low + high) // 2
        low, high = (low, middle) if ends(scales[middle]) else (middle + 1, high)
    return round(scales[low], 4) if low < len(scales) else -MOST


def _step(policy: Policy, verdict: Verdict, found: Detection, known: Collection[int]) -> _Step:
    graded: list[tuple[float, Finding]] = []
    fixed: list[Finding] = []
    for finding in found.findings:
        if finding.error or finding.scanner not in GRADED:
            fixed.append(finding)
        else:
            scale = _scale(finding.score, policy.threshold(finding))
            if scale > -MOST:
                graded.append((scale, finding))
    return _Step(verdict, tuple(graded), tuple(fixed), known)


def _decision(policy: Policy, step: _Step, scale: float) -> Decision:
    # Whatever counts at this scale counts in full; what does not is left out.
    counted = (replace(finding, score=1.0) for own, finding in step.graded if own >= scale)
    judged = decide(
        policy,
        step.verdict.checkpoint,
        (*step.fixed, *counted),
        step.verdict.coverage,
        step.known,
    )
    return judged.decision


def _scale(score: float, threshold: float) -> float:
    """How often the odds of a threshold can be doubled until they are the score's."""
    if threshold >= 1.0 or score <= 0.0:
        return -MOST
    if score >= 1.0 or threshold <= 0.0:
        return MOST
    return max(-MOST, min(MOST, math.log2(score * (1 - threshold) / ((1 - score) * threshold))))
