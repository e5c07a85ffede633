"""Templates are cut once and filled once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.dual.template import Place, filled, pieces


@given(st.text(), st.text())
def test_what_fills_a_place_is_never_read_again(one, other):
    assert filled("a {x} {{y}} {y}", {"x": one, "y": other}) == f"a {one} {{y}} {other}"


def test_places_and_literals_come_in_order():
    assert list(pieces("a{x}{{{y}")) == ["a", Place("x"), "{", Place("y")]


@given(st.text())
def test_doubled_braces_are_braces(text):
    assert filled(text.replace("{", "{{").replace("}", "}}"), {}) == text


@pytest.mark.parametrize("template", ["{", "}", "{}", "{X}", "{a.b}", "{a[0]}", "{a!r}", "{a:x}"])
def test_anything_else_in_braces_is_refused(template):
    with pytest.raises(ValueError, match="brace"):
        list(pieces(template))
