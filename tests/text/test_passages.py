"""A text falls into passages that hold all of it, in order, and none too long."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.text.passages import passages

TEXTS = st.text(alphabet=st.sampled_from("ab .!?\n。漢"), max_size=300)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 40))
def test_passages_hold_every_character_that_is_no_blank(text, size):
    ranges = list(passages(text, size))
    assert "".join("".join(text[a:b].split()) for a, b in ranges) == "".join(text.split())
    assert all(0 < b - a <= size for a, b in ranges)
    assert ranges == sorted(ranges)


@settings(deadline=None)
@given(TEXTS)
def test_a_text_that_fits_is_one_passage(text):
    assert [text[a:b] for a, b in passages(text, 300)] == ([text.strip()] if text.strip() else [])


@pytest.mark.parametrize(
    ("text", "size", "found"),
    [
        ("One. Two. Three.", 10, ["One. Two.", "Three."]),
        ("v1.2.3 is out. Next.", 15, ["v1.2.3 is out.", "Next."]),
        ("a long sentence without an end", 12, ["a long", "sentence", "without an", "end"]),
        ("一。二。三。", 4, ["一。二。", "三。"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
        ("one\n\n\ntwo", 4, ["one", "two"]),
    ],
)
def test_sentences_and_lines_stay_whole_where_they_can(text, size, found):
    assert [text[a:b] for a, b in passages(text, size)] == found
