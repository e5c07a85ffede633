"""What a moderation says of findings, without a model: scores, categories and what is not covered."""

import json

import pytest

from shield.errors import WireError
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Outcome,
    Severity,
    Skip,
    SkipReason,
    Span,
    Verdict,
)
from shield.wire.compat import Facts
from shield.wire.compat.moderations import CATEGORIES, read
from shield.wire.strict import Shape

SHAPE = Shape(16, 400)
COVERED = frozenset({"hate", "self-harm/intent", "illicit/violent"})


def moderation(given):
    return read(json.dumps({"input": given, "model": "m"}).encode(), SHAPE)


def found(rule, score, **changes):
    return Finding(rule, rule.partition("/")[0], Severity.ERROR, score, "m", (Span(0, 0, 1),))


def outcome(asked, *findings, shadow=(), decision=Decision.ALLOW, skipped=()):
    verdict = Verdict(
        id="a" * 32,
        checkpoint=Checkpoint.INPUT,
        decision=decision,
        enforced=True,
        score=0,
        findings=findings,
        shadow=shadow,
        edits=(),
        coverage=Coverage(skipped=skipped),
        policy="p",
        elapsed_ms=1.0,
    )
    passes = decision is Decision.ALLOW
    return Outcome(verdict, asked.input if passes else ())


def result(*findings, **changes):
    form = moderation("text")
    judged = [(outcome(form.asked[0], *findings, **changes),)]
    body = json.loads(form.answer(judged, Facts(("harm",), COVERED)).body)
    (one,) = body["results"]
    return one, body["shield"]


def test_the_highest_score_of_each_category_is_told_and_counted_ones_flag():
    one, _ = result(
        found("harm/hate", 0.8),
        found("harm/hate", 0.9),
        shadow=(found("harm/self-harm-intent", 0.6),),
    )

    assert one["flagged"]
    assert one["category_scores"]["hate"] == 0.9
    assert one["category_scores"]["self-harm/intent"] == 0.6
    assert [c for c, flagged in one["categories"].items() if flagged] == ["hate"]


def test_a_shadow_finding_flags_nothing():
    one, _ = result(shadow=(found("harm/hate", 0.99),))

    assert not one["flagged"]
    assert not any(one["categories"].values())


@pytest.mark.parametrize("decision", set(Decision) - {Decision.ALLOW})
def test_whatever_does_not_pass_is_flagged_in_no_category(decision):
    one, _ = result(found("override/ignore-previous", 1.0), decision=decision)

    assert one["flagged"]
    assert not any(one["categories"].values())
    assert set(one["category_scores"].values()) == {0.0}


def test_all_thirteen_categories_stand_everywhere_and_the_uncovered_are_named():
    one, told = result()

    for field in ("categories", "category_scores", "category_applied_input_types"):
        assert tuple(one[field]) == CATEGORIES
    assert len(CATEGORIES) == 13
    assert set(told["not_covered"]) == set(CATEGORIES) - COVERED
    assert one["category_applied_input_types"]["hate"] == ["text"]
    assert one["category_applied_input_types"]["sexual/minors"] == []


def test_what_was_not_looked_at_is_named():
    one, _ = result(skipped=(Skip("/input/0", SkipReason.MEDIA),) * 2)

    assert one["shield"]["skipped"] == ["media"]


@pytest.mark.parametrize(
    ("given", "texts", "skips"),
    [
        ("a", [["a"]], 0),
        (["a", "", "b"], [["a"], [""], ["b"]], 0),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], [["a", "b"]], 0),
        ([{"type": "image_url", "image_url": {"url": "x"}}], [[]], 1),
    ],
)
def test_every_form_of_input_is_read(given, texts, skips):
    form = moderation(given)

    assert [[s.text for s in asked.input] for asked in form.asked] == texts
    assert sum(len(asked.skipped) for asked in form.asked) == skips


@pytest.mark.parametrize(
    ("given", "at"),
    [
        (None, "/input"),
        ([], "/input"),
        (3, "/input"),
        ({"type": "text"}, "/input"),
        ([1, 2], "/input/0"),
        (["a", {"type": "text", "text": "b"}], "/input/0"),
        ([{"type": "text", "text": None}], "/input/0"),
        ([{"type": "file"}], "/input/0"),
        (["a"] * 257, "/input"),
    ],
)
def test_any_other_input_is_refused_with_its_place(given, at):
    with pytest.raises(WireError) as caught:
        moderation(given)

    assert (caught.value.status, caught.value.at) == (422, at)
    assert caught.value.mend
