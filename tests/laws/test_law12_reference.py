"""Law 12: `decide` equals a naive reference, written from the design and not from the code."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shield.decide import decide
from shield.policy.load import load
from shield.policy.schema import PolicyDocument
from shield.types import Checkpoint, Coverage, Finding, Severity, Skip, SkipReason, Span, Surface

SHIPPED = load(locked=False)
ORDER = ["allow", "redact", "quarantine", "escalate", "block"]
WEIGHTS = {"notice": 2, "warning": 3, "error": 4, "critical": 5}
# Some ids are pattern rules with a level of their own, some are known to no rule file.
RULES = [SHIPPED.rules[0].id, SHIPPED.rules[-1].id, "probe/a", "probe/b"]
SCANNERS = ["injection_patterns", "probe", "unnamed"]

decisions = st.sampled_from(ORDER)
maybe = st.none() | decisions
levels = st.integers(1, 3)
rule_entries = st.fixed_dictionaries(
    {},
    optional={
        "decision": decisions,
        "level": levels,
        "severity": st.sampled_from(list(WEIGHTS)),
    },
)
scanner_entries = st.fixed_dictionaries(
    {"decision": decisions, "level": levels, "on_error": maybe},
    optional={
        "at_most": st.sampled_from(list(WEIGHTS)),
        "rules": st.dictionaries(st.sampled_from(RULES), rule_entries),
    },
)
documents = st.fixed_dictionaries(
    {
        "level": levels,
        "on_error": decisions,
        "on_incomplete": st.dictionaries(st.sampled_from(SkipReason), decisions),
        "checkpoints": st.dictionaries(
            st.sampled_from(Checkpoint),
            st.fixed_dictionaries({"block_at": st.integers(1, 15)}),
        ),
        "scanners": st.dictionaries(st.sampled_from(SCANNERS[:2]), scanner_entries),
    }
)
scores = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])
threshold_keys = [
    name + surface for name in RULES + SCANNERS for surface in ("", "@user", "@data", "@answer")
]
thresholds = st.dictionaries(st.sampled_from(threshold_keys), scores, max_size=6)
findings = st.builds(
    Finding,
    rule=st.sampled_from(RULES),
    scanner=st.sampled_from(SCANNERS),
    severity=st.sampled_from(Severity),
    score=scores,
    message=st.just("Found."),
    surface=st.none() | st.sampled_from(Surface),
    error=st.booleans(),
    spans=st.sampled_from([(), (Span(0, 0, 1),)]),
)
skips = st.builds(Skip, st.just("/x"), st.sampled_from(SkipReason))


def _own_level(rule):
    for pattern in SHIPPED.rules:
        if pattern.id == rule:
            return pattern.level
    return 1


def _threshold(known, finding):
    surface = finding.surface.value if finding.surface else "none"
    for key in (
        f"{finding.rule}@{surface}",
        finding.rule,
        f"{finding.scanner}@{surface}",
        finding.scanner,
    ):
        if key in known:
            return known[key]
    return 0.5


def _asked(document, known, finding):
    """What one finding asks for, and its weight; None when it does not count."""
    entry = document["scanners"].get(finding.scanner, {})
    special = entry.get("rules", {}).get(finding.rule, {})
    if finding.error:
        return (entry.get("on_error") or document["on_error"]), 0
    if finding.score < _threshold(known, finding):
        return None
    # A scanner in shadow shadows all of its rules; only the rule's own entry takes one out.
    level = special.get("level") or max(entry.get("level", 1), _own_level(finding.rule))
    if level > document["level"]:
        return None
    asked = special.get("decision") or entry.get("decision", "allow")
    capped = min(int(finding.severity), WEIGHTS.get(entry.get("at_most"), 5))
    weight = WEIGHTS.get(special.get("severity"), capped)
    # What is cut out is settled by the cut.
    return asked, 0 if asked == "redact" and finding.spans else weight


def _reference(document, known, checkpoint, found, skipped):
    """The decision and the sum, by the words of the design."""
    asked, weights = ["allow"], {}
    for finding in found:
        answer = _asked(document, known, finding)
        if answer is not None:
            asked.append(answer[0])
            weights[finding.rule] = max(weights.get(finding.rule, 0), answer[1])
    asked += [document["on_incomplete"].get(skip.reason, "block") for skip in skipped]
    total = sum(weights.values())
    bar = document["checkpoints"].get(checkpoint, {"block_at": 5})["block_at"]
    if total >= bar:
        asked.append("block")
    return max(asked, key=ORDER.index), total


@settings(max_examples=250, deadline=None)
@given(
    document=documents,
    known=thresholds,
    checkpoint=st.sampled_from(Checkpoint),
    found=st.lists(findings, max_size=6),
    skipped=st.lists(skips, max_size=2),
)
def test_every_decision_is_that_of_the_naive_reference(document, known, checkpoint, found, skipped):
    written = PolicyDocument.model_validate({"name": "t", "version": "1", **document})
    policy = SHIPPED.with_document(written).with_thresholds(known)
    judged = decide(policy, checkpoint, found, Coverage(skipped=tuple(skipped)))
    expected = _reference(document, known, checkpoint, found, skipped)
    assert (judged.decision.value, judged.score) == expected


@settings(max_examples=200, deadline=None)
@given(document=documents, known=thresholds, found=st.lists(findings, max_size=6))
def test_a_finding_above_its_threshold_is_either_counted_or_in_the_shadow(document, known, found):
    written = PolicyDocument.model_validate({"name": "t", "version": "1", **document})
    policy = SHIPPED.with_document(written).with_thresholds(known)
    judged = decide(policy, Checkpoint.INPUT, found, Coverage())
    above = [f for f in found if f.error or f.score >= _threshold(known, f)]
    assert len(judged.findings) + len(judged.shadow) == len(above)
