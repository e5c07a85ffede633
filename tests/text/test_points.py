"""Texts as arrays of code points."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.text.folds import folds
from shield.text.points import _LIMIT, identity, offsets, one_to_one, plain, points, spelled, tables

ANY = st.text(alphabet=st.characters(codec=None), max_size=40)


@given(ANY)
def test_a_text_comes_back_from_its_code_points(text):
    assert spelled(points(text)) == text


@given(ANY)
def test_plain_forms_are_those_of_the_fold_table(text):
    table = folds().compat
    forms = [table.get(c, "" if 0xE0000 <= ord(c) <= 0xE0FFF else c)[:6] for c in text]
    assert spelled(plain(points(text))[0]) == "".join(forms)


@given(ANY)
def test_every_plain_character_knows_where_it_came_from(text):
    shown, starts = plain(points(text))
    assert starts is None or len(starts) == len(shown)
    assert starts is None or all(starts[i] <= starts[i + 1] for i in range(len(starts) - 1))


def test_no_character_grows_beyond_six():
    shown, starts = plain(points("\ufdfa"))
    assert len(shown) == len(starts) == 6


@pytest.mark.parametrize("char", "AÉЖΣǅ漢1")
def test_lower_case_is_that_of_the_character(char):
    low = char.lower()
    assert chr(tables().low[ord(char)]) == (low if len(low) == 1 else char)


@pytest.mark.parametrize("point", [0x301, 0x5B0, 0x64E, 0x93F, 0xE34])
def test_marks_are_known(point):
    assert unicodedata.category(chr(point))[0] == "M"
    assert tables().mark[point]


def test_places_are_kept_as_an_array_of_integers():
    import numpy as np

    assert list(offsets(np.array([3, 70_000]))) == [3, 70_000]


@given(ANY)
def test_a_table_that_changes_nothing_changes_nothing(text):
    assert one_to_one(text, identity()) == text


def test_what_lies_beyond_the_tables_is_kept():
    assert one_to_one(chr(_LIMIT + 5), identity()) == chr(_LIMIT + 5)
