"""Identifiers with checksums are found, their look-alikes pass, and no network is touched."""

import pytest

from shield.scanners import Services
from shield.scanners.pii import Pii, PiiOptions, stretches
from shield.text.patterns import PatternSet
from shield.types import Checkpoint

FOUND = [
    ("credit-card", "Card 4111 1111 1111 1111 expires 12/30"),
    ("credit-card", "amex 378282246310005 please"),
    ("us-ssn", "My social security number is 536-22-8479."),
    ("pl-pesel", "PESEL 44051401458"),
    ("uk-nhs", "NHS number 943 476 5919"),
    ("es-nif", "mi NIF es 12345678Z"),
    ("it-fiscal-code", "codice fiscale RSSMRA85T10A562S"),
]


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_identifiers_are_found(scan, kind: str, text: str) -> None:
    assert f"pii/{kind}" in {f.rule for f in scan("pii", text) if f.score >= 0.5}


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111 1111 1111 1112 has shipped",
        "ISBN 978-3-16-148410-0",
        "Call 112 in an emergency, or come by at 10.30",
        "Version 10.4.22.1, build 20250114",
        "We won 3:1 in front of 24500 people",
        "plain words without any number at all",
    ],
)
def test_numbers_that_identify_nobody_pass(scan, text: str) -> None:
    assert [f for f in scan("pii", text) if f.score >= 0.5] == []


def test_the_span_is_the_identifier(scan) -> None:
    text = "pay with 4111 1111 1111 1111 today"
    (found,) = [f for f in scan("pii", text) if f.rule == "pii/credit-card"]
    assert text[found.spans[0].start : found.spans[0].end] == "4111 1111 1111 1111"


def test_answers_are_screened_too(scan) -> None:
    found = scan("pii", "Her card is 4111 1111 1111 1111.", at=Checkpoint.OUTPUT)
    assert {f.rule for f in found} >= {"pii/credit-card"}


def test_addresses_are_found_where_the_policy_asks_for_them() -> None:
    services = Services((), PatternSet.of([]), (), {}, 1.0)
    scanner = Pii(PiiOptions(entities=("EMAIL_ADDRESS",)), services)
    found = scanner._presidio.analyze("write to ann@example.org")
    assert [f.entity_type for f in found] == ["EMAIL_ADDRESS"]


def test_an_unknown_entity_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown entities SHOE_SIZE; known: CREDIT_CARD"):
        PiiOptions(entities=("SHOE_SIZE",))


def test_prose_without_digits_gives_presidio_nothing_to_read() -> None:
    assert list(stretches("no number stands in this text " * 50)) == []


def test_neighbouring_candidates_share_one_stretch() -> None:
    text = "a 123456 b 654321 c"
    assert list(stretches(text)) == [(0, len(text))]
