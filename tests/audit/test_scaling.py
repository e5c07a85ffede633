"""A margin is where a sweep of all thresholds together changes a case."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.audit.corpus import Case, Kind, Line, Turn
from shield.audit.scaling import MOST, margin
from shield.decide import decide
from shield.pipeline import Detection
from shield.policy.load import Policy
from shield.policy.schema import ScannerEntry
from shield.types import Checkpoint, Coverage, Decision, Finding, Severity, Source, Surface, Verdict

THRESHOLDS = {"injection@user": 0.8, "injection/suspect@user": 0.4, "injection_ngram@user": 1.0}


@pytest.fixture(scope="module")
def graded(unlocked: Any) -> Policy:
    """Two critical findings block; a suspicion adds half of it."""
    policy = unlocked().with_thresholds(THRESHOLDS)
    names = ("injection", "injection_ngram", "rules")
    scanners = {name: ScannerEntry() for name in names}
    return policy.with_document(policy.document.model_copy(update={"scanners": scanners}))


def finding(score: float, rule: str = "injection/found", severity: int = 5) -> Finding:
    scanner = rule.partition("/")[0]
    return Finding(rule, scanner, Severity(severity), score, "Found.", surface=Surface.USER)


def case(kind: Kind = Kind.ATTACK) -> Case:
    expect = Decision.BLOCK if kind is Kind.ATTACK else Decision.ALLOW
    return Case(kind, "g", Line("c1", "en", "tune", "t", expect, (Turn(Source.USER, "x"),)))


def judged(policy: Policy, *findings: Finding) -> tuple[Verdict, Detection]:
    coverage = Coverage(segments=1)
    found = decide(policy, Checkpoint.INPUT, findings, coverage)
    verdict = Verdict(
        id="v",
        checkpoint=Checkpoint.INPUT,
        decision=found.decision,
        enforced=True,
        score=found.score,
        findings=found.findings,
        shadow=found.shadow,
        edits=(),
        coverage=coverage,
        policy="p",
        elapsed_ms=1.0,
    )
    return verdict, Detection(findings, coverage)


def of(policy: Policy, *findings: Finding, kind: Kind = Kind.ATTACK) -> float:
    verdict, seen = judged(policy, *findings)
    return margin(policy, case(kind), [verdict], [seen])


def test_a_score_at_its_threshold_has_no_margin(graded: Policy) -> None:
    assert of(graded, finding(0.8)) == 0.0


def test_a_margin_counts_doublings_of_the_odds(graded: Policy) -> None:
    assert of(graded, finding(8 / 9)) == pytest.approx(1.0, abs=1e-3)
    assert of(graded, finding(2 / 3)) == pytest.approx(-1.0, abs=1e-3)


def test_fixed_findings_decide_at_every_scale(graded: Policy) -> None:
    assert of(graded, finding(1.0, "rules/a")) == MOST
    assert of(graded) == -MOST
    assert of(graded, finding(0.9, "rules/a", severity=2)) == -MOST


def test_a_threshold_that_is_off_stays_off(graded: Policy) -> None:
    assert of(graded, finding(0.999, "injection_ngram/found")) == -MOST


def test_a_suspicion_that_needs_another_has_the_weaker_ones_margin(graded: Policy) -> None:
    suspect = finding(0.5, "injection/suspect", severity=3)
    beside = finding(1.0, "rules/a", severity=2)
    assert of(graded, suspect) == -MOST
    assert of(graded, suspect, beside) == pytest.approx(math.log2(1.5), abs=1e-3)


def test_the_strictest_verdict_of_a_conversation_counts(graded: Policy) -> None:
    pairs = [judged(graded, finding(score)) for score in (0.1, 8 / 9, 0.5)]
    found = margin(graded, case(), [v for v, _ in pairs], [s for _, s in pairs])
    assert found == pytest.approx(1.0, abs=1e-3)


def test_an_error_is_no_score(graded: Policy) -> None:
    failed = Finding("injection/error", "injection", Severity.ERROR, 0.0, "x", error=True)
    assert of(graded, failed) == MOST


SCORES = st.floats(0.001, 0.999)
RULES = st.sampled_from(["injection/found", "injection/suspect", "injection_ngram/x", "rules/a"])
FINDINGS = st.lists(st.builds(finding, SCORES, RULES, st.integers(2, 5)), max_size=5)


@given(FINDINGS, st.sampled_from([Kind.ATTACK, Kind.BENIGN]))
def test_a_case_ends_as_an_attack_when_its_margin_is_not_below_zero(
    graded: Policy, findings: list[Finding], kind: Kind
) -> None:
    verdict, seen = judged(graded, *findings)
    flagged = verdict.decision.rank > Decision.ALLOW.rank
    found = margin(graded, case(kind), [verdict], [seen])
    # A score a hair above its threshold rounds to no margin at all.
    assert flagged is (found >= 0.0) or abs(found) < 1e-4
    assert -MOST <= found <= MOST
