from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.text.growing import Growing
from shield.text.openings import opening

texts = st.text(st.sampled_from("aA1 .!?\n\"')。é"), max_size=600)


def points(text, sizes):
    growing, found, at, turn = Growing(100), [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        growing.append(text[at : at + size])
        at, turn = at + size, turn + 1
        while (point := growing.point(0)) is not None:
            found.append(point)
    return found


@given(texts, st.lists(st.integers(1, 80), min_size=1, max_size=6))
def test_judging_points_are_a_function_of_the_text(text, sizes):
    assert points(text, sizes) == points(text, [len(text) or 1])


@given(texts)
def test_points_are_neither_dense_nor_rare(text):
    found = [0, *points(text, [7])]

    gaps = [b - a for a, b in pairwise(found)]
    assert all(32 <= gap <= 160 for gap in gaps)
    assert len(text) - found[-1] < 160


@pytest.mark.parametrize("end", [". ", "! ", '." ', ".) ", "\n", "。"])
def test_a_sentence_ends_with_what_follows_it(end):
    text = f"{'a ' * 20}b{end}and more"

    assert points(text, [3]) == [len(text) - len("and more")]


@pytest.mark.parametrize("text", ["3.14159 is no sentence end, and so it goes on", "a " * 50])
def test_without_an_end_the_next_point_has_not_come(text):
    assert points(text, [5]) == []


def test_the_more_is_held_the_rarer_are_points():
    growing = Growing(100)
    growing.append("a" * 1000)

    assert growing.point(0) == 160
    assert growing.point(400) == 560


@given(texts, st.integers(1, 50))
def test_what_is_kept_can_be_read_and_nothing_is_lost(text, size):
    growing, at = Growing(60), 0
    for i in range(0, len(text), size):
        growing.append(text[i : i + size])
        while (point := growing.point(0)) is not None:
            assert growing.part(at, point) == text[at:point]
            assert growing.part(max(0, at - 60), point) == text[max(0, at - 60) : point]
            at = point
            growing.forget(at)

    assert growing.whole() == text
    assert growing.length == len(text)


def test_what_is_complete_is_judged_to_its_end():
    growing = Growing(50)
    growing.append("short")

    assert growing.close() == 5
    assert growing.point(0) is None


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("It is done. ", "It is done. "),
        ("It is done.\n", "It is done.\n"),
        ("so the plain words are ", "so the plain words are "),
        ("so the plain wor", "so the plain "),
        ("my card is 4111 1111 11", "my card is "),
        ("my card is 4111 1111 ", "my card is "),
        ("write to alice@", "write to "),
        ("ask for Maria von", "ask for "),
        ("ask for Maria Th", "ask for "),
        ("ask for Dr. ", "ask for "),
        ("here: -----BEGIN RSA PRIVATE KEY-----\nabc\n", "here: "),
        ("今天很好。明天", "今天很好。"),
        ("", ""),
    ],
)
def test_what_may_go_on_is_open(text, closed):
    assert text[: opening(text, 200)] == closed


@given(texts, st.integers(0, 100))
def test_nothing_is_open_further_back_than_the_reach(text, reach):
    assert max(0, len(text) - reach) <= opening(text, reach) <= len(text)
