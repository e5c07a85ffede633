"""What the model is sent in turn n is a byte prefix of what it is sent in turn n + 1, so that providers'
prompt caches keep working: with placeholders, redactions and a canary.
"""

import json
from itertools import pairwise

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.policy.load import load
from shield.policy.schema import ScannerEntry
from shield.text.canary import planted
from shield.types import Caller
from tests.conftest import ROOT
from tests.streams import SECRET

SYSTEM = planted("You are Mira, the assistant of a bank.", key=b"k" * 16, name="mira")
ANN = Caller(principal="ann", session="s")
PIECES = [
    "Write to ann.zanzibar@example.org today. ",
    "Or to bob@example.org. ",
    "My card is 4111 1111 1111 1111. ",
    f"The key is {SECRET}. ",
    "What is the weather like? ",
    "今天天气很好。",
    "<EMAIL_1> is a placeholder. ",
    'A "quoted" \\ word\n',
]
turns = st.lists(st.lists(st.sampled_from(PIECES), max_size=3).map("".join), min_size=2, max_size=5)


@pytest.fixture(scope="module")
def guard():
    policy = load(ROOT / "policies" / "default.toml", locked=False)
    document = policy.document
    options = {"entities": ["CREDIT_CARD", "EMAIL_ADDRESS"]}
    scanners = {
        "pii": ScannerEntry(decision="redact", edit="tokenise", options=options),
        "secrets": document.scanners["secrets"],
        "prompt_leak": document.scanners["prompt_leak"],
    }
    limits = document.limits.model_copy(update={"deadline_ms": 60_000})  # of a busy machine
    changes = {"scanners": scanners, "limits": limits}
    made = Guard(policy.with_document(document.model_copy(update=changes)))
    yield made
    made.close()


def chat(pairs):
    said = [
        message
        for asked, answered in pairs
        for message in (
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answered},
        )
    ]
    return {"model": "m", "messages": [{"role": "system", "content": SYSTEM}, *said[:-1]]}


def messages(pairs):
    def parts(text):
        return [{"type": "text", "text": text}]

    said = [
        message
        for asked, answered in pairs
        for message in (
            {"role": "user", "content": parts(asked)},
            {"role": "assistant", "content": parts(answered)},
        )
    ]
    return {"model": "m", "max_tokens": 9, "system": SYSTEM, "messages": said[:-1]}


def responses(pairs):
    said = [
        item
        for asked, answered in pairs
        for item in (
            {"role": "user", "content": [{"type": "input_text", "text": asked}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": answered}]},
        )
    ]
    return {"model": "m", "instructions": SYSTEM, "input": said[:-1]}


def upstream(guard, body, caller):
    """The bytes that the application is sent; None when the request was refused."""
    seen = []

    async def app(scope, receive, send):
        seen.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        if not asked:
            return await anyio.sleep_forever()
        return {"type": "http.request", "body": asked.pop()}

    async def send(message):
        pass

    asked = [json.dumps(body).encode()]
    kind = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": kind}
    shield = ShieldMiddleware(app, guard=guard, identify=lambda _: caller, trust_system=True)
    anyio.run(shield, scope, receive, send)
    return seen[0] if seen else None


def conversation(guard, make, texts, caller):
    """The upstream requests of each turn; the model repeats what it was asked."""
    pairs, sent = [], []
    for text in texts:
        asked = text or "Hm?"
        raw = upstream(guard, make([*pairs, (asked, "")]), caller)
        sent += [raw] if raw else []
        pairs.append((asked, f"You said: {asked}" if raw else "I cannot say."))
    return sent


def is_prefix(before, after):
    """True when all but the two brackets that end a request begins the next one."""
    assert before.endswith(b"]}")
    return after.startswith(before[:-2])


DIALECTS = {"chat": chat, "messages": messages, "responses": responses}
CALLERS = {"session": ANN, "no session": Caller(principal="ann"), "nobody": Caller()}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_placeholders_redactions_and_canaries_stay_where_they_are(guard, dialect, caller):
    sent = conversation(guard, DIALECTS[dialect], PIECES, CALLERS[caller])

    assert len(sent) == len(PIECES)
    assert all(is_prefix(a, b) for a, b in pairwise(sent))
    shown = sent[-1].decode()
    assert SYSTEM.splitlines()[-1] in shown
    assert "<EMAIL_2>" in shown
    assert "<CREDIT_CARD_1>" in shown
    assert SECRET not in shown
    assert "zanzibar" not in shown


@pytest.mark.parametrize("dialect", DIALECTS)
@given(texts=turns, caller=st.sampled_from(list(CALLERS.values())))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_conversation_grows_at_its_end_alone(guard, dialect, texts, caller):
    sent = conversation(guard, DIALECTS[dialect], texts, caller)

    assert all(is_prefix(a, b) for a, b in pairwise(sent))


def test_a_refused_turn_changes_nothing_before_it(guard):
    document = guard.policy.document
    options = {"lists": {"words": {"phrases": ["xyzzy"]}}}
    entry = ScannerEntry(decision="block", options=options)
    scanners = {**document.scanners, "banned_phrases": entry}
    strict = Guard(guard.policy.with_document(document.model_copy(update={"scanners": scanners})))
    texts = ["One. ", PIECES[0], "Say xyzzy. ", "And now? ", "So? "]

    sent = conversation(strict, chat, texts, ANN)
    strict.close()

    assert len(sent) == 4
    assert b"xyzzy" not in b"".join(sent)
    assert all(is_prefix(a, b) for a, b in pairwise(sent))
