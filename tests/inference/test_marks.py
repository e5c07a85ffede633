"""Marks: whole words, exact characters, windows merged by where a token stands best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.inference.marks import Mark, by_window, marks, merged
from shield.inference.tokens import Tokens
from shield.inference.windows import starts
from tests.tiny_models import tokenizer

TOKENS = Tokens.of(tokenizer().to_str().encode(), "tiny")
CLASSES = ("outside", "PERSON", "PLACE")


def found(text, sure):
    """The marks of a text whose tokens have the probabilities `sure` by their characters."""
    read = TOKENS.read(text)
    rows = np.tile(np.float32([0.98, 0.01, 0.01]), (len(read.ids), 1))
    for i, (start, end) in enumerate(read.offsets.tolist()):
        for part, row in sure.items():
            at = text.find(part)
            if at <= start and end <= at + len(part):
                rows[i] = row
    return [(text[m.start : m.end], m.label) for m in marks(text, read, rows, CLASSES)]


PERSON, PLACE = (0.1, 0.8, 0.1), (0.2, 0.1, 0.7)


def test_a_text_without_marks_has_none():
    assert found("the ship sails", {}) == []
    assert found("", {}) == []


def test_words_of_one_class_that_white_space_parts_are_one_mark():
    assert found("the anna  \n lee sails", {"anna": PERSON, "lee": PERSON}) == [
        ("anna  \n lee", "PERSON")
    ]


def test_words_of_two_classes_are_two_marks():
    text = "anna oslo"
    assert found(text, {"anna": PERSON, "oslo": PLACE}) == [("anna", "PERSON"), ("oslo", "PLACE")]


def test_a_word_between_parts_two_marks():
    assert len(found("anna the lee", {"anna": PERSON, "lee": PERSON})) == 2


def test_punctuation_that_the_model_is_sure_about_parts_two_marks():
    assert len(found("anna, lee", {"anna": PERSON, "lee": PERSON})) == 2


def test_punctuation_that_the_model_doubts_joins_two_marks():
    doubt = (0.6, 0.35, 0.05)
    assert found("anna-lee", {"anna": PERSON, "lee": PERSON, "-": doubt}) == [
        ("anna-lee", "PERSON")
    ]


def test_letters_that_are_no_token_part_two_marks():
    text = "anna lee"
    read = TOKENS.read(text)
    rows = np.float32([PERSON, PERSON])
    assert len(marks("annaxlee", read, rows, CLASSES)) == 2


def test_a_word_takes_the_class_of_its_summed_pieces():
    text = "annax"
    read = TOKENS.read(text)
    rows = np.float32([[0.05, 0.9, 0.05], [0.5, 0.1, 0.4]])
    (mark,) = marks(text, read, rows, CLASSES)
    assert (mark.start, mark.end, mark.label) == (0, 5, "PERSON")
    assert mark.score == pytest.approx(0.5)


def test_the_score_is_the_mean_over_the_tokens_of_the_class():
    text = "anna - lee"
    read = TOKENS.read(text)
    rows = np.float32([[0.1, 0.9, 0], [0.8, 0.2, 0], [0.3, 0.7, 0]])
    (mark,) = marks(text, read, rows, CLASSES)
    assert mark.score == pytest.approx(0.8)


@settings(max_examples=80, deadline=None)
@given(st.text("anle ,.-ox\n", max_size=60), st.integers(0, 2**32 - 1))
def test_marks_are_in_order_apart_and_made_of_whole_words(text, seed):
    read = TOKENS.read(text)
    raised = np.random.default_rng(seed).random((len(read.ids), 3)).astype(np.float32) ** 4
    rows = raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-9)
    made = marks(text, read, rows, CLASSES)
    ends = [0, *(m.end for m in made)]
    assert all(end <= m.start < m.end for end, m in zip(ends, made, strict=False))
    starts_of_words = {read.offsets[np.flatnonzero(read.words == w)[0], 0] for w in read.words}
    assert all(m.start in starts_of_words and 0 <= m.score <= 1 for m in made)


def part(first, values):
    return first, np.float32([[v, 0] for v in values])


def test_a_token_is_taken_from_the_window_where_it_stands_farther_from_an_edge():
    whole = merged([part(0, [1] * 6), part(4, [2] * 6)], 10)
    assert whole[:, 0].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]


def test_the_ends_of_the_text_are_no_edges():
    whole = merged([part(0, [1] * 5), part(1, [2] * 5)], 6)
    assert whole[:, 0].tolist() == [1, 1, 1, 2, 2, 2]


def test_one_window_is_taken_as_it_is():
    assert merged([part(0, [1, 2, 3])], 3)[:, 0].tolist() == [1, 2, 3]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(2, 12).flatmap(
        lambda room: st.tuples(st.integers(1, 80), st.just(room), st.integers(0, room // 2))
    )
)
def test_every_token_has_a_row_from_some_window(shape):
    length, room, overlap = shape
    parts = [
        (first, np.float32([[i, 1] for i in range(first, min(length, first + room))]))
        for first in starts(length, room, overlap)
    ]
    whole = merged(parts, length)
    assert whole.tolist() == [[i, 1] for i in range(length)]


def test_each_mark_stands_in_one_window_the_last_that_it_begins_in():
    made = [Mark(s, s + 2, "PERSON", 0.5) for s in (0, 7, 9, 10, 30)]
    shown = list(by_window(made, [0, 8, 10]))
    assert [[m.start for m in part] for part in shown] == [[0, 7], [9], [10, 30]]


def test_no_marks_are_no_marks_in_any_window():
    assert list(by_window([], [0, 8])) == [(), ()]
