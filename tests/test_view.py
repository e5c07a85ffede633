"""A view made of pieces maps every range to the source characters behind it."""

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.view import Pieces, View

SOURCE = "abcdefghijklmnopqrstuvwxyz"


def _view(*parts: tuple[str, int, int], backwards: bool = False, **more) -> View:
    lengths = [len(text) for text, _, _ in parts]
    at = [sum(lengths[:n]) for n in range(len(parts))]
    columns = (array("I", column) for column in (at, *zip(*(p[1:] for p in parts), strict=True)))
    text = "".join(text for text, _, _ in parts)
    return View("joined", text, pieces=Pieces(*columns, backwards), **more)


def test_a_piece_as_long_as_its_source_maps_character_for_character():
    assert _view(("cdef", 2, 6)).source_span(1, 3) == (3, 5)


def test_a_piece_of_another_length_maps_as_a_whole():
    assert _view(("xy", 2, 9)).source_span(0, 1) == (2, 9)


def test_a_piece_that_runs_backwards_maps_in_reverse():
    assert _view(("fedc", 2, 6), backwards=True).source_span(0, 1) == (5, 6)


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [(0, 2, (0, 2)), (1, 3, (1, 11)), (2, 4, (10, 12)), (0, 5, (0, 25)), (4, 5, (20, 25))],
)
def test_a_range_over_several_pieces_covers_them_all(start, end, span):
    view = _view(("ab", 0, 2), ("kl", 10, 12), ("!", 20, 25))
    assert view.source_span(start, end) == span


def test_pieces_out_of_order_give_the_outermost_places():
    view = _view(("kl", 10, 12), ("!", 20, 25), ("ab", 0, 2))
    assert view.source_span(0, 4) == (0, 25)


def test_a_view_over_a_view_of_pieces_maps_to_the_first_source():
    inner = _view(("klmn", 10, 14))
    assert View("reversed", "ml", array("I", [1, 2]), parent=inner).source_span(0, 2) == (11, 13)


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_an_empty_range_stays_inside_the_source(at):
    start, end = _view(("ab", 24, 26), ("x", 0, 3)).source_span(at, at)
    assert start == end
    assert 0 <= start <= len(SOURCE)


CUTS = st.lists(st.integers(0, 26), min_size=2, max_size=8, unique=True).map(sorted)


@given(CUTS, st.data())
def test_pieces_cut_from_a_text_and_put_together_lead_back_to_it(cuts, data):
    parts = [(SOURCE[a:b], a, b) for a, b in pairwise(cuts)]
    view = _view(*parts)
    start = data.draw(st.integers(0, len(view.text) - 1))
    end = data.draw(st.integers(start + 1, len(view.text)))
    source = slice(*view.source_span(start, end))
    assert SOURCE[source] == view.text[start:end]


@given(CUTS, st.data())
def test_a_text_turned_round_leads_back_to_it(cuts, data):
    view = View("r", SOURCE[::-1], pieces=_view((SOURCE, 0, 26), backwards=True).pieces)
    start = data.draw(st.integers(0, 25))
    end = data.draw(st.integers(start + 1, 26))
    source = slice(*view.source_span(start, end))
    assert SOURCE[source][::-1] == view.text[start:end]
