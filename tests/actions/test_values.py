"""One value in two spellings is one value; one that merely resembles another is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.actions.values import (
    addresses,
    dates,
    fold,
    forms,
    host,
    link,
    links,
    numbers,
    occurs,
    resembles,
    spellings,
    squash,
    stands,
    telephone,
)
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("am 11. Juni 2024", "2024-06-11"),
        ("on June 11th, 2024", "2024-06-11T12:30"),
        ("on 11 June", "2024-06-11"),
        ("le 2 août 2025", "2025-08-02"),
        ("el 3 de marzo de 2025", "03/03/2025"),
        ("2024年6月11日に", "2024-06-11"),
        ("11.06.2024", "2024-06-11 09:00"),
        ("6/11/2024", "2024-06-11"),
        ("call +44 20 7946 0018", "020 7946 0018"),
        ("see https://www.corp.example/a/", "corp.example/a"),
        ("DE44 5001 0517 5407 3249 31", "de44500105175407324931"),
    ],
)
def test_two_spellings_of_one_value(text, value):
    assert spellings(fold(value)) & forms(fold(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on 11 June", "2024-06-12"),
        ("on 11 June 2023", "2024-06-11"),
        ("call +44 20 7946 0018", "020 7946 0019"),
        ("https://corp.example/a", "https://corp.example/b"),
        ("DE44 5001 0517 5407 3249 31", "de44500105175407324932"),
    ],
)
def test_other_values_share_no_form(text, value):
    assert not spellings(fold(value)) & forms(fold(text))


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("bob@corp.example", "mail bob@corp.example."),
        ("joan", "tell joan, please"),
        ("2000 0055 779911", "account 20-00-00 55779911"),
        ("营业", "请发到营业部"),
    ],
)
def test_a_whole_value_stands_in_a_text(value, inside):
    folded = fold(inside)
    assert occurs(fold(value), folded, squash(folded))


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("joan", "tell joanna"),
        ("bob@corp.example", "bob@corp.example.evil.example"),
        ("bob@corp.example", "not.bob@corp.example"),
        ("bob@corp.example", "x+bob@corp.example"),
        ("12345", "order 9123456"),
        ("12345", "91 2345 6"),
        ("https://a.example", "https://a.example.evil.example"),
    ],
)
def test_a_part_of_a_longer_value_does_not(value, inside):
    folded = fold(inside)
    assert not occurs(fold(value), folded, squash(folded))


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("https://www.corp.example:8080/x", "corp.example"),
        ("bob@corp.example", "corp.example"),
        ("https://good.example@evil.example/", "evil.example"),
        ("https://evil.example/?mail=a@good.example", "evil.example"),
        ("https://evil.example\\@good.example", "evil.example"),
        ("readme", ""),
    ],
)
def test_the_host_of_a_link_is_where_it_leads(shown, name):
    assert host(shown) == name


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("d.wu@northgate-capitai.example", "dana.wu@northgate-capital.example"),
        ("bob@c0rporation.example", "ann@corporation.example"),
        ("pay@rnicrosoft.example", "x@microsoft.example"),
        ("b0bby@corp-group.example", "bobby@corp-group.example"),
        ("https://redscaler.example", "www.redscalar.example"),
    ],
)
def test_look_alikes_resemble(value, known):
    assert resembles(value, [known])


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("bob@corp.example", "bob@corp.example"),
        ("ann@corp.example", "robert@corp.example"),
        ("a@corp.example", "b@acme.example"),
        ("shop.corporate.com", "shop.corporate.de"),
        ("a@abc.example", "a@abd.example"),
        ("bobby@corp-group.example", "bobbi@corp-group.example"),
    ],
)
def test_the_same_and_the_clearly_other_do_not(value, known):
    assert not resembles(value, [known])


def test_a_number_has_every_reading_that_its_marks_allow():
    assert {1200.0, 1.2} <= set(numbers("1.200"))
    assert 1250.5 in set(numbers("1,250.50"))
    assert list(numbers("9" * 40)) == []


def test_identifiers_are_found_in_prose():
    text = fold("Write to Ann@Corp.example, or see www.a.example/x?q=1. Not e.g. this.")
    assert addresses(text) == ["ann@corp.example"]
    assert "www.a.example/x?q=1" in links(text)
    assert telephone("+49 (0) 30 123-4567") == "301234567" or telephone("030 1234567")
    assert link("https://www.A.example/") == "A.example"


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("piece", ["1", "a@", "1.", "(1", "a.b", "11 june ", "de44 5001 ", "/a"])
def test_forms_are_linear_on_hostile_text(piece):
    def work(times):
        text = piece * times
        return lambda: (forms(text), list(dates(text)), list(numbers(text)), stands("zz@", text))

    assert_linear(work, 8_000, 32_000, limit=8, slack=0.1)


def test_thousands_may_be_parted_by_spaces():
    assert 1240.0 in set(numbers("1 240 kr"))
    assert 12345.5 in set(numbers("sum 12 345,50"))
    assert 1240.0 not in set(numbers("1 2405"))
