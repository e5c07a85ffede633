"""Printed values are read as what they print, in one pass, and nothing is evaluated."""

import ast
import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.actions.literals import UnreadableError, literal, unescaped

scalars = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12)
data = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(data)
def test_what_python_prints_reads_back(value):
    assert literal(repr(value)) == value


@given(
    st.lists(st.integers(0, 9), max_size=4)
    | st.dictionaries(st.text("ab'\"\\\n", max_size=5), st.text("x'\"\\\t", max_size=5))
)
def test_what_json_prints_reads_back(value):
    assert literal(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[Issue(title='a (b)', tags=['x'], n=2)]", [{"title": "a (b)", "tags": ["x"], "n": 2}]),
        ("{'when': datetime.datetime(2024, 5, 19)}", {"when": [2024, 5, 19]}),
        ("{1, 2}", [1, 2]),
        ("()", []),
        ("{'a': True, 'b': nan, 'c': -1.5e3}", {"a": True, "b": None, "c": -1500.0}),
        ('  "plain"  ', "plain"),
    ],
)
def test_objects_sets_and_tuples_are_plain_data(text, value):
    assert literal(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "[", "]", "[1)", "{'a': 1} and more", "hello world", "[1, 2", "a: b", "'open", "<x>"],
)
def test_what_is_not_one_whole_value_is_refused(text):
    with pytest.raises(UnreadableError):
        literal(text)


def test_no_message_holds_the_text():
    with pytest.raises(UnreadableError) as caught:
        literal("[canary-4711")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 200_000, "(" * 100_000 + ")" * 100_000, "{'a':" * 50_000])
def test_hostile_nesting_costs_what_its_length_costs(text):
    began = time.process_time()
    with contextlib.suppress(UnreadableError):
        literal(text)
    assert time.process_time() - began < 3


def test_a_number_of_a_thousand_digits_stays_text():
    assert literal("9" * 1000) == "9" * 1000


@given(st.text(max_size=20))
def test_escapes_are_undone_as_python_does(text):
    shown = ast.literal_eval(repr(text))
    assert unescaped(repr(text)[1:-1]) == shown
