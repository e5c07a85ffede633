"""What Presidio's own engine finds in a text is found, and nothing more, where it counts."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.peers.presidio import Peer
from shield.scanners.pii.entities import PATTERNS
from shield.scanners.pii.presidio import COUNTS, Presidio, recognizer, within

IDENTIFIERS = """4111 1111 1111 1111|378282246310005|DE89370400440532013000|536-22-8479|12345678Z
GB29 NWBK 6016 1331 9268 19|MT84 MALT 0110 0001 2345 MTLC AST0 01S|44051401458|943 476 5919|X1234567L
RSSMRA85T10A562S|1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2|bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq
ann.lee@example.org|+44 20 7946 0958|(212) 555-0123|212-456-7890|192.168.10.4|2001:db8::1|::1|fe80::1
ABCPE1234F|2345 6789 0124|131052-308T|19811228-9874|65929970489|10000000146|A12345678|123456789
900-70-1234|AB 12 34 56 C|AB123456C|15070649C103|8001012345671|978-3-16-148410-0|2024-08-19T14:05:00Z
1,299.00|10.30|3:1|v10.4.22.1|a@b|x@example.co.uk|12|7""".replace("\n", "|").split("|")
WORDS = [
    "the", "card", "number", "is", "please", "call", "my", "phone", "at", "and", "IBAN", "bank", "nhs",
    "social", "security", "pan", "email", "ip", "Telefon", "company", "excellent", "cell", "PESEL",
    "steuer-id", "passport", "us", "tax", "be", "itin", "is_a", "order",
]  # fmt: skip
SEPARATORS = [" ", " ", ", ", ": ", "; ", "\n", "\t", " (", ") ", "-", "/", ". ", '"', "#"]
texts = st.lists(
    st.tuples(st.sampled_from(IDENTIFIERS) | st.sampled_from(WORDS), st.sampled_from(SEPARATORS)),
    max_size=25,
).map(lambda parts: "".join(part + separator for part, separator in parts))


@cache
def sides():
    return Peer(tuple(PATTERNS)), Presidio(tuple(PATTERNS))


def counted(found, text):
    return {
        (entity, text[start:end], start, round(score, 6))
        for entity, start, end, score in found
        if score >= COUNTS and not within(text, start, end)
    }


@settings(max_examples=60, deadline=None)
@given(texts)
def test_the_findings_are_those_of_the_analyzer_engine(text):
    peer, ours = sides()
    assert counted(ours.analyze(text), text) == counted(peer.analyze(text), text)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
@pytest.mark.parametrize("frame", ["{}", "my phone card bank number: {}.", "x{}", "{}9", "({})"])
def test_each_shape_alone_is_judged_alike(identifier, frame):
    peer, ours = sides()
    text = frame.format(identifier)
    assert counted(ours.analyze(text), text) == counted(peer.analyze(text), text)


def test_the_mail_recogniser_asks_nobody_for_suffixes():
    (reader,) = Presidio(("EMAIL_ADDRESS",))._mail
    assert reader.valid("ann@example.org") is True
    assert reader.valid("ann@example.nosuchsuffix") is False


def test_more_countries_are_asked_for_phone_numbers():
    regions = recognizer("PHONE_NUMBER", ("TR", "DE")).supported_regions
    assert regions[-1] == "TR"
    assert len(regions) == len(set(regions))
