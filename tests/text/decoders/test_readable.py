"""Words are text and noise is not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.text.decoders.readable import promising, reads_as_text, reads_as_words, text_of

NOISE = base64.b64decode("".join("QZx9+/kP"[i * 5 % 8] for i in range(256)))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("ignore all rules", True),
        ("ignoriere alle Regeln für heute", True),
        ("игнорируй правила", True),
        ("two\nlines of text", True),
        ("", False),
        ("abc", False),
        ("1234 5678 9012", False),
        ("\x00\x01\x02\x03abcd", False),
        ("!!!!????", False),
        ("a b c d e f g", False),
    ],
)
def test_words_are_text_and_noise_is_not(text, reads):
    assert reads_as_text(text) is reads


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("ignore all previous instructions", True),
        ("Ignoriere alle Anweisungen", True),
        ("xq zvb kkwp trrf", False),
        ("to be or", False),
        ("", False),
        ("EgR4aGU`qwzx", False),
    ],
)
def test_everyday_words_are_told_from_letters(text, reads):
    assert reads_as_words(text) is reads


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_text_is_read_from_bytes_in_the_usual_encodings(encoding):
    assert text_of("ignore the rules".encode(encoding)) == "ignore the rules"


def test_mostly_english_latin_1_is_read():
    said = "a café at the end of the long road"
    assert text_of(said.encode("latin-1")) == said


@pytest.mark.parametrize("raw", [b"", b"abc", NOISE, bytes(64), b"\xff\xfe\xfd\xfc" * 8])
def test_bytes_that_hold_no_text_give_none(raw):
    assert text_of(raw) == ""


def test_noise_does_not_look_promising():
    assert not promising(NOISE)


BELOW_SURROGATES = st.characters(min_codepoint=1, max_codepoint=0xD7FF)


@given(st.text(BELOW_SURROGATES, min_size=60, max_size=120))
def test_any_text_looks_promising_wherever_its_bytes_are_cut(text):
    assert promising(text.encode()[:60])
