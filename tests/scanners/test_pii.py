"""Identifiers with checksums are found, their look-alikes pass, and the policy says which are wanted."""

import logging

import pytest

from shield.scanners.pii import PiiOptions
from shield.scanners.pii.entities import IDENTITY, REGIONS, SEVERITY
from shield.types import Checkpoint, Source
from tests.scanners.pii_scanner import found

CARD = "4111 1111 1111 1111"
IDENTIFIERS = [
    ("credit-card", "Card {} expires 12/30", CARD),
    ("credit-card", "amex {} please", "378282246310005"),
    ("credit-card", "Karte:{};", "4111-1111-1111-1111"),
    ("us-ssn", "My social security number is {}.", "536-22-8479"),
    ("pl-pesel", "PESEL {}", "44051401458"),
    ("pl-pesel", "numeru peselu {} nie znam", "44051401458"),
    ("uk-nhs", "NHS number {}", "943 476 5919"),
    ("uk-nino", "national insurance {} is hers", "AB 12 34 56 C"),
    ("es-nif", "mi NIF es {}", "12345678Z"),
    ("it-fiscal-code", "codice fiscale {}", "RSSMRA85T10A562S"),
    ("iban-code", "pay to {} today", "GB29 NWBK 6016 1331 9268 19"),
    ("iban-code", "pay to {}, please", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("iban-code", '{{"iban": "{}"}}', "DE89370400440532013000"),
    ("in-pan", "PAN: {}", "ABCPE1234F"),
    ("in-aadhaar", "aadhaar {}", "2345 6789 0124"),
    ("crypto", "send it to {}", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ("fi-personal-identity-code", "patient_{}.pdf", "131052-308T"),
    ("us-passport", "passport no. {}", "A12345678"),
]


@pytest.mark.parametrize(("kind", "frame", "identifier"), IDENTIFIERS)
def test_an_identifier_is_found_and_nothing_around_it(kind, frame, identifier) -> None:
    assert (kind, identifier) in found(frame.format(identifier))


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111 1111 1111 1112 has shipped",
        "ISBN 978-3-16-148410-0",
        "Call 112 in an emergency, or come by at 10.30",
        "Version 10.4.22.1, build 20250114",
        "We won 3:1 in front of 24500 people",
        "plain words without any number at all",
        "parcel 44051401458 is on its way",  # a valid PESEL by chance, and no word says so
        "ticket 943 476 5919",
        "the part ABCPE1234F fits",
        "company ABCPE1234F",  # "pan" inside of a word
        "flight A12345678 is late",
        "IBAN DE89370400440532013001",
        "x4111111111111111",
        "commit 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "",
        " ",
        "9",
    ],
)
def test_numbers_that_identify_nobody_pass(text: str) -> None:
    assert found(text) == []


def test_a_number_without_its_word_is_weak_but_said() -> None:
    assert found("parcel 44051401458", least=0.0) == [("pl-pesel", "44051401458")]


def test_answers_are_screened_and_system_prompts_are_not() -> None:
    text = f"Her card is {CARD}."
    assert ("credit-card", CARD) in found(text, source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert found(text, source=Source.SYSTEM) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("カード番号は4111111111111111です", "4111111111111111"),
        ("カード４１１１　１１１１　１１１１　１１１１", "４１１１　１１１１　１１１１　１１１１"),
        ("बैंक कार्ड ४१११ ११११ ११११ ११११", "४१११ ११११ ११११ ११११"),
        ("بطاقة ٤١١١١١١١١١١١١١١١", "٤١١١١١١١١١١١١١١١"),
        (
            "copied from a PDF: 4111\u00a01111\u20111111\u00a01111",
            "4111\u00a01111\u20111111\u00a01111",
        ),
    ],
)
def test_digits_of_every_script_count(text: str, shown: str) -> None:
    assert found(text) == [("credit-card", shown)]


def test_addresses_are_found_where_the_policy_asks_for_them() -> None:
    text = "write to ann@example.org or 203.0.113.7"
    assert found(text) == []
    assert found(text, "EMAIL_ADDRESS", "IP_ADDRESS") == [
        ("email-address", "ann@example.org"),
        ("ip-address", "203.0.113.7"),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+44 20 7946 0958", "+44 20 7946 0958"),  # names its country
        ("phone (212) 555-0123", "(212) 555-0123"),
        ("Telefon: 030 901820", "030 901820"),
        ("携帯は 03-3210-7000 です", "03-3210-7000"),
    ],
)
def test_a_phone_number_needs_a_plus_sign_or_a_word(text: str, shown: str) -> None:
    assert found(text, "PHONE_NUMBER", regions=("jp",)) == [("phone-number", shown)]


def test_a_phone_number_is_none_without_either() -> None:
    assert found("it took 030 901820 steps", "PHONE_NUMBER") == []


def test_an_address_at_the_end_of_a_long_word_is_found() -> None:
    text = "a@" + "x" * 240 + ",bob@example.org"
    assert found(text, "EMAIL_ADDRESS") == [("email-address", "bob@example.org")]


def test_an_identifier_hides_neither_behind_nor_before_other_numbers() -> None:
    text = " ".join(map(str, range(10, 60))) + f" {CARD} " + " ".join(map(str, range(100, 150)))
    assert ("credit-card", CARD) in found(text)


def test_a_region_brings_its_ids_and_what_knows_no_border() -> None:
    wanted = PiiOptions(regions=("us", "tr")).wanted
    assert set(wanted) == {
        *("CREDIT_CARD", "CRYPTO", "IBAN_CODE"),
        *("TR_NATIONAL_ID", "US_ITIN", "US_PASSPORT", "US_SSN"),
    }


def test_entities_and_regions_add_up() -> None:
    options = PiiOptions(entities=("EMAIL_ADDRESS", "US_SSN"), regions=("us",))
    assert options.wanted == ("EMAIL_ADDRESS", "US_SSN", "US_ITIN", "US_PASSPORT")


def test_without_either_all_that_is_sure_is_looked_for() -> None:
    assert PiiOptions().wanted == IDENTITY


def test_no_entity_at_all_finds_nothing() -> None:
    assert PiiOptions(entities=()).wanted == ()


def test_the_union_has_the_ids_of_its_members_only() -> None:
    members = {"DE_TAX_ID", "ES_NIF", "FR_NIR", "PL_PESEL", "NL_BSN"}
    assert members <= set(REGIONS["eu"])
    assert not set(REGIONS["eu"]) & {"UK_NHS", "TR_NATIONAL_ID", "US_SSN"}


def test_every_regional_entity_is_known() -> None:
    assert {entity for entities in REGIONS.values() for entity in entities} <= set(SEVERITY)


def test_the_countries_of_regions_are_those_of_phone_numbers() -> None:
    assert PiiOptions(regions=("uk", "jp")).countries == ("GB", "JP")
    assert {"DE", "FR", "GR"} <= set(PiiOptions(regions=("eu",)).countries)


def test_a_turkish_id_is_found_where_turkey_is_a_region() -> None:
    text = "TC kimlik no: 10000000146"
    assert found(text) == []
    assert found(text, regions=("tr",)) == [("tr-national-id", "10000000146")]
    assert found("sipariş 10000000146", regions=("tr",)) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"entities": ("SHOE_SIZE",)}, "unknown entities SHOE_SIZE; known: CREDIT_CARD"),
        ({"regions": ("atlantis",)}, "no id is known of atlantis; known: at, be"),
        ({"regions": ("lu",)}, "no id is known of lu"),
        ({"region": ("us",)}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_the_known_ones(options, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        PiiOptions(**options)


def test_nothing_of_a_text_is_logged(caplog) -> None:
    caplog.set_level(logging.DEBUG)
    found(f"zanzibar {CARD} DE89370400440532013000 call +44 20 7946 0958 ann@zanzibar.org 1.2.3.4")
    assert "zanzibar" not in caplog.text
    assert "4111" not in caplog.text
