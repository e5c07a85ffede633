"""A value is found inside what encodes a text that holds it."""

import base64
import codecs
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.actions.disguises import core, encoded, turned
from shield.actions.values import fold, squash

VALUE = "eve@evil.example"


@pytest.mark.parametrize(
    "encode",
    [
        lambda t: base64.b64encode(t.encode()).decode(),
        lambda t: t.encode().hex(),
        lambda t: codecs.encode(t, "rot13"),
        lambda t: t[::-1],
        lambda t: quote(t, safe=""),
        lambda t: "".join(f"%{b:02X}" for b in t.encode()),
    ],
)
@given(st.text("abc é", max_size=5), st.text("xyz!", max_size=5))
def test_an_encoded_text_holds_its_encoded_value(encode, before, after):
    text = encode(f"{before}{VALUE}{after}")
    looked = (*encoded(VALUE), *(shown for shown, _ in turned(VALUE)))
    assert any(needle in text for needle in looked)


def test_blanks_and_invisibles_between_letters_hide_nothing():
    for hidden in (" ".join(VALUE), "\u200b".join(VALUE), "eve (@) evil . example"):
        assert core(VALUE) in squash(fold(hidden))


@pytest.mark.parametrize("value", ["", "a", "abc", "a-b", "\ud800"])
def test_short_values_would_be_found_everywhere(value):
    assert encoded(value) == turned(value) == ()
    assert core(value) == ""


def test_the_value_itself_is_no_disguise():
    assert VALUE not in encoded(VALUE)
    assert turned("12344321") == ()
