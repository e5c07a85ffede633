"""Law 8: more evidence, a higher level or a gap in coverage is never more permissive."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shield.decide import decide
from shield.policy.load import Policy, load
from shield.policy.schema import PolicyDocument
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Severity,
    Skip,
    SkipReason,
    Surface,
)

SHIPPED = load(locked=False)
RULES = [SHIPPED.rules[0].id, "probe/a", "probe/b"]
SCANNERS = ["injection_patterns", "probe"]
# Mostly allow, so that the sum of severities is what decides.
decisions = st.just(Decision.ALLOW) | st.just(Decision.ALLOW) | st.sampled_from(Decision)
levels = st.integers(1, 3)
entries = st.fixed_dictionaries({"decision": decisions, "level": levels})


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = st.dictionaries(st.sampled_from(RULES), entries, max_size=2)
    scanners = {
        name: {**draw(entries), "rules": draw(rules)}
        for name in draw(st.lists(st.sampled_from(SCANNERS), unique=True))
    }
    written = PolicyDocument(
        name="t",
        version="1",
        level=draw(levels),
        on_error=draw(decisions),
        on_incomplete=draw(st.dictionaries(st.sampled_from(SkipReason), decisions)),
        checkpoints={Checkpoint.INPUT: {"block_at": draw(st.integers(1, 12))}},
        scanners=scanners,
    )
    return SHIPPED.with_document(written)


findings = st.builds(
    Finding,
    rule=st.sampled_from(RULES),
    scanner=st.sampled_from(SCANNERS),
    severity=st.sampled_from(Severity),
    score=st.sampled_from([0.0, 0.49, 0.5, 1.0]),
    message=st.just("Found."),
    surface=st.sampled_from(Surface),
    error=st.sampled_from([False, False, False, False, True]),
)
several = st.lists(findings, max_size=5)
skips = st.builds(Skip, st.just("/x"), st.sampled_from(SkipReason))
law = settings(max_examples=200, deadline=None)


def _rank(policy, found, skipped=()):
    judged = decide(policy, Checkpoint.INPUT, found, Coverage(skipped=tuple(skipped)))
    return judged.decision.rank


@law
@given(policies(), several, st.data())
def test_a_further_finding_never_makes_a_decision_more_permissive(policy, found, data):
    # Often a finding of a rule that has found something already, but of another gravity.
    again = st.sampled_from([f.rule for f in found] or RULES)
    more = replace(data.draw(findings), rule=data.draw(again))
    at = data.draw(st.integers(0, len(found)))
    assert _rank(policy, [*found[:at], more, *found[at:]]) >= _rank(policy, found)


@law
@given(policies(), several)
def test_a_higher_level_never_makes_a_decision_more_permissive(policy, found):
    raised = policy.document.model_copy(update={"level": policy.document.level + 1})
    assert _rank(policy.with_document(raised), found) >= _rank(policy, found)


@law
@given(policies(), several, st.lists(skips, max_size=2), skips)
def test_a_further_gap_never_makes_a_decision_more_permissive(policy, found, skipped, more):
    assert _rank(policy, found, [*skipped, more]) >= _rank(policy, found, skipped)


@law
@given(policies(), several, st.data())
def test_a_higher_score_never_makes_a_decision_more_permissive(policy, found, data):
    raised = [replace(f, score=max(f.score, data.draw(st.floats(0, 1)))) for f in found]
    assert _rank(policy, raised) >= _rank(policy, found)


@law
@given(policies(), several, st.data())
def test_a_graver_finding_never_makes_a_decision_more_permissive(policy, found, data):
    graver = [
        replace(f, severity=max(f.severity, data.draw(st.sampled_from(Severity)))) for f in found
    ]
    assert _rank(policy, graver) >= _rank(policy, found)


@law
@given(policies(), several, st.randoms(use_true_random=False))
def test_the_order_in_which_scanners_report_does_not_matter(policy, found, random):
    assert _rank(policy, random.sample(found, len(found))) == _rank(policy, found)


@law
@given(policies(), several)
def test_a_lower_bar_never_makes_a_decision_more_permissive(policy, found):
    lower = {Checkpoint.INPUT: {"block_at": 1}}
    written = PolicyDocument.model_validate(
        {**policy.document.model_dump(mode="json"), "checkpoints": lower}
    )
    assert _rank(policy.with_document(written), found) >= _rank(policy, found)


@law
@given(
    bar=st.integers(1, 12),
    found=st.lists(st.tuples(st.sampled_from(RULES), st.sampled_from(Severity)), max_size=4),
    more=st.tuples(st.sampled_from(RULES), st.sampled_from(Severity)),
)
def test_a_further_finding_never_lowers_the_sum(bar, found, more):
    written = PolicyDocument(
        name="t", version="1", scanners={}, checkpoints={Checkpoint.INPUT: {"block_at": bar}}
    )
    policy = SHIPPED.with_document(written)
    weighed = [Finding(rule, "probe", weight, 1.0, "Found.") for rule, weight in [*found, more]]
    assert _rank(policy, weighed) >= _rank(policy, weighed[:-1])
