"""Token shapes are found; placeholders and identifiers pass. All values are made up here."""

import random
import string

import pytest

from shield.types import Checkpoint, Source

RANDOM = random.Random(20)
ALNUM = string.ascii_letters + string.digits


def some(count: int, alphabet: str = ALNUM) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(count))


HEX = "0123456789abcdef"
BASE32 = string.ascii_uppercase + "234567"
TOKENS = [
    ("aws-access-key", "AK" + "IA" + some(16, BASE32)),
    ("github-token", "gh" + "p_" + some(36)),
    ("github-fine-grained", "github" + "_pat_" + some(82)),
    ("gitlab-token", "gl" + "pat-" + some(20)),
    ("slack-token", "xo" + "xb-" + some(12, string.digits) + "-" + some(24)),
    ("stripe-key", "sk" + "_live_" + some(24)),
    ("openai-key", "sk" + "-proj-" + some(48)),
    ("anthropic-key", "sk" + "-ant-api03-" + some(80)),
    ("google-api-key", "AI" + "za" + some(35)),
    ("npm-token", "np" + "m_" + some(36)),
    ("pypi-token", "py" + "pi-" + some(120)),
    ("sendgrid-key", "S" + "G." + some(22) + "." + some(43)),
    ("twilio-key", "S" + "K" + some(32, HEX)),
    ("huggingface-token", "h" + "f_" + some(34)),
    ("telegram-bot-token", some(9, "123456789") + ":A" + "A" + some(33)),
    ("json-web-token", "ey" + "J" + some(30) + ".ey" + "J" + some(60) + "." + some(43)),
    ("password-in-url", f"postgres://app:{some(14)}@db.internal:5432/main"),
    ("assigned-secret", f'DB_PASSWORD="{some(10)}9{some(9)}"'),
    (
        "private-key",
        "-----BEGIN RSA " + f"PRIVATE KEY-----\n{some(400)}\n-----END RSA PRIVATE KEY-----",
    ),
]


@pytest.mark.parametrize(("name", "token"), TOKENS)
def test_each_token_shape_is_found(scan, name: str, token: str) -> None:
    text = f"Use this: {token} and tell nobody."
    found = scan("secrets", text, source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert f"secrets/{name}" in {f.rule for f in found}


@pytest.mark.parametrize(("name", "token"), TOKENS)
def test_the_span_covers_the_secret_part(scan, name: str, token: str) -> None:
    text = f"Use this: {token} and tell nobody."
    found = [f for f in scan("secrets", text) if f.rule == f"secrets/{name}"]
    (span,) = found[0].spans
    assert text[span.start : span.end] in token


HONEST = [
    "api_key = os.environ['API_KEY']",
    "password: <your password here>",
    "export TOKEN=${GITHUB_TOKEN}",
    "sk-****abcd is how the dashboard shows it",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "id 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "AKIAIOSFODNN7EXAMPLE",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq user@host",
    "the token is passed in the header",
    "https://user@example.com/path",
    "password reset instructions were sent",
]


@pytest.mark.parametrize("text", HONEST)
def test_placeholders_and_identifiers_pass(scan, text: str) -> None:
    assert scan("secrets", text) == []
