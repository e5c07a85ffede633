"""Identifiers stand where the search looks, and clean texts have no such places."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.scanners.pii.context import prompted
from shield.scanners.pii.marks import Entity
from shield.scanners.pii.presidio import Found, Presidio, apart, within
from shield.scanners.pii.triggers import Part, folded, joined, mailboxes, numbers, roomy

CLEAN = [
    "no number stands in this text " * 50,
    "The invoice of 12 March 2024 lists 3 items at 49.90 each, due at 10:30; see § 4.2.",
    "We won 3:1 in front of 1,200 people on 2025-01-01.",
]


@pytest.mark.parametrize("text", CLEAN)
def test_prose_and_the_numbers_in_it_are_no_places_to_look(text: str) -> None:
    places = [p for p in numbers(text) if p.digits != 8]  # a date has as many digits as an id
    assert (places, list(mailboxes(text))) == ([], [])


@pytest.mark.parametrize(
    ("identifier", "digits", "solid", "lettered"),
    [
        ("4111 1111 1111 1111", 16, False, False),
        ("44051401458", 11, True, False),
        ("12345678-Z", 8, True, True),
        ("RSSMRA85T10A562S", 7, False, True),
        ("ABCPE1234F", 4, False, True),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", 1, False, True),
        ("192.0.2.1", 6, False, False),
    ],
)
def test_a_place_says_what_stands_there(identifier, digits, solid, lettered) -> None:
    (part, *_) = numbers(f"it is ({identifier}), yes")
    assert (part.digits, part.solid, part.lettered) == (digits, solid, lettered)
    assert identifier in f"it is ({identifier}), yes"[part.start : part.end]


@pytest.mark.parametrize("address", ["::1", "fe80::1", "2001:db8::1", "abcd:12::ef"])
def test_a_short_network_address_stands_in_a_roomy_place(address: str) -> None:
    text = f"it is ({address}), yes"
    (part,) = roomy(text, numbers(text))
    assert address in text[part.start : part.end]


def test_letters_beyond_a_blank_belong_to_a_roomy_place() -> None:
    text = "x" * 40 + " GB29 NWBK 6016 1331 9268 19 MTLC AST0 01S " + "y" * 40
    (part,) = roomy(text, numbers(text))
    assert "GB29 NWBK 6016 1331 9268 19 MTLC AST0 01S" in text[part.start : part.end]


def test_places_that_overlap_are_one_with_the_most_of_each() -> None:
    parts = [Part(0, 5, 9), Part(4, 8, 7, solid=True), Part(9, 12, 12, lettered=True)]
    assert list(joined(parts)) == [Part(0, 8, 9, solid=True), parts[2]]
    assert list(joined(parts, 1)) == [Part(0, 12, 12, solid=True, lettered=True)]


def test_places_of_nothing_are_none() -> None:
    assert list(joined([])) == []


@pytest.mark.parametrize("text", ["@", "a@", "@b", "a @ b", " @ ", "a@ b"])
def test_a_lone_sign_is_no_mailbox(text: str) -> None:
    assert list(mailboxes(text)) == []


def test_mailboxes_that_touch_are_one_place() -> None:
    assert list(mailboxes("x a@b.c,d@e.f y")) == [Part(2, 13)]


def test_ascii_is_not_folded() -> None:
    text = "4111 1111"
    assert folded(text) is text


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.one_of(st.characters(), st.sampled_from("٤४４　－＠．漢あé-")), max_size=60)
)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    shown = folded(text)
    assert len(shown) == len(text)
    assert all(a == b for a, b in zip(text, shown, strict=True) if a.isascii())


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789 -./:ABab@,\n", max_size=120))
def test_places_lie_in_order_and_inside_the_text(text: str) -> None:
    parts = list(joined(numbers(text)))
    assert all(0 <= p.start < p.end <= len(text) for p in parts)
    assert all(a.end < b.start for a, b in pairwise(parts))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="abc ,.\n", max_size=40),
    st.sampled_from(["4111 1111 1111 1111", "44051401458", "536-22-8479", "12345678Z"]),
    st.text(alphabet="abc ,.\n", max_size=40),
)
def test_no_surrounding_hides_an_identifier_from_the_search(before, identifier, after) -> None:
    text = f"{before}{identifier}{after}"
    start, end = len(before), len(before) + len(identifier)
    assert any(p.start <= start and end <= p.end for p in numbers(text))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("my iban is ", "", True),
        ("my IBAN-Nummer: ", "", True),
        ("iban one two three four ", "", True),
        ("iban one two three four five ", "", False),
        ("iban one a_b two be three four ", "", True),  # neither is a word to Presidio
        ("", " iban", False),
        ("iban" + " " * 300, "", False),
        ("", "_a iban", True),  # no word stands there, so that the next one counts
        ("liban ", "", True),
    ],
)
def test_a_word_counts_among_the_six_up_to_the_number(before, after, expected) -> None:
    assert prompted(("iban",), f"{before}12{after}", len(before)) is expected


def test_what_a_likelier_one_contains_is_left_out() -> None:
    whole, part, surer = Found("A", 0, 9, 0.9), Found("A", 2, 5, 0.5), Found("A", 2, 5, 1.0)
    assert apart([part, whole]) == [whole]
    assert apart([surer, whole]) == [whole, surer]
    assert apart([part, part]) == [part]
    assert apart([Found("A", 9, 12, 0.1), whole]) == [whole, Found("A", 9, 12, 0.1)]


def test_parts_of_longer_words_are_known() -> None:
    assert within("a12", 1, 3)
    assert within("12a", 0, 2)
    assert not within("-12-", 1, 3)
    assert not within("12", 0, 2)


def test_a_mark_of_the_model_is_one_more_finding() -> None:
    (one,) = Presidio(("PERSON",)).analyze("my surname is Lee", [Entity(14, 17, "PERSON", 0.5)])
    assert one == Found("PERSON", 14, 17, pytest.approx(0.85))
