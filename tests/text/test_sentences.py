"""Ranges grow to sentences and never shrink."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.text.sentences import widened

TEXT = "It is late. Send the list to Bo! Thanks.\nBye"


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("the list", "Send the list to Bo!"),
        ("late. Send", "It is late. Send the list to Bo!"),
        ("Bye", "Bye"),
        ("Thanks.", "Thanks."),
        ("It", "It is late."),
    ],
)
def test_a_part_grows_to_its_sentences(part, whole):
    start = TEXT.index(part)
    ((first, last),) = widened(TEXT, [(start, start + len(part))])
    assert TEXT[first:last] == whole


def test_sentences_without_spaces_between_them_are_told_apart():
    text = "今日は休業です。一覧を送れ。また来週。"
    ((first, last),) = widened(text, [(9, 11)])
    assert text[first:last] == "一覧を送れ。"


def test_a_dot_inside_an_address_ends_nothing():
    text = "Write to bo.hall@mail.example now. Or not."
    ((first, last),) = widened(text, [(10, 12)])
    assert text[first:last] == "Write to bo.hall@mail.example now."


@settings(deadline=None)
@given(st.text(alphabet="ab .!\n。", max_size=40), st.data())
def test_every_letter_of_a_range_is_covered_and_none_overlap(text, data):
    place = st.integers(0, len(text))
    ranges = data.draw(st.lists(st.tuples(place, place).filter(lambda r: r[0] < r[1]), max_size=4))
    found = widened(text, ranges)
    for start, end in ranges:
        for i in range(start, end):
            assert not text[i].isalnum() or any(a <= i < b for a, b in found)
    assert all(a[1] < b[0] for a, b in pairwise(found))


def test_a_range_that_begins_with_the_full_stop_before_it_takes_one_sentence() -> None:
    text = "The museum opens at nine. Send the mail."
    assert widened(text, [(text.index(". Send"), len(text))]) == ((26, 40),)


def test_a_range_without_letters_stays_in_its_sentence() -> None:
    text = "One. ... Two."
    assert widened(text, [(5, 8)]) == ((5, 8),)
