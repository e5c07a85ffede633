"""The nouns: order of decisions, exposure of segments, offset maps of views."""

from array import array

import pytest
from msgspec.structs import replace

from shield.label import join, label, segment
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Outcome,
    Segment,
    Source,
    Surface,
    Verdict,
    strictest,
)
from shield.view import View

ORDER = [
    Decision.ALLOW,
    Decision.REDACT,
    Decision.QUARANTINE,
    Decision.ESCALATE,
    Decision.BLOCK,
]


def _verdict(decision: Decision, *, enforced: bool = True) -> Verdict:
    return Verdict(
        id="v1",
        checkpoint=Checkpoint.INPUT,
        decision=decision,
        enforced=enforced,
        score=0,
        findings=(),
        shadow=(),
        edits=(),
        coverage=Coverage(),
        policy="p",
        elapsed_ms=0.0,
    )


def test_decisions_run_from_allow_to_block():
    assert sorted(Decision, key=lambda d: d.rank) == ORDER


def test_the_strictest_of_no_decision_is_allow():
    assert strictest() is Decision.ALLOW


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("second", ORDER)
def test_the_strictest_of_two_decisions_is_the_later_in_the_order(first, second):
    assert ORDER[max(first.rank, second.rank)] is strictest(first, second)


@pytest.mark.parametrize(
    ("source", "surface"),
    [
        (Source.SYSTEM, Surface.USER),
        (Source.USER, Surface.USER),
        (Source.ASSISTANT, Surface.ANSWER),
        (Source.TOOL, Surface.DATA),
        (Source.DOCUMENT, Surface.DATA),
    ],
)
def test_the_position_of_a_text_decides_whose_thresholds_apply(source, surface):
    assert surface is segment("text", source).surface


def test_a_text_of_several_origins_counts_as_the_least_trusted_of_them():
    mixed = join(label(Source.USER), label(Source.TOOL, "mail"), label(Source.SYSTEM))
    assert Segment("text", mixed).source is Source.TOOL


def test_a_document_mixed_into_a_tool_result_counts_as_a_document():
    mixed = join(label(Source.TOOL, "mail"), label(Source.DOCUMENT, "wiki"))
    assert Segment("text", mixed).source is Source.DOCUMENT


def test_a_view_without_a_map_reads_character_for_character():
    assert View("canonical", "abc").source_span(1, 3) == (1, 3)


def test_a_decoded_blob_maps_each_of_its_characters_to_the_whole_blob():
    assert View("base64", "abc", whole=(4, 20)).source_span(2, 3) == (4, 20)


def test_a_map_gives_the_first_start_and_the_end_of_the_last_character():
    view = View("canonical", "abc", array("I", [0, 2, 5]))
    assert view.source_span(0, 2) == (0, 3)


def test_the_view_of_a_view_maps_to_the_first_source():
    outer = View("hidden", "xyz", whole=(7, 9))
    inner = View("base64", "abc", whole=(0, 3), parent=outer)
    assert View("reversed", "cba", parent=inner).source_span(0, 1) == (7, 9)


def test_an_empty_range_of_a_view_stays_inside_the_source():
    # "ﬁﬁ" reads "fifi": the end of the view lies beyond the end of the source.
    view = View("canonical", "fifi", array("I", [0, 0, 1, 1]))
    assert view.source_span(4, 4) == (2, 2)


@pytest.mark.parametrize(
    ("decision", "passes"),
    [
        (Decision.ALLOW, True),
        (Decision.REDACT, True),
        (Decision.QUARANTINE, False),
        (Decision.ESCALATE, False),
        (Decision.BLOCK, False),
    ],
)
def test_only_allowed_and_redacted_texts_go_on(decision, passes):
    assert Outcome(_verdict(decision)).passes is passes


@pytest.mark.parametrize("decision", ORDER)
def test_an_observing_policy_lets_everything_pass(decision):
    assert Outcome(_verdict(decision, enforced=False)).passes


def test_an_observing_policy_still_reports_what_it_would_have_decided():
    outcome = Outcome(_verdict(Decision.BLOCK, enforced=False))
    assert (outcome.verdict.decision, outcome.decision) == (Decision.BLOCK, Decision.ALLOW)


def test_a_verdict_cannot_be_changed_after_it_was_given():
    verdict = _verdict(Decision.BLOCK)
    with pytest.raises(AttributeError):
        verdict.decision = Decision.ALLOW


def test_a_segment_keeps_its_label_when_its_text_is_replaced():
    before = segment("text", Source.DOCUMENT, "wiki")
    assert replace(before, text="other").label == before.label
