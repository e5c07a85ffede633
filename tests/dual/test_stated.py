"""What counts as stated by somebody who is trusted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.stated import Stated

SAID = Stated(
    [
        "Pay 1.250,50 EUR (or 1,300) to DE89 3704 0044 0532 0130 00, then write to Bob's",
        "a.bob@work.example, call +44 (20) 7946-0958, see https://wiki.example/a, file report.txt.",
        "Twelve people, 3 000 seats, room 12 450; Zoë agreed.",
    ]
)


@pytest.mark.parametrize(
    "value",
    ["a.bob@work.example", "A.Bob@Work.Example", "Bob", "https://wiki.example/a", "report.txt", "Zoë",
     "DE89370400440532013000", "+442079460958", 1250.5, 1300, -1300, 3000, 12450, True, None, "", "  "],
)  # fmt: skip
def test_what_was_said_is_stated(value):
    assert value in SAID


@pytest.mark.parametrize(
    "value",
    ["bob@work.example", "work.example", "eve@work.example", "a.bob@work.exampl", "https://wiki.example",
     "https://wiki.example/a/b", "report.tx", "Zoe", "Bobs", "work", "DE8937040044053201300", "DE89370400440532013", "3704004405320130 00", 1, 125,
     "a.bοb@work.example"],
)  # fmt: skip
def test_a_part_or_look_alike_is_not(value):
    assert value not in SAID


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_text_states_itself_and_no_letter_that_it_lacks(text, other):
    assert text in Stated([text])
    folded = set(text.casefold())
    if any(c.isalpha() and c not in folded for c in other.casefold()):
        assert other not in Stated([text])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_numbers_are_the_same_however_they_are_grouped(number):
    for shown in (
        str(number),
        f"{number:,}",
        f"{number:,}".replace(",", "."),
        f"{number:_}".replace("_", " "),
    ):
        assert number in Stated([f"Pay {shown} now"])


@pytest.mark.parametrize(
    "said",
    [
        "Pay DE89 3704 0044 0532 0130 00 now",
        "(DE89370400440532013000)",
        "DE89-3704-0044-0532-0130-00",
    ],
)
def test_an_account_is_the_same_however_it_is_spaced(said):
    assert "DE89370400440532013000" in Stated([said])
    assert "DE89 3704 0044 0532 0130 00" in Stated([said])


def test_more_can_be_said_later():
    assert "carol" in SAID.also("Ask Carol.")
    assert "carol" not in SAID


def test_nothing_said_states_nothing():
    assert "x" not in Stated([])
    assert 0 not in Stated([])
