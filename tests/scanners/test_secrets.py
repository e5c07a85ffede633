"""Token shapes are found; placeholders and identifiers pass. All values are made up here."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.scanners import NoOptions, Services
from shield.scanners.secrets import SHAPES, Secrets, secrets_in
from shield.scanners.secrets.proofs import crc62, crc62_of, digest, entropy
from shield.scanners.secrets.shapes import KEYS as PROVIDERS
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Severity, Source, Subject
from tests.scanners.provider_keys import ALNUM, HEX, KEYS, some

WIF = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"  # published: Bitcoin wiki
each = pytest.mark.parametrize(("name", "key"), KEYS.items(), ids=list(KEYS))


def found(text):
    return {
        (s.name, text[s.start : s.end]): s.score for s in secrets_in(text, time.monotonic() + 60)
    }


def names(text):
    return {name for name, _ in found(text)}


@each
def test_a_key_of_each_shape_is_found(name, key):
    assert name in names(f"Use this: {key} and tell nobody.")


@each
def test_what_is_cut_is_the_key_or_the_secret_part_of_it(name, key):
    cut = [part for shape, part in found(f"Use this: {key}\n") if shape == name]
    assert cut
    assert all(part in key for part in cut)


@pytest.mark.parametrize("name", sorted(set(PROVIDERS) - {"twilio-key", "mailchimp-key"}))
def test_a_key_is_found_between_quotes_brackets_and_signs(name):
    key = KEYS[name]
    for text in (f'{{"k":"{key}"}}', f"k={key}", f"({key})", f"<{key}>", f"`{key}`,", f"a:{key}\n"):
        assert name in names(text), text[:12]


@pytest.mark.parametrize("name", sorted(set(PROVIDERS)))
def test_the_prefix_alone_is_no_key(name):
    key = KEYS[name]
    assert name not in names(f"they begin with {key[:6]} as a rule")
    assert name not in names(key[:15])


def test_the_shapes_cover_forty_providers_and_each_has_an_example():
    assert len(PROVIDERS) >= 40
    assert set(KEYS) | {"bitcoin-key"} == set(SHAPES)


@pytest.mark.parametrize("prefix", ["gh" + "p_", "np" + "m_"])
def test_a_checksum_makes_a_token_certain_and_its_lack_does_not_clear_one(prefix):
    body = some(30)
    signed, unsigned = prefix + body + crc62_of(body), prefix + some(30) + "000000"
    assert set(found(signed).values()) == {1.0}
    (score,) = found(unsigned).values()
    assert 0.5 <= score < 1.0


@given(st.text(ALNUM, min_size=30, max_size=30), st.integers(0, 29), st.sampled_from(ALNUM))
@settings(max_examples=100, deadline=None)
def test_a_checksum_notices_every_changed_character(body, place, sign):
    token = body + crc62_of(body)
    changed = token[:place] + sign + token[place + 1 :]
    assert crc62(token)
    assert crc62(changed) is (changed == token)


def test_a_wallet_key_needs_its_checksum():
    assert "bitcoin-key" in names(f"wallet: {WIF}")
    assert "bitcoin-key" not in names(f"wallet: {WIF[:-1]}K")


def test_a_json_web_token_with_a_readable_head_is_certain():
    random = "ey" + "J" + some(30) + ".ey" + "J" + some(60) + "." + some(43)
    scores = {name: score for (name, _), score in found(KEYS["json-web-token"]).items()}
    assert scores["json-web-token"] == 1.0
    assert 0.5 <= {n: s for (n, _), s in found(random).items()}["json-web-token"] < 1.0


HONEST = [
    "api_key = os.environ['API_KEY']",
    "password: <your password here>",
    "export TOKEN=${GITHUB_TOKEN}",
    "sk-****abcd is how the dashboard shows it",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "id 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq user@host",
    "the token is passed in the header",
    "https://user@example.com/path",
    "password reset instructions were sent",
    "gh" + "p_" + "x" * 36,
    "gh" + "p_1234567890abcdefghijklmnopqrstuvwxyz12",
    "OPENAI_API_KEY=sk" + "-your-key-here-0000000000000000000000",
    "GITLAB_TOKEN=gl" + "pat-XXXXXXXXXXXXXXXXXXXX",
    "sk" + "_live_EXAMPLEEXAMPLEEXAMPLE123",
    "use hf_placeholder_placeholder_1234567890 instead",
    "sk" + "_test_4eC39HqL" + "yjWDarjtT1zdp7dc",  # stands in Stripe's manual
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
    "postgres://user:${DB_PASSWORD}@localhost/db",
    "Authorization: Bearer <token>",
    "eyJhbGciOiJIUzI1NiJ9 is a head without a body",
    "the key-value pair and the pat-on-the-back",
    "the wallet 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 received it",
    "AccountKey=<from the portal>",
    "",
    "a" * 400,
    "漢字" * 200,
]


@pytest.mark.parametrize("text", HONEST)
def test_placeholders_and_identifiers_pass(text: str) -> None:
    assert found(text) == {}


def test_published_keys_are_known_by_digest_only():
    assert len(digest("x")) == 16
    assert digest("x") != digest("y")


@pytest.mark.parametrize(("value", "bits"), [("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0)])
def test_entropy_is_bits_a_character(value, bits):
    assert entropy(value) == pytest.approx(bits)


@pytest.fixture(scope="module")
def scanner():
    return Secrets(NoOptions(), Services((), PatternSet.of([]), (), {}, 1.0))


def scanned(scanner, *texts, source=Source.USER):
    return list(scanner.scan(Subject(Checkpoint.INPUT, tuple(segment(t, source) for t in texts))))


def test_a_finding_names_shape_place_and_nothing_of_the_text(scanner):
    key = KEYS["gitlab-token"]
    (one,) = scanned(scanner, "nothing", f"it is {key}")
    assert (one.rule, one.severity, one.spans[0].segment) == (
        "secrets/gitlab-token",
        Severity.ERROR,
        1,
    )
    assert (one.spans[0].start, one.spans[0].end) == (6, 6 + len(key))
    assert key not in repr(one)


def test_the_applications_own_system_prompt_is_not_screened(scanner):
    assert scanned(scanner, KEYS["gitlab-token"], source=Source.SYSTEM) == []


def test_patterns_that_take_too_long_are_an_error():
    with pytest.raises(TimeoutError):
        list(secrets_in(KEYS["github-token"], time.monotonic() - 1))


HOSTILE = [
    "sk-a",
    "eyJ-",
    "-eyJ",
    "glpat-",
    "secret=",
    "aws ",
    "://a:",
    "-----BEGIN ",
    "AC" + HEX,
    "=M",
    "xoxb-",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_key_is_found_behind_any_amount_of_almost_keys(unit):
    text = f"{unit * 4000}\n{KEYS['github-token']}"
    assert "github-token" in names(text)
