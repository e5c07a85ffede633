"""Cuts: which ranges, and what the text says afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.redact import edits, placeholder, redacted
from shield.types import Edit, Finding, Severity, Source, Span


def _found(*spans: Span, rule: str = "secrets/github-token") -> Finding:
    return Finding(rule, "secrets", Severity.ERROR, 1.0, "A secret.", spans)


def _texts(*texts: str):
    return [segment(text, Source.USER, path=f"/{i}") for i, text in enumerate(texts)]


def _after(findings, *texts: str):
    segments = _texts(*texts)
    return [s.text for s in redacted(segments, edits(findings, segments))]


def test_where_nothing_was_found_nothing_is_cut():
    assert _after([], "hello") == ["hello"]


def test_a_secret_gives_way_to_a_placeholder_that_names_its_kind():
    assert _after([_found(Span(0, 4, 7))], "key abc end") == ["key [REDACTED:github-token] end"]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [(0, 3, "[REDACTED:k] def"), (4, 7, "abc [REDACTED:k]"), (0, 7, "[REDACTED:k]")],
)
def test_a_cut_at_an_end_of_the_text_leaves_the_rest(start, end, shown):
    assert _after([_found(Span(0, start, end), rule="secrets/k")], "abc def") == [shown]


def test_two_secrets_in_one_text_are_both_cut():
    found = [_found(Span(0, 0, 1), rule="a/one"), _found(Span(0, 4, 5), rule="a/two")]
    assert _after(found, "x bc y.")[0] == "[REDACTED:one] bc[REDACTED:two]y."


def test_secrets_that_stand_side_by_side_are_two_cuts():
    found = [_found(Span(0, 0, 2), rule="a/one"), _found(Span(0, 2, 4), rule="a/two")]
    assert _after(found, "xxyy") == ["[REDACTED:one][REDACTED:two]"]


def test_overlapping_findings_become_one_cut_that_covers_both():
    found = [_found(Span(0, 4, 9)), _found(Span(0, 2, 6))]
    assert [e.span for e in edits(found, _texts("0123456789"))] == [Span(0, 2, 9)]


def test_a_finding_inside_another_adds_no_cut():
    found = [_found(Span(0, 0, 9)), _found(Span(0, 3, 4))]
    assert [e.span for e in edits(found, _texts("0123456789"))] == [Span(0, 0, 9)]


def test_an_empty_span_cuts_nothing():
    assert edits([_found(Span(0, 3, 3))], _texts("0123456789")) == ()


def test_a_finding_without_a_place_cuts_nothing():
    assert edits([_found()], _texts("text")) == ()


def test_an_edit_names_the_pointer_of_its_segment():
    made = edits([_found(Span(1, 0, 2), rule="a/b")], _texts("one", "two"))
    assert made == (Edit("/1", Span(1, 0, 2), "b"),)


def test_cutting_one_segment_leaves_the_others_alone():
    assert _after([_found(Span(1, 0, 3), rule="a/b")], "one", "two") == ["one", "[REDACTED:b]"]


def test_a_redacted_segment_keeps_its_label_and_place():
    segments = _texts("secret")
    (cut,) = redacted(segments, edits([_found(Span(0, 0, 6))], segments))
    assert (cut.label, cut.path) == (segments[0].label, segments[0].path)


def test_a_text_that_looks_like_a_placeholder_is_cut_like_any_other():
    assert _after([_found(Span(0, 0, 12), rule="a/b")], "[REDACTED:x]") == ["[REDACTED:b]"]


RANGES = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=60, max_size=60, alphabet="abc é漢😀"), st.lists(RANGES, max_size=8))
def test_exactly_the_characters_outside_of_all_findings_remain(text, ranges):
    found = [_found(Span(0, start, end), rule="a/b") for start, end in ranges]
    covered = {i for start, end in ranges for i in range(start, end)}
    expected = "".join(c for i, c in enumerate(text) if i not in covered)
    assert _after(found, text)[0].replace(placeholder("b"), "") == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(RANGES, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_does_not_matter_to_what_is_cut(ranges, random):
    found = [_found(Span(0, start, end)) for start, end in ranges]
    mixed = random.sample(found, len(found))
    assert edits(mixed, _texts("x" * 60)) == edits(found, _texts("x" * 60))
