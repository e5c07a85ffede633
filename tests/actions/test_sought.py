"""Looking ahead finds exactly what looking through the text finds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.actions.reading import read_free
from shield.actions.sought import Sought
from shield.actions.values import fold, occurs, spellings

texts = st.text("ab1 @.-/_éü営業", max_size=30)


@settings(max_examples=400, deadline=None)
@given(texts, texts, texts)
def test_the_short_cut_changes_no_answer(value, before, after):
    folded = fold(value)
    if not folded:
        return
    reading = read_free(f"{before} {value} {after}")
    spelled = spellings(folded)
    expected = bool(spelled & reading.forms) or occurs(folded, reading.text, reading.squashed)
    assert Sought.of(folded, spelled).stands_in(reading) is expected


@pytest.mark.parametrize(
    ("value", "text", "stands"),
    [
        ("DE44500105175407324931", "to DE44 5001 0517 5407 3249 31 please", True),
        ("55779911 20", "2055779911", False),
        ("20-00-00", "code 200000", True),
        ("bob@corp.example", "bob @ corp.example", False),
        ("営業", "営業部へ", True),
    ],
)
def test_values_are_found_in_any_grouping_and_spelling(value, text, stands):
    folded = fold(value)
    assert Sought.of(folded, spellings(folded)).stands_in(read_free(text)) is stands
