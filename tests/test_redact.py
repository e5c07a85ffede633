"""Cuts: which ranges, and what the text says afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.redact import edits, mask, placeholder, redacted
from shield.types import Edit, EditForm, Finding, Severity, Source, Span
from tests.growth import assert_linear


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


def _cut(text, form, tokens=None):
    found = [_found(Span(0, 3, len(text) - 3), rule="pii/email-address")]
    segments = _texts(text)
    return redacted(segments, edits(found, segments, lambda _: form), tokens)[0].text[3:-3]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("4111 1111 1111 1234", "**** **** **** 1234"),
        ("DE89370400440532013000", "******************3000"),
        ("536-22-8479", "***-**-****"),  # nine digits: four of them would be half of it
        ("123456789012", "*********012"),
        ("ann.lee@example.org", "***.***@******e.org"),
        ("secret", "******"),
        ("漢字漢字漢字漢字漢字漢字", "*********字漢字"),
        ("- / -", "- / -"),
    ],
)
def test_a_mask_leaves_signs_and_a_few_characters_at_the_end_of_a_long_value(value, shown):
    assert mask(value) == shown
    assert _cut(f"is {value} ok", EditForm.MASK) == shown


@given(st.text(max_size=60))
def test_a_mask_never_shows_more_than_a_quarter_nor_another_length(value):
    shown = mask(value)
    left = [a for a, b in zip(value, shown, strict=True) if a == b and a.isalnum()]
    assert len(left) <= min(4, sum(map(str.isalnum, value)) // 4)


def test_a_tokenised_cut_asks_for_a_name_by_kind_and_value():
    asked = []

    def tokens(kind, value):
        asked.append((kind, value))
        return f"<T_{len(asked)}>"

    assert _cut("to ann@x.test ok", EditForm.TOKENISE, tokens) == "<T_1>"
    assert asked == [("email-address", "ann@x.test")]


@pytest.mark.parametrize("tokens", [None, lambda kind, value: ""])
def test_where_no_name_is_to_be_had_a_placeholder_stands(tokens):
    assert _cut("to ann@x.test ok", EditForm.TOKENISE, tokens) == "[REDACTED:email-address]"


def test_names_are_given_in_the_order_of_the_text():
    found = [_found(Span(0, 4, 5)), _found(Span(0, 0, 1)), _found(Span(1, 0, 1))]
    segments = _texts("a b c", "d")
    names = iter("123")
    cut = redacted(
        segments,
        edits(found, segments, lambda _: EditForm.TOKENISE),
        lambda kind, value: f"{value}={next(names)}",
    )
    assert [s.text for s in cut] == ["a=1 b c=2", "d=3"]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_of_overlapping_findings_the_least_telling_form_wins(first, second):
    forms = {"a/mask": EditForm.MASK, "a/token": EditForm.TOKENISE, "a/plain": EditForm.PLACEHOLDER}
    for one, other, expected in [
        ("a/mask", "a/token", EditForm.TOKENISE),
        ("a/mask", "a/plain", EditForm.PLACEHOLDER),
        ("a/token", "a/plain", EditForm.PLACEHOLDER),
        ("a/mask", "a/mask", EditForm.MASK),
    ]:
        found = [_found(Span(0, 0, 6), rule=one), _found(Span(0, 4, 9), rule=other)]
        (edit,) = edits(
            [found[first], found[second]], _texts("0123456789"), lambda f: forms[f.rule]
        )
        assert (edit.form, edit.span) == (expected, Span(0, 0, 9))


def test_an_edit_says_nothing_of_the_text_in_any_form():
    (edit,) = edits([_found(Span(0, 0, 6))], _texts("canary"), lambda _: EditForm.MASK)
    assert "canary" not in repr(edit)


def test_many_cuts_cost_no_more_than_the_length():
    def work(count):
        segments = _texts("ab " * count)
        found = [_found(Span(0, 3 * i, 3 * i + 2), rule="a/b") for i in range(count)]
        cuts = edits(found, segments)
        return lambda: redacted(segments, cuts)

    assert_linear(work, 4_000, 16_000)


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
