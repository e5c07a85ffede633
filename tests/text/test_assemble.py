"""Parts of a text as one view, and parts replaced in their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.text.assemble import assembled, replaced

TEXT = "one 42 two 43 three"


def _spans(view, words: str) -> list[tuple[int, int]]:
    return [
        view.source_span(view.text.index(w), view.text.index(w) + len(w)) for w in words.split()
    ]


def test_parts_stand_on_lines_of_their_own():
    view = assembled("k", [("one", 0, 3), ("two", 7, 10)], None)
    assert (view.text, _spans(view, "one two")) == ("one\ntwo", [(0, 3), (7, 10)])


def test_parts_without_glue_run_together_and_keep_their_places():
    view = assembled("k", [("o", 0, 1), ("two", 7, 10)], None, glue="")
    assert (view.text, view.source_span(0, 4)) == ("otwo", (0, 10))


@pytest.mark.parametrize("parts", [[], [("", 0, 3)], [("x", 3, 3)]])
def test_nothing_to_say_is_no_view(parts):
    assert assembled("k", parts, None) is None


def test_the_glue_belongs_to_a_character_of_the_source():
    view = assembled("k", [("a", 0, 1), ("b", 1, 2)], None)
    assert view.source_span(1, 2) == (0, 1)


def test_a_replacement_keeps_what_stands_around_it():
    view = replaced("k", TEXT, [("forty-two", 4, 6)], None, around=100)
    assert view.text == "one forty-two two 43 three"


def test_a_replacement_maps_as_a_whole_and_its_neighbours_character_for_character():
    view = replaced("k", TEXT, [("forty-two", 4, 6)], None, around=100)
    assert _spans(view, "one forty three") == [(0, 3), (4, 6), (14, 19)]


def test_far_from_a_replacement_the_text_is_left_out():
    text = "x" * 50 + "42" + "y" * 50
    assert replaced("k", text, [("!", 50, 52)], None, around=3).text == "xxx!yyy"


def test_between_two_replacements_far_apart_there_is_a_line_break():
    text = "1" + "x" * 50 + "2"
    view = replaced("k", text, [("a", 0, 1), ("b", 51, 52)], None, around=3)
    assert view.text == "axxx\nxxxb"


def test_a_replacement_by_nothing_joins_its_neighbours():
    assert replaced("k", "ab-cd", [("", 2, 3)], None, around=10).text == "abcd"


def test_without_replacements_there_is_no_view():
    assert replaced("k", TEXT, [], None, around=10) is None


PLACES = st.lists(st.integers(0, 40), min_size=2, max_size=10, unique=True).map(sorted)


@given(PLACES, st.integers(0, 12))
def test_every_character_of_a_replaced_text_maps_into_the_source(places, around):
    text = "".join(chr(97 + n % 26) for n in range(41))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    view = replaced("k", text, [("##", s, e) for s, e in pairs], None, around)
    spans = [view.source_span(i, i + 1) for i in range(len(view.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
