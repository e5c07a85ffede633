"""Windows cover a text whole, with the stated overlap, never longer than the graph takes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.inference.windows import Frame, windows

HEAD, TAIL = (101, 7, 8), (102,)


def _frame(room: int, overlap: int) -> Frame:
    return Frame(room + len(HEAD) + len(TAIL), overlap, HEAD, TAIL)


def _cut(length: int, room: int, overlap: int):
    """The windows of a text of one-character tokens whose id is their place."""
    ids, offsets = list(range(length)), [(i, i + 1) for i in range(length)]
    return list(windows(ids, offsets, _frame(room, overlap)))


def _content(window) -> list[int]:
    return list(window.ids[len(HEAD) : -len(TAIL)])


SIZES = st.integers(1, 40).flatmap(
    lambda room: st.tuples(st.integers(0, 400), st.just(room), st.integers(0, room - 1))
)


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_every_token_stands_in_some_window(sizes):
    seen = {token for window in _cut(*sizes) for token in _content(window)}
    assert seen == set(range(sizes[0]))


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_neighbours_share_at_least_the_stated_overlap(sizes):
    made = _cut(*sizes)
    shared = [len(set(_content(a)) & set(_content(b))) for a, b in pairwise(made)]
    assert all(count >= sizes[2] for count in shared)


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_no_window_is_longer_than_the_graph_takes(sizes):
    frame = _frame(sizes[1], sizes[2])
    assert all(len(window.ids) <= frame.size for window in _cut(*sizes))


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_every_window_of_a_long_text_is_full(sizes):
    length, room, overlap = sizes
    assert {len(_content(w)) for w in _cut(length, room, overlap)} == {min(length, room)}


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_every_window_is_led_in_and_closed(sizes):
    ends = {(w.ids[: len(HEAD)], w.ids[-len(TAIL) :]) for w in _cut(*sizes)}
    assert ends == {(HEAD, TAIL)}


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_a_window_knows_the_characters_that_it_covers(sizes):
    made = [w for w in _cut(*sizes) if _content(w)]
    spans = [(_content(w)[0], _content(w)[-1] + 1) for w in made]
    assert [(w.start, w.end) for w in made] == spans


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_no_window_is_cut_twice(sizes):
    starts = [window.ids for window in _cut(*sizes)]
    assert len(starts) == len(set(starts))


def test_an_empty_text_has_one_empty_window():
    (window,) = _cut(0, 10, 2)
    assert (window.ids, window.start, window.end) == (HEAD + TAIL, 0, 0)


@pytest.mark.parametrize(
    ("length", "count"), [(1, 1), (10, 1), (11, 2), (18, 2), (19, 3), (26, 3), (27, 4)]
)
def test_there_are_no_more_windows_than_needed(length, count):
    assert len(_cut(length, 10, 2)) == count
