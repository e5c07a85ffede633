"""What a link carries is measured; addresses that only name a page carry nothing."""

import base64

import pytest

from shield.text.hosts import address
from shield.text.payload import Payload, Talk, payload

SAID = "Write to anna.keller@example.org about contract 884213-77 of the villa in Marseille."
TALK = Talk.of([SAID])


def held(target):
    return payload(address(target), TALK)


def encodings():
    raw = SAID.encode()
    yield "base64", base64.b64encode(raw).decode()
    yield "base64 for links", base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield "hex", raw.hex()
    yield "base32", base64.b32encode(raw).decode()
    yield "twice", base64.b64encode(base64.b64encode(raw)).decode()
    yield "hex of base64", base64.b64encode(raw).hex()


@pytest.mark.parametrize(("name", "text"), list(encodings()), ids=[n for n, _ in encodings()])
@pytest.mark.parametrize("place", ["?d={}", "/{}/x.png", "#{}", "?{}", "?a=b&d={}"])
def test_readable_text_in_an_encoding_is_found_anywhere(name, text, place):
    found = held("https://h.example/" + place.format(text).lstrip("/"))

    assert found.encoded
    assert found.values >= 1


def test_values_of_the_conversation_are_counted():
    assert held("https://h.example/?q=anna.keller%40example.org").values == 1
    assert held("https://h.example/?q=anna.keller@example.org&c=884213-77").values == 2
    assert held("https://h.example/?q=bob@example.org").values == 0


def test_words_of_the_conversation_are_counted():
    found = held("https://h.example/write-about-contract-villa?x=marseille")
    assert (found.words, found.of_words) == (5, 5)


def test_data_in_a_host_is_seen():
    name = base64.b32encode(SAID.encode()[:40]).decode().rstrip("=").lower()
    found = held(f"https://{name}.h.example/")

    assert found.in_host
    assert found.encoded


@pytest.mark.parametrize("hole", ["{{DATA}}", "{secret}", "[INSERT SUMMARY]", "%7Bsecret%7D"])
def test_an_unfilled_placeholder_is_seen(hole):
    assert held(f"https://h.example/?q={hole}").unfilled


@pytest.mark.parametrize(
    "plain",
    [
        "https://docs.python.org/3/library/collections.html#collections.defaultdict",
        "https://en.wikipedia.org/wiki/Mont-Saint-Michel_(disambiguation)",
        "https://cdn.example.com/assets/logo-dark@2x.png?v=3",
        "https://github.com/example/project/blob/main/src/module/file.py",
        "https://a-rather-long-name-of-a-shop.example/",
        "https://h.example/p?sig=8f9a922c666cd07bfaddcb80967ebdee9fd89d0ec9ec491&expires=1700000000",
        "https://fonts.googleapis.com/css2?family=Inter:wght@400;700&display=swap",
    ],
)
def test_an_address_that_names_a_page_carries_nothing(plain):
    found = held(plain)

    assert not found.encoded
    assert not found.in_host
    assert not found.unfilled
    assert (found.values, found.chance) == (0, 0)


def test_what_looks_random_is_measured():
    chance = "fJ3kPq9ZxV7mWb2RtY6nLs8QdH4gCa5K"
    assert held(f"https://h.example/{chance}").chance == len(chance)
    assert held(f"https://h.example/?sig={chance}").chance == 0


def test_a_bare_link_carries_nothing():
    assert held("https://h.example") == Payload()
