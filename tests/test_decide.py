"""Findings and coverage become one decision."""

import pytest

from shield.decide import decide
from shield.policy.schema import PolicyDocument
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Severity,
    Skip,
    SkipReason,
    Span,
    Surface,
)

CLEAN = Coverage()


def _policy(policy, **document):
    scanners = document.pop("scanners", {"probe": {}})
    written = PolicyDocument(name="t", version="1", scanners=scanners, **document)
    return policy.with_document(written)


def _found(rule="probe/a", severity=Severity.WARNING, score=1.0, **more) -> Finding:
    return Finding(rule, more.pop("scanner", "probe"), severity, score, "Found.", **more)


def _decision(policy, *findings, coverage=CLEAN, checkpoint=Checkpoint.INPUT):
    return decide(policy, checkpoint, findings, coverage).decision


def test_nothing_found_is_allowed(policy):
    assert _decision(_policy(policy)) is Decision.ALLOW


def test_a_critical_finding_blocks(policy):
    assert _decision(_policy(policy), _found(severity=Severity.CRITICAL)) is Decision.BLOCK


def test_a_single_weak_finding_is_allowed(policy):
    assert _decision(_policy(policy), _found(severity=Severity.ERROR)) is Decision.ALLOW


def test_two_weak_rules_together_block(policy):
    weak = [_found("probe/a"), _found("probe/b")]
    assert _decision(_policy(policy), *weak) is Decision.BLOCK


def test_one_weak_rule_that_finds_much_does_not_block(policy):
    assert _decision(_policy(policy), *[_found("probe/a")] * 50) is Decision.ALLOW


@pytest.mark.parametrize("flipped", [False, True])
def test_a_rule_weighs_as_much_as_its_gravest_finding(policy, flipped):
    found = [_found(severity=Severity.CRITICAL), _found(severity=Severity.NOTICE)]
    ordered = reversed(found) if flipped else found
    assert _decision(_policy(policy), *ordered) is Decision.BLOCK


@pytest.mark.parametrize(
    ("block_at", "decision"),
    [(1, Decision.BLOCK), (3, Decision.BLOCK), (4, Decision.ALLOW)],
)
def test_the_sum_blocks_from_block_at_on(policy, block_at, decision):
    made = _policy(policy, checkpoints={"input": {"block_at": block_at}})
    assert _decision(made, _found()) is decision


def test_each_checkpoint_has_its_own_bar(policy):
    made = _policy(policy, checkpoints={"input": {"block_at": 2}, "output": {"block_at": 9}})
    assert _decision(made, _found(), checkpoint=Checkpoint.OUTPUT) is Decision.ALLOW


@pytest.mark.parametrize("score", [0.0, 0.49, 0.4999999])
def test_a_finding_below_the_threshold_does_not_count(policy, score):
    weak = _found(severity=Severity.CRITICAL, score=score)
    judged = decide(_policy(policy), Checkpoint.INPUT, [weak], CLEAN)
    assert (judged.decision, judged.findings, judged.shadow) == (Decision.ALLOW, (), ())


def test_a_finding_at_the_threshold_counts(policy):
    at = _found(severity=Severity.CRITICAL, score=0.5)
    assert _decision(_policy(policy), at) is Decision.BLOCK


@pytest.mark.parametrize(
    ("thresholds", "counts"),
    [
        ({"probe": 0.9}, False),
        ({"probe": 0.9, "probe@user": 0.5}, True),
        ({"probe@user": 0.9, "probe@data": 0.1}, False),
        ({"probe@user": 0.9, "probe/a": 0.5}, True),
        ({"probe/a": 0.9, "probe/a@user": 0.5}, True),
        ({"probe/a@user": 0.9, "probe/a": 0.1, "probe": 0.1}, False),
    ],
)
def test_the_most_specific_threshold_holds(policy, thresholds, counts):
    made = _policy(policy).with_thresholds(thresholds)
    found = _found(score=0.6, surface=Surface.USER)
    assert bool(decide(made, Checkpoint.INPUT, [found], CLEAN).findings) is counts


@pytest.mark.parametrize("decision", list(Decision))
def test_a_counted_finding_asks_for_what_its_scanner_entry_says(policy, decision):
    made = _policy(policy, scanners={"probe": {"decision": decision}})
    assert _decision(made, _found(severity=Severity.NOTICE)) is decision


def test_the_entry_of_a_rule_overrides_its_scanners(policy):
    rules = {"probe/a": {"decision": "allow"}}
    made = _policy(policy, scanners={"probe": {"decision": "block", "rules": rules}})
    assert _decision(made, _found("probe/a", Severity.NOTICE)) is Decision.ALLOW


def test_the_policy_may_give_a_rule_another_weight(policy):
    rules = {"probe/a": {"severity": "notice"}}
    made = _policy(policy, scanners={"probe": {"rules": rules}})
    assert decide(made, Checkpoint.INPUT, [_found(severity=Severity.CRITICAL)], CLEAN).score == 2


def test_a_finding_of_a_shadow_scanner_is_reported_but_not_counted(policy):
    made = _policy(policy, scanners={"probe": {"level": 2, "decision": "block"}})
    found = _found(severity=Severity.CRITICAL)
    judged = decide(made, Checkpoint.INPUT, [found], CLEAN)
    assert (judged.decision, judged.findings, judged.shadow) == (Decision.ALLOW, (), (found,))


def test_a_shadow_finding_counts_once_the_policy_reaches_its_level(policy):
    made = _policy(policy, level=2, scanners={"probe": {"level": 2, "decision": "block"}})
    assert _decision(made, _found()) is Decision.BLOCK


def test_a_scanner_of_pattern_rules_can_be_put_in_shadow_as_a_whole(policy):
    made = _policy(policy, scanners={"injection_patterns": {"level": 2}})
    rule = policy.rules[0].id
    found = _found(rule, Severity.CRITICAL, scanner="injection_patterns")
    assert _decision(made, found) is Decision.ALLOW


@pytest.mark.parametrize("decision", list(Decision))
def test_a_failure_is_decided_by_on_error(policy, decision):
    made = _policy(policy, on_error=decision)
    assert _decision(made, _found(error=True)) is decision


def test_a_failure_blocks_unless_the_policy_says_otherwise(policy):
    assert _decision(_policy(policy), _found(error=True, score=0.0)) is Decision.BLOCK


def test_a_scanner_may_have_its_own_on_error(policy):
    made = _policy(policy, scanners={"probe": {"on_error": "escalate"}}, on_error="allow")
    assert _decision(made, _found(error=True)) is Decision.ESCALATE


def test_a_failure_of_a_shadow_scanner_is_still_a_failure(policy):
    made = _policy(policy, scanners={"probe": {"level": 9}})
    assert _decision(made, _found(error=True)) is Decision.BLOCK


def test_a_failure_adds_nothing_to_the_sum(policy):
    made = _policy(policy, on_error="allow")
    found = _found(severity=Severity.CRITICAL, error=True)
    assert decide(made, Checkpoint.INPUT, [found], CLEAN).score == 0


@pytest.mark.parametrize("reason", list(SkipReason))
@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.QUARANTINE, Decision.BLOCK])
def test_what_was_not_looked_at_is_decided_by_its_reason(policy, reason, decision):
    made = _policy(policy, on_incomplete={reason: decision})
    assert _decision(made, coverage=Coverage(skipped=(Skip("/x", reason),))) is decision


@pytest.mark.parametrize("reason", list(SkipReason))
def test_what_was_not_looked_at_blocks_when_the_policy_is_silent_about_it(policy, reason):
    skipped = Coverage(skipped=(Skip("/x", reason),))
    assert _decision(_policy(policy), coverage=skipped) is Decision.BLOCK


def test_a_finding_of_a_scanner_that_the_policy_does_not_name_still_weighs(policy):
    found = _found("other/a", Severity.CRITICAL, scanner="other")
    assert _decision(_policy(policy), found) is Decision.BLOCK


OLD, NEW = (Span(0, 0, 1),), (Span(1, 0, 1),)


@pytest.mark.parametrize(
    ("spans", "known", "decision"),
    [
        (OLD, (), Decision.BLOCK),
        (OLD, (0,), Decision.ALLOW),
        (OLD, (1,), Decision.BLOCK),
        (OLD + NEW, (0,), Decision.BLOCK),
        ((), (0, 1), Decision.BLOCK),
    ],
    ids=["new", "known", "another is known", "half known", "of no place"],
)
def test_what_an_earlier_exchange_weighed_is_not_weighed_again(policy, spans, known, decision):
    found = [_found("probe/a", spans=spans), _found("probe/b", spans=spans)]
    judged = decide(_policy(policy), Checkpoint.INPUT, found, CLEAN, known)
    assert (judged.decision, len(judged.findings)) == (decision, 2)


def test_what_asks_for_something_asks_for_it_again(policy):
    made = _policy(policy, scanners={"probe": {"decision": "redact"}})
    judged = decide(made, Checkpoint.INPUT, [_found(spans=OLD)], CLEAN, {0})
    assert (judged.decision, judged.score) == (Decision.REDACT, 0)


def test_an_error_in_a_known_segment_is_an_error(policy):
    found = _found(severity=Severity.CRITICAL, error=True, spans=OLD)
    judged = decide(_policy(policy), Checkpoint.INPUT, [found], CLEAN, {0})
    assert judged.decision is Decision.BLOCK
