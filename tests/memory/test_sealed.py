"""A session outside the process: unreadable, unaltered, and bound to its name."""

import pytest

from shield.errors import StoreError
from shield.memory.sealed import opened, sealed

PLAIN = b"zanzibarcanary"
KEY = b"secret"


def test_what_was_sealed_is_opened_whole():
    assert opened(sealed(PLAIN, "k", KEY), "k", KEY) == PLAIN


def test_nothing_can_be_read_and_nothing_stands_twice():
    one, other = sealed(PLAIN, "k", KEY), sealed(PLAIN, "k", KEY)
    assert b"zanzibar" not in one
    assert one != other


@pytest.mark.parametrize(("name", "key"), [("other", KEY), ("k", b"another")])
def test_another_name_or_key_opens_nothing(name, key):
    with pytest.raises(StoreError, match="cannot be opened"):
        opened(sealed(PLAIN, "k", KEY), name, key)


@pytest.mark.parametrize("at", [0, 1, 12, 13, 40, -1])
def test_a_single_changed_byte_is_noticed(at):
    raw = bytearray(sealed(PLAIN, "k", KEY))
    raw[at] ^= 1
    with pytest.raises(StoreError):
        opened(bytes(raw), "k", KEY)


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x01" + b"x" * 11, b"\x01" + b"x" * 40])
def test_what_is_cut_short_or_made_up_is_an_error_of_the_store(raw):
    with pytest.raises(StoreError):
        opened(raw, "k", KEY)


def test_the_error_says_nothing_of_the_text():
    raw = sealed(PLAIN, "k", KEY)
    with pytest.raises(StoreError) as raised:
        opened(raw, "zanzibar", KEY)
    assert "zanzibar" not in str(raised.value)
    assert raised.value.__suppress_context__
