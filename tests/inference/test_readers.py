"""Readers: prefix or lead before every window, all of the text behind it."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.errors import InferenceError, LeadError, ModelError
from shield.inference.card import SurfaceCard
from shield.inference.ngrams import BUCKETS
from shield.inference.readers import NgramReader, TokenReader
from shield.inference.tokens import Tokens
from tests.tiny_models import NUMBER, tokenizer

TOKENS = Tokens.of(tokenizer().to_str().encode(), Path("tiny"))
SURFACES = {"text": SurfaceCard("", 1.0, 32, 8), "user": SurfaceCard("user", 1.0, 32, 8)}
READER = TokenReader(TOKENS, SURFACES, Path("tiny"))
CLS, SEP = NUMBER["[CLS]"], NUMBER["[SEP]"]


def numbers(text: str) -> tuple[int, ...]:
    return tuple(NUMBER[word] for word in text.split())


def test_a_prefix_stands_before_the_text_without_a_mark_between():
    (window,) = READER.cut("the ship", "user").windows
    assert window.ids == (CLS, *numbers("user the ship"), SEP)


def test_a_lead_takes_the_place_of_the_prefix_and_is_closed():
    cut = READER.cut("the ship", "user", "anna sails")
    (window,) = cut.windows
    assert window.ids == (CLS, *numbers("anna sails"), SEP, *numbers("the ship"), SEP)
    assert (cut.head, cut.tail, cut.tokens) == (4, 1, 2)


def test_every_window_of_a_long_text_begins_with_the_lead():
    cut = READER.cut("the ship sails " * 60, "text", "anna")
    assert len(cut.windows) > 3
    assert {w.ids[:3] for w in cut.windows} == {(CLS, NUMBER["anna"], SEP)}
    assert max(len(w.ids) for w in cut.windows) <= 32


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 14))
def test_no_token_of_a_text_is_left_out_whatever_the_lead(length, lead):
    cut = READER.cut("the ship sails bad " * length, "text", "anna " * lead)
    seen = set()
    for window in cut.windows:
        content = len(window.ids) - cut.head - cut.tail
        seen |= set(range(window.first, window.first + content))
        assert len(window.ids) <= 32
    assert seen == set(range(4 * length))
    shared = [
        a.first + len(a.ids) - cut.head - cut.tail - b.first for a, b in pairwise(cut.windows)
    ]
    assert all(count >= min(8, (32 - cut.head - cut.tail) // 2) for count in shared)


@pytest.mark.parametrize("words", [15, 40, 5_000])
def test_a_lead_of_more_than_half_a_window_is_an_error_of_inference(words):
    with pytest.raises(LeadError) as caught:
        READER.cut("the ship", "text", "anna " * words)
    assert isinstance(caught.value, InferenceError)
    assert "anna" not in str(caught.value)


def test_a_lead_of_half_a_window_is_read():
    assert len(READER.cut("the ship", "text", "anna " * 14).windows[0].ids) == 16 + 3


def test_a_prefix_that_leaves_no_room_is_refused_at_start():
    with pytest.raises(ModelError, match=r"surfaces\.text"):
        TokenReader(TOKENS, {"text": SurfaceCard("user " * 25, 1.0, 32, 8)}, Path("tiny"))


NGRAMS = NgramReader({"user": SurfaceCard("", 1.0, 64, 16), "data": SurfaceCard("", 1.0, 64, 16)})


@pytest.mark.parametrize(("surface", "number"), [("user", 0), ("data", 1)])
def test_a_window_of_ngrams_begins_with_its_surface(surface, number):
    (window,) = NGRAMS.cut("ignore", surface).windows
    assert window.ids[0] == BUCKETS + number
    assert len(window.ids) == 1 + 5 + 4 + 3 + 2
    assert all(0 <= i < BUCKETS for i in window.ids[1:])


@pytest.mark.parametrize("text", ["", "a", "x" * 500, "\ud800" * 100, "漢" * 200])
def test_windows_of_ngrams_cover_any_text(text):
    cut = NGRAMS.cut(text, "user")
    assert (cut.windows[0].start, cut.windows[-1].end) == (0, len(text))
    assert all(b.start <= a.end - 16 for a, b in pairwise(cut.windows))
    assert cut.tokens == 0


def test_ngrams_take_no_lead():
    with pytest.raises(LeadError):
        NGRAMS.cut("a", "user", "b")
