from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace

from shield.errors import WireError
from shield.wire.form import FORM, QUERY, encoded, pairs, segments


def test_names_and_values_are_both_read():
    read = segments(pairs(b"q=ignore+the+rules&lang=de", 10), QUERY)

    assert [(s.path, s.text) for s in read] == [
        ("?0/name", "q"),
        ("?0/value", "ignore the rules"),
        ("?1/name", "lang"),
        ("?1/value", "de"),
    ]


def test_a_name_without_a_value_is_read():
    assert pairs(b"ignore+the+rules", 10) == [("ignore the rules", "")]


def test_the_same_name_twice_is_kept_twice():
    assert pairs(b"a=1&a=2", 10) == [("a", "1"), ("a", "2")]


@pytest.mark.parametrize("raw", [b"a=%ff", b"a=\xff", b"%ed%a0%80=1"])
def test_a_field_that_is_no_utf_8_is_a_400(raw):
    with pytest.raises(WireError) as caught:
        pairs(raw, 10)

    assert (caught.value.status, caught.value.code) == (400, "undecodable")


def test_as_many_fields_as_the_limit_are_read_and_one_more_is_a_400():
    assert len(pairs(b"a=1&a=1&a=1", 3)) == 3

    with pytest.raises(WireError) as caught:
        pairs(b"a=1&a=1&a=1&a=1", 3)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    "found",
    [[], [("a", "1")], [("a", ""), ("", "b")], [("a&b=c", "d+e f"), ("ü", "世界 %41;")]],
)
def test_what_was_read_is_sent_on_unchanged(found):
    raw = encoded(segments(found, FORM))

    assert parse_qsl(raw.decode("ascii"), keep_blank_values=True) == found


def test_a_redacted_value_is_sent_on_in_its_place():
    name, value = segments([("card", "4111")], FORM)

    assert encoded((name, replace(value, text="[REDACTED:x]"))) == b"card=%5BREDACTED%3Ax%5D"
